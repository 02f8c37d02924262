"""A list of cases as a workbook: what leaves is masked, text alone, and written down in the audit log."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from cases.models import Case
from cases.views.lists.rows import NOT_SAID, lamp_of
from grids import access, names
from grids.actions.exports import log_export
from grids.reporting import workbook
from grids.views.ledger import EXPORTED

P = access.Permission
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

COLUMNS = (
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
SECTION = "在哪一栏"
_JOINS = ("responsible_grid", "category__parent", "unit", "holder", "reporter")


def wanted(request):
    """Whether the list is asked for as a file."""
    return request.GET.get("format") == "xlsx"


def joined(rows, prefix=""):
    """Cases, or rows that lead to one by `prefix`, with what `cells` says of a case."""
    rows = rows.select_related(*(f"{prefix}{name}" for name in _JOINS))
    return rows.defer(*(f"{prefix}{name}" for name in (*NOT_SAID, "words")))


def of_cases(request, label, sections, also=(), asked=None):
    """The cases of a list's sections, [(section, rows)], those in which the user may export.

    `also` are columns of the list's own: [(head, words of a case)].
    """
    access.require(request.user, P.EXPORT)
    leaving = Case.objects.visible_to(request.user, P.EXPORT).values("pk")
    lines = [
        (section, *cells(case), *(words(case) for _, words in also))
        for section, rows in sections
        for case in joined(rows.filter(pk__in=leaving))[:EXPORTED]
    ]
    return answer(request, label, (SECTION, *COLUMNS, *(head for head, _ in also)), lines, asked)


def around_cases(request, label, rows, also, asked=None):
    """The same for rows that hang on a case (`row.case`): their own columns first, then the case's."""
    access.require(request.user, P.EXPORT)
    leaving = Case.objects.visible_to(request.user, P.EXPORT).values("pk")
    rows = joined(rows.filter(case__in=leaving), "case__")[:EXPORTED]
    lines = [(*(words(row) for _, words in also), *cells(row.case)) for row in rows]
    return answer(request, label, (*(head for head, _ in also), *COLUMNS), lines, asked)


def answer(request, label, columns, lines, asked=None):
    """The file itself, and the entry in the log."""
    access.require(request.user, P.EXPORT)
    given = {name: str(value) for name, value in (asked or {}).items() if value}
    log_export(by=request.user, what=label, rows=len(lines), asked=given)
    name = f"{label}{timezone.localdate():%Y%m%d}.xlsx"
    return HttpResponse(
        workbook(label, columns, lines),
        content_type=XLSX,
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


def cells(row):
    """A case in the words of COLUMNS; no query for what `joined` brought along."""
    lamp = lamp_of(row)
    return (
        row.case_no,
        moment(row.reported_at),
        row.responsible_grid.name,
        row.get_source_display(),
        row.upstream_no,
        moment(row.upstream_due_at),
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
        moment(row.registered_at),
        moment(row.due_at),
        lamp.words if lamp else "",
        moment(row.handled_at),
        moment(row.closed_at),
        _minutes(row.natural_seconds),
        _minutes(row.working_seconds),
        row.rework_count or "",
        row.get_rating_display() if row.rating else "",
    )


def moment(value):
    """A moment as the file spells it; "" for none."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def _minutes(seconds):
    return "" if seconds is None else seconds // 60
