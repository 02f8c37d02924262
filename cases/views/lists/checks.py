"""抽查: draws among the matters settled on the spot, and what the town found of each."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from cases.actions import checks
from cases.exceptions import IllegalTransition
from cases.forms.lists import CheckDrawForm, CheckForm
from cases.models import CheckDraw, CheckItem
from cases.rights import NotAllowed
from cases.views.lists import sheet
from cases.views.lists.rows import around, dressed
from grids import access
from grids.exceptions import DomainError
from grids.models import Grid, Tier
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, submitted

P = access.Permission
Result = CheckItem.Result


@require_safe
@permission_required(P.CLOSE_CASE)
def draws(request):
    """The draws so far, newest first, each with its share of what could have been looked at."""
    rows = CheckDraw.objects.visible_to(request.user, P.CLOSE_CASE).select_related("drawn_by")
    rows = rows.annotate(
        drawn=Count("items"),
        checked=Count("items", filter=~Q(items__result=Result.OPEN)),
        untrue=Count("items", filter=Q(items__result=Result.UNTRUE)),
    ).order_by("-drawn_at", "-pk")
    if sheet.wanted(request):
        lines = [[words(row) for _, words in OF_DRAW] for row in rows[: sheet.EXPORTED]]
        return sheet.answer(request, "抽查", [head for head, _ in OF_DRAW], lines)
    rows = list(rows[:100])
    for row in rows:
        row.left = row.drawn - row.checked
    return render(request, "cases/list_checks.html", {"rows": rows, **around(request.user, "case_checks")})


OF_DRAW = (
    ("结案从", lambda row: row.starts_on),
    ("结案到", lambda row: row.last_day),
    ("可抽", lambda row: row.eligible),
    ("比例（%）", lambda row: row.percent),
    ("抽中", lambda row: row.drawn),
    ("已查", lambda row: row.checked),
    ("不属实", lambda row: row.untrue),
    ("种子", lambda row: row.seed),
    ("抽取人", lambda row: row.drawn_by.name),
    ("抽取时间", lambda row: sheet.moment(row.drawn_at)),
)
OF_ITEM = (
    ("抽查结果", lambda row: row.get_result_display()),
    ("抽查情况", lambda row: row.words),
    ("抽查人", lambda row: row.checked_by.name if row.checked_by_id else ""),
    ("抽查时间", lambda row: sheet.moment(row.checked_at)),
)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(P.CLOSE_CASE)
def new(request):
    """Draw from a period."""
    form = CheckDrawForm(posted(request))
    made = []

    def act(form):
        given = form.cleaned_data
        town = get_object_or_404(
            Grid.objects.visible_to(request.user, P.CLOSE_CASE).tier(Tier.TOWN).order_by("code")[:1]
        )
        drawn = checks.draw(
            by=request.user, town=town, start=given["start"], last_day=given["end"], seed=given["seed"]
        )
        made.append(drawn)

    if submitted(request, form, act):
        return redirect("case_check", made[0].uuid)
    return render(request, "cases/list_check_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(P.CLOSE_CASE)
def draw(request, uuid):
    """The drawn cases of one draw, and what was found of each."""
    found = visible_or_404(CheckDraw, request.user, P.CLOSE_CASE, related=("drawn_by",), uuid=uuid)
    items = CheckItem.objects.visible_to(request.user, P.CLOSE_CASE).filter(draw=found)
    items = items.select_related(
        "checked_by", "case__responsible_grid", "case__category", "case__handler", "case__reporter"
    ).defer("case__responsible_grid__boundary")
    if sheet.wanted(request):
        asked = {"start": found.starts_on, "end": found.last_day, "seed": found.seed}
        return sheet.around_cases(request, "抽查单", items.order_by("result", "pk"), OF_ITEM, asked)
    sent = None
    if request.method == "POST":
        number = request.POST.get("item", "")
        item = get_object_or_404(items, pk=int(number) if number.isascii() and number.isdigit() else 0)
        sent = CheckForm(request.POST, prefix=f"item-{item.pk}")
        if sent.is_valid() and _recorded(request, item, sent):
            return redirect(f"{request.path}#item-{item.pk}")
    rows = list(items.order_by("result", "pk"))
    dressed([row.case for row in rows])
    for row in rows:
        name = f"item-{row.pk}"
        row.form = sent if sent and sent.prefix == name else CheckForm(prefix=name)
    checked = sum(row.result != Result.OPEN for row in rows)
    context = {
        "draw": found,
        "rows": rows,
        "checked": checked,
        "untrue": sum(row.result == Result.UNTRUE for row in rows),
        "share": f"{checked * 100 / found.eligible:.1f} %",
        "may_export": access.can(request.user, P.EXPORT),
    }
    return render(request, "cases/list_check.html", context, status=422 if sent else 200)


def _recorded(request, item, form):
    """Whether there is nothing more to ask: it is written down, or somebody was quicker."""
    try:
        checks.record(item=item, by=request.user, **form.cleaned_data)
    except IllegalTransition:
        messages.warning(request, f"{item.case.case_no} 的状态已变化，请核对后再办理。")
    except (NotAllowed, DomainError) as refused:
        form.add_error(None, str(refused))
        return False
    else:
        untrue = form.cleaned_data["result"] == Result.UNTRUE
        messages.success(request, f"{item.case.case_no} {'不属实，已重办' if untrue else '属实'}。")
    return True
