"""Weights for a frame that is known by village and by sex and age, but not by both at once. Pure.

The two sets of quotas are declared apart (DOMAIN), so a cell of village × sex × age has no number of people of its own
to be weighted to. Raking (Deming and Stephan 1940) goes back and forth: weights that fit the villages, then the sexes
and ages, then the villages again, until both fit. It is reckoned in whole numbers, trillionths of a person, so that
every machine gets the same weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from surveys import rates

UNKNOWN = ""
SCALE = 10**12
# A weight has nine decimals: over a town the sum is right to a thousandth of a person.
STEP = 10**9
MOST_ROUNDS = 60
# Both margins fit when none is further off than a millionth of its people.
CLOSE = 10**6

Pair = tuple[str, str]


@dataclass(frozen=True)
class Raked:
    """What one answer of each (village, cell) stands for. `by_cell` tells whether sex and age took part.

    `empty` are villages in which nobody answered and cells nobody answered in; `joined` those weighted as one.
    """

    weights: Mapping[Pair, Fraction]
    by_cell: bool
    empty: tuple[str, ...]
    joined: tuple[tuple[str, ...], ...]


def rake(
    answered: Mapping[Pair, int], areas: Mapping[str, int], cells: Mapping[str, int] | None = None
) -> Raked:
    """Weights that bring the answers to the frame: people by village, and by cell where that is declared.

    Villages and cells with fewer than 5 answers are joined with their neighbour (rates.post_stratify). Who told no
    village, or no sex or age, stands for as many people as the others do on average: that margin leaves them alone.
    Where the two margins cannot both be met, sex and age take no part.
    """
    counted = {pair: n for pair, n in answered.items() if n}
    frame = sum(areas.values())
    if not counted or not frame:
        return Raked({}, False, (), ())
    places, place_groups, empty, joined = _margin(counted, 0, areas, frame)
    simple = {pair: place_groups[places[pair[0]]] for pair in counted}
    if cells and any(cells.values()) and any(cell != UNKNOWN for _, cell in counted):
        people, cell_groups, more_empty, more_joined = _margin(counted, 1, cells, frame)
        weights = _fit(counted, (places, place_groups), (people, cell_groups))
        if weights is not None:
            return Raked(weights, True, empty + more_empty, joined + more_joined)
    return Raked(simple, False, empty, joined)


def _margin(
    counted: Mapping[Pair, int], side: int, declared: Mapping[str, int], frame: int
) -> tuple[dict[str, str], dict[str, Fraction], tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """({key: group}, {group: people for each answer}, empty keys, joined keys) of one margin, summing to the frame."""
    answers: dict[str, int] = {}
    for pair, n in counted.items():
        answers[pair[side]] = answers.get(pair[side], 0) + n
    unknown = answers.pop(UNKNOWN, 0)
    whole = sum(answers.values()) + unknown
    known = rates.post_stratify({(k,): n for k, n in answers.items()}, {(k,): n for k, n in declared.items()})
    share = (
        Fraction(frame * (whole - unknown), whole * sum(declared.values())) if known.weights else Fraction(0)
    )
    group = {key: key for key in answers}
    joined = tuple(tuple(cell[0] for cell in cells) for cells in known.collapsed)
    for keys in joined:
        group |= dict.fromkeys(keys, keys[0])
    each = {group[cell[0]]: weight * share for cell, weight in known.weights.items() if cell[0] in group}
    group[UNKNOWN], each[UNKNOWN] = UNKNOWN, Fraction(frame, whole)
    return group, each, tuple(cell[0] for cell in known.empty), joined


Margin = tuple[Mapping[str, str], Mapping[str, Fraction]]


def _fit(counted: Mapping[Pair, int], places: Margin, people: Margin) -> dict[Pair, Fraction] | None:
    """The weights that fit both margins, or None when they do not meet."""
    weights = dict.fromkeys(counted, SCALE)
    targets = [_targets(counted, side, margin) for side, margin in enumerate((places, people))]
    for _ in range(MOST_ROUNDS):
        # The villages come last: theirs are the numbers that the office declared one by one.
        _scale(weights, counted, 1, people[0], targets[1])
        _scale(weights, counted, 0, places[0], targets[0])
        if _is_close(_sums(weights, counted, 1, people[0]), targets[1]):
            found = {pair: Fraction(weight * STEP // SCALE, STEP) for pair, weight in weights.items()}
            return found if all(found.values()) else None
    return None


def _targets(counted: Mapping[Pair, int], side: int, margin: Margin) -> dict[str, int]:
    """How many trillionths of a person the answers of each group stand for together."""
    group, each = margin
    found: dict[str, Fraction] = {}
    for pair, n in counted.items():
        key = group[pair[side]]
        found[key] = found.get(key, Fraction(0)) + each[key] * n
    return {key: int(people * SCALE) for key, people in found.items()}


def _sums(
    weights: Mapping[Pair, int], counted: Mapping[Pair, int], side: int, group: Mapping[str, str]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair, n in counted.items():
        key = group[pair[side]]
        found[key] = found.get(key, 0) + weights[pair] * n
    return found


def _scale(
    weights: dict[Pair, int],
    counted: Mapping[Pair, int],
    side: int,
    group: Mapping[str, str],
    targets: Mapping[str, int],
) -> None:
    sums = _sums(weights, counted, side, group)
    for pair in weights:
        key = group[pair[side]]
        weights[pair] = weights[pair] * targets[key] // sums[key] if sums[key] else 0


def _is_close(sums: Mapping[str, int], targets: Mapping[str, int]) -> bool:
    return all(abs(sums[key] - target) * CLOSE <= target for key, target in targets.items())
