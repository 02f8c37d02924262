"""No row that goes out is alone: at least five are alike, whatever the answers."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.recoding import LEAST, VILLAGE, recode

keys = st.tuples(
    st.sampled_from([None, "208", "209"]),
    st.sampled_from([None, "m", "f"]),
    st.sampled_from([None, "18", "60"]),
    st.sampled_from(["household", "token"]),
    st.sampled_from(["0", "1"]),
)


# A busy machine draws slowly.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(st.dictionaries(keys, st.integers(1, 60), min_size=1, max_size=30))
def test_alike_rows_are_five_or_all_there_are(sizes):
    released = recode(sizes)
    assert set(released) == set(sizes)
    classes = Counter()
    for key, out in released.items():
        classes[out] += sizes[key]
        assert all(mine in (None, theirs) for mine, theirs in zip(out, key, strict=True))
    assert all(n >= min(LEAST, sum(sizes.values())) for n in classes.values())


@unhurried
@given(st.dictionaries(keys, st.integers(1, 60), min_size=1, max_size=30))
def test_a_village_goes_out_from_thirty_answers(sizes):
    villages = Counter()
    for key, n in sizes.items():
        villages[key[VILLAGE]] += n
    assert all(villages[out[VILLAGE]] >= 30 for out in recode(sizes).values() if out[VILLAGE])


def test_by_hand():
    sizes = {
        ("208", "f", "60", "token", "0"): 28,
        ("208", "m", "60", "token", "0"): 3,
        ("208", "m", "60", "token", "1"): 2,
        ("209", "f", "60", "token", "0"): 6,
    }
    assert recode(sizes) == {
        ("208", "f", "60", "token", "0"): ("208", "f", "60", "token", "0"),
        ("208", "m", "60", "token", "0"): ("208", "m", "60", "token", None),
        ("208", "m", "60", "token", "1"): ("208", "m", "60", "token", None),
        ("209", "f", "60", "token", "0"): (None, "f", "60", "token", "0"),
    }
