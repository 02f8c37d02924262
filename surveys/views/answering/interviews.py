"""A gridworker interviews: the doors of the sample, one household, and a stand at an event."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from grids import access
from grids.exceptions import DomainError, StaleVersion
from grids.views.scoped import permission_required, visible_or_404
from surveys.actions import sampling, tokens
from surveys.actions.answering import filled_cells
from surveys.contact import contact_of
from surveys.forms.answering import HAND, InterviewForm
from surveys.middleware import lock, unlock
from surveys.models import Mode, Round, SampledHousehold
from surveys.views.answering.handed import HandSitting
from surveys.views.answering.sitting import Sheet, Sitting

P = access.Permission
State = SampledHousehold.State
# What is told with one tap, the commonest first.
DISPOSITIONS = (
    (State.ABSENT, "家里没人"),
    (State.REFUSED, "拒答"),
    (State.INELIGIBLE, "不符合"),
    (State.QUOTA_FULL, "配额满"),
)
# Of these so many stand on the list, where nobody who found a closed door has to open a page.
ON_THE_LIST = 2
PAGE_SIZE = 40
MOVED_ON = "状态已变化，没有重复登记，请看现在的情况。"


class InterviewSitting(Sitting):
    """The gridworker reads out and presses; `sampled` None means at an event."""

    form_class = InterviewForm
    start_template = "surveys/interview.html"

    def __init__(self, request, round, sampled=None):
        self.by, self.sampled = request.user, sampled
        self.mode = Mode.HOUSEHOLD if sampled else Mode.EVENT
        where = sampled.uuid if sampled else round.uuid
        super().__init__(request, round, f"interview.{self.by.uuid}.{where}")

    def areas(self):
        return None if self.sampled else super().areas()

    def area(self, code):
        return self.sampled.area if self.sampled else super().area(code)

    def usual_who(self):
        return {"area": self.request.GET.get("at", "")}

    def given(self):
        return {"by": self.by, "sampled": self.sampled}

    def begin(self, sheet, form):
        """Read out here, or hand over: from then on the pages are the resident's, unless there is nothing to ask."""
        if form.cleaned_data["way"] != HAND or not self.has_room(sheet):
            return super().begin(sheet, form)
        handed = HandSitting(self.request, self.round, self.by, self.sampled)
        sheet = Sheet(sheet.response, sheet.version, who=form.told, given=handed.told_of())
        return lock(handed.begin(sheet, form))

    def context(self):
        return {
            "is_interview": True,
            "sampled": self.sampled,
            "contact": contact_of(self.round),
            "filled": filled_cells(self.round),
            "dispositions": DISPOSITIONS,
            "most_tries": sampling.MOST_TRIES,
            "collected": self.collected(),
            "leave_url": self.request.path,
            "leave_label": "停下，回到这一户" if self.sampled else "停下，从头来",
        }

    def collected(self):
        """How many interviews of the round are one's own."""
        tally = self.round.tallies.filter(interviewer=self.by).first()
        return tally.read_out + tally.self_filled if tally else 0

    def done(self, sheet, made):
        if self.sampled:
            words = f"{self.sampled.household.address}已访问完成。"
            messages.success(self.request, words if made else "这一户刚才已经收下，没有重复。")
            return redirect("interview_list")
        messages.success(self.request, "收下了，可以请下一位。" if made else "刚才那份已经收下，没有重复。")
        return redirect(f"{self.request.path}?{urlencode({'at': sheet.who['area']})}")


@permission_required(P.INTERVIEW)
def interview_list(request):
    """The doors still to be knocked at, round by round, and the events where one may stand."""
    sample = SampledHousehold.objects.visible_to(request.user, P.INTERVIEW)
    doors = sample.to_visit().select_related("household", "grid", "round", "replaces__household")
    doors = doors.order_by("round__ends_on", "round_id", "household__address_key", "pk")
    page = Paginator(doors, PAGE_SIZE).get_page(request.GET.get("page"))
    rounds = Round.objects.visible_to(request.user, P.INTERVIEW).filter(state=Round.State.OPEN)
    rounds = [one for one in rounds.order_by("ends_on", "pk") if one.takes_answers]
    events = [one for one in rounds if Mode.EVENT in one.modes]
    figures = _figures(sample, rounds)
    context = {
        "page": page,
        "events": events,
        "quick": DISPOSITIONS[:ON_THE_LIST],
        "done": [
            (one, *figures[one.pk], one.ends_on - timedelta(days=1)) for one in rounds if one.pk in figures
        ],
    }
    return render(request, "surveys/interview_list.html", context)


def _figures(sample, rounds):
    """{round id: (done, waiting)} of one's own doors; one query."""
    counted = sample.filter(round__in=rounds).values("round_id").order_by("round_id")
    counted = counted.annotate(
        done=Count("pk", filter=Q(state=State.DONE)), waiting=Count("pk", filter=Q(state=State.WAITING))
    )
    return {row["round_id"]: (row["done"], row["waiting"]) for row in counted}


@require_http_methods(["GET", "POST"])
def interview(request, uuid):
    """One household: the opening words, then the questions, or what became of the knock on the door."""
    sampled = _sampled(request, uuid)
    sitting = InterviewSitting(request, sampled.round, sampled)
    is_last_word = request.method == "POST" and request.POST.get("page")
    over = _over(sampled)
    # What is posted of a household that is done may be the very answer that was taken, sent twice.
    if over and not (is_last_word and sampled.state == State.DONE):
        status = 409 if request.method == "POST" else 200
        context = {"sampled": sampled, "round": sampled.round, "over": over, "is_late": status == 409}
        return render(request, "surveys/interview_over.html", context, status=status)
    return _sat(request, sitting)


def _over(sampled):
    """Why there is nothing to ask at this door, or ""."""
    if sampled.state == State.RESERVE:
        return "这一户是备用的，前面的户没有访成才轮到。"
    if sampled.state != State.WAITING:
        return f"这一户已登记为“{sampled.get_state_display()}”。"
    refusal = tokens.refusal_of_round(sampled.round, Mode.HOUSEHOLD)
    return refusal.words if refusal else ""


def _sampled(request, uuid):
    related = ("household", "grid", "area", "round__version", "round__town")
    return visible_or_404(SampledHousehold, request.user, P.INTERVIEW, related=related, uuid=uuid)


def _sat(request, sitting):
    if request.method == "POST":
        return sitting.post(Sheet.read(request.POST.get("sheet", ""), sitting.place))
    return sitting.get()


@require_http_methods(["GET", "POST"])
def interview_event(request, uuid):
    """活动现场: one answer after another; `at` is the village that the last one came from."""
    round = visible_or_404(Round, request.user, P.INTERVIEW, related=("version", "town"), uuid=uuid)
    sitting = InterviewSitting(request, round)
    refusal = tokens.refusal_of_round(round, Mode.EVENT)
    if refusal:
        status = 409 if request.method == "POST" else 200
        context = {"round": round, "over": refusal.words, "is_late": status == 409}
        return render(request, "surveys/interview_over.html", context, status=status)
    return _sat(request, sitting)


@require_POST
def interview_disposition(request, uuid):
    """One tap: what became of the knock, which reserve comes in, and ten seconds to take it back."""
    sampled = _sampled(request, uuid)
    tries = request.POST.get("tries", "")
    seen = int(tries) if tries.isascii() and tries.isdigit() and len(tries) < 4 else -1
    try:
        reserve = sampling.tell_disposition(
            sampled=sampled, by=request.user, state=request.POST.get("state", ""), seen_tries=seen
        )
    except StaleVersion:
        messages.warning(request, MOVED_ON)
        return redirect("interview", uuid=sampled.uuid)
    except DomainError as refused:
        messages.warning(request, f"没有登记：{refused}")
        return redirect("interview_list")
    sampled.refresh_from_db(fields=["state", "tries"])
    undo = reverse("interview_undo", args=[sampled.uuid])
    messages.success(request, _said(request.user, sampled, reserve), extra_tags=f"undo:{undo}")
    return redirect("interview_list")


def _said(user, sampled, reserve):
    """What a disposition came to, in a sentence; a reserve of another's grid goes by its grid's name."""
    if sampled.state == State.WAITING:
        left = sampling.MOST_TRIES - sampled.tries
        return f"{sampled.household.address}：家里没人，第 {sampled.tries} 次。还可以再去 {left} 次。"
    words = f"{sampled.household.address}：{sampled.get_state_display()}。"
    if reserve is None:
        return words
    if access.can(user, P.INTERVIEW, reserve.grid_id):
        return f"{words}由 {reserve.household.address} 替补，已加进名单。"
    return f"{words}替补的一户在{reserve.grid.name}，由那里的网格员去。"


@require_POST
def interview_undo(request, uuid):
    """Take the last disposition back."""
    sampled = _sampled(request, uuid)
    try:
        sampling.take_back(sampled=sampled, by=request.user)
    except DomainError as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"{sampled.household.address}已恢复为待访。")
    return redirect("interview_list")


@require_POST
def interview_resume(request):
    """The phone is back: to the next person of an event, else to the doors; whoever signed in meanwhile, home."""
    on = reverse("interview_list" if access.can(request.user, P.INTERVIEW) else "home")
    round, at = request.POST.get("round", ""), request.POST.get("at", "")
    if at.isascii() and at.isdigit() and is_uuid(round):
        on = f"{reverse('interview_event', args=[round])}?{urlencode({'at': at[:17]})}"
    return unlock(redirect(on))


def is_uuid(text):
    try:
        UUID(text)
    except ValueError:
        return False
    return True
