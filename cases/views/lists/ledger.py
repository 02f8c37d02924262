"""事件台账: every case in scope, filtered by the address, and the same rows as a workbook.

The links of figures lead here too: `?figure=…` shows exactly the cases that the number counted.
"""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from cases.forms.filters import CaseFilterForm
from cases.indicators import ASKED_BY, counted_rows
from cases.models import Case, CaseCategory
from cases.views.lists import sheet
from cases.views.lists.rows import around, dressed
from cases.vocabulary import STATUS_LABELS
from grids import access
from grids.figures import WITHOUT_UNIT
from grids.models import Grid, Unit
from grids.views.ledger import BoundedPaginator, LedgerView
from grids.views.scoped import visible_or_404

P = access.Permission


JOINED = ("responsible_grid", "category", "unit", "holder")
# The columns of a row on the page: fifty rows of the others cost more than the page's own work.
SAID = (
    *("uuid", "case_no", "subject", "place", "status", "level", "reported_at", "responsible_grid__name"),
    *(
        "category__name",
        "unit__name",
        "holder__name",
        "is_urgent",
        "reply_by",
        "was_supervised",
        "is_extended",
    ),
    *("recurs_of", "rework_count", "suspended_since", "warn_at", "due_at", "handled_at", "closed_at"),
)


class CasePaginator(BoundedPaginator):
    """Counts so far that a page of a county costs what a page of a town does; beyond, one narrows the filter."""

    most = 1_000


class CaseListView(LedgerView):
    """The ledger of cases, newest first."""

    model = Case
    permission = P.SEE_CASES
    filter_class = CaseFilterForm
    paginator_class = CasePaginator
    template_name = "cases/list.html"
    label = "事件台账"
    columns = sheet.COLUMNS

    def get(self, request, *args, **kwargs):
        self.counted = counted_rows(request.user, request.GET)
        return super().get(request, *args, **kwargs)

    def rows(self, queryset):
        queryset = queryset.order_by(*self.order)
        if self.request.GET.get("format") != "xlsx":
            return queryset
        return sheet.joined(queryset)

    @property
    def order(self):
        """A number's cases are sorted among themselves, instead of looked for among all by their keys."""
        return ("-reported_at", "-pk") if self.counted else ("-pk",)

    def _filtered(self, permission):
        user = self.request.user
        self.filter = self.filter_class(self.request.GET, user=user, counted=self.counted)
        rows = self.model.objects.visible_to(user, permission)
        if self.counted and permission == self.permission:
            rows = self.counted.rows
        elif self.counted:
            rows = rows.filter(pk__in=self.counted.rows.values("pk"))
        return self.filter.apply(self.rows(rows))

    def get_paginator(self, queryset, per_page, **kwargs):
        """A number's cases are counted to the last one, as the number was."""
        if self.counted:
            return Paginator(queryset, per_page, **kwargs)
        return super().get_paginator(queryset, per_page, **kwargs)

    def paginate_queryset(self, queryset, page_size):
        """The page's keys are found first, so that what a row says is looked up for fifty rows, not for all."""
        paginator, page, keys, has_others = super().paginate_queryset(queryset, page_size)
        rows = self.model.objects.visible_to(self.request.user, self.permission)
        rows = (self.counted.rows if self.counted else rows).filter(pk__in=keys.values("pk"))
        page.object_list = dressed(list(rows.order_by(*self.order).select_related(*JOINED).only(*SAID)))
        return paginator, page, page.object_list, has_others

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        user, rows = self.request.user, context["page_obj"]
        places, units = access.scope(user, P.SEE_CASES), access.unit_scope(user, P.SEE_CASES)
        elsewhere = self._elsewhere(rows) if self.counted else frozenset()
        for row in rows:
            # Who reported it elsewhere sees how it stands, not who has it (a reporter's view is redacted).
            is_whole = bool(units) or row.responsible_grid_id in places
            holder = row.holder_words if is_whole else "—"
            row.line = line_of(row, holder, is_elsewhere=row.pk in elsewhere, with_end=bool(self.counted))
        if self.counted:
            context |= self._about_figure()
        return context | {"may_report": access.can(user, P.REPORT_CASE)} | around(user, "case_list")

    def _elsewhere(self, rows):
        """The keys of counted cases that are worked where the user sees none today: they open for others."""
        keys = {row.pk for row in rows}
        seen = self.model.objects.visible_to(self.request.user, P.SEE_CASES).filter(pk__in=keys)
        return keys - set(seen.values_list("pk", flat=True))

    def asked(self):
        return (self.counted.query() if self.counted else {}) | super().asked()

    def _about_figure(self):
        """The number in words, the parameters that keep it, and the address without it."""
        others = {name: value for name, value in self.request.GET.items() if name not in (*ASKED_BY, "page")}
        return {
            "number": self.counted,
            "number_words": " · ".join(self._figure_words()),
            "without_figure": f"?{urlencode(others)}",
            "is_cut": False,
        }

    def _figure_words(self):
        """What was counted: the figure, which part of it, of which days, where."""
        user, (figure, part, asked, _) = self.request.user, self.counted
        yield figure.label
        if len(figure.parts) > 1:
            yield "分母" if part == "d" else "分子"
        period = asked.period
        yield f"{period.start:%Y-%m-%d} 至 {period.last_day:%Y-%m-%d}" if figure.clock else "此刻"
        if asked.place:
            place = visible_or_404(Grid, user, P.SEE_CASES, code=asked.place)
            yield f"{place.name}（不分网格）" if asked.own else place.name
        if asked.category:
            named = CaseCategory.objects.visible_to(user, P.SEE_NET).filter(code=asked.category)
            yield named.values_list("name", flat=True).first() or asked.category
        if asked.unit == WITHOUT_UNIT:
            yield "没有承办单位"
        elif asked.unit:
            named = Unit.objects.visible_to(user, P.SEE_NET).filter(uuid=asked.unit)
            yield named.values_list("name", flat=True).first() or "承办单位"

    def cells(self, row):
        return sheet.cells(row)


_LINE = (
    '<td><div>{} <span class="muted small">{}</span>{}</div></td>'
    '<td data-label="编号" class="nowrap">{}</td>'
    '<td data-label="地点"><span>{} <span class="muted small">{}</span></span></td>'
    '<td data-label="状态" class="nowrap"><span>{}</span></td><td data-label="承办">{}</td>'
    '<td data-label="上报"><span class="nowrap">{}</span></td><td data-label="期限"><span>{}</span></td>'
)
_NAME = '<a class="strong case-link" href="{}">{}</a>'
_MARK = ' <span class="badge tone-{}">{}</span>'


def line_of(row, holder, *, is_elsewhere, with_end):
    """The cells of a row, put together here: a template for each took most of the page's time.

    What is worked elsewhere has neither link nor place; `with_end` tells the day of the closure beside the status.
    """
    marks = format_html_join("", _MARK, ((mark.tone, mark.words) for mark in row.marks))
    lamp = format_html(_MARK, row.lamp.tone, row.lamp.words) if row.lamp else ""
    due = format_html('<span class="nowrap">{}</span>{}', _short(row.due_at), lamp) if row.due_at else "—"
    name = format_html(_NAME, row.url, row.subject)
    place, grid, status = row.place, row.responsible_grid.name, STATUS_LABELS[row.status]
    if is_elsewhere:
        name, place, grid = format_html('<b class="strong">{}</b>', row.subject), "（现在不在您的范围）", ""
    if with_end and row.closed_at:
        status = format_html('{} <span class="muted small">{}</span>', status, _short(row.closed_at)[:5])
    told = _short(row.reported_at)
    return format_html(
        _LINE, name, row.category.name, marks, row.case_no, place, grid, status, holder, told, due
    )


def _short(moment):
    return f"{timezone.localtime(moment):%m-%d %H:%M}"
