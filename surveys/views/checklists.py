"""设置: the kinds of places and what is looked at in each."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from grids import access
from grids.actions import settings
from grids.forms.settings import MoveForm
from grids.models import Grid, Tier
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, submitted
from surveys.actions import checklists
from surveys.forms.sites import ChecklistForm, ChecklistItemForm
from surveys.models import Checklist, ChecklistItem

P = access.Permission


@permission_required(P.CONFIGURE)
def overview(request):
    """The kinds of places in their order, and a new one."""
    form = ChecklistForm(posted(request))
    town = Grid.objects.visible_to(request.user, P.CONFIGURE).tier(Tier.TOWN).order_by("code").first()
    made = []
    if submitted(
        request,
        form,
        lambda form: made.append(checklists.add_checklist(town=town, by=request.user, **form.cleaned_data)),
    ):
        messages.success(request, f"已新增“{made[0].name}”，请接着添检查项。")
        return redirect("settings_checklist", made[0].pk)
    rows = Checklist.objects.visible_to(request.user, P.CONFIGURE).annotate(
        asked=Count("items", filter=Q(items__retired_on=None), distinct=True),
        places=Count("sites", filter=Q(sites__retired_on=None), distinct=True),
    )
    rows = list(rows.order_by("position", "pk"))
    context = {
        "form": form,
        "rows": [row for row in rows if not row.retired_on],
        "retired": [row for row in rows if row.retired_on],
    }
    return render(request, "surveys/settings_checklists.html", context, status=422 if form.errors else 200)


@permission_required(P.CONFIGURE)
def checklist(request, pk, categories=None):
    """One kind of place: its name, its items in their order, a new item. `categories(user)` are given by hekou."""
    row = visible_or_404(Checklist, request.user, P.CONFIGURE, pk=pk)
    choices = categories(request.user) if categories else ()
    name = ChecklistForm(_bound(request, "rename"), initial={"name": row.name}, auto_id="kind_%s")
    item = ChecklistItemForm(_bound(request, "add"), categories=choices)
    if name.is_bound and submitted(
        request, name, lambda form: settings.rename(row=row, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, "名称已保存。")
        return redirect("settings_checklist", pk)
    if item.is_bound and submitted(
        request, item, lambda form: checklists.add_item(checklist=row, by=request.user, **form.values())
    ):
        messages.success(request, f"已新增检查项“{item.cleaned_data['name']}”。")
        return redirect("settings_checklist", pk)
    items = ChecklistItem.objects.visible_to(request.user, P.CONFIGURE).filter(checklist=row)
    items = list(items.order_by("position", "pk"))
    labels = dict(choices)
    context = {
        "row": row,
        "name": name,
        "item": item,
        "items": [(one, labels.get(one.category_code, "其他诉求")) for one in items if not one.retired_on],
        "retired": [one for one in items if one.retired_on],
    }
    status = 422 if name.errors or item.errors else 200
    return render(request, "surveys/settings_checklist.html", context, status=status)


def _bound(request, deed):
    """The posted data for the form whose button was pressed; a post that names none is a rename."""
    return posted(request) if request.POST.get("deed", "rename") == deed else None


@permission_required(P.CONFIGURE)
def item(request, pk, categories=None):
    """One item: its name, what 合格 means, what its failure becomes a case of."""
    row = _item(request, pk)
    choices = categories(request.user) if categories else ()
    form = ChecklistItemForm(posted(request), instance=row, categories=choices)
    if submitted(
        request, form, lambda form: checklists.edit_item(item=row, by=request.user, **form.values())
    ):
        messages.success(request, "检查项已保存。")
        return redirect("settings_checklist", row.checklist_id)
    context = {"row": row, "form": form}
    return render(request, "surveys/settings_item.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(P.CONFIGURE)
def move_item(request, pk):
    """One step up or down the checklist."""
    row = _item(request, pk)
    form = MoveForm(request.POST)
    if not submitted(
        request, form, lambda form: checklists.move_item(item=row, by=request.user, **form.cleaned_data)
    ):
        messages.error(request, "没有改变次序，请刷新后再试。")
    return redirect("settings_checklist", row.checklist_id)


@require_POST
@permission_required(P.CONFIGURE)
def retire_item(request, pk):
    """Take it off the walks, or put it back (`retired` is 1 or 0)."""
    row = _item(request, pk)
    retired = request.POST.get("retired") == "1"
    checklists.set_item_retired(item=row, by=request.user, retired=retired)
    messages.success(request, f"“{row.name}”已{'停用' if retired else '恢复'}。")
    return redirect("settings_checklist", row.checklist_id)


def _item(request, pk):
    return visible_or_404(ChecklistItem, request.user, P.CONFIGURE, related=("checklist",), pk=pk)
