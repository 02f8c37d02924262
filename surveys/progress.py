"""How far a round is: counts alone, a fixed number of queries whatever its size."""

from typing import NamedTuple

from django.db.models import Count, Q, Sum

from surveys.models import SELF_SELECTED, AgeBand, Mode, PaperSheet, SampledHousehold, Sex, Stratum


class Cell(NamedTuple):
    """One quota: how many are done of how many, of so many people."""

    label: str
    done: int
    quota: int | None
    population: int

    @property
    def left(self):
        return None if self.quota is None else self.quota - self.done


class Row(NamedTuple):
    """A count with its words."""

    label: str
    n: int


class Interviewer(NamedTuple):
    """How many interviews somebody led, and how many of them the resident filled in alone."""

    name: str
    self_filled: int
    read_out: int

    @property
    def total(self):
        return self.self_filled + self.read_out

    @property
    def share(self):
        """Of a hundred interviews so many were filled in by the resident."""
        return round(100 * self.self_filled / self.total) if self.total else None


def answers_of(rounds):
    """{round id: answers taken in}; one query."""
    counted = Stratum.objects.filter(round__in=rounds).values_list("round_id").annotate(n=Sum("n"))
    return dict(counted.order_by())


def by_mode(round):
    """Answers by how they came, the round's modes first even where nobody answered yet; one query."""
    counted = dict(round.strata.values_list("mode").annotate(n=Sum("n")).order_by())
    shown = [mode for mode in Mode if mode.value in round.modes or mode.value in counted]
    return [Row(mode.label, counted.get(mode.value, 0)) for mode in shown]


def counted_answers(round):
    """(those that count for quotas, all); one query."""
    everything = Sum("n", default=0)
    chosen = Sum("n", filter=~Q(mode__in=SELF_SELECTED), default=0)
    found = round.strata.aggregate(chosen=chosen, everything=everything)
    return found["chosen"], found["everything"]


def by_area(round):
    """The villages in the order of their codes; one query."""
    rows = round.areas.select_related("area").order_by("area__code")
    return [Cell(row.area.name, row.done, row.quota, row.population) for row in rows]


def by_cell(round):
    """[(age band, [a cell for each sex])]; empty where no such quota was declared. One query."""
    found = {(row.sex, row.age_band): row for row in round.quotas.all()}
    if not found:
        return []
    lines = []
    for band in AgeBand:
        rows = [(sex.label, found.get((sex.value, band.value))) for sex in Sex]
        cells = [Cell(label, row.done, row.quota, row.population) for label, row in rows if row]
        lines.append((band.label, cells))
    return lines


def dispositions(round):
    """What became of the drawn households, in the order of the states; one query."""
    counted = dict(round.sample.values_list("state").annotate(n=Count("pk")).order_by())
    return [Row(state.label, counted.get(state.value, 0)) for state in SampledHousehold.State]


def interviewers(round):
    """Who asked, by name, without rank; one query."""
    rows = round.tallies.select_related("interviewer").order_by("interviewer__name_index", "pk")
    return [Interviewer(row.interviewer.name, row.self_filled, row.read_out) for row in rows]


def batches(round):
    """The printings of slips with `used`, newest first; one query."""
    used = Count("tokens", filter=Q(tokens__is_used=True))
    rows = round.batches.select_related("area", "printed_by").annotate(used=used)
    return list(rows.order_by("-number"))


def sheets(round):
    """{state: n} of the paper sheets; one query."""
    counted = dict(round.sheets.values_list("state").annotate(n=Count("pk")).order_by())
    return {state: counted.get(state.value, 0) for state in PaperSheet.State}
