"""The page of one case: how it stands, who has it, what is known, what happened, and what may be done."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, render

from cases import rights
from cases.models import Case, CaseRequest, rules_of
from cases.views import story
from cases.views.offered import offered
from cases.views.one import calendar_to_deadline, case_or_404
from cases.vocabulary import Status
from grids import access
from grids.models import Household
from grids.views.photos import photo_answer

P = access.Permission

RELATED = (
    "holder",
    "category__parent",
    "record",
    "reporter",
    "handler",
    "household",
    "concern",
    "finding__patrol__record",
    "origin",
    "merged_into",
)
# More of these nobody reads on one page.
SHOWN_LINKS = 60
SENT_BACK = frozenset({"rework", "doubt"})


def case(request, uuid):
    """`/cases/<uuid>/`: whole for who works on it or watches over it, redacted for a reporter from elsewhere."""
    found = case_or_404(request.user, uuid, *RELATED)
    if rights.sees_whole(request.user, found):
        return render(request, "cases/case.html", whole(request.user, found))
    return render(request, "cases/case_own.html", own(request.user, found))


def whole_or_403(user, uuid, *related):
    """The case for a page that names people: a reporter from elsewhere is refused."""
    found = case_or_404(user, uuid, *related)
    if not rights.sees_whole(user, found):
        raise PermissionDenied("only the reporter's view")
    return found


def whole(user, found):
    """Everything of the case; the same number of queries whatever hangs on it."""
    events = list(found.events.select_related("by", "holder", "unit").order_by("id"))
    photos = list(found.pictures())
    others = _others(user, found)
    pending = _pending(found)
    supervisions = _supervisions(found)
    rules = rules_of(found.town_id)
    clock = story.clock(found, calendar_to_deadline(found, rules))
    # What a check found not done is neither how it was found nor how it was left.
    sent_back = {event.record_id for event in events if event.record_id and event.press in SENT_BACK}
    unanswered = next((one for one in supervisions if one.replied_at is None), None)
    return {
        "case": found,
        "badges": story.badges(found, clock),
        "steps": story.steps(found, events),
        "clock": clock,
        "may": offered(user, found, rules, pending=pending, supervision=unanswered),
        "supports": [support.unit for support in found.supports.all()],
        "experts": list(found.experts.order_by("pk")),
        "may_work": not found.has_ended and rights.works_on(user, found),
        "households": _households(user, found),
        "before": [photo for photo in photos if photo.record_id == found.record_id],
        "checked": [photo for photo in photos if photo.record_id in sent_back],
        "after": [photo for photo in photos if photo.record_id not in {found.record_id, *sent_back}],
        "pending": pending,
        "supervisions": supervisions,
        "ratings": _ratings(user, found),
        "linked": _linked(found, others),
        "main": _main(found, others),
        "sees_fieldwork": access.can(user, P.SEE_FIELDWORK, found.grid_id),
        "may_print": True,
        "timeline": story.timeline(events, photos, others),
    }


def own(user, found):
    """What the reporter is told outside the own places: steps, status and result, no names."""
    events = list(found.events.order_by("id"))
    photos = [photo for photo in found.pictures() if photo.record_id == found.record_id]
    rules = rules_of(found.town_id)
    clock = story.clock(found, calendar_to_deadline(found, rules))
    main = found.merged_into
    return {
        "case": found,
        "badges": [badge for badge in story.badges(found, clock) if badge[0] != "督办"],
        "steps": story.steps(found, events),
        "may": offered(user, found, rules),
        "before": photos,
        "main": main and {"case": main, "url": ""},
        "result": (main or found).reply,
        "asked": _asked_back(found, events),
    }


def _asked_back(found, events):
    """What the office said when it gave the report back or refused it."""
    if found.status not in (Status.DRAFT, Status.REJECTED):
        return ""
    return next((event.words for event in reversed(events) if event.press in ("ask_back", "reject")), "")


def _pending(found):
    """The request that waits for an answer; only a case that is being worked on can have one."""
    if found.status != Status.HANDLING:
        return None
    asked = found.requests.filter(decision=CaseRequest.Decision.PENDING)
    return asked.select_related("asked_by").first()


def _supervisions(found):
    if not found.was_supervised:
        return []
    return list(found.supervisions.select_related("by", "replied_by").order_by("-pk"))


def _ratings(user, found):
    if found.rating is None and not found.reopen_count:
        return []
    ratings = list(found.ratings.select_related("called_by", "task", "task__done_by").order_by("-pk"))
    for rating in ratings:
        task = getattr(rating, "task", None)
        rating.opens_task = task is not None and access.can(user, P.CLOSE_CASE, found.responsible_grid_id)
    return ratings


def _households(user, found):
    """Linked households, for those who may open them there."""
    if not access.can(user, P.SEE_HOUSEHOLDS):
        return []
    linked = Q(pk=found.household_id) | Q(pk__in=found.households.values("pk"))
    return list(Household.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(linked).order_by("address_key"))


def _others(user, found):
    """Every other case that this one has to do with and the reader may open; one query."""
    mine = [pk for pk in (found.merged_into_id, found.origin_case_id, found.recurs_of_id) if pk]
    about = Q(pk__in=mine) | Q(merged_into=found) | Q(origin_case=found) | Q(recurs_of=found)
    rows = Case.objects.visible_to(user, P.SEE_CASES).filter(about).order_by("pk")
    return list(rows.select_related("reporter")[:SHOWN_LINKS])


def _linked(found, others):
    """(what it is to this one, case) in the order a reader asks for them."""
    kinds = (
        ("并入本件", lambda other: other.merged_into_id == found.pk),
        ("由此件另报", lambda other: other.pk == found.origin_case_id),
        ("另报的问题", lambda other: other.origin_case_id == found.pk),
        ("疑似复发自", lambda other: other.pk == found.recurs_of_id),
        ("后来复发", lambda other: other.recurs_of_id == found.pk),
    )
    return [(label, other) for label, holds in kinds for other in others if holds(other)]


def _main(found, others):
    """The case this one was merged into, with its address where the reader may open it."""
    main = found.merged_into
    if main is None:
        return None
    return {"case": main, "url": main.get_absolute_url() if main in others else ""}


def case_photo(request, uuid, photo):
    """A photo of the case; its scope is the case's, so units and the reporter see it too."""
    found = case_or_404(request.user, uuid)
    return photo_answer(get_object_or_404(found.pictures(), uuid=photo))
