"""The comparison of two rounds in words."""

from typing import NamedTuple

from surveys import rates
from surveys.views.results.shown import of_interval, of_share


class Told(NamedTuple):
    """One way to reckon a change: both shares with their intervals, the difference in percent points with its own."""

    before: str
    before_interval: str
    after: str
    after_interval: str
    difference: str
    interval: str


class Row(NamedTuple):
    label: str
    plain: Told
    weighted: Told | None
    is_change: bool
    is_up: bool


def changes(comparison):
    """The lines of a comparison in words."""
    return {
        "measures": [_row(one) for one in comparison.measures],
        "questions": [_row(one) for one in comparison.questions],
        "left_out": comparison.left_out,
    }


def _row(one):
    weighted = one.weighted and _told(one.weighted)
    return Row(one.label, _told(one.share), weighted, one.is_change, one.share.difference > 0)


def _told(change):
    low, high = signed(change.low), signed(change.high)
    return Told(
        of_share(change.before),
        of_interval(change.before),
        of_share(change.after),
        of_interval(change.after),
        f"{signed(change.difference)} 个百分点",
        f"{low} 至 {high}",
    )


def signed(share):
    """ "+1.5" or "−0.2", in percent points."""
    text = rates.percent(abs(share))
    if text.strip("0.") == "":
        return text
    return f"{'+' if share > 0 else '−'}{text}"
