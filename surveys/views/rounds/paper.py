"""Paper entry: a sheet is keyed, keyed again by somebody else, and where the two differ it is decided on."""

import re

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from grids import access
from grids.exceptions import DomainError
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted
from surveys import progress
from surveys.actions import paper
from surveys.exceptions import QuotaFull, SheetMoved
from surveys.forms.paper import DifferencesForm, SheetAnswers, SheetForm, areas_of, told_of
from surveys.models import Mode, PaperSheet, schema_of
from surveys.views.rounds.listing import round_or_404

P = access.Permission
State = PaperSheet.State
PAGE = 50
QUOTA_FULL = "这个村或这个性别年龄段的配额已满，没有入库。录的内容还在下面；确认不收，就把这张撤掉。"
TABS = ((State.ONCE, "待复录"), (State.DIFFERS, "有差异"), (State.DONE, "已入库"))


def sheet_or_404(request, round, sheet):
    related = ("round__town", "first_by", "second_by")
    return visible_or_404(PaperSheet, request.user, P.RUN_SURVEY, related=related, round=round, uuid=sheet)


@permission_required(P.RUN_SURVEY)
def paper_list(request, uuid):
    """What is keyed, by what is still to do with it."""
    found = round_or_404(request, uuid)
    counts = progress.sheets(found)
    asked = request.GET.get("state", "")
    first = State.DIFFERS if counts[State.DIFFERS] else State.ONCE
    state = State(asked) if asked in State.values else first
    rows = PaperSheet.objects.visible_to(request.user, P.RUN_SURVEY).filter(round=found, state=state)
    rows = rows.select_related("first_by", "second_by").order_by("number", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "round": found,
        "page": page,
        "state": state,
        "tabs": [
            {"label": label, "url": f"?state={one.value}", "current": one == state, "n": counts[one]}
            for one, label in TABS
        ],
        "may_key": found.takes_paper and Mode.PAPER in found.modes,
        "any": sum(counts.values()),
        "next": _next_to_key_again(request, found) if state == State.ONCE else None,
    }
    return render(request, "surveys/paper_list.html", context)


def _next_to_key_again(request, round):
    """The first sheet that waits for this person."""
    rows = PaperSheet.objects.visible_to(request.user, P.RUN_SURVEY).filter(round=round, state=State.ONCE)
    return rows.exclude(first_by=request.user).order_by("number", "pk").first()


@permission_required(P.RUN_SURVEY)
def paper_key(request, uuid):
    """The first keying; saved, the page is there for the next sheet."""
    found = round_or_404(request, uuid)
    start = {"number": _following(request.GET.get("after", "")), "area": request.GET.get("area", "")}
    sheet, answers = _forms(request, found, initial=start)
    context = {"round": found, "sheet": None, "form": sheet, "answers": answers}
    if request.method == "POST" and _both_valid(sheet, answers):
        number = sheet.cleaned_data["number"]
        told = told_of(sheet, answers)
        if _done(sheet, paper.key, round=found, by=request.user, number=number, told=told):
            messages.success(request, f"编号 {number} 录好了，等另一个人复录。接着录下一张。")
            query = QueryDict(mutable=True)
            query.update({"after": number, "area": told["area"]})
            return redirect(f"{request.path}?{query.urlencode()}")
    return render(request, "surveys/paper_key.html", context, status=_status(sheet, answers))


def _following(number):
    """The number behind one that ends in digits: 0012 → 0013; empty for another."""
    found = re.fullmatch(r"(.{0,3}?)([0-9]{1,8})", number)
    if found is None:
        return ""
    return f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}"


@permission_required(P.RUN_SURVEY)
def paper_second(request, uuid, sheet):
    """The second keying, blind; both agreeing, the sheet is taken in and the next one comes."""
    found = round_or_404(request, uuid)
    row = sheet_or_404(request, found, sheet)
    if row.state != State.ONCE:
        return _moved(request, found, row)
    form, answers = _forms(request, found, is_second=True)
    is_own = row.first_by_id == request.user.pk
    if request.method == "POST" and _both_valid(form, answers):
        told = told_of(form, answers)
        try:
            done = _done(form, paper.key_again, sheet=row, by=request.user, told=told)
        except SheetMoved:
            return _moved(request, found, row)
        if done:
            return _after_second(request, found, row)
    context = {"round": found, "sheet": row, "form": form, "answers": answers, "is_own": is_own}
    return render(request, "surveys/paper_key.html", context, status=_status(form, answers))


def _after_second(request, round, row):
    """Where both agreed the next sheet to key again, else the page of what differs."""
    row.refresh_from_db()
    if row.state == State.DIFFERS:
        messages.warning(request, f"编号 {row.number} 两次录的不一样，请对着纸看一看。")
        return redirect("paper_differences", round.uuid, row.uuid)
    following = _next_to_key_again(request, round)
    words = f"编号 {row.number} 两次一致，已入库。"
    messages.success(request, words + (f"接着复录编号 {following.number}。" if following else ""))
    if following:
        return redirect("paper_second", round.uuid, following.uuid)
    return redirect("paper_list", round.uuid)


@permission_required(P.RUN_SURVEY)
def paper_differences(request, uuid, sheet):
    """Both keyings side by side where they differ: one of them, or a third."""
    found = round_or_404(request, uuid)
    row = sheet_or_404(request, found, sheet)
    if row.state != State.DIFFERS:
        return _moved(request, found, row)
    form = DifferencesForm(
        posted(request),
        schema=schema_of(found.version),
        keyed=(row.first, row.second),
        names=(row.first_by.name, row.second_by.name),
        places=list(areas_of(found, request.user)),
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = _done(form, paper.settle, sheet=row, by=request.user, told=form.told)
        except SheetMoved:
            return _moved(request, found, row)
        if done:
            messages.success(request, f"编号 {row.number} 已入库。")
            return redirect("paper_list", found.uuid)
    context = {"round": found, "sheet": row, "form": form}
    return render(request, "surveys/paper_differences.html", context, status=_status(form))


@require_POST
@permission_required(P.RUN_SURVEY)
def paper_discard(request, uuid, sheet):
    """What was keyed of a sheet is thrown away before it is taken in."""
    found = round_or_404(request, uuid)
    row = sheet_or_404(request, found, sheet)
    try:
        paper.discard(sheet=row, by=request.user)
    except SheetMoved as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"编号 {row.number} 的录入已撤掉，这个编号可以重新录。")
    return redirect("paper_list", found.uuid)


def _forms(request, round, *, is_second=False, initial=None):
    """The two forms of a keying."""
    sheet = SheetForm(
        posted(request), user=request.user, round=round, is_second=is_second, initial=initial or {}
    )
    blank = "blank" in request.POST
    return sheet, SheetAnswers(schema_of(round.version), posted(request), blank=blank)


def _both_valid(sheet, answers):
    """Whether both can stand; a village that was never offered is 404."""
    valid = [sheet.is_valid(), answers.is_valid()]
    if any(error.code == "invalid_choice" for errors in sheet.errors.as_data().values() for error in errors):
        raise Http404
    return all(valid)


def _done(form, act, **given):
    """Whether it was done; what is in the way is said at the form, and what was typed stays. Raises SheetMoved."""
    try:
        act(**given)
    except SheetMoved:
        raise
    except QuotaFull:
        form.add_error(None, QUOTA_FULL)
        form.refused = True
    except DomainError as error:
        form.add_error(None, str(error))
        form.refused = True
    return not form.errors


def _status(*forms):
    """409 where what was keyed is right but cannot be taken in now, 422 where it is to be corrected."""
    if any(getattr(form, "refused", False) for form in forms):
        return 409
    return 422 if any(form.is_bound and form.errors for form in forms) else 200


def _moved(request, round, row):
    """Somebody dealt with it meanwhile, or it is another page's matter: there, with a word about its state."""
    row = PaperSheet.objects.visible_to(request.user, P.RUN_SURVEY).filter(pk=row.pk).first()
    if row is None:
        messages.warning(request, "这张问卷的录入已被撤掉，没有重复录入。")
        return redirect("paper_list", round.uuid)
    messages.info(request, f"编号 {row.number} 的状态是“{row.get_state_display()}”，没有重复录入。")
    names = {State.ONCE: "paper_second", State.DIFFERS: "paper_differences"}
    if row.state in names:
        return redirect(names[State(row.state)], round.uuid, row.uuid)
    return redirect(reverse("paper_list", args=[round.uuid]) + f"?state={row.state}")
