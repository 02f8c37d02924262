"""Likely duplicates of a report, before it is sent and at the desk (DOMAIN): same sub-category, same place, still open.

The same place is the same place words or within 50 m. What was closed within 48 hours is 疑似复发 instead.
"""

from datetime import timedelta
from math import cos, radians

from django.db.models import Q
from django.utils import timezone

from cases.models import Case
from cases.vocabulary import ENDED, Status
from grids import access, names

P = access.Permission

NEAR_M = 50
RECENT = timedelta(hours=48)
METRES_PER_DEGREE = 111_320
# Rows looked at for one list of fifty; more repeats of so few matters say nothing new.
MOST_OF_A_LIST = 500


def likely(user, *, category, place="", longitude=None, latitude=None, beside=None):
    """The cases the user may see that the report may repeat, newest first, at most ten; one query where there are none.

    `beside` is the case itself when it already stands. Each row's `is_recurrence` says 疑似复发.
    """
    near = _near(place, longitude, latitude)
    if near is None:
        return []
    rows = Case.objects.visible_to(user, P.SEE_CASES).filter(near, _still_matters(), category=category)
    if beside is not None:
        rows = rows.exclude(pk=beside.pk)
    # Nearly every report repeats nothing, so the keys are asked alone: the rows with all they show cost ten times that.
    keys = list(rows.order_by("-pk").values_list("pk", flat=True)[:10])
    if not keys:
        return []
    rows = Case.objects.filter(pk__in=keys).select_related("grid", "reporter", "holder", "unit")
    rows = rows.defer("grid__boundary").order_by("-pk")
    found = []
    for row in rows:
        row.is_recurrence = row.status == Status.CLOSED
        if row.longitude is None or longitude is None or _is_same_place(row, place, longitude, latitude):
            found.append(row)
    return found


def likely_of(user, cases):
    """{case's key: rows it may repeat, newest first} for the cases of a list, in one query."""
    near = Q()
    for case in cases:
        here = _near(case.place, case.longitude, case.latitude)
        if here is not None:
            near |= here & Q(category_id=case.category_id)
    found = {case.pk: [] for case in cases}
    if not near:
        return found
    rows = Case.objects.visible_to(user, P.SEE_CASES).filter(near, _still_matters())
    for row in rows.order_by("-pk")[:MOST_OF_A_LIST]:
        row.is_recurrence = row.status == Status.CLOSED
        for case in cases:
            if _may_repeat(case, row):
                found[case.pk].append(row)
    return found


def _may_repeat(case, row):
    if row.pk == case.pk or row.category_id != case.category_id or row.town_id != case.town_id:
        return False
    if row.place_key == case.place_key:
        return True
    known = row.longitude is not None and case.longitude is not None
    return known and _is_same_place(row, "", case.longitude, case.latitude)


def _still_matters():
    closed_lately = Q(status=Status.CLOSED, closed_at__gte=timezone.now() - RECENT)
    return ~Q(status__in=[*ENDED, Status.DRAFT]) | closed_lately


def _near(place, longitude, latitude):
    """The predicate of the same place, or None where nothing is known of the place."""
    found = None
    if place.strip():
        found = Q(place_key=names.address_key(place.strip()))
    if longitude is not None and latitude is not None:
        north = NEAR_M / METRES_PER_DEGREE
        east = north / max(cos(radians(latitude)), 0.01)
        box = Q(
            longitude__range=(longitude - east, longitude + east),
            latitude__range=(latitude - north, latitude + north),
        )
        found = box if found is None else found | box
    return found


def _is_same_place(row, place, longitude, latitude):
    """Whether it is truly within the circle, or has the same words."""
    if place.strip() and row.place_key == names.address_key(place.strip()):
        return True
    east = (row.longitude - longitude) * METRES_PER_DEGREE * cos(radians(latitude))
    north = (row.latitude - latitude) * METRES_PER_DEGREE
    return east * east + north * north <= NEAR_M * NEAR_M
