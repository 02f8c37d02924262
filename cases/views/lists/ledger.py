"""事件台账: every case in scope, filtered by the address, and the same rows as a workbook."""

from django.utils import timezone
from django.utils.html import format_html, format_html_join

from cases.forms.filters import CaseFilterForm
from cases.models import Case
from cases.views.lists.rows import NOT_SAID, dressed, lamp_of, tabs_of
from cases.vocabulary import STATUS_LABELS
from grids import access, names
from grids.views.ledger import BoundedPaginator, LedgerView

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
    columns = (
        "编号",
        "上报时间",
        "网格",
        "来源",
        "上级编号",
        "上级时限",
        "大类",
        "小类",
        "什么事",
        "发现地点",
        "影响户数",
        "反映人",
        "上报人",
        "状态",
        "层级",
        "承办",
        "紧急",
        "督办",
        "已延期",
        "立案时间",
        "处置期限",
        "亮灯",
        "办好时间",
        "结案时间",
        "自然用时（分）",
        "工作用时（分）",
        "返工次数",
        "满意度",
    )

    def rows(self, queryset):
        queryset = queryset.order_by("-pk")
        if self.request.GET.get("format") != "xlsx":
            return queryset
        joins = ("responsible_grid", "category__parent", "unit", "holder", "reporter")
        return queryset.select_related(*joins).defer(*NOT_SAID, "words")

    def _filtered(self, permission):
        self.filter = self.filter_class(self.request.GET, user=self.request.user)
        rows = self.model.objects.visible_to(self.request.user, permission)
        return self.filter.apply(self.rows(rows))

    def paginate_queryset(self, queryset, page_size):
        """The page's keys are found first, so that what a row says is looked up for fifty rows, not for all."""
        paginator, page, keys, has_others = super().paginate_queryset(queryset, page_size)
        rows = self.model.objects.visible_to(self.request.user, self.permission)
        rows = rows.filter(pk__in=keys.values("pk")).order_by("-pk")
        page.object_list = dressed(list(rows.select_related(*JOINED).only(*SAID)))
        return paginator, page, page.object_list, has_others

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        places = access.scope(self.request.user, P.SEE_CASES)
        units = access.unit_scope(self.request.user, P.SEE_CASES)
        for row in context["page_obj"]:
            # Who reported it elsewhere sees how it stands, not who has it (a reporter's view is redacted).
            is_whole = bool(units) or row.responsible_grid_id in places
            row.line = line_of(row, row.holder_words if is_whole else "—")
        return context | {
            "may_report": access.can(self.request.user, P.REPORT_CASE),
            "tabs": tabs_of(self.request.user, "case_list"),
        }

    def cells(self, row):
        lamp = lamp_of(row)
        return (
            row.case_no,
            _moment(row.reported_at),
            row.responsible_grid.name,
            row.get_source_display(),
            row.upstream_no,
            _moment(row.upstream_due_at),
            row.category.parent.name,
            row.category.name,
            row.subject,
            # A door of somebody's home stays at home.
            names.mask_address(row.place) if row.household_id else row.place,
            row.affected_households,
            names.mask_name(row.caller_name),
            row.reporter.name,
            row.get_status_display(),
            row.get_level_display(),
            row.holder_words,
            "是" if row.is_urgent else "",
            "是" if row.was_supervised else "",
            "是" if row.is_extended else "",
            _moment(row.registered_at),
            _moment(row.due_at),
            lamp.words if lamp else "",
            _moment(row.handled_at),
            _moment(row.closed_at),
            _minutes(row.natural_seconds),
            _minutes(row.working_seconds),
            row.rework_count or "",
            row.get_rating_display() if row.rating else "",
        )


_LINE = (
    '<td><div><a class="strong case-link" href="{}">{}</a> <span class="muted small">{}</span>{}</div></td>'
    '<td data-label="编号" class="nowrap">{}</td>'
    '<td data-label="地点"><span>{} <span class="muted small">{}</span></span></td>'
    '<td data-label="状态" class="nowrap">{}</td><td data-label="承办">{}</td>'
    '<td data-label="上报"><span class="nowrap">{}</span></td><td data-label="期限"><span>{}</span></td>'
)
_MARK = ' <span class="badge tone-{}">{}</span>'


def line_of(row, holder):
    """The cells of a row, put together here: a template for each took most of the page's time."""
    marks = format_html_join("", _MARK, ((mark.tone, mark.words) for mark in row.marks))
    lamp = format_html(_MARK, row.lamp.tone, row.lamp.words) if row.lamp else ""
    due = format_html('<span class="nowrap">{}</span>{}', _short(row.due_at), lamp) if row.due_at else "—"
    name, place, grid = row.category.name, row.place, row.responsible_grid.name
    status, told = STATUS_LABELS[row.status], _short(row.reported_at)
    return format_html(
        _LINE, row.url, row.subject, name, marks, row.case_no, place, grid, status, holder, told, due
    )


def _short(moment):
    return f"{timezone.localtime(moment):%m-%d %H:%M}"


def _moment(value):
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def _minutes(seconds):
    return "" if seconds is None else seconds // 60
