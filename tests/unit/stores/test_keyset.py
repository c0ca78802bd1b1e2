"""Cursors: what a page gives out leads to the next one, and what clients hold stays valid."""

from datetime import UTC, datetime

import pytest

from softphone_common.http.problem import ProblemError
from softphone_common.stores.keyset import KeysetPage, cut, text_position, time_position

MOMENT = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
HELD = {
    "a call, in milliseconds": "WzE3NzI0NDIwMDAxMjMsICJhY21lL2MxIl0",
    "a call": "WyIyMDI2LTAzLTAyVDA5OjAwOjAwLjEyMzAwMCswMDowMCIsICJhY21lL2MxIl0",
    "another zone": "WyIyMDI2LTAzLTAyVDEwOjAwOjAwLjEyMzAwMCswMTowMCIsICJhY21lL2MxIl0",
}


@pytest.mark.parametrize("cursor", HELD.values(), ids=HELD.keys())
def test_a_cursor_by_time_that_a_client_holds_stays_valid(cursor: str) -> None:
    assert time_position(cursor) == (MOMENT, "acme/c1")


def test_a_cursor_by_name_that_a_client_holds_stays_valid() -> None:
    assert text_position("WyJodWJlciIsICJyMSJd") == ("huber", "r1")


def test_the_cursor_of_a_page_is_its_position() -> None:
    by_time = KeysetPage[int, datetime]([1], (MOMENT, "acme/c1"))
    by_name = KeysetPage[int, str]([1], ("huber", "r1"))
    assert by_time.cursor == HELD["a call"]
    assert text_position(by_name.cursor) == by_name.next
    assert KeysetPage[int, str]([1]).cursor is None


def test_a_list_without_a_cursor_begins_at_its_first_row() -> None:
    assert time_position(None) is None
    assert text_position(None) is None


@pytest.mark.parametrize("cursor", ["WzE3XQ", "W3RydWUsIHRydWVd", "WyJub3ciLCAieCJd", "ä"])
def test_a_foreign_cursor_names_the_field(cursor: str) -> None:
    with pytest.raises(ProblemError) as problem:
        time_position(cursor)
    assert [error["field"] for error in problem.value.errors] == ["cursor"]


@pytest.mark.parametrize(("rows", "items", "after"), [("ab", "ab", None), ("abc", "ab", "b")])
def test_a_row_beyond_the_page_means_that_more_follows(
    rows: str, items: str, after: str | None
) -> None:
    page = cut(rows, 2, lambda row: (row, row), str.upper)
    assert page.items == list(items.upper())
    assert page.next == (None if after is None else (after, after))
