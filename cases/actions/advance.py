"""Moving a case along the table (cases.workflow): the one way in which its status changes."""

from django.db import transaction
from django.utils import timezone

from cases import rights
from cases.actions import moving
from cases.exceptions import IllegalTransition
from cases.models import Case, CaseRequest, CaseSupport
from cases.vocabulary import Deed, Level, Need, Status, Step
from cases.workflow import TRANSITIONS
from grids import access
from grids.actions import photos, records
from grids.exceptions import DomainError
from grids.models import FieldRecord

P = access.Permission
S = Status

ASKS = {
    Need.OPINION: "请写明意见。",
    Need.REASON: "请写明原因。",
    Need.MEASURES: "请写明怎么办好的。",
    Need.HOLDER: "请选择交给谁办。",
    Need.MAIN_CASE: "请选择主件。",
}
# Columns of the case that a press may tell along the way.
FACTS = ("handling_place", "cause", "measures", "helpers", "reply")


def advance(
    *,
    case,
    press,
    by,
    seen_version=None,
    words="",
    holder=None,
    unit=None,
    supporting=None,
    main_case=None,
    category=None,
    facts=None,
    envelope=None,
    pictures=(),
    at=None,
):
    """Press a button on a case and return it as it stands then.

    `holder` (a User) or `unit` say whom it goes to; `facts` are columns of FACTS; with `pictures`, `envelope` makes
    their record. `by` None is for what happens by itself. Raises IllegalTransition (moved on, never here),
    PermissionDenied, or DomainError naming what is missing.
    """
    transition = TRANSITIONS[press]
    with photos.removed_on_failure() as written, transaction.atomic():
        case, main = _locked(case, main_case, transition)
        moving.require_version(case, seen_version)
        if Status(case.status) not in transition.sources:
            raise IllegalTransition
        clock = moving.TownClock(case.town_id, since=case.registered_at or case.reported_at)
        if by is not None:
            rights.require(by, case, transition, clock.rules if rights.reads_rules(transition) else None)
        elif not transition.automatic:
            raise rights.NotAllowed("您没有这项权限。")
        facts = {name: value.strip() for name, value in (facts or {}).items() if value is not None}
        _require_needs(transition, words, facts, holder, unit, main)
        given = _destination(case, transition, by, holder, unit)
        if transition.target == S.MERGED:
            given["main"] = _fit_main(case, main, by).pk
        given |= _classified(case, category, transition)
        record = _photographed(case, by, envelope, pictures, written)
        for name, value in facts.items():
            setattr(case, name, value)
        target = Status(transition.target or case.status_before)
        was_worked_on = case.status == S.HANDLING
        move = moving.moved(case, press, clock=clock, at=at, status=target, **given)
        told = {name: facts[name] for name in FACTS if facts.get(name)}
        moving.write(case, move, by=by, words=words, record=record, told=told, also=facts)
        _follow_up(case, main, by, move, supporting)
        # A request waits for an answer only while the case is being worked on.
        if was_worked_on and case.status != S.HANDLING:
            waiting = CaseRequest.objects.filter(case=case, decision=CaseRequest.Decision.PENDING)
            waiting.update(decision=CaseRequest.Decision.LAPSED)
        return case


def _locked(case, main_case, transition):
    """The case and the main case of a merge or of its undoing, both locked."""
    if transition.name == "unmerge":
        main_case = Case.objects.filter(duplicates=case.pk).first()
    if main_case is None:
        return moving.locked(case), None
    if main_case.pk == case.pk:
        raise DomainError("不能并入它自己。")
    return moving.locked(case, main_case)


def _require_needs(transition, words, facts, holder, unit, main):
    given = {
        Need.OPINION: words.strip(),
        Need.REASON: words.strip(),
        Need.MEASURES: facts.get("measures") or words.strip(),
        Need.HOLDER: holder or unit,
        Need.MAIN_CASE: main,
    }
    for need in sorted(transition.requires):
        if not given[need]:
            raise DomainError(ASKS[need])


def _destination(case, transition, by, holder, unit):
    """Level, holder, unit and handler after the press, as far as it changes them."""
    if transition.name == "hand_up":
        return _above(case, unit)
    if Need.HOLDER in transition.requires:
        return _to_unit(case, unit) if unit else _to_person(case, holder)
    if transition.name in ("take", "settle"):
        permission = P.HANDLE_CASE if transition.name == "take" else P.SETTLE_CASE
        levels = access.levels_at(by, permission, case.responsible_grid_id)
        if not levels:
            raise rights.NotAllowed("您在这个网格没有任职。")
        return {"level": levels[0], "holder_id": by.pk, "unit_id": None, "handler": by.pk}
    if Step.FEEDBACK in transition.completes:
        # Who writes it down for a unit without accounts did not do the work.
        speaks = case.unit_id and case.unit_id not in access.unit_scope(by, P.HANDLE_CASE)
        return {"handler": None if speaks else by.pk}
    if transition.name == "doubt":
        return {"holder_id": None, "handler": case.handler_id}
    if transition.name in ("reopen", "unmerge") and case.unit_id and case.unit.retired_on:
        # Nobody works there any more: the town finds somebody else.
        return {"level": Level.TOWN.value, "holder_id": None, "unit_id": None, "handler": None}
    return {}


def _above(case, unit):
    """One level up; a level at which nobody serves is passed over, and above the town is a unit."""
    level = case.level + 1
    if unit is not None:
        return _to_unit(case, unit)
    if level == Level.AREA and not _serves(case, Level.AREA):
        level = Level.TOWN
    if level >= Level.UNIT:
        raise DomainError("镇里再往上请选择承办单位。")
    return {"level": level, "holder_id": None, "unit_id": None, "handler": None}


def _serves(case, level):
    people = access.holders_by_role(P.HANDLE_CASE, case.responsible_grid)
    return any(access.ROLE_LEVELS.get(role) == level for _, role in people)


def _to_unit(case, unit):
    if unit.town_id != case.town_id:
        raise DomainError("这个单位不属于本镇。")
    _require_in_use(unit)
    return {"level": Level.UNIT.value, "holder_id": None, "unit_id": unit.pk, "handler": None}


def _require_in_use(unit):
    """A unit that was retired, or will be on a day that is set, is given nothing new."""
    if unit.retired_on is None:
        return
    day = unit.retired_on
    when = "已停用" if day <= timezone.localdate() else f"从{day.year}年{day.month}月{day.day}日起停用"
    raise DomainError(f"{unit.name}{when}，请选择别的单位。")


def _to_person(case, holder):
    levels = access.levels_at(holder, P.HANDLE_CASE, case.responsible_grid_id) or access.levels_at(
        holder, P.SETTLE_CASE, case.responsible_grid_id
    )
    if not levels:
        raise DomainError(f"{holder.name}在这个网格没有任职，请重新选择。")
    return {"level": levels[0], "holder_id": holder.pk, "unit_id": None, "handler": holder.pk}


def _fit_main(case, main, by):
    if not rights.may(by, P.MERGE_CASE, main):
        raise DomainError("主件不在您的范围内。")
    if main.town_id != case.town_id:
        raise DomainError("主件不属于本镇。")
    if not main.is_open:
        raise DomainError(f"主件 {main.case_no} {main.get_status_display()}，不能再并入。")
    if case.duplicates.exists():
        raise DomainError("已有别的事件并入这一件，请把另一件并入它。")
    return main


def _classified(case, category, transition):
    """The limit that a registration starts with; with a category it is changed on the way."""
    if category is not None:
        if category.town_id != case.town_id or category.parent_id is None:
            raise DomainError("请选择本镇的小类。")
        case.category = category
        return {"category": category.pk, "limit": list(category.limit)}
    if moving.snapshots.moves_limit(transition, transition.name) and case.registered_at is None:
        return {"limit": list(case.category.limit)}
    return {}


def _photographed(case, by, envelope, pictures, written):
    """The record that anchors photos given with a press; None without photos."""
    if not pictures:
        return None
    receipt = records.receive(
        kind=FieldRecord.Kind.CASE_NOTE,
        by=by,
        actor=by,
        grid=case.responsible_grid,
        envelope=envelope,
        content={"case": str(case.uuid)},
        permission=None,
    )
    if receipt.created:
        photos.attach(record=receipt.record, pictures=pictures, written=written)
    return receipt.record


def _follow_up(case, main, by, move, supporting):
    """What a press does beside the case itself: the other half of a merge, helpers named with a dispatch."""
    if supporting is not None:
        set_support(case, supporting)
    if main is not None:
        deed = Deed.ABSORB if case.status == S.MERGED else Deed.RELEASE
        other = moving.moved(main, deed, clock=moving.TownClock(main.town_id), at=move.at)
        moving.write(main, other, by=by, told={"case_no": case.case_no, "case": str(case.uuid)})


def set_support(case, units):
    """Exactly these units support the case; inside an action that holds its lock."""
    if any(unit.town_id != case.town_id for unit in units):
        raise DomainError("协办单位不属于本镇。")
    wanted = {unit.pk for unit in units} - {case.unit_id}
    known = set(CaseSupport.objects.filter(case=case).values_list("unit_id", flat=True))
    for unit in units:
        if unit.pk in wanted - known:
            _require_in_use(unit)
    CaseSupport.objects.filter(case=case).exclude(unit_id__in=wanted).delete()
    CaseSupport.objects.bulk_create(
        [CaseSupport(case=case, unit_id=pk) for pk in sorted(wanted)], ignore_conflicts=True
    )
