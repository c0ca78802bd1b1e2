"""How records are stored, and the matches among stored records."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from softphone_common.domain.matching import Match, in_order
from softphone_common.stores.mongo import Document
from softphone_matcher.directory.search import terms_of

DELETED = "deleted"
"""The reading of deleted records, whose numbers are read when they are restored."""


def content(fields: Mapping[str, Any]) -> Document:
    """The stored fields of a record with all these fields.

    A record that is inactive keeps its terms, so that it is found by its name, and has no keys.
    """
    keys = keys_in(fields)
    return {
        **fields,
        # casefold, not a collation: an index serves only queries with the collation it has
        "sort_name": fields["name"].casefold(),
        "keys": [] if fields.get("inactive") else list(keys),
        "terms": terms_of(fields, keys),
        "listed": True,
        "deleted_at": None,
        "deleted_by": None,
    }


def keys_in(fields: Mapping[str, Any]) -> dict[str, None]:
    """The E.164 numbers of a record with these fields, each once and in their order."""
    return dict.fromkeys(key for number in fields["numbers"] for key in number["keys"])


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


def matches_by_key(
    documents: Iterable[Document], keys: Collection[str], limit: int
) -> dict[str, tuple[Match, ...]]:
    """For each key the matches among these documents in their fixed order, at most `limit`."""
    matches: dict[str, list[Match]] = defaultdict(list)
    for document in documents:
        for key in set(document["keys"]).intersection(keys):
            matches[key].append(_match(document, key))
    return {key: in_order(matches[key])[:limit] for key in keys}


def _match(document: Document, key: str) -> Match:
    return Match(
        record=document["_id"],
        type=document["type"],
        name=document["name"],
        level="exact",
        reason=f"number {key}",
        url=document.get("url", ""),
        organization=str(document.get("organization", document.get("company", ""))),
        host_id=document.get("host_id", ""),
    )
