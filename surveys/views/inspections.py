"""Inspections: the walk with its recheck and correction, an inspection's page, the ledgers, and 合格率."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from grids import access
from grids.models import Grid
from grids.views.diary import month_asked
from grids.views.field_protocol import CorrectionMixin, FieldFormView
from grids.views.ledger import LedgerView
from grids.views.records import context_of, record_page, withdrawal
from grids.views.scoped import PermissionMixin, permission_required, visible_or_404
from surveys.actions.inspections import log_inspection, withdraw_inspection
from surveys.forms.inspections import InspectionFilterForm, InspectionForm, ResultFilterForm
from surveys.indicators.inspections import BY, DEFINITION, Share, end_of_month, months_before, pass_rates
from surveys.models import Checklist, Inspection, InspectionResult, Site
from surveys.repairs import still_failing
from surveys.views.contents import KIND, conflict_page, stored_content

P = access.Permission
State = InspectionResult.State


def results_of(user):
    """Results with their items, to prefetch, in the checklist's order."""
    rows = InspectionResult.objects.visible_to(user, P.SEE_FIELDWORK)
    return Prefetch("results", rows.select_related("item").order_by("item__position", "pk"))


def next_site(user, site):
    """The place of the same grid that was not seen for longest, unless it was seen today; None when all were."""
    sites = Site.objects.visible_to(user, P.INSPECT).in_use().filter(grid=site.grid_id)
    return sites.exclude(pk=site.pk).with_last().unseen_on(timezone.localdate()).to_walk().first()


class InspectView(FieldFormView):
    """A look at one site: every item on one screen."""

    permission = P.INSPECT
    form_class = InspectionForm
    template_name = "surveys/inspection_form.html"
    saved_words = "考察已登记。"
    action = staticmethod(log_inspection)
    follows = corrected = None

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.site = self.find_site()
        return super().dispatch(request, *args, **kwargs)

    def find_site(self):
        return visible_or_404(
            Site, self.request.user, P.INSPECT, related=("grid", "checklist"), uuid=self.kwargs["uuid"]
        )

    def get_form_kwargs(self):
        about = {"site": self.site, "follows": self.follows, "corrects": self.corrected}
        return super().get_form_kwargs() | about

    def get_context_data(self, **kwargs):
        user = self.request.user
        seen = Inspection.objects.visible_to(user, P.SEE_FIELDWORK).current().filter(site=self.site)
        seen = list(seen.newest_first().select_related("record").prefetch_related(results_of(user))[:20])
        return super().get_context_data(**kwargs) | {
            "site": self.site,
            "follows": self.follows,
            "before_photos": self.follows and self.follows.record.photos.order_by("pk"),
            "still_failing": still_failing(seen),
            "last": seen[0] if seen else None,
            "next_site": None if self.corrected else next_site(user, self.site),
        }

    def get_success_url(self, record):
        """On to the next place where that was asked for and nothing is left to do here."""
        following = "next" in self.request.POST and next_site(self.request.user, self.site)
        if following and not record.inspection.failed:
            return reverse("inspection_new", args=[following.uuid])
        return super().get_success_url(record)

    def show_conflict(self, kept):
        return conflict_page(self.request, kept, status=409)


class RecheckView(InspectView):
    """复查: the failed items of an inspection, and nothing else."""

    saved_words = "复查已登记。"

    def find_site(self):
        user = self.request.user
        self.follows = visible_or_404(
            Inspection.objects.visible_to(user, P.INSPECT).prefetch_related("results__item"),
            user,
            P.INSPECT,
            related=("record", "site", "site__grid", "site__checklist"),
            record__uuid=self.kwargs["uuid"],
        )
        return self.follows.site

    def get(self, request, *args, **kwargs):
        if self.follows.superseded_by_id or not self.follows.failed:
            messages.info(request, "这次考察没有要复查的：全部合格，或已更正、撤销。")
            return redirect(self.follows)
        return super().get(request, *args, **kwargs)


class InspectionCorrectView(CorrectionMixin, InspectView):
    """An inspection told anew."""

    kind = KIND

    def find_site(self):
        self.corrected = self.old.inspection
        self.follows = self.corrected.follows
        return self.corrected.site

    def stored_content(self):
        return stored_content(self.old)


@permission_required(P.LOG_FIELDWORK)
def withdraw(request, uuid):
    """Take an inspection back, with a reason."""
    return withdrawal(request, uuid, [KIND], withdraw_inspection)


class InspectionView(PermissionMixin, TemplateView):
    """One inspection: what failed first, then the rest. The composed page adds the cases that grew from it."""

    permission = P.SEE_FIELDWORK
    template_name = "surveys/inspection.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        record = record_page(self.request, kwargs["uuid"], KIND)
        context = context_of(self.request, record)
        inspection = record.inspection
        results = list(inspection.results.select_related("item").order_by("item__position", "pk"))
        rechecks = Inspection.objects.visible_to(user, P.SEE_FIELDWORK).current().filter(follows=inspection)
        may_inspect = access.can(user, P.INSPECT, inspection.grid_id)
        return (
            super().get_context_data(**kwargs)
            | context
            | {
                "inspection": inspection,
                "site": inspection.site,
                "failed": [row for row in results if row.state == State.FAIL],
                "others": [row for row in results if row.state != State.FAIL],
                "share": Share(inspection.passed, inspection.passed + inspection.failed),
                "rechecks": rechecks.newest_first().select_related("record"),
                "before": inspection.follows and _found_before(inspection, results),
                "may_recheck": may_inspect and inspection.failed and context["newer"] is None,
                "next_site": may_inspect and next_site(user, inspection.site),
            }
        )


def _found_before(recheck, results):
    """What was looked at again, for beside what it is now: (failed result, the one of today) pairs, and photos."""
    old, now = recheck.follows, {row.item_id: row for row in results}
    rows = old.results.filter(state=State.FAIL).select_related("item").order_by("item__position", "pk")
    pairs = [(row, now.get(row.item_id)) for row in rows]
    return {"pairs": pairs, "photos": old.record.photos.order_by("pk")}


class InspectionListView(LedgerView):
    """考察台账."""

    model = Inspection
    filter_class = InspectionFilterForm
    template_name = "surveys/inspection_list.html"
    label = "考察台账"
    columns = (
        "日期",
        "网格",
        "地点类型",
        "地点",
        "类别",
        "合格项",
        "不合格项",
        "不合格的检查项",
        "考察记录",
        "考察人",
        "录入人",
        "补录",
    )

    def rows(self, queryset):
        failing = InspectionResult.objects.visible_to(self.request.user, self.permission)
        failing = failing.filter(state=State.FAIL).select_related("item").order_by("item__position", "pk")
        return (
            queryset.current()
            .newest_first()
            .select_related("record", "record__typed_by", "grid", "site", "site__checklist", "inspector")
            .prefetch_related(Prefetch("results", failing, to_attr="failing"))
        )

    def cells(self, row):
        return (
            row.inspected_on,
            row.grid.name,
            row.site.checklist.name,
            row.site.name,
            "复查" if row.is_recheck else "考察",
            row.passed,
            row.failed,
            "；".join(f"{one.item.name}：{one.note}" if one.note else one.item.name for one in row.failing),
            row.note,
            row.inspector.name,
            row.record.typed_by.name,
            "补录" if row.record.is_late_entry else "",
        )


class ResultListView(LedgerView):
    """The single results behind a figure of 合格率."""

    model = InspectionResult
    filter_class = ResultFilterForm
    template_name = "surveys/result_list.html"
    label = "考察结果明细"
    columns = ("日期", "网格", "地点类型", "地点", "检查项", "结果", "情况", "类别", "考察人")

    def rows(self, queryset):
        related = ("inspection__record", "inspection__site", "inspection__inspector", "grid")
        return (
            queryset.current()
            .select_related(*related, "item__checklist")
            .order_by("-inspection__inspected_on", "-inspection", "item__position", "pk")
        )

    def cells(self, row):
        return (
            row.inspection.inspected_on,
            row.grid.name,
            row.item.checklist.name,
            row.inspection.site.name,
            row.item.name,
            row.get_state_display(),
            row.note,
            "复查" if row.inspection.is_recheck else "考察",
            row.inspection.inspector.name,
        )


@permission_required(P.SEE_FIELDWORK)
def rates(request):
    """合格率 over six months, by item, kind of place or village; every number leads to its rows."""
    last, _ = month_asked(request)
    by = request.GET.get("lines", "")
    by = by if by in BY else "item"
    place = _place(request)
    kinds = Checklist.objects.visible_to(request.user, P.SEE_FIELDWORK).order_by("position", "pk")
    kind = next((one for one in kinds if str(one.pk) == request.GET.get("kind")), None)
    code = place.code if place else ""
    table = pass_rates(user=request.user, by=by, last=last, code=code, kind=kind)
    asked = {"lines": by, "month": f"{last:%Y-%m}", "grid": code, "kind": kind.pk if kind else ""}
    context = {
        "table": table,
        "lines": [_with_links(line, table.months, asked) for line in table.lines],
        "total": _with_links(table.total, table.months, asked),
        "heading": "网格" if by == "place" and len(code) >= 12 else BY[by],
        "by": by,
        "kinds": kinds,
        "kind": kind,
        "place": place,
        "places": Grid.objects.visible_to(request.user, P.SEE_FIELDWORK).filter(tier=12).order_by("code"),
        "last": last,
        "before": months_before(last, 1),
        "after": months_before(last, -1),
        "definition": DEFINITION,
        "tabs": [_tab(label, asked | {"lines": key}, key == by) for key, label in BY.items()],
    }
    return render(request, "surveys/rates.html", context)


def _place(request):
    """The place of ?grid=, which must lie in scope; None without one."""
    code = request.GET.get("grid", "")
    return visible_or_404(Grid, request.user, P.SEE_FIELDWORK, code=code) if code else None


def _address(name, asked):
    return f"{reverse(name)}?{urlencode({key: value for key, value in asked.items() if value})}"


def _tab(label, asked, current):
    return {"label": label, "url": _address("inspection_rates", asked), "current": current}


def _with_links(line, months, asked):
    """A line with, beside each share, the addresses of the rows of both its numbers."""
    about = {"grid": asked["grid"], "kind": asked["kind"]}
    if line.key:
        about[{"item": "item", "kind": "kind", "place": "grid"}[asked["lines"]]] = line.key

    def cell(share, first, last, round="first"):
        rows = about | {"round": round, "since": first, "until": end_of_month(last)}
        return {
            "share": share,
            "passed": _address("inspection_result_list", rows | {"which": "pass"}),
            "counted": _address("inspection_result_list", rows | {"which": "counted"}),
        }

    cells = [cell(share, month, month) for share, month in zip(line.months, months, strict=True)]
    total = cell(line.total, months[0], months[-1])
    again = cell(line.rechecks, months[0], months[-1], "again")
    return {"label": line.label, "cells": [total, *cells], "again": again}
