"""The drawn households as the office lists them."""

from django.db.models import Count, OuterRef, Q, Subquery

from grids.models import Resident
from surveys.models import SampledHousehold

State = SampledHousehold.State


def with_doors(rows):
    """Drawn households with address, grid, village and the head's name, in the order of the draw by village."""
    residents = Resident.objects.filter(household=OuterRef("household_id")).order_by("-is_head", "pk")
    rows = rows.select_related("household", "grid", "area").defer("grid__boundary", "area__boundary")
    rows = rows.annotate(head_name=Subquery(residents.values("name")[:1]))
    return rows.order_by("area__code", "position")


def by_village(rows):
    """How the draw stands in each village: {code, name, and a count of each kind}; one query."""
    kinds = {
        "waiting": State.WAITING,
        "reserve": State.RESERVE,
        "done": State.DONE,
        "refused": State.REFUSED,
        "absent": State.ABSENT,
        "ineligible": State.INELIGIBLE,
        "full": State.QUOTA_FULL,
    }
    counts = {name: Count("pk", filter=Q(state=state)) for name, state in kinds.items()}
    return list(rows.values("area__code", "area__name").annotate(**counts).order_by("area__code"))
