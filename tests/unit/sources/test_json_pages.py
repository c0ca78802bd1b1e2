"""Records of any JSON become texts at paths."""

import json
from typing import Any

import pytest

from softphone_matcher.outbound.json_pages import (
    columns_of,
    line_of,
    number_in,
    text_of,
    value_at,
    with_parameter,
)

RECORD = {"a": {"b": [{"c": 5}, {"c": None}]}, "tags": ["x", "y"], "empty": [], "flag": True}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.0.c", 5),
        ("a.b.1.c", None),
        ("a.b.2.c", None),
        ("a.b.-1.c", None),
        ("a.b.c", None),
        ("a.99999999999.c", None),
        ("tags.1", "y"),
        ("flag.x", None),
        ("nothing", None),
        ("", RECORD),
    ],
)
def test_path_leads_to_a_value_or_to_none(path: str, value: Any) -> None:
    assert value_at(RECORD, path) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("089 99998001", "089 99998001"),
        (8999998001, "8999998001"),
        (True, "true"),
        (None, ""),
        ({"a": 1}, ""),
        (["a", None, 2, {"b": 1}, ["c"]], "a ::: 2"),
        ("\ud800", "?"),
    ],
)
def test_value_becomes_a_text(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_columns_are_the_paths_of_all_texts() -> None:
    found = columns_of([{"id": 1}, RECORD, "text", 5, None], 10)
    assert found == ["id", "a.b.0.c", "a.b.1.c", "tags", "empty", "flag"]
    assert columns_of([RECORD], 2) == ["a.b.0.c", "a.b.1.c"]
    deep: Any = "x"
    for _ in range(100):
        deep = {"a": deep}
    assert columns_of([deep], 10) == []


def test_line_has_a_text_for_each_column() -> None:
    line = line_of({"a": "x" * 50, "b": "\n"}, ("a", "b", "c"), 10)
    assert json.loads(line) == {"a": "x" * 11, "b": "\n", "c": ""}
    assert line.count(b"\n") == 1
    assert json.loads(line_of("text", ("a",), 10)) == {"a": ""}


def test_number_of_the_page_is_in_the_address() -> None:
    address = with_parameter("https://crm.example.com/a?x=%C3%A4&page=1&y=", "page", 2)
    assert address == "https://crm.example.com/a?x=%C3%A4&y=&page=2"
    assert number_in(address, "page") == 2
    assert number_in(address, "x") is None
    assert with_parameter("https://crm.example.com/a", "o", 0) == "https://crm.example.com/a?o=0"
