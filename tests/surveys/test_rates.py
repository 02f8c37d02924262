"""The survey's statistics: the town's vectors, and what must hold of any numbers."""

from fractions import Fraction
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import rates
from surveys.rates import (
    Z,
    allocate,
    design_effect,
    difference,
    distinguishable,
    effective_size,
    estimate,
    finite_population_factor,
    groups,
    overlap,
    percent,
    post_stratify,
    sample_size,
    weighted_rate,
    wilson,
)

counts = st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
estimates = counts.map(lambda pair: estimate(*pair))


@pytest.mark.parametrize(
    ("positive", "n", "printed"),
    [
        (18, 20, "90.0 69.9 97.2"),
        (156, 160, "97.5 93.7 99.0"),
        (361, 372, "97.0 94.8 98.3"),
        (366, 372, "98.4 96.5 99.3"),
        (345, 372, "92.7 89.6 95.0"),
    ],
)
def test_vectors_of_the_interval(positive, n, printed):
    found = estimate(positive, n)

    assert " ".join(percent(share) for share in (found.value, found.low, found.high)) == printed
    assert (found.low, found.high) == wilson(positive, n)


@pytest.mark.parametrize(
    ("frame", "n"), [(9_000, 369), (10_000, 370), (5_000, 357), (None, 385), (1, 1), (20, 20)]
)
def test_vectors_of_the_sample_size(frame, n):
    assert sample_size(frame) == n


def test_the_sample_grows_with_its_design_effect():
    assert sample_size(None, design_effect=Fraction(3, 2)) == 577
    assert (
        sample_size(None, confidence=0.99)
        > sample_size(None)
        > sample_size(None, margin=Fraction(1, 10))
        == 97
    )


@pytest.mark.parametrize("confidence", Z, ids=str)
def test_quantiles(confidence):
    assert abs(float(Z[confidence]) - NormalDist().inv_cdf(float(1 + confidence) / 2)) < 2e-15


def test_an_unknown_confidence_and_impossible_counts_are_refused():
    for wrong in (
        lambda: wilson(1, 2, 0.123),
        lambda: wilson(0, 0),
        lambda: wilson(3, 2),
        lambda: estimate(3, 2),
    ):
        with pytest.raises(ValueError, match="no"):
            wrong()
    assert estimate(0, 0) is None


@given(counts, st.sampled_from(sorted(Z)))
def test_an_interval_holds_its_estimate_and_lies_in_the_unit(pair, confidence):
    positive, n = pair
    low, high = wilson(positive, n, confidence)

    assert 0 <= low <= Fraction(positive, n) <= high <= 1
    assert low < high
    assert (low == 0) == (positive == 0) and (high == 1) == (positive == n)


@given(counts)
def test_an_interval_mirrors(pair):
    positive, n = pair
    low, high = wilson(positive, n)
    other = wilson(n - positive, n)

    assert abs(other.low - (1 - high)) < Fraction(1, 10**28) and abs(other.high - (1 - low)) < Fraction(
        1, 10**28
    )


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_bounds_rise_with_the_positives(pair):
    positive, n = pair
    before, after = wilson(positive, n), wilson(positive + 1, n)

    assert before.low < after.low and before.high < after.high


@given(counts, st.integers(2, 5))
def test_more_answers_and_less_confidence_narrow_it(pair, times):
    positive, n = pair
    low, high = wilson(positive, n)
    more = wilson(positive * times, n * times)
    surer = wilson(positive, n, 0.99)

    assert more.high - more.low < high - low < surer.high - surer.low


@given(counts)
def test_the_bounds_solve_the_score_equation(pair):
    """Wilson's bounds are where the estimate stands z standard errors away."""
    positive, n = pair
    share, z = Fraction(positive, n), Z[Fraction(95, 100)]

    for bound in wilson(positive, n):
        assert abs((share - bound) ** 2 - z * z * bound * (1 - bound) / n) < Fraction(1, 10**25)


def test_vector_of_the_difference():
    """Newcombe 1998, table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339."""
    low, high = difference(estimate(56, 70), estimate(48, 80))

    assert (round(low, 4), round(high, 4)) == (Fraction("0.0524"), Fraction("0.3339"))


@given(estimates, estimates)
def test_a_difference_holds_its_estimate_and_mirrors(a, b):
    low, high = difference(a, b)

    assert -1 <= low <= a.value - b.value <= high <= 1
    assert difference(b, a) == (-high, -low)
    assert distinguishable(a, b) == distinguishable(b, a)
    assert not distinguishable(a, a)
    if not overlap(a, b):
        assert distinguishable(a, b)


@given(st.dictionaries(st.text("甲乙丙丁戊己", min_size=1, max_size=2), estimates, max_size=8))
def test_groups_are_told_apart_and_ordered(villages):
    found = groups(villages)

    assert sorted(name for group in found for name in group) == sorted(villages)
    for place, group in enumerate(found):
        for later in found[place + 1 :]:
            assert all(villages[a].low > villages[b].high for a in group for b in later)


def test_villages_that_overlap_have_no_rank():
    villages = {"甲": estimate(38, 40), "乙": estimate(36, 40), "丙": estimate(10, 40)}

    assert groups(villages) == [["甲", "乙"], ["丙"]]
    assert groups({}) == []


def test_a_village_is_shown_from_thirty():
    assert not estimate(29, 29).is_shown and estimate(15, 30).is_shown


@given(
    st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 5_000)))
)
def test_a_known_frame_narrows_to_the_share_itself(given_):
    positive, n, frame = given_
    plain, finite = estimate(positive, n), estimate(positive, n, frame=frame)

    assert 0 <= finite_population_factor(n, frame) <= 1
    assert plain.low <= finite.low <= finite.value <= finite.high <= plain.high
    everybody = estimate(positive, n, frame=n)
    assert everybody.low == everybody.high == everybody.value and everybody.effective_n is None


def test_more_answers_than_people_are_refused():
    with pytest.raises(ValueError, match="sample"):
        estimate(10, 20, frame=19)


def test_a_design_effect_is_measured_by_cluster():
    assert design_effect([(10, 20), (10, 20), (10, 20)]) == 0
    # Whole villages of one mind: the answers are worth as many as there are villages, about.
    assert design_effect([(20, 20), (0, 20)]) == 40
    assert (
        design_effect([(20, 20)]) is None
        and design_effect([(5, 5), (7, 7)]) is None
        and design_effect([]) is None
    )


def test_a_design_effect_widens_and_never_narrows():
    assert effective_size(400, design_effect=2) == 200
    assert effective_size(400, design_effect=Fraction(1, 2)) == 400
    wide, plain = estimate(300, 400, design_effect=2), estimate(300, 400)
    assert wide.low < plain.low < plain.high < wide.high and wide.n == 400


cells = st.tuples(
    st.sampled_from(["沟底", "寨上", "河口"]), st.sampled_from(["男", "女"]), st.sampled_from("123")
)


@given(
    st.dictionaries(cells, st.integers(0, 30), max_size=18),
    st.dictionaries(cells, st.integers(0, 900), max_size=18),
    st.integers(1, 10),
)
def test_weights_sum_to_the_frame(answered, frame, least):
    found = post_stratify(answered, frame, least=least)

    if not sum(answered.values()) or not sum(frame.values()):
        assert found.weights == {}
        return
    total = sum(found.weights[cell] * n for cell, n in answered.items() if n)
    assert total == sum(frame.values())
    assert all(weight > 0 for weight in found.weights.values())
    assert set(found.empty) == {cell for cell, n in frame.items() if n and not answered.get(cell)}
    in_groups = {cell for group in found.collapsed for cell in group}
    assert set(found.empty) <= in_groups
    thin = {cell for cell, n in answered.items() if 0 < n < least}
    assert thin <= in_groups or len(found.weights) == 1


def test_a_thin_cell_joins_its_nearest_neighbour():
    frame = {("沟底", "男"): 100, ("沟底", "女"): 120, ("寨上", "男"): 300, ("寨上", "女"): 280}
    found = post_stratify(
        {("沟底", "男"): 2, ("沟底", "女"): 9, ("寨上", "男"): 15, ("寨上", "女"): 14}, frame
    )

    assert found.collapsed == ((("沟底", "男"), ("沟底", "女")),)
    assert found.weights[("沟底", "男")] == Fraction(220, 11) == found.weights[("沟底", "女")]
    assert found.weights[("寨上", "男")] == 20 and found.empty == ()


@given(st.dictionaries(cells, counts, min_size=1, max_size=10), st.integers(1, 50))
def test_equal_weights_change_nothing(tallies, weight):
    weighted = weighted_rate(tallies, dict.fromkeys(tallies, Fraction(weight)))
    plain = estimate(sum(p for p, _ in tallies.values()), sum(n for _, n in tallies.values()))

    assert weighted == plain


@given(st.dictionaries(cells, counts, min_size=1, max_size=10), st.data())
def test_weights_cost_effective_answers(tallies, data):
    weights = {cell: data.draw(st.fractions(Fraction(1, 9), 9, max_denominator=9)) for cell in tallies}
    found = weighted_rate(tallies, weights)

    assert 0 < found.effective_n <= found.n
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_small_frame_narrows_a_weighted_rate_as_any_other():
    cells = {("甲",): (30, 40), ("乙",): (10, 60)}
    same = dict.fromkeys(cells, Fraction(3))
    plain, weighted = estimate(40, 100, frame=300), weighted_rate(cells, same, frame=300)
    assert (weighted.low, weighted.high) == (plain.low, plain.high)
    assert weighted_rate(cells, same).low < weighted.low


def test_a_weighted_rate_by_hand():
    """A small village of 10 answers at weight 1 and a large one of 10 at weight 3: (8 + 3·5) ÷ 40, n worth 16."""
    found = weighted_rate({("甲",): (8, 10), ("乙",): (5, 10)}, {("甲",): Fraction(1), ("乙",): Fraction(3)})

    assert (found.value, found.effective_n, found.n) == (Fraction(23, 40), 16, 20)
    assert weighted_rate({("甲",): (0, 0)}, {}) is None


@given(st.integers(0, 500), st.dictionaries(st.integers(), st.integers(0, 4_000), max_size=20))
def test_places_sum_and_stay_within_one_of_the_share(n, sizes):
    whole = sum(sizes.values())
    if n and not whole:
        with pytest.raises(ValueError, match="somebody"):
            allocate(n, sizes)
        return
    places = allocate(n, sizes)

    assert sum(places.values()) == n
    assert list(places) == list(sizes)
    assert all(abs(places[key] - Fraction(n * size, whole or 1)) < 1 for key, size in sizes.items())


def test_equal_remainders_go_to_the_larger_then_to_the_earlier():
    assert allocate(3, {"甲": 1, "乙": 1}) == {"甲": 2, "乙": 1}
    assert allocate(1, {"甲": 2, "乙": 2, "丙": 0}) == {"甲": 1, "乙": 0, "丙": 0}
    assert allocate(369, {"沟底": 3_000, "寨上": 4_000, "河口": 2_000}) == {
        "沟底": 123,
        "寨上": 164,
        "河口": 82,
    }


@pytest.mark.parametrize(
    ("share", "digits", "printed"),
    [
        (Fraction(361, 372), 1, "97.0"),
        (Fraction(0), 1, "0.0"),
        (Fraction(1), 1, "100.0"),
        (Fraction(1, 2000), 1, "0.1"),  # half is rounded up
        (Fraction(-1, 8), 1, "-12.5"),
        (Fraction(-1, 9999), 1, "0.0"),
        (Fraction(1, 8), 0, "13"),
    ],
)
def test_percent(share, digits, printed):
    assert percent(share, digits) == printed


def test_nothing_in_the_statistics_is_a_float():
    found = estimate(7, 31, confidence=0.9, design_effect=Fraction(5, 4), frame=900)

    assert all(isinstance(part, Fraction) for part in (found.value, found.low, found.high, found.effective_n))
    assert isinstance(rates.root_up(Fraction(2)), Fraction) and rates.root_up(Fraction(9, 4)) == Fraction(
        3, 2
    )
