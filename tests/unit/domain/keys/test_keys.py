"""Direct lines, main numbers and last digits: which calls find a record, and which never do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.keys.direct_lines import EXTENSION_DIGITS_MAX
from softphone_common.domain.keys.lookup_keys import is_number, keys_of_call, last_digits_keys
from softphone_common.domain.matching import number_keys
from softphone_common.domain.numbers.profile import NumberProfile

MUNICH = NumberProfile(area_code="89")


def basis(written: str, call: str, digits: int = 0, **profile: Any) -> str | None:
    """Why a call of this number finds a record whose number is written like this."""
    found = number_keys(written, NumberProfile(**profile), digits)
    wanted = keys_of_call(call)
    return next((wanted[key] for key in wanted if key in {*found.keys, *found.ranges}), None)


@pytest.mark.parametrize(
    ("written", "digits", "call", "expected"),
    [
        ("+49 89 99998-0", 2, "+49899999856", "range"),
        ("+49 89 99998-0", 2, "+4989999980", "number"),
        ("089 99998", 2, "+49899999856", "range"),
        ("089 99998-12", 2, "+49899999856", "range"),
        ("089 99998-12", 2, "+49899999812", "number"),
        ("089 99998-0", 3, "+498999998567", "range"),
        ("089 99998", 3, "+49899999856", None),
        ("089 99998", 2, "+49899999756", None),
        ("089 99998", 2, "+49309999856", None),
        ("089 99998", 2, "+4389999985", None),
        ("+43 1 58858-0", 4, "+431588581234", "range"),
        # numbers of a fixed length have the digits of their extensions in them
        ("+41 44 668 18 00", 2, "+41446681877", "range"),
        ("+41 44 668 18 00", 2, "+41446681977", None),
        ("+41 44 668 18 00", 2, "+4144668180077", None),
        ("+1 212-555-0100", 2, "+12125550147", "range"),
        ("+1 212-555-0100", 2, "+12125550247", None),
        ("+1 212-555-0100", 5, "+12125599999", None),
        ("089 99998", 5, "+498999998", "number"),
        ("+45 33 92 00 00", 4, "+4533920012", "range"),
        ("+45 33 92 00 00", 4, "+4533820012", None),
        ("+45 33 92 00 00", 5, "+4533920012", None),
        # further digits of a mobile number, or of a service, are another subscriber
        ("0171 3920001", 2, "+49171392000112", None),
        ("0800 1234567", 2, "+4980012345678", None),
    ],
)
def test_declared_digits_find_direct_lines_of_the_trunk(
    written: str, digits: int, call: str, expected: str | None
) -> None:
    assert basis(written, call, digits) == expected


@pytest.mark.parametrize(
    "written",
    ["+49 89 99998-0", "089/99998-0", "(089) 999 98 – 0", "089 99998 -0", "+49-89-99998-0",
     "Huber GmbH 089 99998-0", "tel:+49-89-99998-0", "089 99998-0 (Zentrale)", "089 99998-0/-12",
     "089 99998-0, Fax 089 99998-99", "Tel. 089 99998-0"],
)  # fmt: skip
@pytest.mark.parametrize("extension", ["1", "56", "056", "4711"])
def test_main_number_finds_direct_lines(written: str, extension: str) -> None:
    assert basis(written, f"+498999998{extension}") == "main-number"
    assert basis(written, f"+498999997{extension}") is None
    assert basis(written, f"+49309999{extension}") is None


@pytest.mark.parametrize(
    ("written", "call"),
    [
        ("089 999980", "+49899999856"),  # the zero is any digit
        ("089 99998-10", "+49899999856"),
        ("089 99998-00", "+49899999856"),
        ("089 99998-10, 089 99998-0", "+498999998156"),
        ("089 99998001, 030 23125-0", "+4989999980056"),
        ("089 99998-0", "+498999998"),
        ("089 99998-0", "+49899999812345"),
        ("0171 3920001-0", "+4917139200015"),
        ("0800 123456-0", "+4980012345678"),
        ("089 9-0", "+4989956"),
        ("+39 06 698-0", "+390669812"),
        ("+41 44 668 18-0", "+41446681877"),
        ("+1 212-555-010-0", "+12125550105"),
    ],
)
def test_hyphen_and_zero_alone_are_no_main_number(written: str, call: str) -> None:
    assert basis(written, call) is None


def test_local_main_number_is_one_of_the_own_area() -> None:
    assert basis("99998-0", "+49899999856", area_code="89") == "main-number"
    assert basis("99998-0", "+49899999856", area_code="30") is None


def test_declared_digits_are_surer_than_the_main_number() -> None:
    assert basis("089 99998-0", "+49899999856", 2) == "range"
    assert basis("089 99998-0", "+498999998567", 2) == "main-number"


def test_own_trunk_has_no_ranges() -> None:
    ours = NumberProfile(trunk="+498999998")
    assert number_keys("089 99998-0", ours, 2).ranges == ()


@pytest.mark.parametrize(
    ("written", "call", "digits", "found"),
    [
        ("089 99998001", "+493099998001", 8, True),
        ("089 99998001", "+493099998001", 9, False),
        ("089 99998001", "+493099998001", 0, False),
        ("089 99998001", "+12129998001", 7, True),
        ("089 99998001", "+12129998002", 7, False),
        # the mobile 9 of Argentina is another form of one line, which is found exactly
        ("+54 11 2345-6789", "+5491123456789", 0, False),
        ("+54 11 2345-6789", "+54922123456789", 8, True),
        ("+32 2 555", "+322555", 6, False),
    ],
)
def test_last_digits_are_a_key_where_they_are_wanted(
    written: str, call: str, digits: int, found: bool
) -> None:
    record = set(last_digits_keys(number_keys(written, NumberProfile()).keys, digits))
    wanted = keys_of_call(call)
    assert any(wanted.get(key) == "last-digits" for key in record) == found


def test_both_forms_of_an_argentine_line_are_exact() -> None:
    for written in ("+54 11 2345-6789", "+54 9 11 2345-6789"):
        keys = number_keys(written, NumberProfile()).keys
        assert set(keys) == {"+541123456789", "+5491123456789"}


trunks = st.from_regex(r"(?:89|30|211|4921)[1-9][0-9]{3,5}", fullmatch=True)
calls = st.from_regex(r"\+49(?:89|30|211|4921)[0-9]{1,10}", fullmatch=True)


@given(trunk=trunks, digits=st.integers(0, EXTENSION_DIGITS_MAX), call=calls, end=st.booleans())
def test_range_never_leaves_its_trunk(trunk: str, digits: int, call: str, end: bool) -> None:
    call = f"+49{trunk}{call[-3:]}" if end else call
    found = basis(f"+49{trunk}-0", call, digits)
    extension = call.removeprefix(f"+49{trunk}")
    assert (found is not None) <= call.startswith(f"+49{trunk}")
    assert (found == "number") == (call == f"+49{trunk}0")
    assert (found == "range") <= (len(extension) == digits)
    assert (found == "main-number") <= (1 <= len(extension) <= 4)


@given(calls)
def test_only_the_number_itself_is_a_number(call: str) -> None:
    keys = keys_of_call(call)
    assert [key for key in keys if is_number(key)] == [call]
    assert next(iter(keys.values())) == "number"
