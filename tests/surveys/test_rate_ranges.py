"""What is told of groups' rates, against an attacker who knows the sum, every size and the rule itself."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.indicators.results.hiding import rate_ranges

pair = st.integers(0, 14).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
groups = st.dictionaries(st.integers(), pair, max_size=4)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def is_small(positive, n):
    return n > 0 and min(positive, n - positive) < 5


@unhurried
@given(
    st.dictionaries(
        st.integers(), st.integers(0, 90).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    )
)
def test_a_range_holds_the_truth(pairs):
    told = rate_ranges(pairs)
    assert all(least <= pairs[key][0] <= most for key, (least, most) in told.items())
    assert set(told) == set(pairs)


@unhurried
@given(groups)
def test_every_number_of_a_range_is_possible(pairs):
    """An attacker tries everything that fits the ranges, the sizes and the sum: nothing in a range falls away."""
    told = rate_ranges(pairs)
    total = sum(positive for positive, _ in pairs.values())
    keys = list(pairs)
    possible = {key: set() for key in keys}
    for values in product(*(range(told[key][0], told[key][1] + 1) for key in keys)):
        if sum(values) == total:
            for key, value in zip(keys, values, strict=True):
                possible[key].add(value)
    assert all(possible[key] == set(range(told[key][0], told[key][1] + 1)) for key in keys)


@unhurried
@given(groups)
def test_what_fewer_than_five_said_is_up_to_four_while_others_can_hide_it(pairs):
    told = rate_ranges(pairs)
    exact = [
        key for key, pair in pairs.items() if told[key][0] == told[key][1] and pair[1] and not is_small(*pair)
    ]
    for key, (positive, n) in pairs.items():
        if is_small(positive, n) and exact:
            least, most = told[key]
            assert most - least == min(4, n)


def test_by_hand():
    pairs = {"a": (80, 82), "b": (80, 110), "c": (50, 200)}
    assert rate_ranges(pairs) == {"a": (78, 82), "b": (80, 80), "c": (48, 52)}
    assert rate_ranges({"a": (80, 90), "b": (80, 110)}) == {"a": (80, 80), "b": (80, 80)}
    # Nobody anywhere said no: the sum says so of every one.
    assert rate_ranges({"a": (20, 20), "b": (30, 30)}) == {"a": (20, 20), "b": (30, 30)}
    assert rate_ranges({}) == {}
