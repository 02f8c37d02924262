"""Shares with their intervals, as they are kept: plain numbers and decimal texts, so that a frozen result is JSON.

Only decimal texts of so many places leave this module that rounding to a tenth of a percent is never in doubt.
"""

from fractions import Fraction

from surveys import rates
from surveys.rates import Estimate

PLACES = 15
# Below this share of the frame chance is not narrowed by its being finite: the usual rule, and on the safe side.
SMALL_FRAME = Fraction(5, 100)


def decimal(value):
    """A fraction as a decimal text."""
    scaled = (2 * value.numerator * 10**PLACES + value.denominator) // (2 * value.denominator)
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(PLACES + 1, "0")
    return f"{sign}{digits[:-PLACES]}.{digits[-PLACES:]}"


def kept(estimate, **more):
    """An estimate for the result; None stays None and is printed as a dash."""
    if estimate is None:
        return None
    return {
        "value": decimal(estimate.value),
        "low": decimal(estimate.low),
        "high": decimal(estimate.high),
        "n": estimate.n,
        **more,
    }


def estimate_of(share):
    """The estimate that was kept, as far as comparing needs it; None for none and for a range of values."""
    if not share or share["value"] is None:
        return None
    value, low, high = (Fraction(share[name]) for name in ("value", "low", "high"))
    return Estimate(value, low, high, share["n"], None)


def frame_for(n, population):
    """The frame that narrows the interval of n answers: where they are 5 % of it or more, else none."""
    if population and n <= population and n >= SMALL_FRAME * population:
        return population
    return None


def plain(positive, n, *, effect=Fraction(1), population=None):
    """The unweighted share of positive of n."""
    found = rates.estimate(positive, n, design_effect=effect, frame=frame_for(n, population))
    return kept(found, positive=positive)


def weighted(tallies, weights, *, effect=Fraction(1), population=None):
    """The weighted share of {(village, cell): (positive, n)}."""
    if not weights:
        return None
    frame = frame_for(sum(n for _, n in tallies.values()), population)
    return kept(rates.weighted_rate(tallies, weights, design_effect=effect, frame=frame))


def narrowed(effect, n, population):
    """A design effect with what a small frame of people does, for shares whose n is answers and not people."""
    frame = frame_for(n, population)
    return effect * rates.finite_population_factor(n, frame) if frame else effect


def between(least, most, n, *, effect=Fraction(1)):
    """A share of n of which only is told that least to most are positive; its interval is that of both ends."""
    ends = [rates.estimate(positive, n, design_effect=effect) for positive in (least, most)]
    return {
        "value": None,
        "from": decimal(ends[0].value),
        "to": decimal(ends[1].value),
        "low": decimal(ends[0].low),
        "high": decimal(ends[1].high),
        "n": n,
        "positive": [least, most],
    }
