"""What of village, sex, age and mode may go out with single answers, so that no row points at one person. Pure.

Rows that go out alike are at least `LEAST` (k-anonymity by local recoding): each row keeps as much as its class
allows, in the order of `LEVELS`. A village goes out only where it has answers enough to be shown at all.
"""

from collections.abc import Mapping, Sequence

from surveys.rates import SHOWN_FROM

LEAST = 5
# Village, sex, age band, mode, filled in for another; None is left blank.
Key = tuple[str | None, ...]
VILLAGE, SEX, AGE, MODE, PROXY = range(5)
# From everything to nothing. The village comes first: that is what the office compares by.
LEVELS: Sequence[tuple[int, ...]] = (
    (VILLAGE, SEX, AGE, MODE, PROXY),
    (VILLAGE, SEX, AGE, MODE),
    (VILLAGE, SEX, AGE),
    (VILLAGE, AGE),
    (VILLAGE, SEX),
    (VILLAGE,),
    (SEX, AGE, MODE, PROXY),
    (SEX, AGE),
    (SEX,),
    (),
)


def recode(sizes: Mapping[Key, int], least: int = LEAST, shown_from: int = SHOWN_FROM) -> dict[Key, Key]:
    """{what is known of a row: what goes out with it}; `sizes` counts the rows of each."""
    villages: dict[str | None, int] = {}
    for key, n in sizes.items():
        villages[key[VILLAGE]] = villages.get(key[VILLAGE], 0) + n
    released: dict[Key, Key] = {}
    waiting = dict(sizes)
    for level in LEVELS:
        classes: dict[Key, list[Key]] = {}
        for key in waiting:
            if VILLAGE not in level or villages[key[VILLAGE]] >= shown_from:
                classes.setdefault(_blanked(key, level), []).append(key)
        for out, keys in classes.items():
            if sum(waiting[key] for key in keys) >= least or not level:
                released |= dict.fromkeys(keys, out)
                for key in keys:
                    del waiting[key]
    return _without_a_small_rest(released, sizes, least)


def _blanked(key: Key, level: tuple[int, ...]) -> Key:
    return tuple(part if place in level else None for place, part in enumerate(key))


def _without_a_small_rest(released: dict[Key, Key], sizes: Mapping[Key, int], least: int) -> dict[Key, Key]:
    """The rows that say nothing are `least` too: the smallest class joins them until they are."""
    nothing = (None,) * len(LEVELS[0])
    while True:
        classes: dict[Key, int] = {}
        for key, out in released.items():
            classes[out] = classes.get(out, 0) + sizes[key]
        rest = classes.pop(nothing, 0)
        if not rest or rest >= least or not classes:
            return released
        smallest = min(classes, key=lambda out: (classes[out], str(out)))
        released = {key: nothing if out == smallest else out for key, out in released.items()}
