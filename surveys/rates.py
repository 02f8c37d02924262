"""The survey's statistics, exact. Pure: whole numbers and fractions go in, fractions come out, no float on the way.

How exact: z is a decimal of 15 places (`Z`), so that a bound differs from the ideal one by less than 1e-15. Square
roots are taken with whole numbers to 30 decimals and rounded up, so that an interval is never narrower than its
formula; where the radicand is the square of a fraction the root is exact, and the bounds at none and at all are
exactly 0 and 1.

Sources: E. B. Wilson 1927 (the score interval), R. G. Newcombe 1998 (method 10, the difference), L. Kish 1965 (design
effect and effective size under weights).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm
from typing import NamedTuple, TypeVar

Number = int | Fraction
Cell = tuple[str, ...]
Key = TypeVar("Key", bound=Hashable)

# Two-sided standard normal quantiles; the office prints 95 %.
Z = {
    Fraction(80, 100): Fraction("1.281551565544600"),
    Fraction(90, 100): Fraction("1.644853626951473"),
    Fraction(95, 100): Fraction("1.959963984540054"),
    Fraction(98, 100): Fraction("2.326347874040841"),
    Fraction(99, 100): Fraction("2.575829303548901"),
}
ROOT_SCALE = 10**30
# A village's rate is shown from so many answers, below it the counts alone.
SHOWN_FROM = 30
# A weighting cell with fewer answers is joined with a neighbour: one person must not speak for a village.
LEAST_IN_CELL = 5


class Interval(NamedTuple):
    """A lower and an upper bound, as fractions of one."""

    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Estimate:
    """A share with its interval.

    `n` counts the answers in the denominator, `effective_n` is what they are worth after weights, clusters and a small
    frame; None where the whole frame was asked.
    """

    value: Fraction
    low: Fraction
    high: Fraction
    n: int
    effective_n: Fraction | None

    @property
    def is_shown(self) -> bool:
        """Whether it may stand as a rate; otherwise only the counts are printed."""
        return self.n >= SHOWN_FROM


def quantile(confidence: float | Fraction) -> Fraction:
    """The z of a two-sided confidence. ValueError for one that is not in the table."""
    found = Z.get(Fraction(confidence).limit_denominator(1000))
    if found is None:
        raise ValueError(f"no quantile for a confidence of {confidence}")
    return found


def root_up(square: Fraction) -> Fraction:
    """The square root, exact for squares of fractions, else rounded up at the 30th decimal."""
    scaled = square.numerator * square.denominator * ROOT_SCALE**2
    root = isqrt(scaled)
    return Fraction(root + (root * root < scaled), square.denominator * ROOT_SCALE)


def score_interval(share: Fraction, n: Number, z: Fraction) -> Interval:
    """Wilson's interval of a share on n answers; n may be a fraction, an effective size.

    Bounds are (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) ÷ (1 + z²/n).
    """
    size = Fraction(n)
    square = z * z
    middle = share + square / (2 * size)
    spread = z * root_up(share * (1 - share) / size + square / (4 * size * size))
    whole = 1 + square / size
    return Interval(
        max(Fraction(0), min(share, (middle - spread) / whole)),
        min(Fraction(1), max(share, (middle + spread) / whole)),
    )


def wilson(positive: int, n: int, confidence: float | Fraction = 0.95) -> Interval:
    """The interval of `positive` of `n`. ValueError for an empty or impossible count."""
    if n <= 0 or not 0 <= positive <= n:
        raise ValueError(f"{positive} of {n} is no share")
    return score_interval(Fraction(positive, n), n, quantile(confidence))


def finite_population_factor(n: Number, frame: int) -> Fraction:
    """What the variance is multiplied with when n of a known frame were asked: (N − n) ÷ (N − 1), 0 for all."""
    if frame <= 0 or n > frame:
        raise ValueError(f"{n} cannot be a sample of {frame}")
    return Fraction(0) if frame == 1 else (frame - Fraction(n)) / (frame - 1)


def effective_size(n: Number, *, design_effect: Number = 1, frame: int | None = None) -> Fraction | None:
    """What n answers are worth; None when the frame was asked completely and chance has no part in it.

    A design effect below 1 is not used: with few clusters it is luck, and it would narrow the interval.
    """
    size = Fraction(n) / max(Fraction(1), Fraction(design_effect))
    if frame is None:
        return size
    factor = finite_population_factor(n, frame)
    return size / factor if factor else None


def _estimate(share: Fraction, n: int, effective: Fraction | None, z: Fraction) -> Estimate:
    bounds = Interval(share, share) if effective is None else score_interval(share, effective, z)
    return Estimate(share, bounds.low, bounds.high, n, effective)


def estimate(
    positive: int,
    n: int,
    *,
    confidence: float | Fraction = 0.95,
    design_effect: Number = 1,
    frame: int | None = None,
) -> Estimate | None:
    """The share with its interval; None for an empty denominator, which is printed as a dash.

    ValueError for an impossible count, and for more answers than the frame has people: then the frame is wrong.
    """
    if n == 0:
        return None
    if not 0 <= positive <= n:
        raise ValueError(f"{positive} of {n} is no share")
    effective = effective_size(n, design_effect=design_effect, frame=frame)
    return _estimate(Fraction(positive, n), n, effective, quantile(confidence))


def difference(a: Estimate, b: Estimate) -> Interval:
    """The interval of a − b for two independent shares, by Newcombe's hybrid of their two score intervals."""
    between = a.value - b.value
    down = root_up((a.value - a.low) ** 2 + (b.high - b.value) ** 2)
    up = root_up((a.high - a.value) ** 2 + (b.value - b.low) ** 2)
    return Interval(max(Fraction(-1), between - down), min(Fraction(1), between + up))


def distinguishable(a: Estimate, b: Estimate) -> bool:
    """Whether two shares differ: the interval of their difference leaves out 0."""
    low, high = difference(a, b)
    return low > 0 or high < 0


def overlap(a: Estimate, b: Estimate) -> bool:
    """Whether two intervals have a point in common."""
    return a.low <= b.high and b.low <= a.high


def groups(estimates: Mapping[Key, Estimate]) -> list[list[Key]]:
    """The villages from high to low, those in one list without rank.

    Two lists are told apart only when no interval of one overlaps an interval of the other. Overlap is stricter than
    `distinguishable`, on purpose: among 13 villages 78 pairs are compared at once, and one in twenty would "differ".
    """
    ordered = sorted(estimates, key=lambda key: -estimates[key].value)
    found: list[list[Key]] = []
    for place, key in enumerate(ordered):
        before, after = ordered[:place], ordered[place:]
        joined = any(overlap(estimates[a], estimates[b]) for a in before for b in after)
        if joined:
            found[-1].append(key)
        else:
            found.append([key])
    return found


def sample_size(
    frame: int | None = None,
    *,
    margin: Fraction = Fraction(5, 100),
    confidence: float | Fraction = 0.95,
    design_effect: Number = 1,
) -> int:
    """How many to ask for an interval of ± margin at a share of one half, rounded up; never more than the frame.

    n₀ = z²·0.25 ÷ e², n = n₀ ÷ (1 + (n₀ − 1) ÷ N). z has two decimals here (1.96), as the formula is printed, so that
    the office gets the same number on a pocket calculator.
    """
    if margin <= 0 or (frame is not None and frame <= 0):
        raise ValueError("a margin and a frame are positive")
    z = Fraction(round(quantile(confidence) * 100), 100)
    size = z * z / 4 / margin**2 * Fraction(design_effect)
    if frame is None:
        return _ceiling(size)
    return min(frame, _ceiling(size / (1 + (size - 1) / frame)))


def _ceiling(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def design_effect(clusters: Iterable[tuple[int, int]]) -> Fraction | None:
    """The design effect measured on clusters of (positive, n): variance between clusters ÷ that of a simple sample.

    The variance of the ratio is k/(k−1)·Σ(xᵢ − p·nᵢ)² ÷ n². None where it cannot be measured: fewer than two clusters
    with answers, or everybody of one mind.
    """
    counted = [(positive, n) for positive, n in clusters if n]
    total = sum(n for _, n in counted)
    positives = sum(positive for positive, _ in counted)
    if len(counted) < 2 or positives in (0, total):
        return None
    share = Fraction(positives, total)
    squares = sum(((positive - share * n) ** 2 for positive, n in counted), Fraction(0))
    between = Fraction(len(counted), len(counted) - 1) * squares / total**2
    return between / (share * (1 - share) / total)


@dataclass(frozen=True)
class Weighting:
    """What one answer of each cell stands for, and what had to be done to get there.

    `empty` are the cells of the frame in which nobody answered; `collapsed` the cells that were weighted as one.
    """

    weights: Mapping[Cell, Fraction]
    empty: tuple[Cell, ...]
    collapsed: tuple[tuple[Cell, ...], ...]


def post_stratify(
    answered: Mapping[Cell, int], frame: Mapping[Cell, int], *, least: int = LEAST_IN_CELL
) -> Weighting:
    """Weights that bring the sample to the frame: over all answers they sum to the frame.

    A cell is a tuple from the coarse to the fine (village, sex, age band), in an order in which neighbours are alike.
    One with fewer than `least` answers, or with answers but no frame, is joined with the nearest cell that shares most
    of its tuple. Without an answer, or with an empty frame, there are no weights.
    """
    cells = [c for c in dict.fromkeys([*frame, *answered]) if frame.get(c, 0) or answered.get(c, 0)]
    empty = tuple(c for c in cells if not answered.get(c, 0))
    if not any(answered.get(c, 0) for c in cells) or not any(frame.get(c, 0) for c in cells):
        return Weighting({}, empty, ())
    joined = _collapse(cells, answered, frame, max(1, least))
    weights: dict[Cell, Fraction] = {}
    for group in joined:
        weights.update(dict.fromkeys(group.cells, Fraction(group.people, group.answers)))
    return Weighting(weights, empty, tuple(tuple(group.cells) for group in joined if len(group.cells) > 1))


@dataclass(eq=False)
class _Group:
    """Cells weighted as one. `stems` are the beginnings of their tuples, by which they are alike."""

    cells: list[Cell]
    answers: int
    people: int
    stems: set[Cell]

    def alike(self, other: "_Group") -> int:
        """How many leading parts some cell here has in common with one there."""
        return max((len(stem) for stem in self.stems & other.stems), default=0)


def _collapse(
    cells: Sequence[Cell], answered: Mapping[Cell, int], frame: Mapping[Cell, int], least: int
) -> list[_Group]:
    place = {cell: number for number, cell in enumerate(cells)}
    found = [
        _Group([c], answered.get(c, 0), frame.get(c, 0), {c[:size] for size in range(1, len(c) + 1)})
        for c in cells
    ]
    while len(found) > 1:
        thin = min(
            (g for g in found if g.answers < least or not g.people), key=lambda g: g.answers, default=None
        )
        if thin is None:
            break
        found.remove(thin)
        _join(thin, found, place)
    return found


def _join(thin: _Group, others: list[_Group], place: Mapping[Cell, int]) -> None:
    """Into the nearest of the groups that are most alike; of two as near into the one with fewer answers."""
    most = max(thin.alike(group) for group in others)

    def distance(group: _Group) -> tuple[int, int]:
        return min(abs(place[a] - place[b]) for a in thin.cells for b in group.cells), group.answers

    nearest = min((group for group in others if thin.alike(group) == most), key=distance)
    nearest.cells = sorted([*nearest.cells, *thin.cells], key=place.__getitem__)
    nearest.answers += thin.answers
    nearest.people += thin.people
    nearest.stems |= thin.stems


def weighted_rate(
    tallies: Mapping[Cell, tuple[int, int]],
    weights: Mapping[Cell, Fraction],
    *,
    confidence: float | Fraction = 0.95,
    design_effect: Number = 1,
    frame: int | None = None,
) -> Estimate | None:
    """The weighted share of cells of (positive, n), its effective n after Kish, (Σw)² ÷ Σw², and its interval.

    A small frame narrows it by what the answers are worth, not by their number.
    `n` stays the number of answers. None for an empty denominator; KeyError for an answer in a cell without weight.
    """
    counted = [(positive, n, weights[cell]) for cell, (positive, n) in tallies.items() if n]
    if not counted:
        return None
    # Whole numbers over one denominator: adding hundreds of unlike fractions costs fifty times as much.
    scale = lcm(*(w.denominator for _, _, w in counted))
    scaled = [(positive, n, w.numerator * (scale // w.denominator)) for positive, n, w in counted]
    whole = sum(w * n for _, n, w in scaled)
    share = Fraction(sum(w * positive for positive, _, w in scaled), whole)
    worth = Fraction(whole**2, sum(w * w * n for _, n, w in scaled))
    effective = effective_size(worth, design_effect=design_effect, frame=frame)
    return _estimate(share, sum(n for _, n, _ in counted), effective, quantile(confidence))


def allocate(n: int, sizes: Mapping[Key, int]) -> dict[Key, int]:
    """n places by the largest remainder: each part gets its exact share rounded down or up, and all sum to n.

    Equal remainders go to the larger part, then to the earlier. ValueError where there is nobody to share among.
    """
    whole = sum(sizes.values())
    if n < 0 or any(size < 0 for size in sizes.values()) or (n and not whole):
        raise ValueError("places and sizes are not negative, and somebody has to be there")
    if not n:
        return dict.fromkeys(sizes, 0)
    exact = {key: Fraction(n * size, whole) for key, size in sizes.items()}
    places = {key: share.numerator // share.denominator for key, share in exact.items()}
    by_remainder = sorted(sizes, key=lambda key: (places[key] - exact[key], -sizes[key]))
    for key in by_remainder[: n - sum(places.values())]:
        places[key] += 1
    return places


def percent(share: Fraction, digits: int = 1) -> str:
    """A share in percent as it is printed, half rounded up: 361/372 → "97.0"."""
    scale: int = 10**digits
    units = abs(share) * 100 * scale
    rounded = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    sign = "-" if share < 0 and rounded else ""
    text = str(rounded).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text
