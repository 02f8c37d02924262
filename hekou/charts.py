"""Charts as SVG of our own colours: pygal draws, and what it brings of style and script is taken away."""

import sys
from functools import lru_cache

import pygal

# For plugins we have none of, pygal hangs a finder into every import of the process, in a form Python has given up.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

_DROPPED = ("style", "script", "title", "desc")
_WIDTH, _HEIGHT = 480, 200


class Drawing(str):
    """SVG made here; its words were escaped when it was drawn."""

    __slots__ = ()

    def __html__(self):
        return str(self)


@lru_cache(maxsize=256)
def render(label, months, series, unit=""):
    """A line chart: `label` says what it shows to those who hear it, `series` are pairs of name and values.

    All arguments are tuples or words, so that the same numbers are drawn once. A missing value leaves a gap. Colours
    come from the stylesheet by the classes color-0, color-1, …; the names of the lines are the page's to print.
    """
    chart = pygal.Line(
        width=_WIDTH,
        height=_HEIGHT,
        show_legend=False,
        js=(),
        disable_xml_declaration=True,
        allow_interruptions=True,
        show_minor_x_labels=False,
        show_minor_y_labels=False,
        x_labels_major_every=2,
        dots_size=3,
        margin=8,
        no_data_text="还没有数",
    )
    chart.x_labels = months
    values = [value for _, line in series for value in line if value is not None]
    chart.y_labels = chart.y_labels_major = _scale(values, unit)
    chart.value_formatter = lambda value: f"{value:.0f}{unit}"
    for name, line in series:
        chart.add(name, list(line))
    chart.add_xml_filter(lambda root: _plain(root, label))
    return Drawing(chart.render(is_unicode=True))


def _scale(values, unit):
    """Five marks from nothing to a round number at or above the highest, or to 100 %."""
    if unit:
        return [0, 25, 50, 75, 100]
    top, step = max(values, default=0), 1
    while step * 4 < top:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return [step * mark for mark in range(5)]


def _plain(root, label):
    for parent in list(root.iter()):
        for child in list(parent):
            # A comment's tag is a function.
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] in _DROPPED:
                parent.remove(child)
        for name in ("style", "id"):
            parent.attrib.pop(name, None)
    root.attrib.update({"role": "img", "aria-label": label, "class": "chart"})
    return root
