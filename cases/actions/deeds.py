"""What is written down of a case while it is worked on, without moving it along: notes, facts, class, help."""

from django.db import transaction

from cases import rights
from cases.actions import moving
from cases.actions.advance import FACTS, set_support
from cases.exceptions import IllegalTransition
from cases.models import CaseExpert, CaseHousehold
from cases.vocabulary import Deed, Status
from grids import names
from grids.access import Permission as P
from grids.actions import photos, records
from grids.actions.records import Receipt
from grids.exceptions import DomainError, StaleVersion
from grids.models import FieldRecord, Household

# Before it is filed and after it ended nothing is worked on.
WORKED_ON = frozenset(
    {Status.REGISTERED, Status.HANDLING, Status.RETURNED, Status.SUSPENDED, Status.TO_VERIFY}
)

# What whoever works on the case may set right: what the presses tell, and what the report told of the place.
CORRECTED = frozenset({*FACTS, "place", "affected_households"})


def add_note(
    *,
    case,
    by,
    envelope,
    words,
    place="",
    needs_expert=False,
    facts=None,
    pictures=(),
) -> Receipt:
    """Write down what was found or done on the spot (处置记录). The same post twice makes one event.

    It happened when the phone says; the place, when given, is where the work is, and may differ from the report's.
    Raises PermissionDenied, DomainError, and what `records.receive` raises.
    """
    facts = {name: value.strip() for name, value in (facts or {}).items() if value and value.strip()}
    if place.strip():
        facts["handling_place"] = place.strip()
    content = {"case": str(case.uuid), "words": words.strip(), "needs_expert": needs_expert, **facts}
    with photos.removed_on_failure() as written, transaction.atomic():
        case = moving.locked(case)
        receipt = records.receive(
            kind=FieldRecord.Kind.CASE_NOTE,
            by=by,
            actor=by,
            grid=case.responsible_grid,
            envelope=envelope,
            content=content,
            permission=None,
        )
        # A post repeated after the case went on keeps its answer; only a new note asks who may write.
        if receipt.created:
            _require_at_work(case, by)
            if case.status not in WORKED_ON:
                raise DomainError(f"这件事{case.get_status_display()}，不能再写处置记录。")
            photos.attach(record=receipt.record, pictures=pictures, written=written)
            _write_note(case, receipt.record, words, needs_expert, facts)
        return receipt


def _write_note(case, record, words, needs_expert, facts):
    for name, value in facts.items():
        setattr(case, name, value)
    also = set(facts)
    if record.longitude is not None and "handling_place" in facts:
        case.handling_longitude, case.handling_latitude = record.longitude, record.latitude
        also |= {"handling_longitude", "handling_latitude"}
    at = min(record.captured_at, moving.timezone.now())
    move = moving.moved(case, Deed.NOTE, clock=moving.TownClock(case.town_id), at=at)
    told = facts | ({"needs_expert": True} if needs_expert else {})
    moving.write(case, move, by=record.actor, words=words, record=record, told=told, also=also)


@transaction.atomic
def change_facts(*, case, by, seen_version, **facts):
    """Set right what the CORRECTED columns tell. Raises PermissionDenied, IllegalTransition, StaleVersion."""
    case = moving.locked(case)
    _require_at_work(case, by)
    moving.require_version(case, seen_version)
    changed = {}
    for name, value in facts.items():
        if name not in CORRECTED:
            raise ValueError(name)
        value = value.strip() if isinstance(value, str) else value
        if value != getattr(case, name):
            changed[name] = value
            setattr(case, name, value)
    if changed:
        case.place_key = names.address_key(case.place)
        _deed(case, Deed.FACTS, by, told=changed, also={*changed, "place_key"})
    return case


@transaction.atomic
def classify(*, case, by, category, seen_version):
    """Give the case another sub-category: its limit counts from the same registration (DOMAIN)."""
    case = moving.locked(case)
    if not rights.may_describe(by, case):
        raise rights.NotAllowed("您没有这项权限。")
    moving.require_version(case, seen_version)
    if case.has_ended:
        raise IllegalTransition
    if category.town_id != case.town_id or category.parent_id is None:
        raise DomainError("请选择本镇的小类。")
    if category.pk == case.category_id:
        return case
    old, case.category = case.category, category
    told = {"from": old.name, "to": category.name}
    given = {"category": category.pk, "limit": list(category.limit)}
    move = moving.moved(
        case,
        Deed.CLASSIFY,
        clock=moving.TownClock(case.town_id, since=case.registered_at),
        **given,
    )
    moving.write(case, move, by=by, told=told)
    return case


@transaction.atomic
def mark_urgent(*, case, by, urgent, seen_version):
    """Set or clear 紧急."""
    case = moving.locked(case)
    if not rights.may_describe(by, case):
        raise rights.NotAllowed("您没有这项权限。")
    moving.require_version(case, seen_version)
    if case.is_urgent != urgent:
        _deed(case, Deed.URGENT, by, urgent=urgent)
    return case


@transaction.atomic
def name_support(*, case, by, units, seen_version):
    """Name the units that help the one in charge (协办单位), exactly these."""
    case = moving.locked(case)
    if not rights.may_name_support(by, case):
        raise rights.NotAllowed("您没有这项权限。")
    moving.require_version(case, seen_version)
    if case.has_ended:
        raise IllegalTransition
    set_support(case, units)
    _deed(case, Deed.SUPPORT, by, told={"units": "、".join(unit.name for unit in units)})
    return case


@transaction.atomic
def link_households(*, case, by, households, seen_version):
    """Link exactly these of the households that `by` may open; whatever else is linked stays.

    Raises PermissionDenied, IllegalTransition.
    """
    case = moving.locked(case)
    _require_at_work(case, by)
    moving.require_version(case, seen_version)
    opened = Household.objects.visible_to(by, P.SEE_HOUSEHOLDS)
    links = CaseHousehold.objects.filter(case=case)
    known = set(links.filter(household__in=opened).values_list("household_id", flat=True))
    wanted = set(opened.filter(pk__in=[one.pk for one in households]).values_list("pk", flat=True))
    if wanted != known:
        links.filter(household_id__in=known - wanted).delete()
        CaseHousehold.objects.bulk_create(
            [CaseHousehold(case=case, household_id=pk) for pk in sorted(wanted - known)]
        )
        # How many, not which: the log is read by people who may open no household.
        _deed(case, Deed.FACTS, by, told={"households": f"{links.count()} 户"})
    return case


@transaction.atomic
def call_expert(*, case, by, name, phone="", work="", arrived_at=None, finished_at=None):
    """Write down somebody without an account who was called in (外请专业人员). Returns the CaseExpert."""
    case = moving.locked(case)
    _require_at_work(case, by)
    if case.has_ended:
        raise IllegalTransition
    expert = CaseExpert(case=case, name=name, work=work, arrived_at=arrived_at, finished_at=finished_at)
    expert.phone = phone
    _require_in_order(expert)
    expert.save()
    _deed(case, Deed.EXPERT, by, told={"name": name, "work": work})
    return expert


@transaction.atomic
def update_expert(*, expert, by, seen_version, **values):
    """When they came and were done. Raises StaleVersion where somebody else changed it meanwhile."""
    case = moving.locked(expert.case)
    _require_at_work(case, by)
    expert = CaseExpert.objects.select_for_update().get(pk=expert.pk)
    if expert.version != seen_version:
        raise StaleVersion
    changed = {name: value for name, value in values.items() if getattr(expert, name) != value}
    for name, value in changed.items():
        setattr(expert, name, value)
    if not changed:
        return expert
    _require_in_order(expert)
    expert.version += 1
    expert.save()
    told = {"name": expert.name}
    told |= {
        name: value for name, value in changed.items() if name in ("arrived_at", "finished_at") and value
    }
    _deed(case, Deed.EXPERT, by, told=told)
    return expert


def _require_in_order(expert):
    if expert.finished_at and not expert.arrived_at:
        raise DomainError("填了完工时间，也要填到场时间。")
    if expert.finished_at and expert.finished_at < expert.arrived_at:
        raise DomainError("完工时间不能早于到场时间。")


def _require_at_work(case, by):
    if not rights.works_on(by, case):
        raise rights.NotAllowed("这件事现在不在您手上。")


def _deed(case, deed, by, told=None, also=(), **given):
    move = moving.moved(case, deed, clock=moving.TownClock(case.town_id, since=case.registered_at), **given)
    moving.write(case, move, by=by, told=told, also=also)
