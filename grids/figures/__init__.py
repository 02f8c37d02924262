"""Figures: what a number is called, which rows it counts, and the one way to reckon it.

A figure belongs to a source of rows and to a clock, the column that decides into which period a row falls. `tabulate`
is the only way to a number: page, chart, file and JSON show what it gives. Every number can be asked for its rows
(`rows_behind`), by the same conditions. Periods are half-open local dates; a total is reckoned from all rows, never
from the lines; a share of nothing is None and shown as "—".
"""

from grids.figures.asked import WITHOUT_UNIT, Asked, By, Period, month_before, next_month, read
from grids.figures.kinds import (
    MEDIAN,
    NO_VALUE,
    Cell,
    Count,
    Duration,
    Figure,
    Rate,
    Reckoned,
    Rows,
    Tallied,
    tallied,
)
from grids.figures.table import Line, Table, rows_behind, tabulate

__all__ = [
    "MEDIAN",
    "NO_VALUE",
    "WITHOUT_UNIT",
    "Asked",
    "By",
    "Cell",
    "Count",
    "Duration",
    "Figure",
    "Line",
    "Period",
    "Rate",
    "Reckoned",
    "Rows",
    "Table",
    "Tallied",
    "month_before",
    "next_month",
    "read",
    "rows_behind",
    "tabulate",
    "tallied",
]
