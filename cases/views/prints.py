"""A case on A4: 案卷, 交办单, 督办单, each with room for signatures and a seal."""

from django.shortcuts import render

from cases.models import Supervision
from cases.views import story
from cases.views.case import whole_or_403
from cases.views.one import row_or_404

RELATED = ("category__parent", "reporter", "handler", "merged_into")


def case_sheet(request, uuid):
    """案卷: the whole case with its log."""
    case = whole_or_403(request.user, uuid, *RELATED)
    events = list(case.events.select_related("by", "holder", "unit").order_by("id"))
    context = _about(case) | {
        "timeline": story.timeline(events)[::-1],
        "experts": case.experts.order_by("pk"),
        "ratings": case.ratings.order_by("pk"),
        "requests": case.requests.select_related("asked_by", "decided_by").order_by("pk"),
        "photo_count": case.pictures().count(),
        "parties": ["经办人", "核实人", "负责人"],
    }
    return render(request, "cases/case_sheet.html", context)


def case_slip(request, uuid):
    """交办单: what is asked of whom, by when."""
    case = whole_or_403(request.user, uuid, *RELATED)
    handed = case.events.filter(press__in=["dispatch", "hand_across", "hand_up", "take"], position=0)
    last = handed.select_related("by").order_by("-id").first()
    return render(
        request,
        "cases/case_slip.html",
        _about(case) | {"handed": last, "parties": ["交办人", "接收人"]},
    )


def case_supervision_slip(request, row):
    """督办单: the words from above, and room for the answer."""
    found = row_or_404(Supervision, request.user, row, "by", "replied_by")
    case = whole_or_403(request.user, found.case.uuid, *RELATED)
    return render(
        request,
        "cases/case_supervision_slip.html",
        _about(case) | {"supervision": found, "parties": ["督办人", "承办人"]},
    )


def _about(case):
    return {
        "case": case,
        "supports": [support.unit for support in case.supports.all()],
        "used": story.minutes_words(case.natural_seconds),
    }
