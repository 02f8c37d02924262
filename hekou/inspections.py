"""Where inspections and cases meet: a failed item becomes a case, once, and the inspection knows it afterwards."""

from uuid import uuid5

from django.db.models import F
from django.utils import timezone

from cases.actions.hard import may_look_after
from cases.actions.report import Told, report
from cases.models import Case, CaseCategory
from grids.access import Permission as P
from grids.actions.records import Envelope
from grids.exceptions import DomainError, ForeignRecord, SameUuidOtherContent
from surveys.indicators.inspections import stubborn_sites

# 其他诉求: what a failure becomes when its item names no sub-category, or one that is no longer used.
FALLBACK = "2105"


def case_key(record, item_id):
    """The uuid of the case that grows from an item of an inspection, whoever presses how often."""
    return uuid5(record.uuid, f"case-{item_id}")


def versions(record):
    """An inspection's record and those it corrected, newest first."""
    while record is not None:
        yield record
        record = record.corrects


def cases_of(record, item_ids):
    """{item id: Case} of the cases that grew from an inspection or from what it corrected; one query."""
    keys = {case_key(one, item): item for one in versions(record) for item in item_ids}
    grown = Case.objects.filter(record__uuid__in=keys).select_related("record").order_by("-pk")
    return {keys[case.record.uuid]: case for case in grown}


def case_of_failure(*, result, by):
    """Make the case of a failed item in the site's grid. Returns (Case, whether this press made it).

    Raises PermissionDenied, or DomainError when the inspection was corrected or the item did not fail.
    """
    inspection = result.inspection
    known = cases_of(inspection.record, [result.item_id]).get(result.item_id)
    if known:
        return known, False
    if inspection.superseded_by_id:
        raise DomainError("这次考察已更正或撤销，请打开最新的一次。")
    if result.state != result.State.FAIL:
        raise DomainError("只有不合格的检查项才转成事件。")
    site = inspection.site
    try:
        receipt = report(
            by=by, envelope=_envelope(result, site), grid=inspection.grid, told=_told(result, site)
        )
    except (ForeignRecord, SameUuidOtherContent):
        # Somebody else pressed at the same moment.
        return cases_of(inspection.record, [result.item_id])[result.item_id], False
    return receipt.record.case, receipt.created


def _envelope(result, site):
    return Envelope(
        uuid=case_key(result.inspection.record, result.item_id),
        captured_at=timezone.now(),
        happened_on=timezone.localdate(),
        longitude=site.longitude,
        latitude=site.latitude,
    )


def _told(result, site):
    words = f"{result.inspection.inspected_on:%Y-%m-%d} 实地考察“{site.name}”，{result.item.name}不合格。"
    return Told(
        subject=result.item.name,
        category=_category(result.inspection.grid, result.item.category_code),
        place=(f"{site.name}，{site.place}" if site.place else site.name)[:120],
        words=words + result.note,
        source=Case.Source.INSPECTION,
        origin=result.inspection.record,
    )


def _category(grid, code):
    found = CaseCategory.objects.subcategories().in_use().filter(town__code=grid.town_code)
    by_code = {category.code: category for category in found.filter(code__in=[code, FALLBACK])}
    category = by_code.get(code) or by_code.get(FALLBACK) or found.order_by("position", "pk").first()
    if category is None:
        raise DomainError("本镇还没有事件类别，请镇网格办先在设置里添上。")
    return category


def stubborn_with_cases(user, code=""):
    """老大难 sites in the user's scope under a place, the most failures first, with their open `cases`; two queries.

    A site has its owner and its next date by its oldest open case: `plan`, and `to_plan` for who may say so.
    """
    rows = [row for row in stubborn_sites(user) if row.site.grid.code.startswith(code)]
    cases = Case.objects.visible_to(user, P.SEE_CASES).open() if rows else Case.objects.none()
    grown = {}
    cases = cases.filter(origin__inspection__site__in=[row.site for row in rows])
    cases = cases.annotate(site=F("origin__inspection__site")).select_related("hard__owner").order_by("pk")
    for case in cases:
        grown.setdefault(case.site, []).append(case)
    for row in rows:
        site = row.site
        site.cases = grown.get(site.pk, [])
        first = site.cases[0] if site.cases else None
        site.plan = getattr(first, "hard", None)
        site.to_plan = first if first and may_look_after(user, first) else None
    return rows


def category_choices(user):
    """(code, name) of the sub-categories that a failure may become a case of."""
    found = CaseCategory.objects.visible_to(user, P.CONFIGURE).subcategories().in_use()
    return [(one.code, f"{one.code} {one.name}") for one in found.order_by("code")]
