"""What crosses rooms when field facts are written: a matter settled on the spot is a case at once (DOMAIN, light path).

The fact and the case come in one transaction. The case's record is named after the fact's own, so the same post
twice makes one case. What becomes of such a case when its fact is put right:

- A visit told anew keeps what was heard at it, and with it the cases.
- A concern told anew takes its case along; one that was not settled before and is now becomes a case then.
- Findings of a patrol told anew take their cases along where place or words are the same.
- What is taken back leaves its cases standing, as facts of their own with a number, and says so in their log,
  where whoever confirms them reads it.
"""

from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid5

from django.db import transaction

from cases.actions import moving
from cases.actions.report import Told, report
from cases.models import Case, CaseCategory, CaseEvent
from cases.vocabulary import Deed
from grids.actions import concerns, corrections, patrols, photos, visits
from grids.models import Concern, FieldRecord, Finding

State = Concern.State


def log_visit(*, by, envelope, **told):
    """`grids.actions.visits.log_visit`, with a case for each 诉求 that was settled on the spot."""
    with _together() as written:
        receipt = visits.log_visit(by=by, envelope=envelope, **told)
        if receipt.created:
            _note_photos(written, told, receipt)
            for concern in receipt.record.concerns.select_related("household").order_by("pk"):
                _settle(concern, receipt.record, by, envelope)
        return receipt


def log_concern(*, by, envelope, corrects=None, **told):
    """`grids.actions.concerns.log_concern`, with a case where it was settled on the spot."""
    with _together() as written:
        receipt = concerns.log_concern(by=by, envelope=envelope, corrects=corrects, **told)
        if receipt.created:
            _note_photos(written, told, receipt)
            for concern in receipt.record.concerns.select_related("household"):
                if not _take_along(concern, corrects):
                    _settle(concern, receipt.record, by, envelope)
        return receipt


def log_patrol(*, by, envelope, corrects=None, **told):
    """`grids.actions.patrols.log_patrol`; a correction keeps the cases of findings that are still told."""
    with _together() as written:
        receipt = patrols.log_patrol(by=by, envelope=envelope, corrects=corrects, **told)
        if receipt.created:
            _note_photos(written, told, receipt)
            if corrects:
                _follow_findings(receipt.record, corrects)
        return receipt


def withdraw(*, record, by, reason):
    """`grids.actions.corrections.withdraw`; the cases that grew from the record say so in their log."""
    with transaction.atomic():
        withdrawal = corrections.withdraw(record=record, by=by, reason=reason)
        for case in grown_from(Case.objects.all(), [record]).order_by("pk"):
            case = moving.locked(case)
            if not CaseEvent.objects.filter(case=case, record=withdrawal).exists():
                words = f"来源{record.get_kind_display()}已撤销：{reason}"
                move = moving.moved(case, Deed.NOTE, clock=moving.TownClock(case.town_id))
                moving.write(case, move, by=by, words=words, record=withdrawal)
        return withdrawal


def grown_from(cases, versions):
    """Those of the cases that grew from the records, from what was heard at them or from what was found."""
    heard = Concern.objects.filter(record__in=versions)
    found = Finding.objects.filter(patrol__record__in=versions)
    ids = {
        pk
        for rows in (
            Case.objects.filter(origin__in=versions),
            Case.objects.filter(concern__in=heard),
            Case.objects.filter(finding__in=found),
        )
        for pk in rows.values_list("pk", flat=True)
    }
    return cases.filter(pk__in=ids)


@contextmanager
def _together():
    """One transaction around two actions; photos that the first wrote are removed when the second fails."""
    with photos.removed_on_failure() as written, transaction.atomic():
        yield written


def _note_photos(written, told, receipt):
    if told.get("pictures"):
        written.extend(photo.file.name for photo in receipt.record.photos.all())


def _settle(concern, record, by, envelope):
    """The self-closed case of a concern settled on the spot; none where the town has no category for it."""
    if concern.state != State.SETTLED:
        return
    category = _category_of(concern)
    if category is None:
        return
    household = concern.household
    told = Told(
        subject=concern.get_theme_display(),
        category=category,
        place=household.address if household else record.grid.name,
        words=concern.words,
        source=Case.Source.VISIT,
        settled=True,
        concern=concern,
        origin=record,
        household=household,
        households=(household,) if household else (),
    )
    position = list(record.concerns.order_by("pk").values_list("pk", flat=True)).index(concern.pk)
    own = replace(envelope, uuid=uuid5(record.uuid, f"settled {position}"), photo_digests=())
    report(by=by, actor=record.actor, envelope=own, grid=record.grid, told=told)


def _category_of(concern):
    """The sub-category in use that the town gives to the concern's theme, else to 其他."""
    known = CaseCategory.objects.subcategories().in_use().filter(town__code=concern.grid.town_code)
    by_theme = {one.theme: one for one in known.filter(theme__in=[concern.theme, Concern.Theme.OTHER])}
    return by_theme.get(concern.theme) or by_theme.get(Concern.Theme.OTHER)


def _take_along(concern, corrects):
    """Whether the concern replaces one that has a case, which is now its own."""
    if corrects is None:
        return False
    case = Case.objects.filter(concern__record=corrects).first()
    if case is None:
        return False
    Case.objects.filter(pk=case.pk).update(concern=concern)
    concerns.pass_on(concern=concern)
    return True


def _follow_findings(record, corrects):
    """Cases of the findings of a corrected patrol go over to the same findings as they are told now."""
    cases = list(Case.objects.filter(finding__patrol__record=corrects).select_related("finding"))
    fresh = list(Finding.objects.filter(patrol__record=record).order_by("pk")) if cases else []
    for case in cases:
        old = case.finding
        same = [new for new in fresh if old.place == new.place and old.words == new.words]
        same = same or [new for new in fresh if old.place == new.place or old.words == new.words]
        if same:
            fresh.remove(same[0])
            Case.objects.filter(pk=case.pk).update(finding=same[0])
            patrols.pass_on(finding=same[0])


# What saves a second content as a record of its own (grids.views.conflicts), by kind.
ACTIONS = {
    FieldRecord.Kind.VISIT: log_visit,
    FieldRecord.Kind.CONCERN: log_concern,
    FieldRecord.Kind.PATROL: log_patrol,
}
