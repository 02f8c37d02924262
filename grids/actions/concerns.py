"""What was heard (诉求), and the answer to it."""

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import corrections, photos, places, records
from grids.actions.records import receive
from grids.exceptions import DomainError, StaleVersion
from grids.models import Concern, FieldRecord

P = access.Permission

# What may be said when it is heard; 已答复 needs an answer, and 转事件 a case.
HEARD_STATES = (Concern.State.SETTLED, Concern.State.WATCHING)


def concern_content(*, theme, words, state=Concern.State.WATCHING):
    """What one concern says, in one spelling."""
    return {"theme": str(theme), "words": words.strip(), "state": str(state)}


def report_content(*, theme, words, state=Concern.State.WATCHING, grid=None, household=None):
    """What a concern reported on its own says; the grid is named where no household decides it."""
    return {
        "grid": grid.code if grid and not household else "",
        "household": str(household.uuid) if household else "",
        **concern_content(theme=theme, words=words, state=state),
    }


def add_concerns(*, record, concerns):
    """Write down what was heard with a record, inside its action's transaction."""
    return Concern.objects.bulk_create(
        Concern(
            record=record,
            grid=record.grid,
            household=record.household,
            heard_by=record.actor,
            heard_on=record.happened_on,
            **concern_content(**heard),
        )
        for heard in concerns
    )


def log_concern(
    *,
    by,
    envelope,
    theme,
    words,
    state=Concern.State.WATCHING,
    grid=None,
    household=None,
    pictures=(),
    actor=None,
    corrects=None,
    reason="",
):
    """Record something heard outside a visit. Returns a Receipt; the same post twice makes one row.

    It belongs to a household and its grid, or to a grid alone. Raises PermissionDenied, DomainError, and what
    `receive` raises.
    """
    if state not in HEARD_STATES:
        raise DomainError("请选「当场解决」或「持续关注」。")
    with photos.removed_on_failure() as written, transaction.atomic():
        if corrects:
            corrects = corrections.lock_for_correction(record=corrects, by=by, uuid=envelope.uuid)
        place = places.grid_of(household=household, day=envelope.happened_on) if household else grid
        receipt = receive(
            kind=FieldRecord.Kind.CONCERN,
            by=by,
            actor=actor or by,
            grid=place,
            household=household,
            envelope=envelope,
            content=report_content(grid=grid, household=household, theme=theme, words=words, state=state),
            corrects=corrects,
            reason=reason,
        )
        if receipt.created:
            add_concerns(record=receipt.record, concerns=[{"theme": theme, "words": words, "state": state}])
            photos.attach(record=receipt.record, pictures=pictures, written=written)
            if corrects:
                corrections.supersede(record=corrects, newer=receipt.record, keep_concerns=False)
                corrections.log_correction(record=corrects, by=by, reason=reason, label="更正")
            records.audit_entry(receipt.record, label=Concern.Theme(theme).label)
        return receipt


@transaction.atomic
def answer_concern(*, concern, by, answer, seen_version):
    """Say what became of a concern (已答复). Raises PermissionDenied, StaleVersion or DomainError."""
    concern = Concern.objects.select_for_update().get(pk=concern.pk)
    access.require(by, P.ANSWER_CONCERN, grid_answering(concern))
    if concern.superseded_by_id:
        raise DomainError("这条诉求已更正或撤销，不能再答复。")
    if concern.version != seen_version:
        raise StaleVersion
    concern.state = Concern.State.ANSWERED
    concern.answer = answer.strip()
    concern.answered_by = by
    concern.answered_at = timezone.now()
    concern.version += 1
    concern.save(update_fields=["state", "answer", "answered_by", "answered_at", "version"])
    return concern


def grid_answering(concern):
    """The grid whose people answer: the household's of today, else the one it was heard in."""
    if concern.household_id is None:
        return concern.grid_id
    placement = concern.household.placements.current().first()
    return placement.grid_id if placement else concern.grid_id


def pass_on(*, concern):
    """A case grew from the concern (转事件); inside the action that makes the case. Gives back the locked row.

    Raises DomainError where it was passed on, corrected or withdrawn meanwhile.
    """
    concern = Concern.objects.select_for_update(no_key=True).get(pk=concern.pk)
    if concern.superseded_by_id:
        raise DomainError("这条诉求已更正或撤销，不能再转事件。")
    if concern.state == Concern.State.PASSED_ON:
        raise DomainError("这条诉求已经转成事件。")
    if concern.state != Concern.State.SETTLED:
        concern.state = Concern.State.PASSED_ON
        concern.version += 1
        concern.save(update_fields=["state", "version"])
    return concern
