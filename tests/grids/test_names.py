"""Names as they are read, numbers and addresses as they are hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids import names


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("张春燕", {"zcy", "zhangchunyan"}),
        ("单雄信", {"sxx", "dxx", "cxx", "shanxiongxin", "danxiongxin"}),
        ("曾国藩", {"zgf", "cgf"}),
        ("欧阳娜娜", {"oynn"}),
        ("阿依古丽·Li", {"aygll", "aygllI".lower()}),
    ],
)
def test_every_reading_is_found(name, tokens):
    index = names.search_index(name)

    assert all(f" {token}" in index for token in tokens)


@given(st.text(max_size=40))
def test_any_name_is_indexed_within_its_column(name):
    assert len(names.search_index(name)) <= 600
    assert isinstance(names.reading(name), str)
    assert len(names.address_key(name)) <= 200


def test_house_numbers_sort_as_numbers():
    streets = ["沟底村 12 号", "沟底村 2 号", "沟底村 1 号"]

    assert sorted(streets, key=names.address_key) == streets[::-1]


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (names.mask_name("张春燕"), "张**"),
        (names.mask_name(""), ""),
        (names.mask_phone("13812345678"), "138****5678"),
        (names.mask_phone("5151234"), "*****34"),
        (names.mask_phone("1"), "1"),
        (names.mask_id_number("140181195003120012"), "140***********0012"),
        (names.mask_id_number("1401811"), "*******"),
        (names.mask_address("沟底村 3 排 12 号"), "沟底村 * 排 ** 号"),
    ],
)
def test_masking(masked, shown):
    assert masked == shown


@given(st.text("0123456789", min_size=17, max_size=17))
def test_one_check_digit_is_right(first):
    right = names.id_check_digit(first)

    assert [x for x in "0123456789X" if names.is_id_number(first + x)] == [right]


def test_the_standards_own_example():
    """GB 11643-1999, annex: 34052419800101001X."""
    assert names.is_id_number("34052419800101001X")
    assert not names.is_id_number("34052419800101001x")
