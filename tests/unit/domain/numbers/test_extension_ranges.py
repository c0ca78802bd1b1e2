"""Ranges of extensions: few enough, and searched in few steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.numbers.extensions import named_extension
from softphone_common.domain.numbers.profile import (
    RANGES_MAX,
    NumberProfile,
    check_count,
    merge_profile,
)
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_common.domain.numbers.text import Address

OTHER = Address("", "", "", "", "", lost_plus=False)


def is_listed(digits: str, *ranges: str) -> bool:
    return named_extension(OTHER, digits, NumberProfile(extension_ranges=ranges)) == digits


def spelled(bounds: tuple[int, int]) -> str:
    low, high = sorted(bounds)
    return f"{low:03}-{high:03}" if low != high else f"{low:03}"


@given(
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=9),
    st.integers(0, 999),
)
def test_extension_is_listed_if_a_range_has_it(
    bounds: list[tuple[int, int]], extension: int
) -> None:
    expected = any(min(pair) <= extension <= max(pair) for pair in bounds)
    ranges = [spelled(pair) for pair in bounds]
    assert is_listed(f"{extension:03}", *ranges) == expected
    assert not is_listed(f"{extension:04}", *ranges)


class Compared(str):
    """Digits that count how often they are compared."""

    times = 0
    __hash__ = str.__hash__

    def __lt__(self, other: str) -> bool:
        Compared.times += 1
        return str.__lt__(self, other)

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)


def test_many_ranges_are_searched_in_few_steps() -> None:
    ranges = tuple(f"{n:06}" for n in range(0, 2 * RANGES_MAX, 2))
    assert is_listed("000000", *ranges)
    Compared.times = 0
    assert is_listed(Compared("001000"), *ranges)
    assert 0 < Compared.times < 3 * RANGES_MAX.bit_length()


def test_more_ranges_than_allowed_are_refused() -> None:
    check_count(["211"] * RANGES_MAX, ())
    with pytest.raises(ProfileError) as error:
        check_count(["211"] * (RANGES_MAX + 1), ["211"])
    assert (error.value.field, error.value.code) == (
        "extension_ranges",
        "extension-ranges-too-many",
    )


def test_more_ranges_stored_by_an_earlier_release_are_kept() -> None:
    ranges = ("211",) * (RANGES_MAX + 1)
    check_count(list(ranges), ranges)
    assert merge_profile(NumberProfile(extension_ranges=ranges), {}).extension_ranges == ranges
