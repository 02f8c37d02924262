"""The household's page: who lives there, what is due, what was seen and heard, on one screen at the gate."""

from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from cases.models import Case
from grids import access
from grids.models import Absence, Concern, HouseholdVisit, Placement, Residence, Resident, ResidentCare
from grids.owed import Owed, owed_at
from grids.views.rights import rights_at

P = access.Permission

# The page shows the newest of each; the ledgers have the rest.
VISITS, CONCERNS, CASES = 6, 6, 6


class Person(NamedTuple):
    """A resident as the page shows them today."""

    resident: Resident
    care: list
    absence: Absence | None
    relatives: list
    consents: list
    owed: Owed | None
    why: str


def household(request, uuid):
    """One household. At most 15 queries, whoever lives there."""
    access.require(request.user, P.SEE_HOUSEHOLDS)
    today = timezone.localdate()
    placed = Placement.objects.visible_past_to(request.user, P.SEE_HOUSEHOLDS, uuid=uuid)
    placements = list(placed.order_by("-starts_on"))
    if not placements:
        raise Http404("no such household")
    home = placements[0].household
    grid = next(place.grid for place in placements if place.holds_on(today))
    residents = list(_residents(request.user, home))
    owed = owed_at(residents, placements, today)
    people = [_person(resident, today, owed.get(resident.pk)) for resident in residents]
    gone = [one for one in people if one.absence and one.absence.reason in Absence.FOR_GOOD]
    rights = rights_at(request.user, grid)
    context = {
        "household": home,
        "grid": grid,
        "places": _places(placements, today),
        "moves": _moves(request.user, home, placements[-1].starts_on),
        "people": [one for one in people if one not in gone],
        "gone": gone,
        "gone_label": f"已迁出或去世 {len(gone)} 人",
        "head": next((one.resident for one in people if one.resident.is_head), None),
        "due": [one for one in people if one.owed and not one.owed.is_done],
        "rights": rights,
        "visits": _visits(request.user, home) if rights.see_fieldwork else [],
        "concerns": _concerns(request.user, home) if rights.see_fieldwork else [],
        "cases": _cases(request.user, home),
        "today": today,
    }
    return render(request, "hekou/household.html", context)


def _residents(user, home):
    rows = Resident.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(household=home)
    care = ResidentCare.objects.visible_to(user, P.SEE_HOUSEHOLDS).select_related("category")
    return rows.order_by("-is_head", "born_on", "pk").prefetch_related(
        Prefetch("care", care), "absences", "relatives", "consents"
    )


def _person(resident, today, owed):
    return Person(
        resident=resident,
        care=sorted(
            (row for row in resident.care.all() if row.holds_on(today)), key=lambda row: row.category.position
        ),
        absence=next((row for row in resident.absences.all() if row.holds_on(today)), None),
        relatives=[row for row in resident.relatives.all() if row.removed_on is None],
        consents=[row for row in resident.consents.all() if row.withdrawn_on is None],
        owed=owed,
        why=owed.why(today) if owed else "",
    )


def _visits(user, home):
    """The newest visits, as the timeline shows them."""
    rows = HouseholdVisit.objects.visible_to(user, P.SEE_FIELDWORK).current().filter(household=home)
    rows = rows.select_related("visitor", "record").annotate(
        names=ArrayAgg("met__resident__name", filter=Q(met__isnull=False), order_by="met__pk", default=[])
    )
    return [
        {
            "when": _day(visit.visited_on),
            "who": visit.visitor.name,
            "title": _outcome(visit),
            "text": Truncator(visit.note).chars(80),
            "url": visit.get_absolute_url(),
            "tone": "good" if visit.outcome == HouseholdVisit.Outcome.MET else "plain",
        }
        for visit in rows.order_by("-visited_on", "-record_id")[:VISITS]
    ]


def _day(day):
    """11月24日, with the year once it is another."""
    return f"{day:%-m月%-d日}" if day.year == timezone.localdate().year else f"{day:%Y年%-m月%-d日}"


def _outcome(visit):
    """上门，见到了李桂花、李建国."""
    met = "、".join(visit.names) if visit.outcome == HouseholdVisit.Outcome.MET else ""
    return f"{visit.get_mode_display()}，{visit.outcome_words}{met}"


def _cases(user, home):
    """The newest cases that touch the household, of those the reader may open."""
    rows = Case.objects.visible_to(user, P.SEE_CASES).filter(households=home).select_related("reporter")
    return [
        {
            "when": _day(timezone.localdate(case.reported_at)),
            "who": case.reporter.name,
            "title": f"{case.subject} · {case.get_status_display()}",
            "text": f"{case.place}（{case.case_no}）",
            "url": case.get_absolute_url(),
            "tone": "warn" if case.is_open else "good",
        }
        for case in rows.order_by("-pk")[:CASES]
    ]


def _concerns(user, home):
    """The newest 诉求, open ones marked."""
    rows = Concern.objects.visible_to(user, P.SEE_FIELDWORK).current().filter(household=home)
    return [
        {
            "when": _day(concern.heard_on),
            "who": concern.heard_by.name,
            "title": f"{concern.get_theme_display()} · {concern.get_state_display()}",
            "text": Truncator(concern.words).chars(80),
            "url": concern.get_absolute_url(),
            "tone": "warn" if concern.state == Concern.State.WATCHING else "good",
        }
        for concern in rows.select_related("heard_by").order_by("-heard_on", "-pk")[:CONCERNS]
    ]


def _moves(user, home, known_since):
    """Who came to live here and who left, newest first; a page only of those whom the user may still see."""
    opens = Resident.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(pk=OuterRef("resident_id"))
    rows = Residence.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(household=home)
    moves = []
    for row in rows.select_related("resident").annotate(opens=Exists(opens)):
        url = reverse("resident", args=[row.resident.uuid]) if row.opens else ""
        if row.starts_on > known_since:
            moves.append((row.starts_on, row.resident.name, "住进来", url))
        if row.ends_on:
            moves.append((row.ends_on, row.resident.name, "搬到别的户", url))
    return [
        {"when": f"{day:%Y-%m-%d}", "title": name + what, "url": url}
        for day, name, what, url in sorted(moves, reverse=True)
    ]


def _places(placements, today):
    """Where the household was placed, newest first; what is planned says so."""
    return [
        {
            "when": f"{place.starts_on:%Y-%m-%d} 起"
            + (f"，到 {place.last_day:%Y-%m-%d}" if place.ends_on else ""),
            "title": place.grid.name + ("（将迁往）" if place.starts_on > today else ""),
            "tone": "info" if place.holds_on(today) else "plain",
        }
        for place in placements
    ]
