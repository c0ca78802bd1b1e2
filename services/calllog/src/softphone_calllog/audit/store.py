"""The store of the security log: the events of all tenants, each until it expires."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from softphone_common.contracts.entities import AuditEntry
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "audit"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("time", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("actor", ASCENDING), ("time", DESCENDING)]),
        IndexModel([("time", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ]
}
LATEST: Keyset[datetime] = Keyset("time")
_DUPLICATE = 11000

AuditPage = KeysetPage[AuditEntry, datetime]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Conditions on entries; those that are None do not apply. `until` excludes its moment."""

    tenant: str | None = None
    actor: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditStore(Protocol):
    """Entries of all tenants. Every method may raise UnavailableError."""

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        """Stores entries; one that is stored already stays as it is."""

    async def page(
        self, filter_: AuditFilter, after: Position[datetime] | None, size: int
    ) -> AuditPage:
        """Up to `size` entries, the latest first."""


class MongoAuditStore:
    """Keeps entries in MongoDB, which removes them by itself when they expire."""

    def __init__(self, database: Database, keep: timedelta) -> None:
        self._entries = database[COLLECTION]
        self._keep = keep

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        documents = [to_document(e, expires_at=e.time + self._keep) for e in entries]
        try:
            with reaching():
                await self._entries.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            # a message may come twice; without its values, since this error has the documents
            codes = {each["code"] for each in error.details["writeErrors"]}
            if codes != {_DUPLICATE} or error.details.get("writeConcernErrors"):
                raise

    async def page(
        self, filter_: AuditFilter, after: Position[datetime] | None, size: int
    ) -> AuditPage:
        query = _query(filter_)
        return await LATEST.page(self._entries, query, after, size, entry_of)


def entry_of(document: Document) -> AuditEntry:
    """The entry in a stored document."""
    return from_document(AuditEntry, document)


def _query(filter_: AuditFilter) -> Document:
    # SecantusDB 0.7 leaves the boundary of $gte out, unless there is a $exists too
    times = {"$exists": True, "$gte": filter_.since, "$lt": filter_.until}
    conditions: Document = {
        "tenant": filter_.tenant,
        "actor": filter_.actor,
        "event": filter_.event,
        "time": {name: value for name, value in times.items() if value is not None},
    }
    return {name: value for name, value in conditions.items() if value is not None}
