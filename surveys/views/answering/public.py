"""Residents answer on their own phones: by the code of a slip, or by a poster.

No account, no session, nothing written by opening a page. Codes are in addresses, so these pages are kept quiet.
"""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from grids.views.accounts import client_address
from grids.views.public import kept_quiet, public_page
from surveys.actions import drafts, throttle, tokens
from surveys.contact import contact_of
from surveys.exceptions import TokenUsed
from surveys.forms.answering import CodeForm
from surveys.models import Mode, Round, schema_of
from surveys.views.answering.sitting import START, STATUS, Sheet, Sitting

NOT_FOUND = "没有找到这个码，可能抄错了一位。请核对后再填一次，或者问给您码的人。"


class PublicSitting(Sitting):
    """Somebody with a phone of their own."""

    def done(self, sheet, made):
        """Thanks, on a page whose address says neither code nor answer."""
        said = {"at": sheet.who["area"]} if sheet.who.get("area") else {}
        if not made:
            said["again"] = 1
        return redirect(f"{reverse('answer_done', args=[self.round.uuid])}?{urlencode(said)}")


class TokenSitting(PublicSitting):
    """By a code of one's own: what was answered is kept under the code until it is finished."""

    mode = Mode.TOKEN

    def __init__(self, request, token, code):
        super().__init__(request, token.batch.round, f"token.{token.pk}", seed=token.pk)
        self.token, self.code = token, code

    def usual_who(self):
        area = self.token.batch.area
        return {"area": area.code if area else ""}

    def given(self):
        return {"token": self.token}

    def context(self):
        return {"keeps_draft": True}

    def get(self):
        told = drafts.told_under(token=self.token, code=self.code)
        if told is None:
            return super().get()
        sheet = Sheet.fresh(self.round, who=told["who"], answers=told["answers"])
        if told["version"] != self.round.version_id:
            return self.changed(sheet)
        wanted = self.request.GET.get("p")
        page = told["page"] if wanted is None else _page_of(wanted)
        if page == START:
            return self.start(sheet)
        notice = "接着上次的答，前面答过的都还在。" if wanted is None else ""
        return self.page(sheet, self.questions(sheet, page), notice=notice, tone="good")

    def keep(self, sheet, page):
        told = {"version": sheet.version, "who": sheet.who, "answers": sheet.answers, "page": page}
        try:
            drafts.keep(token=self.token, code=self.code, told=told)
        except TokenUsed as used:
            return self.refused("used", "这个码已经答过了", str(used))
        return redirect(f"{self.request.path}?p={0 if page == START else page + 1}")


class PosterSitting(PublicSitting):
    """By a poster that everybody may scan; counted apart, in no quota."""

    mode = Mode.POSTER

    def __init__(self, request, round):
        super().__init__(request, round, f"poster.{round.uuid}")

    def has_room(self, sheet):
        return True

    def before_finish(self):
        throttle.count_poster_answer(client_address(self.request))


def _page_of(wanted):
    """The page that an address asks for: 0 is the start; nonsense is the first page of questions."""
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else 1
    return number - 1 if number else START


def _nothing(request, kind, title, words, status):
    """A page for a code that opens nothing."""
    context = {"round": None, "kind": kind, "title": title, "words": words}
    return public_page(request, "surveys/answer_refused.html", context, status=status, has_form=False)


def _found(request, find, code):
    """What the code opens, and else the page that says that it opens nothing."""
    address = client_address(request)
    try:
        throttle.require_patience(address)
    except throttle.Blocked as blocked:
        return None, _nothing(request, "wait", "请等一等", str(blocked), STATUS["wait"])
    found = find(code)
    if found is None:
        throttle.count_miss(address)
        return None, _nothing(request, "unknown", "没有找到这个码", NOT_FOUND, 404)
    return found, None


@kept_quiet
@sensitive_post_parameters("code")
@sensitive_variables("code")
@require_http_methods(["GET", "POST"])
def answer_code(request):
    """`/s/`: for whom the camera does not read the square; the code leads on."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            code, address = form.cleaned_data["code"], client_address(request)
            try:
                throttle.require_patience(address)
            except throttle.Blocked as blocked:
                form.add_error(None, str(blocked))
                status = STATUS["wait"]
            else:
                if tokens.token_of(code):
                    return redirect("answer", code=tokens.plain(code))
                poster = tokens.round_of_poster(code)
                if poster:
                    return redirect("answer_poster", code=poster.poster_code)
                throttle.count_miss(address)
                form.add_error("code", NOT_FOUND)
    return public_page(request, "surveys/answer_code.html", {"form": form}, status=status)


@kept_quiet
@sensitive_variables("code")
@require_http_methods(["GET", "POST"])
def answer(request, code):
    """`/s/<code>/`: one answer under one code, over as many visits as it takes."""
    token, nothing = _found(request, tokens.token_of, code)
    if nothing:
        return nothing
    sitting = TokenSitting(request, token, code)
    refusal = tokens.refusal_of(token)
    # What is posted under a used code may be the very answer that used it, sent twice.
    if refusal and not (request.method == "POST" and refusal.kind == "used"):
        return sitting.refused(*refusal)
    return _sat(request, sitting)


@kept_quiet
@require_http_methods(["GET", "POST"])
def answer_poster(request, code):
    """`/s/p/<code>/`: whoever scans the poster."""
    round, nothing = _found(request, tokens.round_of_poster, code)
    if nothing:
        return nothing
    sitting = PosterSitting(request, round)
    refusal = tokens.refusal_of_round(round, Mode.POSTER)
    return sitting.refused(*refusal) if refusal else _sat(request, sitting)


def _sat(request, sitting):
    if request.method == "POST":
        return sitting.post(Sheet.read(request.POST.get("sheet", ""), sitting.place))
    return sitting.get()


@kept_quiet
@require_safe
def answer_done(request, uuid):
    """`/s/done/<round>/`: thanks, the round's notice, and where a real problem is told."""
    round = begun_or_404(uuid)
    context = thanks_of(round, request.GET.get("at", "")) | {"again": "again" in request.GET}
    return public_page(request, "surveys/answer_done.html", context, has_form=False)


def begun_or_404(uuid):
    """A round that was ever open, for whoever knows its name."""
    round = get_object_or_404(Round, uuid=uuid)
    if round.state == Round.State.DRAFT:
        raise Http404
    return round


def thanks_of(round, at=""):
    """What stands on a last page; `at` is the code of the village that was answered for."""
    return {
        "round": round,
        "thanks": schema_of(round.version).thanks,
        "contact": contact_of(round, at),
        "has_results": round.town.rounds.filter(is_public=True).exists(),
    }
