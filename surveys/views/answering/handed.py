"""A gridworker's phone in a resident's hands: the resident's own pages, without a way into the gridworker's.

What interview it is stands in the signed field of the page. No session is asked, so the pages need nothing of the
gridworker's and show nothing of it; whether he may interview there is asked again when the answer is finished.
"""

from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from grids import access
from grids.models import User
from grids.views.public import kept_quiet, public_page
from grids.views.scoped import visible_or_404
from surveys.models import Mode, Round, SampledHousehold
from surveys.views.answering.public import begun_or_404, thanks_of
from surveys.views.answering.sitting import Sheet, Sitting

P = access.Permission
HANDED_FOR = 3 * 3600  # Seconds that a handed-over page may take.
LOST = "这一页过期了，没有收到刚才的回答。"


class HandSitting(Sitting):
    """The resident fills in alone; `sampled` None means at an event."""

    PLACE = "hand"
    has_start = False

    def __init__(self, request, round, by, sampled=None):
        super().__init__(request, round, self.PLACE)
        self.by, self.sampled = by, sampled
        self.mode = Mode.HOUSEHOLD if sampled else Mode.EVENT

    @property
    def action(self):
        return reverse("answer_hand")

    def area(self, code):
        return self.sampled.area if self.sampled else super().area(code)

    def given(self):
        return {"by": self.by, "sampled": self.sampled, "self_filled": True}

    def told_of(self):
        """What the pages say of the interview, for `answer_hand` to find it again."""
        sampled = str(self.sampled.uuid) if self.sampled else ""
        return {"by": str(self.by.uuid), "round": str(self.round.uuid), "sampled": sampled}

    def context(self):
        return {"is_handed": True, "leave_url": self.action, "leave_label": "不答了，把手机交还"}

    def refused(self, kind, title, words):
        # Its button is a form's.
        response = super().refused(kind, title, words)
        response.has_form = True
        return response

    def done(self, sheet, made):
        said = {} if self.sampled else {"at": sheet.who["area"]}
        return redirect(f"{reverse('answer_handed', args=[self.round.uuid])}?{urlencode(said)}")


@kept_quiet
@require_http_methods(["GET", "POST"])
def answer_hand(request):
    """`/s/hand/`: the pages that were handed over are posted here; opened, it asks for the phone back."""
    if request.method != "POST":
        return _give_back(request)
    sheet = Sheet.read(request.POST.get("sheet", ""), HandSitting.PLACE, max_age=HANDED_FOR)
    if sheet is None:
        return _give_back(request, {"words": LOST}, status=422)
    told = sheet.given
    by = get_object_or_404(User, uuid=told["by"], is_active=True)
    round = visible_or_404(Round, by, P.INTERVIEW, related=("version", "town"), uuid=told["round"])
    sampled = None
    if told["sampled"]:
        related = ("area", "grid")
        sampled = visible_or_404(SampledHousehold, by, P.INTERVIEW, related=related, uuid=told["sampled"])
    return HandSitting(request, round, by, sampled).post(sheet)


@kept_quiet
@require_safe
def answer_handed(request, uuid):
    """`/s/hand/<round>/`: thanks, and please give the phone back. `at` leads on to the stand of an event."""
    round = begun_or_404(uuid)
    at = request.GET.get("at", "")[:17]
    return _give_back(request, thanks_of(round, at) | {"at": at})


def _give_back(request, context=None, status=200):
    return public_page(request, "surveys/answer_handed.html", context or {}, status=status)
