"""The places that are inspected: the list, a place's page with before and after, adding, changing, retiring."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from grids import access
from grids.views.ledger import LedgerView
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted
from surveys.actions import sites
from surveys.forms.inspections import SiteFilterForm
from surveys.forms.sites import SiteForm
from surveys.models import Inspection, Site
from surveys.models.inspection import STUBBORN_FAILURES
from surveys.repairs import repairs
from surveys.views.inspections import next_site, results_of

P = access.Permission

# As far back as a place's page looks.
SHOWN = 40


class SiteListView(LedgerView):
    """The places of one's scope, those unseen for longest first."""

    model = Site
    filter_class = SiteFilterForm
    template_name = "surveys/site_list.html"
    label = "考察地点"
    columns = (
        "网格",
        "地点类型",
        "名称",
        "位置",
        "上次考察",
        "上次不合格项",
        "半年内不合格次数",
        "老大难",
        "停用日",
    )

    def rows(self, queryset):
        return queryset.with_last().with_failures().select_related("grid", "checklist").to_walk()

    def cells(self, row):
        return (
            row.grid.name,
            row.checklist.name,
            row.name,
            row.place,
            row.last_on,
            row.last_failed,
            row.failures,
            "是" if row.failures >= STUBBORN_FAILURES and not row.retired_on else "",
            row.retired_on,
        )

    def get_context_data(self, **kwargs):
        user = self.request.user
        return super().get_context_data(**kwargs) | {
            "may_edit": access.can(user, P.EDIT_SITES),
            "may_configure": access.can(user, P.CONFIGURE),
            "inspectable": access.scope(user, P.INSPECT),
            "stubborn_from": STUBBORN_FAILURES,
        }


@permission_required(P.SEE_FIELDWORK)
def site(request, uuid):
    """One place: how it stands, what failed beside what came of it, and every look at it."""
    rows = Site.objects.visible_to(request.user, P.SEE_FIELDWORK).with_failures()
    found = visible_or_404(rows, request.user, P.SEE_FIELDWORK, related=("grid", "checklist"), uuid=uuid)
    seen = Inspection.objects.visible_to(request.user, P.SEE_FIELDWORK).current().filter(site=found)
    seen = list(
        seen.newest_first()
        .select_related("record", "inspector")
        .prefetch_related(results_of(request.user), "record__photos")[:SHOWN]
    )
    may_inspect = not found.retired_on and access.can(request.user, P.INSPECT, found.grid_id)
    context = {
        "site": found,
        "inspections": seen,
        "repairs": repairs(seen),
        "last": seen[0] if seen else None,
        "is_stubborn": found.failures >= STUBBORN_FAILURES and not found.retired_on,
        "may_inspect": may_inspect,
        "may_edit": access.can(request.user, P.EDIT_SITES, found.grid_id),
        "next_site": may_inspect and next_site(request.user, found),
    }
    return render(request, "surveys/site.html", context)


@permission_required(P.EDIT_SITES)
def new(request):
    """A new place."""
    form = SiteForm(posted(request), user=request.user, initial={"grid": request.GET.get("grid")})
    made = []
    if submitted(request, form, lambda form: made.append(sites.add_site(by=request.user, **form.values()))):
        messages.success(request, f"已新增“{made[0].name}”。")
        return redirect(made[0])
    context = {"form": form, "title": "新增考察地点", "label": "新增地点"}
    return render(request, "surveys/site_form.html", context, status=422 if form.errors else 200)


@permission_required(P.EDIT_SITES)
def edit(request, uuid):
    """How a place is called and where it is."""
    found = visible_or_404(Site, request.user, P.EDIT_SITES, related=("grid", "checklist"), uuid=uuid)
    form = SiteForm(posted(request), instance=found, user=request.user)

    def act(form):
        seen = form.cleaned_data["version"]
        sites.edit_site(site=found, by=request.user, seen_version=seen, **form.values())

    if submitted(request, form, act):
        messages.success(request, "已保存。")
        return redirect(found)
    context = {"form": form, "site": found, "title": "修改考察地点", "label": "保存"}
    return render(request, "surveys/site_form.html", context, status=status_of(form))


@require_POST
@permission_required(P.EDIT_SITES)
def retire(request, uuid):
    """Take a place off the walks, or put it back (`retired` is 1 or 0)."""
    found = visible_or_404(Site, request.user, P.EDIT_SITES, uuid=uuid)
    retired = request.POST.get("retired") == "1"
    sites.set_retired(site=found, by=request.user, retired=retired)
    messages.success(request, f"“{found.name}”已{'停用' if retired else '恢复'}。")
    return redirect(found)
