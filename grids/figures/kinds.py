"""Where rows come from, and the kinds of figures over them: Count, Rate, Duration."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models
from django.db.models import Aggregate, Avg, FloatField, Max, Q, Sum
from django.db.models.functions import Left, TruncMonth

from grids import access
from grids.figures.asked import WITHOUT_UNIT, Asked, By

NO_VALUE = "—"


@dataclass(frozen=True)
class Rows:
    """A source of rows: how to get them, whose permission they ask, and by which columns they can be divided.

    `place` leads to the grid a row counts for ("" where the rows are grids); without `category` or `unit` the
    source cannot be divided by them.
    """

    of: Callable[[Asked], models.QuerySet]
    permission: access.Permission
    place: str = "grid"
    category: str = ""
    unit: str = ""

    def fits(self, asked, clock):
        """Whether the source can answer what is asked."""
        by_category = asked.by == By.CATEGORY or asked.category
        by_unit = asked.by == By.UNIT or asked.unit
        if (by_category and not self.category) or (by_unit and not self.unit):
            return False
        return bool(clock) or asked.by != By.MONTH

    def asked_for(self, asked):
        """The rows within the user's scope and what was asked, of all times."""
        rows = self.of(asked)
        column = f"{self.place}_id__in" if self.place else "pk__in"
        rows = rows.filter(**{column: access.scope(asked.user, self.permission)})
        if asked.places is not None:
            rows = rows.filter(**{column: asked.places})
        if asked.category:
            path = f"{self.category}__"
            rows = rows.filter(
                Q(**{f"{path}code": asked.category}) | Q(**{f"{path}parent__code": asked.category})
            )
        if asked.unit == WITHOUT_UNIT:
            rows = rows.filter(**{f"{self.unit}__isnull": True})
        elif asked.unit:
            rows = rows.filter(**{f"{self.unit}__uuid": asked.unit})
        return rows

    def lines(self, asked, clock):
        """(expression of a line's key, expression of its label or None) for what is asked."""
        code = f"{self.place}__code" if self.place else "code"
        match asked.by:
            case By.PLACE:
                return Left(code, int(asked.digits)), None
            case By.CATEGORY:
                path = self.category if asked.category else f"{self.category}__parent"
                return models.F(f"{path}__code"), Max(f"{path}__name")
            case By.UNIT:
                return models.F(f"{self.unit}__uuid"), Max(f"{self.unit}__name")
        return TruncMonth(clock), None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number's definition. `cohort` says in words what decides the period; `definition` what is counted.

    Conditions are a Q, or a function of `Asked` where they depend on the day.
    """

    key: str
    label: str
    definition: str
    cohort: str
    rows: Rows
    clock: str = ""
    unit: str = "件"
    decimals: int = 0
    parts = ("n",)
    address = None

    def fits(self, asked):
        return self.rows.fits(asked, self.clock)

    def during(self, asked):
        """The condition of the clock; none without a clock."""
        if not self.clock:
            return Q()
        start, end = asked.period.moments
        column = self.rows.of(asked).model._meta.get_field(self.clock)
        if not isinstance(column, models.DateTimeField):
            start, end = asked.period.start, asked.period.end
        return Q(**{f"{self.clock}__gte": start, f"{self.clock}__lt": end})

    def condition(self, asked, part):
        """What a row must be for the part of the figure, beyond the period."""
        raise NotImplementedError

    def aggregates(self, asked):
        """{part: aggregate} of the rows of a line."""
        raise NotImplementedError

    def cell(self, values):
        """The number from what its aggregates gave."""
        raise NotImplementedError


def _condition(given, asked):
    return given(asked) if callable(given) else given


@dataclass(frozen=True, kw_only=True)
class Count(Figure):
    """How many rows; with `amount` the sum of a column over them."""

    where: Any = field(default_factory=Q)
    amount: str = ""

    def condition(self, asked, part):
        return _condition(self.where, asked)

    def aggregates(self, asked):
        where = self.condition(asked, "n")
        return {"n": Sum(self.amount, filter=where) if self.amount else models.Count("pk", filter=where)}

    def cell(self, values):
        n = values["n"] or 0
        return Cell(self, n, None, n)


@dataclass(frozen=True, kw_only=True)
class Rate(Figure):
    """A share in percent: rows that fit numerator and denominator, of those that fit the denominator."""

    numerator: Any = field(default_factory=Q)
    denominator: Any = field(default_factory=Q)
    decimals: int = 1
    parts = ("n", "d")

    def condition(self, asked, part):
        whole = _condition(self.denominator, asked)
        return whole & _condition(self.numerator, asked) if part == "n" else whole

    def aggregates(self, asked):
        return {part: models.Count("pk", filter=self.condition(asked, part)) for part in self.parts}

    def cell(self, values):
        n, d = values["n"] or 0, values["d"] or 0
        return Cell(self, n, d, 100 * n / d if d else None)


class Median(Aggregate):
    """The value in the middle, between the two in the middle where there are two."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


MEAN, MEDIAN = Avg, Median


@dataclass(frozen=True, kw_only=True)
class Duration(Figure):
    """A time in hours over a column of seconds; n is how many rows it is of."""

    column: str
    statistic: Any = MEAN
    where: Any = field(default_factory=Q)
    unit: str = "小时"
    decimals: int = 1

    def condition(self, asked, part):
        return _condition(self.where, asked) & Q(**{f"{self.column}__isnull": False})

    def aggregates(self, asked):
        where = self.condition(asked, "n")
        return {
            "n": models.Count("pk", filter=where),
            "value": self.statistic(self.column, filter=where, output_field=FloatField()),
        }

    def cell(self, values):
        n = values["n"] or 0
        return Cell(self, n, None, values["value"] / 3600 if n else None)


@dataclass(frozen=True, kw_only=True)
class Reckoned(Rate):
    """A rate over what no table holds. `reckon(asked)` gives (values of all, {key of a line: values})."""

    reckon: Any
    address: Any = None
    divides: frozenset = frozenset({By.PLACE, By.MONTH})

    def fits(self, asked):
        return asked.by in self.divides and not asked.category and not asked.unit


@dataclass(frozen=True, kw_only=True)
class Tallied(Figure):
    """A figure read from a table of counts instead of its rows: the same key and words, `sums` for its parts."""

    of: Figure
    sums: dict

    @property
    def parts(self):
        return self.of.parts

    def aggregates(self, asked):
        return self.sums

    def cell(self, values):
        return replace(self.of.cell(values), figure=self.of)


def tallied(figure, rows, clock, **sums):
    """The figure as its tally gives it."""
    words = {name: getattr(figure, name) for name in ("key", "label", "definition", "cohort", "unit")}
    return Tallied(**words, decimals=figure.decimals, rows=rows, clock=clock, of=figure, sums=sums)


@dataclass(frozen=True)
class Cell:
    """A number: `n` rows, of `d` where it is a share, and its value, None where there is nothing to divide by."""

    figure: Figure
    n: int
    d: int | None
    value: float | None

    @property
    def is_count(self):
        """Whether the value is the number of rows itself, or a sum over them."""
        return isinstance(self.figure, Count)

    @property
    def words(self):
        if self.value is None:
            return NO_VALUE
        number = f"{self.value:.{self.figure.decimals}f}"
        return f"{number} %" if self.d is not None else number
