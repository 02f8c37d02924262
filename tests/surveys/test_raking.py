"""Weights by two margins: they sum to the frame, fit both where they can, and change nothing for a fair sample."""

from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.raking import UNKNOWN, rake
from surveys.rates import weighted_rate

AREAS, CELLS = ("甲", "乙", "丙"), ("m18", "m60", "f18", "f60")
people = st.integers(1, 5_000)
frames = st.fixed_dictionaries(dict.fromkeys(AREAS, people))
margins = st.fixed_dictionaries(dict.fromkeys(CELLS, people))
pairs = st.tuples(st.sampled_from([*AREAS, UNKNOWN]), st.sampled_from([*CELLS, UNKNOWN]))
samples = st.dictionaries(pairs, st.integers(1, 80), min_size=1)


# A busy machine draws slowly.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stood_for(raked, answered):
    return sum(raked.weights[pair] * n for pair, n in answered.items())


@unhurried
@given(samples, frames, st.none() | margins)
def test_weights_sum_to_the_frame(answered, areas, cells):
    raked = rake(answered, areas, cells)

    assert all(weight > 0 for weight in raked.weights.values())
    # Nine decimals of a weight, times the answers.
    assert abs(stood_for(raked, answered) - sum(areas.values())) < Fraction(1, 100)


@unhurried
@given(st.fixed_dictionaries({(a, c): st.integers(5, 60) for a in AREAS for c in CELLS}), frames, margins)
def test_both_margins_fit(answered, areas, cells):
    raked = rake(answered, areas, cells)
    assert raked.by_cell and not raked.joined and not raked.empty
    whole = sum(areas.values())
    for side, declared in enumerate((areas, cells)):
        for key, wanted in declared.items():
            found = sum(raked.weights[p] * n for p, n in answered.items() if p[side] == key)
            share = Fraction(wanted * whole, sum(declared.values()))
            assert abs(found - share) <= share / 10**5 + Fraction(1, 1000)


@unhurried
@given(st.fixed_dictionaries({(a, c): st.integers(5, 60) for a in AREAS for c in CELLS}))
def test_a_fair_sample_keeps_its_shares(answered):
    """The frame is ten times the sample: everybody stands for ten."""
    areas = {a: 10 * sum(n for (area, _), n in answered.items() if area == a) for a in AREAS}
    cells = {c: 10 * sum(n for (_, cell), n in answered.items() if cell == c) for c in CELLS}
    assert set(rake(answered, areas, cells).weights.values()) == {10}


def test_the_villages_alone_by_hand():
    answered = {("甲", UNKNOWN): 30, ("乙", UNKNOWN): 10}
    raked = rake(answered, {"甲": 3_000, "乙": 3_000})
    assert raked.weights == {("甲", UNKNOWN): 100, ("乙", UNKNOWN): 300}
    found = weighted_rate({("甲", UNKNOWN): (30, 30), ("乙", UNKNOWN): (0, 10)}, raked.weights)
    assert found.value == Fraction(1, 2)


def test_who_tells_no_village_counts_as_the_average():
    raked = rake({("甲", UNKNOWN): 30, (UNKNOWN, UNKNOWN): 10}, {"甲": 4_000})
    assert raked.weights == {("甲", UNKNOWN): 100, (UNKNOWN, UNKNOWN): 100}


def test_nobody_or_no_frame_is_no_weight():
    assert rake({}, {"甲": 10}).weights == rake({("甲", UNKNOWN): 3}, {}).weights == {}


def test_a_thin_village_joins_its_neighbour():
    raked = rake({("甲", UNKNOWN): 2, ("乙", UNKNOWN): 18}, {"甲": 1_000, "乙": 1_000, "丙": 0})
    assert raked.joined == (("甲", "乙"),) and raked.weights["甲", UNKNOWN] == 100
