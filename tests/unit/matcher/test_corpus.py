"""Numbers of the corpora as records and as calls: spellings of one number match, others never."""

import json
from typing import Any

import pytest

from softphone_common.domain.matching import Match, lookup_key, number_keys
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.renumbering import line_forms
from softphone_matcher.directory.documents import matches_of_numbers
from support.paths import DATA

ROWS: list[dict[str, Any]] = [
    row
    for name in ("numbers.jsonl", "numbers_more.jsonl", "field_numbers.jsonl")
    for line in (DATA / name).read_text("utf-8").splitlines()
    if (row := json.loads(line))["class"] == "external"
]


def profile_of(row: dict[str, Any]) -> NumberProfile:
    changes = {name: value for name, value in row.get("ctx", {}).items() if name != "transport"}
    if "extension_ranges" in changes:
        changes["extension_ranges"] = tuple(changes["extension_ranges"])
    return NumberProfile(region=row["region"], **changes)


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    """A record for each row, with the number of the row in its spelling."""
    records = []
    for place, row in enumerate(ROWS):
        keys = number_keys(row["raw"], profile_of(row))
        fields = {"_id": str(place), "type": "contact", "name": row["raw"]}
        records.append({**fields, "keys": [*keys.keys, *keys.ranges]})
    return records


@pytest.fixture(scope="module")
def matches(documents: list[dict[str, Any]]) -> dict[str, tuple[Match, ...]]:
    """The matches of a call of each row, by its number."""
    calls = {lookup_key(normalise(row["raw"], profile_of(row))) for row in ROWS}
    return matches_of_numbers(documents, [call for call in calls if call], len(documents))


def test_spellings_of_a_number_find_each_other(
    documents: list[dict[str, Any]], matches: dict[str, tuple[Match, ...]]
) -> None:
    for place, document in enumerate(documents):
        call = lookup_key(normalise(ROWS[place]["raw"], profile_of(ROWS[place])))
        if call is None or not document["keys"]:
            continue
        for key in document["keys"]:
            exact = {m.record for m in matches.get(key, ()) if m.level == "exact"}
            assert key not in matches or str(place) in exact


def test_different_numbers_never_match_exactly(
    documents: list[dict[str, Any]], matches: dict[str, tuple[Match, ...]]
) -> None:
    count = 0
    for call, found in matches.items():
        line = set(line_forms(call))
        for match in found:
            count += 1
            keys = documents[int(match.record)]["keys"]
            assert (match.level == "exact") == (not line.isdisjoint(keys))
    assert count > len(documents) / 2


def test_inexact_matches_are_direct_lines_of_a_trunk(
    documents: list[dict[str, Any]], matches: dict[str, tuple[Match, ...]]
) -> None:
    for call, found in matches.items():
        for match in found:
            if match.level == "exact":
                continue
            keys = documents[int(match.record)]["keys"]
            trunks = [key.removesuffix("-0") for key in keys if key.endswith("-0")]
            assert any(call.startswith(trunk) for trunk in trunks)
