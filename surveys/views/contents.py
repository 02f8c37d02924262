"""The content of an inspection in the spelling of its form: to correct it, to compare it, to save it as another."""

from uuid import uuid4

from grids import access
from grids.actions.conflicts import save_as_new
from grids.actions.records import content_of
from grids.exceptions import DomainError
from grids.models import FieldRecord, User
from grids.views.conflicts import looked_at, side_by_side
from grids.views.scoped import permission_required, visible_or_404
from surveys.actions.inspections import Verdict, inspection_content, log_inspection
from surveys.forms.inspections import InspectionForm
from surveys.models import ChecklistItem, Inspection, InspectionResult, Site

P = access.Permission
KIND = FieldRecord.Kind.INSPECTION


def stored_content(record):
    """What an inspection's record says."""
    inspection = record.inspection
    verdicts = {row.item: Verdict(row.state, row.note) for row in inspection.results.select_related("item")}
    content = inspection_content(
        site=inspection.site, verdicts=verdicts, note=inspection.note, follows=inspection.follows
    )
    about = {"actor": str(record.actor.uuid), "happened_on": record.happened_on.isoformat()}
    return content | about


def pairs(user, content):
    """(term, words) of a content, for reading."""
    actor = User.objects.visible_to(user, P.LOG_FIELDWORK).filter(uuid=content["actor"]).first()
    names = {str(item.pk): item.name for item in ChecklistItem.objects.visible_to(user, P.SEE_FIELDWORK)}
    labels = dict(InspectionResult.State.choices)
    found = [
        f"{names.get(pk, pk)} {labels[verdict['state']]}"
        + (f"（{verdict['note']}）" if verdict["note"] else "")
        for pk, verdict in content["verdicts"].items()
    ]
    return [
        ("日期", content["happened_on"]),
        ("当事人", actor.name if actor else "—"),
        ("检查项", "、".join(found)),
        ("考察记录", content["note"]),
    ]


@permission_required(P.LOG_FIELDWORK)
def conflict(request, uuid, conflict):
    """The page of a kept second content; posting saves it as a new inspection."""
    return looked_at(request, uuid, conflict, kinds=[KIND], page=conflict_page, save=_save)


def conflict_page(request, kept, status=200):
    """Both contents beside each other, with 另存为新记录."""
    stands, arrived = (
        pairs(request.user, content) for content in (stored_content(kept.record), content_of(kept))
    )
    return side_by_side(request, kept, stands, arrived, "inspection_conflict", status)


def _save(kept, user):
    """Send the kept content through its form and action again, under a new uuid."""
    content = content_of(kept)
    site = visible_or_404(Site, user, P.INSPECT, related=("grid", "checklist"), uuid=content["site"])
    typed = InspectionForm.typed_from(content) | {
        "uuid": str(uuid4()),
        "captured_at": kept.received_at.isoformat(),
        "happened_on": content["happened_on"],
    }
    if content["actor"] != str(user.uuid):
        typed["actor"] = content["actor"]
    follows = None
    if content["follows"]:
        follows = visible_or_404(Inspection, user, P.INSPECT, record__uuid=content["follows"])
    form = InspectionForm(typed, user=user, site=site, follows=follows)
    if not form.is_valid():
        raise DomainError("；".join(word for words in form.errors.values() for word in words))
    told = {"actor": form.done_by(), "envelope": form.envelope(), **form.told()}
    return save_as_new(conflict=kept, by=user, action=log_inspection, **told)
