"""The figures of cases. Each is defined once, here; pages, files and the dashboard show them, and lists their rows.

A case counts where it was reported, as of that day; what is still to be worked counts where it is worked now.
"""

from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from cases.models import Case, CheckItem, moments_of
from cases.querysets import Pressing, is_pressing
from cases.shares import GRID_SOURCES, PLEASED
from cases.vocabulary import Level, Status
from grids import access
from grids.figures import MEDIAN, Asked, Count, Duration, Rate, Rows, rows_behind
from grids.figures import read as read_asked
from grids.models import Grid, Tier

P = access.Permission
S = Status


def _cases(asked):
    return Case.objects.order_by()


def _open_cases(asked):
    return Case.objects.open().order_by()


CASES = Rows(_cases, P.SEE_CASES, place="grid", category="category", unit="unit")
OPEN_CASES = Rows(_open_cases, P.SEE_CASES, place="responsible_grid", category="category", unit="unit")

NOT_COUNTED = [S.MERGED, S.VOIDED]
# 应处置 and 应结案: of what fell due, neither void nor a duplicate nor resting now.
DUE = ~Q(status__in=[*NOT_COUNTED, S.SUSPENDED])
REGISTERED = Q(registered_at__isnull=False) & ~Q(status__in=NOT_COUNTED)
CLOSED = Q(status=S.CLOSED)
FROM_GRIDS = CLOSED & Q(source__in=sorted(GRID_SOURCES))
OF_GRIDS = FROM_GRIDS & Q(grid__tier__gte=Tier.GRID)
WORKED = CLOSED & Q(was_self_closed=False)

BY_REPORT = "按上报日期归期。"
BY_FILING = "按立案日期归期。"
BY_LIMIT = "按处置期限（延期后）归期；作废、合并和正在挂账的不算；期限还没到的也计在内。"
BY_CLOSURE = "按结案日期归期。"
AS_NOW = "此刻的数，不分时期。"

REPORTED = Count(
    key="reported",
    label="上报数",
    definition="上报的事件，合并、不予受理和作废的也算；撤回或退回补充的草稿不算。",
    cohort=BY_REPORT,
    rows=CASES,
    clock="reported_at",
    where=~Q(status=S.DRAFT),
)
VALID = Count(
    key="valid",
    label="有效上报数",
    definition="上报后立案的，或当场办结并经确认的；合并、作废的不算。",
    cohort=BY_REPORT,
    rows=CASES,
    clock="reported_at",
    where=REGISTERED & ~Q(status=S.SELF_CLOSED),
)
FILED = Count(
    key="filed",
    label="立案数",
    definition="立案的事件，当场办结的也算；合并、作废的不算。",
    cohort=BY_FILING,
    rows=CASES,
    clock="registered_at",
    where=REGISTERED,
)


def unaccepted(asked):
    """待受理 for longer than the town allows, by the working calendar."""
    return _pressing(asked, Pressing.UNACCEPTED)


def _pressing(asked, kind):
    """The lists' own predicate, with each town's calendar."""
    found = Q(pk__in=[])
    for town, moments in asked.once("moments", lambda: _moments(asked)).items():
        found |= Q(town_id=town) & is_pressing(kind, moments)
    return found


def _moments(asked):
    codes = access.access_of(asked.user).town_codes(P.SEE_CASES)
    towns = Grid.objects.filter(code__in=codes).values_list("pk", flat=True)
    return {town: moments_of(town, asked.now) for town in towns}


UNACCEPTED = Count(
    key="unaccepted",
    label="受理超时数",
    definition="上报后超过受理时限（4 个工作时，镇里可改）此刻仍待受理的。",
    cohort=BY_REPORT,
    rows=CASES,
    clock="reported_at",
    where=unaccepted,
)

DUE_CASES = Count(
    key="due",
    label="应处置（应结案）数",
    definition="处置期限落在本期的事件。",
    cohort=BY_LIMIT,
    rows=CASES,
    clock="due_at",
    where=DUE,
)


def _of_due(key, label, words, numerator):
    return Rate(
        key=key,
        label=label,
        definition=words,
        cohort=BY_LIMIT,
        rows=CASES,
        clock="due_at",
        numerator=numerator,
        denominator=DUE,
        decimals=2,
    )


HANDLED = _of_due("handled", "处置率", "已办好的 ÷ 应处置数。", Q(handled_at__isnull=False))
HANDLED_IN_TIME = _of_due(
    "handled_in_time", "按期处置率", "期限内办好的 ÷ 应处置数。", Q(handled_at__lte=F("due_at"))
)
SETTLED = _of_due("closed", "结案率", "已结案的 ÷ 应结案数。", Q(closed_at__isnull=False))
SETTLED_IN_TIME = _of_due(
    "closed_in_time",
    "按期结案率",
    "期限内结案的 ÷ 应结案数；经批准延期的按延期后的期限。",
    Q(closed_at__lte=F("due_at")),
)
# A case sent back is being worked on again: it was handled, although it is not now.
EVER_HANDLED = DUE & (Q(handled_at__isnull=False) | Q(rework_count__gt=0))
REWORKED = Rate(
    key="reworked",
    label="返工率",
    definition="核实时退回返工过的 ÷ 办好过的；一件事返工几次都算一件。",
    cohort=BY_LIMIT,
    rows=CASES,
    clock="due_at",
    numerator=Q(rework_count__gt=0),
    denominator=EVER_HANDLED,
)
REWORKS = Count(
    key="reworks",
    label="返工次数",
    definition="这些事件一共返工了几次。",
    cohort=BY_LIMIT,
    rows=CASES,
    clock="due_at",
    where=DUE & Q(rework_count__gt=0),
    amount="rework_count",
    unit="次",
)

CLOSURES = Count(
    key="closures",
    label="结案数",
    definition="本期结案的事件，当场办结并经确认的也算。",
    cohort=BY_CLOSURE,
    rows=CASES,
    clock="closed_at",
    where=CLOSED,
)


def _of_grids(key, label, words, numerator):
    return Rate(
        key=key,
        label=label,
        definition=f"{words} ÷ 首先在网格上报（走访、巡查、居民自报、电话接报）并已结案的。",
        cohort=BY_CLOSURE,
        rows=CASES,
        clock="closed_at",
        numerator=numerator,
        denominator=OF_GRIDS,
    )


IN_GRID = _of_grids(
    "in_grid", "网格自办率", "在网格员或网格长这一级办结的", Q(level_closed__lte=Level.HEAD.value)
)
IN_GRID_WORKER = _of_grids(
    "in_grid_l0", "其中网格员办结", "在网格员这一级办结的", Q(level_closed=Level.WORKER.value)
)
IN_GRID_HEAD = _of_grids(
    "in_grid_l1", "其中网格长办结", "在网格长这一级办结的", Q(level_closed=Level.HEAD.value)
)
CHECKED = Rate(
    key="in_grid_checked",
    label="自办抽查率",
    definition="镇里抽查过并有结果的 ÷ 网格自办的。",
    cohort=BY_CLOSURE,
    rows=CASES,
    clock="closed_at",
    numerator=Q(Exists(CheckItem.objects.filter(case=OuterRef("pk")).exclude(result=CheckItem.Result.OPEN))),
    denominator=OF_GRIDS & Q(level_closed__lte=Level.HEAD.value),
)


def _time(key, label, column, words, **more):
    return Duration(
        key=key,
        label=label,
        definition=f"立案到结案的{words}，扣除挂账；当场办结的不算。",
        cohort=BY_CLOSURE,
        rows=CASES,
        clock="closed_at",
        where=WORKED,
        column=column,
        **more,
    )


MEAN_TIME = _time("mean_natural", "平均用时", "natural_seconds", "自然小时平均数")
MEDIAN_TIME = _time("median_natural", "中位用时", "natural_seconds", "自然小时中位数", statistic=MEDIAN)
MEAN_WORK = _time("mean_working", "平均用时（工作时）", "working_seconds", "工作时平均数")
MEDIAN_WORK = _time(
    "median_working", "中位用时（工作时）", "working_seconds", "工作时中位数", statistic=MEDIAN
)

SATISFIED = Rate(
    key="satisfied",
    label="满意率",
    definition="满意和基本满意的 ÷ 有评价的；重办的事件按重办后的评价算。",
    cohort=BY_CLOSURE,
    rows=CASES,
    clock="closed_at",
    numerator=Q(rating__gte=PLEASED),
    denominator=CLOSED & Q(rating__isnull=False),
)
RATED = Rate(
    key="rated",
    label="评价率",
    definition="有评价的 ÷ 结案数。",
    cohort=BY_CLOSURE,
    rows=CASES,
    clock="closed_at",
    numerator=Q(rating__isnull=False),
    denominator=CLOSED,
)


# The state of things: where a case is worked now. Lights run while the limit does, and stop when it is done.
RUNNING = Q(due_at__isnull=False, suspended_since=None)


def _green(asked):
    return RUNNING & (Q(handled_at=None, warn_at__gte=asked.now) | Q(handled_at__lte=F("warn_at")))


def _yellow(asked):
    waiting = Q(handled_at=None, warn_at__lt=asked.now, due_at__gte=asked.now)
    return RUNNING & (waiting | Q(handled_at__gt=F("warn_at"), handled_at__lte=F("due_at")))


def _red(asked):
    return RUNNING & (Q(handled_at=None, due_at__lt=asked.now) | Q(handled_at__gt=F("due_at")))


def _state(key, label, words, where):
    return Count(key=key, label=label, definition=words, cohort=AS_NOW, rows=OPEN_CASES, where=where)


STATE = (
    _state("open", "未结", "还要办的事件：没有结案、合并、作废，也没有不予受理。", Q()),
    _state("waiting", "待受理", "已上报、还没有受理的。", Q(status=S.SUBMITTED)),
    _state("green", "绿灯", "时限还没用到 80% 的；挂账的没有灯。", _green),
    _state("yellow", "黄灯", "时限已用 80% 以上、还没超期的。", _yellow),
    _state("red", "红灯", "超过期限的，办好时已超期的也算。", _red),
    _state(
        "late",
        "超期未办",
        "超过期限还没有办好的。",
        lambda asked: _pressing(asked, Pressing.LATE),
    ),
    _state(
        "unanswered",
        "督办未答复",
        "督办后还没有答复的。",
        lambda asked: _pressing(asked, Pressing.UNANSWERED),
    ),
    _state("overlooked", "受理超时", "待受理超过受理时限的。", unaccepted),
)

INTAKE = (REPORTED, VALID, FILED, UNACCEPTED)
CLOSING = (DUE_CASES, HANDLED, HANDLED_IN_TIME, SETTLED, SETTLED_IN_TIME, REWORKED, REWORKS)
OWN = (CLOSURES, IN_GRID, IN_GRID_WORKER, IN_GRID_HEAD, CHECKED)
TIMES = (MEDIAN_TIME, MEAN_TIME, MEDIAN_WORK, MEAN_WORK)
RATINGS = (SATISFIED, RATED)

FIGURES = {figure.key: figure for figure in (*INTAKE, *CLOSING, *OWN, *TIMES, *RATINGS, *STATE)}


class Counted(NamedTuple):
    """What a number's link asks for, and the cases that the number counted."""

    figure: Any
    part: str
    asked: Asked
    rows: QuerySet

    def query(self):
        """The parameters of the link."""
        part = {"part": "d"} if self.part == "d" else {}
        return {"figure": self.figure.key} | part | self.asked.query()


# The parameters that say which number is meant; a list that shows its cases reads them as the figure does.
ASKED_BY = ("figure", "part", "since", "until", "grid", "own", "category", "unit")


def counted_rows(user, given):
    """What the parameters of a number's link ask for (Counted), or None where they name no figure.

    Counted by the place in which a case was reported, so that some may be worked where the user sees no case today.
    """
    figure, asked = FIGURES.get(given.get("figure", "")), read_asked(user, given)
    if figure is None or asked is None:
        return None
    part = given.get("part", "n")
    part = part if part in figure.parts else "n"
    return Counted(figure, part, asked, rows_behind(figure, asked, part))
