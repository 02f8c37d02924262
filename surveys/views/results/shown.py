"""A kept result (indicators.results) in words and positions for templates: nothing is reckoned here."""

from fractions import Fraction
from typing import NamedTuple

from surveys import rates

# Width of the drawing of a share, in its own units; 0 and 100 % have a little room for the point.
WIDTH, MARGIN = 200, 6
NOTHING = "—"


class Bar(NamedTuple):
    """Positions in the drawing of one share: the interval, the point (none for a range) and the weighted one."""

    left: str
    width: str
    point: str
    weighted: str


class Line(NamedTuple):
    """A share in words. `words` is counts where there are too few answers for a rate."""

    label: str
    n: object
    words: str
    interval: str
    weighted: str
    weighted_interval: str
    bar: Bar | None
    cells: list
    is_positive: bool = False


def number(value):
    """ "97.0" of a kept value, which is never negative: in whole numbers, since a page has a thousand of them."""
    whole, _, places = value.partition(".")
    one = 10 ** len(places)
    tenths = (2000 * int(whole + places) + one) // (2 * one)
    return f"{tenths // 10}.{tenths % 10}"


def percent(value):
    """ "97.0 %" of a kept value."""
    return f"{number(value)} %"


def of_share(share):
    """A share or the range it lies in."""
    if not share:
        return NOTHING
    if share["value"] is None:
        return f"{number(share['from'])}–{percent(share['to'])}"
    return percent(share["value"])


def of_interval(share):
    if not share:
        return ""
    return f"{number(share['low'])}–{number(share['high'])}"


def of_counts(share, n):
    """ "18／20": what is told of too few answers."""
    positive = (share or {}).get("positive")
    if positive is None:
        return NOTHING
    told = f"{positive[0]}–{positive[1]}" if isinstance(positive, list) else positive
    return f"{told}／{n}"


def _at(value):
    return f"{MARGIN + float(value) * (WIDTH - 2 * MARGIN):.1f}"


def bar(share, weighted=None):
    """The drawing of a share; None where there is none."""
    if not share:
        return None
    left, right = float(_at(share["low"])), float(_at(share["high"]))
    return Bar(
        f"{left:.1f}",
        f"{max(right - left, 1):.1f}",
        _at(share["value"]) if share["value"] else "",
        _at(weighted["value"]) if weighted else "",
    )


def line(told, *, n=None, least=0):
    """A dict with label, share and weighted as a line; with fewer than `least` answers it gives counts alone."""
    share, weighted = told.get("share"), told.get("weighted")
    n = told.get("n") if n is None else n
    cells = told.get("cells", [])
    is_positive = told.get("is_positive", False)
    if not share or share["n"] < least:
        words = of_counts(share, n) if share else NOTHING
        return Line(told["label"], n, words, "", "", "", None, cells, is_positive)
    return Line(
        told["label"],
        n,
        of_share(share),
        of_interval(share),
        of_share(weighted) if weighted else "",
        of_interval(weighted),
        bar(share, weighted),
        cells,
        is_positive,
    )


class Divided(NamedTuple):
    """A breakdown: its lines, and villages by what can be told apart."""

    dimension: str
    label: str
    columns: list
    lines: list
    tiers: list
    is_rated: bool
    means: list


def divided(breakdown):
    """A kept breakdown; a group's rate is shown from n ≥ 30, else counts (DOMAIN)."""
    rows = breakdown["rows"]
    is_rated = any("share" in row for row in rows)
    lines = [line(row, least=rates.SHOWN_FROM) for row in rows]
    means = [(row["label"], row["n"], of_mean(row.get("mean"))) for row in rows if "mean" in row]
    tiers = breakdown.get("tiers", [])
    return Divided(
        breakdown["dimension"],
        breakdown["label"],
        breakdown["columns"],
        [] if means else lines,
        tiers if len(tiers) != 1 or len(tiers[0]) > 1 else [],
        is_rated,
        means,
    )


def of_mean(value):
    return NOTHING if value is None else rates.percent(Fraction(value) / 100, 2)


class Figure(NamedTuple):
    """A measure over the town."""

    key: str
    line: Line
    people: int
    answers: int
    questions: list
    divided: list
    posters: dict


def measure(kept, labels):
    """A measure with the questions that feed it, by their labels."""
    posters = kept.get("posters") or {"n": 0, "share": None}
    return Figure(
        kept["key"],
        line(kept),
        kept["n"],
        kept["answers"],
        [labels[name] for name in kept["questions"] if name in labels],
        [divided(one) for one in kept["by"]],
        {"n": posters["n"], "words": of_share(posters["share"]), "interval": of_interval(posters["share"])},
    )


class Asked(NamedTuple):
    """A question as a page shows it."""

    name: str
    number: int
    label: str
    kind: str
    kind_label: str
    rule: str
    asked: int
    missing: int
    is_conditional: bool
    unsure: int
    rate: Line | None
    options: list
    ranks: list
    mean: str
    weighted_mean: str
    divided: list


def question(kept, number):
    """A kept question with its options as lines."""
    is_ranked = kept["kind"] == "ranking"
    options = [] if is_ranked else kept["options"]
    rate = None
    if kept["measure"] and kept.get("share"):
        rate = line({"label": "", **kept}, n=kept["share"]["n"])
    return Asked(
        kept["name"],
        number,
        kept["label"],
        kept["kind"],
        kept["kind_label"],
        kept["rule"],
        kept["asked"],
        kept["missing"],
        kept["is_conditional"],
        sum(option["n"] for option in options if option["is_unsure"]),
        rate,
        [line(option) for option in options],
        [(one["label"], of_mean(one["mean"])) for one in kept["options"]] if is_ranked else [],
        of_mean(kept["mean"]) if kept.get("mean") else "",
        of_mean(kept["weighted_mean"]) if kept.get("weighted_mean") else "",
        [divided(one) for one in kept["by"]],
    )


def questions(result):
    """All questions, numbered as they are asked."""
    return [question(one, number) for number, one in enumerate(result["questions"], start=1)]


def measures(result):
    labels = {question["name"]: question["label"] for question in result["questions"]}
    return [measure(one, labels) for one in result["measures"]]


class Sampling(NamedTuple):
    """How the asking went: pairs of what and how many, and the two rates with their parts."""

    states: list
    household: str
    household_parts: tuple
    codes: str
    codes_parts: tuple
    proxy: str
    self_filled: str
    most_by_one: str


STATES = (
    ("done", "完成"),
    ("refused", "拒答"),
    ("absent", "无人"),
    ("ineligible", "不符合"),
    ("full", "配额满"),
    ("waiting", "待访"),
)


def _ratio(part, whole):
    return f"{rates.percent(Fraction(part, whole))} %" if whole else NOTHING


def sampling(result):
    """The fieldwork of a result, with shares."""
    work = result["fieldwork"]
    led = work["read_out"] + work["self_filled"]
    return Sampling(
        [(label, work["sample"].get(state, 0)) for state, label in STATES],
        _ratio(work["done"], work["counted"]),
        (work["done"], work["counted"]),
        _ratio(work["used"], work["issued"]),
        (work["used"], work["issued"]),
        _ratio(result["proxy"], result["n"]),
        _ratio(work["self_filled"], led),
        _ratio(work["most_by_one"], led),
    )


def weights(result):
    """How the weights came about, in words; None for none."""
    kept = result.get("weights")
    if not kept:
        return None
    return {
        "by_cell": kept["by_cell"],
        "least": of_mean(kept["least"]),
        "most": of_mean(kept["most"]),
        "worth": kept["worth"],
        "joined": ["、".join(names) for names in kept["joined"]],
        "empty": "、".join(kept["empty"]),
    }
