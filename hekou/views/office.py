"""总览, the first screen of leaders and officers in the morning: heard, warmed, solved; and where the net has holes."""

from django.shortcuts import render
from django.utils import timezone

from grids import access
from grids.indicators import VISIT_RATE_DEFINITION
from grids.models import Tier
from grids.tree import summarise
from grids.views.diary import month_asked, month_links
from grids.views.scoped import permission_required
from hekou.overview import overview

P = access.Permission

# Names listed under a heading of vacancies before the rest is left to the net's own page.
SHOWN_NAMES = 8


@permission_required(P.SEE_NET)
def office_home(request):
    """At most 15 queries. Who has no fieldwork to see gets the net alone."""
    today = timezone.localdate()
    start, end = month_asked(request)
    found = overview(request.user, start, end, today)
    links = month_links(start)
    context = links | {
        "overview": found,
        "summary": summarise(found.net),
        "shown_names": SHOWN_NAMES,
        "month": start,
        "today": today,
        "is_running": start <= today < end,
        "has_next": links["month_after"] <= today,
        "by_area": found.tier == Tier.AREA,
        "definition": VISIT_RATE_DEFINITION,
    }
    return render(request, "hekou/office.html", context)
