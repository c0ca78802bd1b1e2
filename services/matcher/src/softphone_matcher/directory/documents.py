"""How records are stored, and the matches among stored records."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from softphone_common.domain.keys.lookup_keys import BASES, Basis, keys_of_call, last_digits_keys
from softphone_common.domain.matching import (
    NOTE_MAX,
    TAGS_MAX,
    Candidate,
    Match,
    in_order,
    level_of,
    shortened,
)
from softphone_common.stores.mongo import Document
from softphone_matcher.directory.record import EARLIER
from softphone_matcher.directory.search import terms_of

DELETED = "deleted"
"""The reading of deleted records, whose numbers are read when they are restored."""

_REASONS: dict[Basis, str] = {
    "number": "number {key}",
    "range": "direct line of {key}",
    "main-number": "direct line of the main number {key}",
    "last-digits": "the last digits are the same",
}


def content(fields: Mapping[str, Any]) -> Document:
    """The stored fields of a record with all these fields.

    A record that is inactive keeps its terms, so that it is found by its name, and has no keys.
    """
    keys = keys_in(fields)
    return {
        **fields,
        # casefold, not a collation: an index serves only queries with the collation it has
        "sort_name": fields["name"].casefold(),
        "keys": [] if fields.get("inactive") else [*keys, *_inexact_keys(fields, keys)],
        "terms": terms_of(fields, keys),
        "listed": True,
        "deleted_at": None,
        "deleted_by": None,
        "merged_into": "",
    }


def keys_in(fields: Mapping[str, Any]) -> dict[str, None]:
    """The E.164 numbers of a record with these fields, each once and in their order."""
    return dict.fromkeys(key for number in fields["numbers"] for key in number["keys"])


def lines_in(fields: Mapping[str, Any]) -> set[str]:
    """The keys of a record with these fields: those of its numbers and of their direct lines."""
    return {*keys_in(fields), *_ranges_in(fields)}


def _ranges_in(fields: Mapping[str, Any]) -> Iterator[str]:
    return (key for number in fields["numbers"] for key in number.get("ranges", ()))


def _inexact_keys(fields: Mapping[str, Any], numbers: Iterable[str]) -> dict[str, None]:
    ends = last_digits_keys(numbers, fields.get("last_digits", 0))
    return dict.fromkeys((*_ranges_in(fields), *ends))


def new_document(tenant: str, fields: Mapping[str, Any]) -> Document:
    """A new record as it is stored, with an id of its own."""
    return {"_id": str(uuid4()), "tenant": tenant, "version": 1, **content(fields)}


def changed(fields: Mapping[str, Any], version: int) -> Document:
    """The stored fields that somebody's change sets.

    What its source sent last no longer counts, so that the source is heard when it sends it again.
    """
    return {**content(fields), "version": version + 1, "digest": ""}


def deletion(by: str, at: datetime) -> Document:
    """The stored fields that a deletion sets: nothing finds the record any more."""
    gone: Document = {"listed": False, "keys": [], "terms": [], "digest": "", "reading": DELETED}
    return {**gone, "deleted_by": by, "deleted_at": at}


def keys_of_calls(numbers: Iterable[str]) -> dict[str, list[tuple[str, Basis]]]:
    """All keys that calls with these E.164 numbers ask for: for each the numbers, and the basis."""
    wanted: dict[str, list[tuple[str, Basis]]] = defaultdict(list)
    for number in numbers:
        for key, basis in keys_of_call(number).items():
            wanted[key].append((number, basis))
    return wanted


def matches_of_numbers(
    documents: Iterable[Document], numbers: Collection[str], limit: int
) -> dict[str, tuple[Match, ...]]:
    """For each number the matches among these documents in their fixed order.

    At most `limit` of those that everyone sees, and as many others, which take no place of theirs.
    A record that is found by several keys is found by the surest.
    """
    wanted = keys_of_calls(numbers)
    candidates: dict[str, list[Candidate]] = {number: [] for number in numbers}
    for document in documents:
        found: dict[str, tuple[int, str]] = {}
        for key in document["keys"]:
            for number, basis in wanted.get(key, ()):
                found[number] = min((BASES.index(basis), key), found.get(number, (len(BASES), "")))
        for number, (place, key) in found.items():
            match = match_of(document, key, BASES[place])
            changed_at = document.get("changed_at") or EARLIER
            candidates[number].append(Candidate(match, changed_at))
    return {number: _first(in_order(each), limit) for number, each in candidates.items()}


def _first(matches: Iterable[Match], limit: int) -> tuple[Match, ...]:
    """The first matches of those that everyone sees and of the others, in their order."""
    left = {True: limit, False: limit}
    shown: list[Match] = []
    for match in matches:
        is_open = match.visible_to == "everyone"
        if left[is_open] > 0:
            left[is_open] -= 1
            shown.append(match)
    return tuple(shown)


def match_of(document: Document, key: str, basis: Basis) -> Match:
    """The stored record as it is found by this key."""
    return Match(
        record=document["_id"],
        type=document["type"],
        name=document["name"],
        level=level_of(basis),
        reason=_REASONS[basis].format(key=key),
        url=document.get("url", ""),
        organization=str(document.get("organization", document.get("company", ""))),
        host_id=document.get("host_id", ""),
        basis=basis,
        email=next(iter(document.get("emails") or ()), document.get("email") or ""),
        note=shortened(document.get("note", ""), NOTE_MAX),
        tags=tuple(document.get("tags", ())[:TAGS_MAX]),
        visible_to=document.get("visible_to", "everyone"),
        owner=document.get("owner", ""),
        team=document.get("team", ""),
    )
