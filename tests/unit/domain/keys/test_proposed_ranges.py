"""Which numbers of a company are taken for direct lines of one exchange, as a proposal."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.keys.lookup_keys import keys_of_call
from softphone_common.domain.keys.proposed_ranges import proposed_ranges
from softphone_common.domain.matching import number_keys
from softphone_common.domain.numbers.profile import NumberProfile

HOME = NumberProfile()
MUNICH = "+498999998"


def proposed(*numbers: str, known: Sequence[str] = ()) -> list[tuple[str, int]]:
    return [
        (each.number, each.extension_digits) for each in proposed_ranges(numbers, {*known}, HOME)
    ]


@pytest.mark.parametrize(
    ("numbers", "proposals"),
    [
        ((f"{MUNICH}12", f"{MUNICH}34", f"{MUNICH}56"), [("+49 89 99998-0", 2)]),
        ((f"{MUNICH}012", f"{MUNICH}345", f"{MUNICH}999"), [("+49 89 99998-0", 3)]),
        # the smallest range that has them all
        ((f"{MUNICH}51", f"{MUNICH}52", f"{MUNICH}53"), [("+49 89 999985-0", 1)]),
        # two are often a telephone and a fax machine
        ((f"{MUNICH}12", f"{MUNICH}34"), []),
        ((f"{MUNICH}12", f"{MUNICH}12", f"{MUNICH}12"), []),
        # another town, another length
        ((f"{MUNICH}12", f"{MUNICH}34", "+493099999856"), []),
        ((f"{MUNICH}12", f"{MUNICH}34", f"{MUNICH}567"), []),
        # mobile numbers, service numbers, half a town
        (("+4917139200611", "+4917139200622", "+4917139200633"), []),
        (("+4980012345611", "+4980012345622", "+4980012345633"), []),
        (("+498912345", "+498923456", "+498934567"), []),
        # elsewhere a number has all its digits
        (("+41446681811", "+41446681822", "+41446681833"), [("+41446681800", 2)]),
        (("+12125550111", "+12125550122", "+12125550133"), [("+12125550100", 2)]),
    ],
)
def test_three_direct_lines_suggest_their_exchange(
    numbers: Sequence[str], proposals: list[tuple[str, int]]
) -> None:
    assert proposed(*numbers) == proposals
    assert proposed(*reversed(numbers)) == proposals


@pytest.mark.parametrize("known", [f"{MUNICH}xx", f"{MUNICH}-0"])
def test_numbers_in_a_known_range_suggest_no_other(known: str) -> None:
    numbers = f"{MUNICH}51", f"{MUNICH}52", f"{MUNICH}53"
    assert proposed(*numbers, known=[known]) == []
    assert proposed(*numbers, known=["+493023125xx"]) == [("+49 89 999985-0", 1)]


@given(
    st.sets(st.integers(0, 9999), min_size=1, max_size=8),
    st.sampled_from(["+49899999", "+4144668"]),
)
def test_proposed_number_finds_its_lines(extensions: set[int], trunk: str) -> None:
    lines = [f"{trunk}{extension:04d}" for extension in extensions]
    for each in proposed_ranges(lines, set(), HOME):
        ranges = number_keys(each.number, HOME, each.extension_digits).ranges
        assert each.range in ranges
        assert {*each.lines} <= {*lines}
        assert all(each.range in keys_of_call(line) for line in each.lines)
