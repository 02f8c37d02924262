"""What a round's results are reckoned from: its strata and its declared frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from surveys import counting
from surveys.models import SELF_SELECTED, AgeBand, Mode, Sex, schema_of
from surveys.raking import rake

DIMENSIONS = {"area": "村/社区", "sex": "性别", "age": "年龄", "mode": "方式"}


class Part(NamedTuple):
    """One stratum: a village's code, sex, age band ("" where not told), mode, answers and their counts."""

    area: str
    sex: str
    age: str
    mode: str
    n: int
    counts: Mapping

    @property
    def cell(self):
        """Sex and age as the weights know them; "" unless both are told."""
        return self.sex + self.age if self.sex and self.age else ""


class Group(NamedTuple):
    """People who are looked at together: `key` within its dimension, and how many of them the frame declares."""

    key: str
    label: str
    population: int | None


@dataclass
class Summaries:
    """A round read once; everything below is reckoned from it without another query.

    `parts` are the answers that count for the result, `posters` those of people who chose to answer (DOMAIN: never
    blended silently).
    """

    round: object
    parts: list[Part]
    posters: list[Part]
    areas: list[Group]
    cells: dict[str, int]

    @cached_property
    def schema(self):
        return schema_of(self.round.version)

    @cached_property
    def n(self):
        return sum(part.n for part in self.parts)

    @cached_property
    def frame(self):
        return sum(area.population for area in self.areas)

    @cached_property
    def answered(self):
        """{(village, cell): answers}, as the weights are made from."""
        found = {}
        for part in self.parts:
            pair = part.area, part.cell
            found[pair] = found.get(pair, 0) + part.n
        return found

    @cached_property
    def raked(self):
        return rake(self.answered, {area.key: area.population for area in self.areas}, self.cells)

    @cached_property
    def is_weighted(self):
        return bool(self.raked.weights)

    @cached_property
    def people(self):
        """The parts over all modes that count, one for each village, sex and age."""
        sizes = {}
        for part in self.parts:
            key = part.area, part.sex, part.age
            sizes[key] = sizes.get(key, 0) + part.n
        counts = _summed(self.parts, lambda part: (part.area, part.sex, part.age))
        return [Part(*key, "", n, counts[key]) for key, n in sizes.items()]

    @cached_property
    def cell_counts(self):
        """{(village, cell): counts}: over all modes that count."""
        return _summed(self.people, lambda part: (part.area, part.cell))

    @cached_property
    def total(self):
        return counting.total(self.cell_counts.values())

    def counts_by(self, dimension):
        """{key: counts} of a dimension."""
        return _summed(self._parts_for(dimension), lambda part: getattr(part, dimension))

    def _parts_for(self, dimension):
        return self.parts if dimension == "mode" else self.people

    def cells_by(self, dimension):
        """{key: {(village, cell): counts}}: what the weighted shares of a dimension are made of."""
        split = {}
        for part in self._parts_for(dimension):
            split.setdefault(getattr(part, dimension), []).append(part)
        return {key: _summed(parts, lambda part: (part.area, part.cell)) for key, parts in split.items()}

    def groups(self, dimension):
        """The groups of a dimension in their order; people who did not tell come last."""
        if dimension == "area":
            named = list(self.areas)
        elif dimension == "sex":
            named = [Group(sex.value, sex.label, self._people(sex.value)) for sex in Sex]
        elif dimension == "age":
            named = [Group(band.value, band.label, self._people(band.value)) for band in AgeBand]
        else:
            return [Group(mode.value, mode.label, None) for mode in Mode if mode not in SELF_SELECTED]
        return [*named, Group("", "没有说明", None)]

    def _people(self, key):
        """How many of one sex, or of one age band, the frame has; None where it was not declared."""
        return sum(n for cell, n in self.cells.items() if key in (cell[:1], cell[1:])) or None


def _summed(parts, key_of):
    """{key: counts}. Counts that stand alone under their key are taken as they are: nobody changes them."""
    found, own = {}, set()
    for part in parts:
        place = key_of(part)
        if place not in found:
            found[place] = part.counts
            continue
        if place not in own:
            own.add(place)
            found[place] = dict(found[place])
        counts = found[place]
        for key, number in part.counts.items():
            counts[key] = counts.get(key, 0) + number
    return found


def read(round):
    """The summaries of a round: three queries, whatever its size."""
    areas = round.areas.order_by("area__code").values_list("area__code", "area__name", "population")
    rows = round.strata.values_list("area__code", "sex", "age_band", "mode", "n", "counts")
    parts = [Part(code or "", *row) for code, *row in rows.order_by("pk")]
    cells = round.quotas.order_by("sex", "age_band").values_list("sex", "age_band", "population")
    return Summaries(
        round=round,
        parts=[part for part in parts if part.mode not in SELF_SELECTED],
        posters=[part for part in parts if part.mode in SELF_SELECTED],
        areas=[Group(*area) for area in areas],
        cells={sex + band: people for sex, band, people in cells},
    )
