"""The store of sharings: who sees a record, as RecordShared said last.

Queues have no common order. The look-up of a call may wait in one of them while the message that
the record was restricted is handled in another one, which then finds no call to hide it in.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Protocol

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from softphone_common.contracts.events import RecordShared
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "record_sharings"
KEPT = timedelta(days=180)
"""Longer than a look-up from before the change can wait in a queue or as a dead letter, which is
kept for 90 days by default. Look-ups from after the change say themselves who sees the record."""
INDEXES = {
    COLLECTION: [
        IndexModel([("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds())),
    ]
}


class RecordSharings(Protocol):
    """The latest sharing of each record. Every method may raise UnavailableError."""

    async def add(self, sharing: RecordShared) -> None:
        """Stores a sharing, unless there is a later one of its record."""

    async def of(self, records: Collection[tuple[str, str]]) -> list[RecordShared]:
        """The sharings of these records, each named by its tenant and id, earliest first."""


class MongoRecordSharings:
    """Keeps sharings in MongoDB; a `RecordSharings`."""

    def __init__(self, database: Database) -> None:
        self._sharings = database[COLLECTION]

    async def add(self, sharing: RecordShared) -> None:
        key = sharing_key(sharing.tenant, sharing.record)
        earlier = {"_id": key, "at": {"$lt": sharing.at}}
        change = {"$set": sharing.model_dump()}
        try:
            with reaching():
                await self._sharings.update_one(earlier, change, upsert=True)
        except DuplicateKeyError:  # there is a later one, or another instance has inserted one
            with reaching():
                await self._sharings.update_one(earlier, change)

    async def of(self, records: Collection[tuple[str, str]]) -> list[RecordShared]:
        keys = sorted(sharing_key(*each) for each in records)
        with reaching():
            found = await self._sharings.find({"_id": {"$in": keys}}).to_list(None)
        return in_order(map(RecordShared.model_validate, found))


def sharing_key(tenant: str, record: str) -> str:
    """The `_id` of the sharing of a record."""
    return f"{tenant}/{record}"


def in_order(sharings: Iterable[RecordShared]) -> list[RecordShared]:
    """The sharings, earliest first."""
    return sorted(sharings, key=lambda each: (each.at, each.record))
