"""What every list of cases shares: the tabs above it, the words of a row, and pressing a button in place."""

from typing import NamedTuple

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.exceptions import IllegalTransition
from cases.forms.lists import SeenForm
from cases.forms.words import LIGHT_TONES, LIGHT_WORDS
from cases.models import Case
from cases.rights import NotAllowed
from grids import access
from grids.exceptions import DomainError
from grids.models import Grid, Tier
from grids.views.scoped import visible_or_404

P = access.Permission

# What a row says of places, people and class comes in the same query; a boundary is long and said nowhere.
JOINS = ("responsible_grid", "category", "unit", "holder", "reporter")
NOT_SAID = ("responsible_grid__boundary", "cause", "measures", "pauses")
SHOWN = 50

# (label, address, permissions of which one is enough), in the order in which a day is worked off.
TABS = (
    ("待办", "case_todo", {P.SETTLE_CASE}),
    ("受理台", "case_queue", {P.DISPATCH_CASE}),
    ("待核实", "case_verify", {P.VERIFY_CASE}),
    ("待批", "case_requests", {P.APPROVE_REQUEST}),
    ("单位事件", "case_unit", {P.HANDLE_CASE}),
    ("超期与将超期", "case_late", {P.SUPERVISE, P.DISPATCH_CASE}),
    ("老大难", "case_hard", {P.SUPERVISE, P.DISPATCH_CASE}),
    ("不满意", "case_tasks", {P.CLOSE_CASE}),
    ("抽查", "case_checks", {P.CLOSE_CASE}),
    ("台账", "case_list", {P.SEE_CASES}),
)


def tabs_of(user, current):
    """The tabs of the lists that the user works with; none where that is a single one."""
    held = access.permissions_of(user)
    tabs = [
        {"label": label, "url": reverse(name), "current": name == current, "n": None}
        for label, name, permissions in TABS
        if permissions & held
    ]
    return tabs if len(tabs) > 1 else []


def around(user, current):
    """What every list's page has around its rows: the tabs, and whether its rows may leave as a file."""
    return {"tabs": tabs_of(user, current), "may_export": access.can(user, P.EXPORT)}


def in_place(request, *querysets):
    """(the rows inside the village asked for by `?grid=`, what the page's filter of villages needs).

    Who sees a single village has nothing to choose; a code that is none of theirs filters nothing. One query.
    """
    seen = Grid.objects.visible_to(request.user, P.SEE_CASES).open().filter(tier=Tier.AREA)
    places = list(seen.order_by("code").values_list("code", "name"))
    code = next((code for code, _ in places if code == request.GET.get("grid")), "")
    if code:
        querysets = [rows.filter(responsible_grid__code__startswith=code) for rows in querysets]
    return querysets, {"places": places if len(places) > 1 else [], "place": code}


class Lamp(NamedTuple):
    """A light or a flag of a row, as a word with a tone."""

    words: str
    tone: str


def lamp_of(case):
    """The light while the limit runs; afterwards whether it was kept. None where neither says anything."""
    light = case.light
    if light:
        return Lamp(LIGHT_WORDS[light], LIGHT_TONES[light])
    if case.closed_at and case.is_late:
        return Lamp("超期结案", "bad")
    if case.suspended_since and case.is_open:
        return Lamp("已停表", "plain")
    return None


def marks_of(case):
    """The flags of a row, the gravest first."""
    if case.is_urgent:
        yield Lamp("紧急", "bad")
    if case.reply_by:
        yield Lamp(f"督办 {case.reply_by:%m-%d} 前答复", "bad")
    elif case.was_supervised:
        yield Lamp("督办", "info")
    if case.is_extended:
        yield Lamp("已延期", "info")
    if case.recurs_of_id:
        yield Lamp("疑似复发", "warn")
    if case.rework_count:
        yield Lamp(f"返工 {case.rework_count}", "warn")


def dressed(rows):
    """The rows, each with its page's `url`, `lamp` and `marks`; no query."""
    for row in rows:
        row.url, row.lamp, row.marks = row.get_absolute_url(), lamp_of(row), list(marks_of(row))
    return rows


def shown(queryset, most=SHOWN):
    """The first rows with what a row says; one query, which looks that up for these rows alone."""
    first = queryset.filter(pk__in=queryset.values("pk")[:most])
    return dressed(list(first.select_related(*JOINS).defer(*NOT_SAID)))


def state_words(case):
    """How a case stands now, for a page that was opened before."""
    return f"{case.case_no} {case.subject}现在是「{case.get_status_display()}」，在{case.holder_words}手上"


def press_here(request, press, permission, **given):
    """Carry out the button of a row as it was seen, and say what came of it; 422 for what is no row, else None.

    A row out of reach is 404. `given` are callables of the case that make what `advance` takes.
    """
    form = SeenForm(request.POST)
    if not form.is_valid():
        if "case" in form.errors:
            raise Http404("no case")
        messages.error(request, "没有办成：页面不完整，请刷新后再按一次。")
        return 422
    case = visible_or_404(
        Case, request.user, permission, related=("category__unit",), uuid=form.cleaned_data["case"]
    )
    try:
        case = advance(
            case=case,
            press=press,
            by=request.user,
            seen_version=form.cleaned_data["version"],
            **{name: of(case) for name, of in given.items()},
        )
    except IllegalTransition:
        now = Case.objects.visible_to(request.user, P.SEE_CASES).select_related("unit", "holder")
        messages.warning(request, f"状态已变化：{state_words(now.get(pk=case.pk))}。")
    except (NotAllowed, DomainError) as refused:
        messages.error(request, f"{case.case_no} 没有办成：{refused}")
    else:
        messages.success(request, done_words(case))
    return None


def done_words(case):
    at = timezone.localtime(case.due_at) if case.due_at else None
    until = f"，{at:%m-%d %H:%M} 前办好" if at and case.is_open else ""
    return f"{case.case_no} {case.subject}：{case.get_status_display()}，{case.holder_words}{until}。"
