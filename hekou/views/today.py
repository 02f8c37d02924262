"""今日: who is due at which door and why, one tap to say that they were seen; 晚上补记 for the whole day at once."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone

from grids import access, search
from grids.actions.records import Envelope
from grids.actions.visits import log_visit
from grids.exceptions import DomainError
from grids.forms.visits import EveningForm
from grids.models import Household, HouseholdVisit, Resident
from grids.todo import todo
from grids.views.scoped import permission_required
from grids.views.typed import takes_typed
from surveys.models import SampledHousehold

P = access.Permission
MET = HouseholdVisit.Outcome.MET

# A phone's page stays light: the most urgent doors first, the rest behind a link.
SHOWN = 20
EVENING_HOUSEHOLDS = 40


@permission_required(P.LOG_FIELDWORK)
def today(request):
    """The list. At most ten queries, whatever the number of households."""
    day = timezone.localdate()
    tasks = todo(request.user, day)
    shown = tasks.doors if "all" in request.GET else tasks.doors[:SHOWN]
    done = list(_visits_of_today(request.user, day))
    context = {
        "day": day,
        "doors": [(door, uuid4()) for door in shown],
        "hidden": len(tasks.doors) - len(shown),
        "due_doors": len(tasks.doors),
        "later": [(door, uuid4()) for door in tasks.later],
        "left_this_week": tasks.left_this_week,
        "done": done[:SHOWN],
        "visits": len(done),
        "interviews": SampledHousehold.objects.visible_to(request.user, P.INTERVIEW).to_visit(day).count(),
        "met_households": len({visit.household_id for visit in done if visit.outcome == MET}),
    }
    return render(request, "hekou/today.html", context)


def _visits_of_today(user, day):
    """All of them, the latest first: a day has dozens at most, and what is shown is counted from them."""
    visits = HouseholdVisit.objects.visible_to(user, P.LOG_FIELDWORK).current()
    visits = visits.filter(visitor=user, visited_on=day).select_related("household", "record")
    return visits.only("outcome", "mode", "household__address", "record__uuid").order_by("-record")


@permission_required(P.LOG_FIELDWORK)
@takes_typed("q")
def evening(request):
    """Tick who was met; each household becomes a visit of its own under its own uuid."""
    form = EveningForm(request.POST or None)
    words = request.filters.get("q", "").strip()[:40]
    households = list(_evening_households(request.user, words))
    ticked = set(request.POST.getlist("met"))
    nobody = request.method == "POST" and form.is_valid() and not ticked
    if request.method == "POST" and form.is_valid() and ticked:
        return _log_evening(request, form)
    context = {
        "form": form,
        "q": words,
        "households": households,
        "uuids": request.POST,
        "ticked": ticked,
        "nobody": nobody,
        "most": EVENING_HOUSEHOLDS,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "hekou/today_evening.html", context, status=status)


def _evening_households(user, words):
    """Households of the user's grids with their people at home: who is due first, then by address."""
    day = timezone.localdate()
    tasks = todo(user, day)
    why = {person.uuid: person.why(day) for door in [*tasks.doors, *tasks.later] for person in door.people}
    households = search.households_like(Household.objects.visible_to(user, P.LOG_FIELDWORK), words)
    people = Resident.objects.visible_to(user, P.LOG_FIELDWORK).at_home(day)
    rows = households.distinct().order_by("address_key", "pk")
    if not words and why:
        # With a long list of due people the page is theirs; others are found by typing.
        first = rows.filter(residents__uuid__in=why)[:EVENING_HOUSEHOLDS]
        rest = rows.exclude(residents__uuid__in=why)
        ordered = [*first, *rest[: max(EVENING_HOUSEHOLDS - len(first), 0)]]
    else:
        ordered = list(rows[:EVENING_HOUSEHOLDS])
    by_household = {}
    for person in people.filter(household__in=ordered).order_by("-is_head", "pk"):
        by_household.setdefault(person.household_id, []).append((person, why.get(person.uuid, "")))
    for household in ordered:
        if household.pk in by_household:
            yield household, by_household[household.pk], uuid4()


def _log_evening(request, form):
    day, purposes = form.cleaned_data["happened_on"], form.cleaned_data["purposes"]
    ticked = [uuid for uuid in map(_uuid_or_none, request.POST.getlist("met")[:500]) if uuid]
    people = Resident.objects.visible_to(request.user, P.LOG_FIELDWORK).filter(uuid__in=ticked)
    met = {}
    for person in people.at_home(day).select_related("household"):
        met.setdefault(person.household, []).append(person)
    saved = 0
    for household, residents in met.items():
        uuid = _uuid_or_none(request.POST.get(f"uuid-{household.uuid}", "")) or uuid4()
        envelope = Envelope(uuid=uuid, captured_at=timezone.now(), happened_on=day)
        try:
            log_visit(
                by=request.user,
                envelope=envelope,
                household=household,
                met=residents,
                purposes=purposes,
            )
            saved += 1
        except DomainError as error:
            messages.warning(request, f"{household.address}：{error}")
    if saved:
        messages.success(request, f"已补记 {saved} 户。")
    return redirect("today")


def _uuid_or_none(text):
    try:
        return UUID(text)
    except ValueError:
        return None
