"""A resident's own matter, without an account: type a code, see how far it is, rate the result once.

Nothing here names anybody.
"""

from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from cases.actions import public, ratings
from cases.forms.ratings import CodeForm, RateForm
from cases.views import story
from cases.vocabulary import Status
from grids.exceptions import DomainError
from grids.views.accounts import client_address
from grids.views.public import kept_quiet, public_page

S = Status

IN_PLAIN_WORDS = {
    S.DRAFT: "已收到，正在补充情况",
    S.SUBMITTED: "已收到，等着受理",
    S.SELF_CLOSED: "当场办好了，等着确认",
    S.REJECTED: "没有受理，可以问问您的网格员",
    S.REGISTERED: "已受理，正在安排人去办",
    S.HANDLING: "正在办",
    S.RETURNED: "正在重新安排人去办",
    S.SUSPENDED: "要等一等再办（暂缓）",
    S.TO_VERIFY: "已办好，正在核实",
    S.TO_CLOSE: "已办好，正在核实",
    S.CLOSED: "已办结",
    S.MERGED: "和别人反映的是同一件，一起办",
    S.VOIDED: "已撤销",
}


@kept_quiet
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def my_case(request):
    """`/my/`: for who has the code on paper or heard it read out."""
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if public.look_up(code=form.cleaned_data["code"], address=client_address(request)):
                    return redirect("my_case_rate", code=_plain(form.cleaned_data["code"]))
                form.add_error("code", "没有找到这个查询码，或者它已过期。请核对，或者问给您码的人。")
            except public.CodesBlocked as blocked:
                form.add_error(None, str(blocked))
                status = 429
    return public_page(request, "cases/my_case.html", {"form": form}, status=status)


def _plain(code):
    return "".join(character for character in code.upper() if character.isascii() and character.isalnum())


@kept_quiet
@sensitive_variables("code")
@require_http_methods(["GET", "POST"])
def my_case_rate(request, code):
    """`/my/<code>/`: how far the matter is; by POST the rating, once."""
    try:
        link = public.look_up(code=code, address=client_address(request))
    except public.CodesBlocked as blocked:
        return public_page(
            request, "cases/my_case_none.html", {"words": str(blocked)}, status=429, has_form=False
        )
    if link is None:
        return public_page(request, "cases/my_case_none.html", {"words": ""}, status=404, has_form=False)
    form = RateForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                ratings.rate_by_link(code=code, **form.cleaned_data)
            except DomainError:
                # It says why below, where the form would stand: rated before, or taken up again meanwhile.
                link = ratings.link_of(code) or link
                return _shown(request, link, RateForm(), status=409)
            return redirect("my_case_rate", code=code)
        status = 422
    return _shown(request, link, form, status=status)


def _shown(request, link, form, status):
    """The matter in a resident's words: where it is merged, the main case's steps and result."""
    case = link.case
    main = case.merged_into or case
    refused = ratings.may_rate(link)
    events = list(main.events.filter(step__isnull=False).order_by("id"))
    context = {
        "case": case,
        "steps": story.steps(main, events),
        "words": IN_PLAIN_WORDS[main.status],
        "merged": main is not case,
        "reply": main.reply,
        "main": main,
        "may_rate": not refused,
        "form": form,
        "score": main.get_rating_display() if main.rating else "",
        "again": status == 409,
    }
    return public_page(request, "cases/my_case_rate.html", context, status=status, has_form=not refused)
