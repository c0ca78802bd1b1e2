"""The store of sources."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError
from pymongo import ASCENDING, IndexModel, ReturnDocument

from softphone_common.process.telemetry import log
from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.sources import card_store
from softphone_matcher.sources.source import StoredSource

COLLECTION = "sources"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("name", ASCENDING)]),
        IndexModel([("next_at", ASCENDING)]),
    ],
    **card_store.INDEXES,
}
_DUE_MAX = 100
_BY_RUNS = {"id", "tenant", "last_run"}
"""The fields that no administrator changes."""


class Sources(Protocol):
    """Sources of all tenants. Every method may raise UnavailableError."""

    async def add(self, source: StoredSource) -> None:
        """Stores a new source."""

    async def get(self, tenant: str, source_id: str) -> StoredSource | None:
        """The tenant's source with this id."""

    async def list_all(self, tenant: str) -> list[StoredSource]:
        """The sources of the tenant by name."""

    async def change(self, source: StoredSource) -> StoredSource | None:
        """Replaces what administrators decide, and returns the source with a new version."""

    async def remove(self, tenant: str, source_id: str) -> bool:
        """Removes a source; False if the tenant has no such source."""

    async def list_due(self, now: datetime) -> list[StoredSource]:
        """Sources of all tenants that should have been read by now, the latest ones last."""

    async def note(self, source: StoredSource, last_run: str, next_at: datetime | None) -> None:
        """Notes the latest run and the next time, unless the source was changed since it was read.

        `source.marks` and `source.read_at` are noted as well. A repetition changes nothing.
        """


class MongoSources:
    """Keeps sources in MongoDB; a `Sources`."""

    def __init__(self, database: Database) -> None:
        self._sources = database[COLLECTION]

    async def add(self, source: StoredSource) -> None:
        with reaching():
            await self._sources.insert_one(source_document(source))

    async def get(self, tenant: str, source_id: str) -> StoredSource | None:
        with reaching():
            document = await self._sources.find_one({"_id": source_id, "tenant": tenant})
        return next(iter(readable([document] if document else [])), None)

    async def list_all(self, tenant: str) -> list[StoredSource]:
        with reaching():
            found = self._sources.find({"tenant": tenant}).sort("name", ASCENDING)
            documents = await found.to_list(None)
        return readable(documents)

    async def change(self, source: StoredSource) -> StoredSource | None:
        with reaching():
            document = await self._sources.find_one_and_update(
                {"_id": source.id, "tenant": source.tenant},
                {"$set": decided(source), "$inc": {"version": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return from_optional(StoredSource, document)

    async def remove(self, tenant: str, source_id: str) -> bool:
        with reaching():
            result = await self._sources.delete_one({"_id": source_id, "tenant": tenant})
        return bool(result.deleted_count)

    async def list_due(self, now: datetime) -> list[StoredSource]:
        with reaching():
            found = self._sources.find({"next_at": {"$lte": now}}).sort("next_at", ASCENDING)
            documents = await found.limit(_DUE_MAX).to_list(None)
        return readable(documents)

    async def note(self, source: StoredSource, last_run: str, next_at: datetime | None) -> None:
        query = {"_id": source.id, "version": source.version, "last_run": source.last_run}
        with reaching():
            change = {"$set": noted(source, last_run, next_at)}
            await self._sources.update_one(query, change)


def readable(documents: Iterable[Document]) -> list[StoredSource]:
    """The sources in these documents, without those that a newer release wrote differently.

    While releases change, one such source must not keep matcher from reading all others.
    """
    sources = []
    for document in documents:
        try:
            sources.append(from_document(StoredSource, document))
        except ValidationError:
            log.warning("source unreadable", tenant=document["tenant"], source=document["_id"])
    return sources


def source_document(source: StoredSource) -> Document:
    """A source as it is stored."""
    return to_document(source) | {"mapping": _mapping(source)}


def decided(source: StoredSource) -> Document:
    """The stored fields that an administrator's change sets."""
    fields = source.model_dump(exclude=_BY_RUNS | {"version"})
    return fields | {"mapping": _mapping(source)}


def noted(source: StoredSource, last_run: str, next_at: datetime | None) -> Document:
    """The stored fields that a run sets when it begins, or that wait for the next time."""
    progress: Document = {"marks": source.marks, "read_at": source.read_at}
    return {**progress, "last_run": last_run, "next_at": next_at}


def _mapping(source: StoredSource) -> Document:
    """The mapping with lists, which BSON has, for its tuples."""
    mapping: Document = source.model_dump(mode="json", include={"mapping"})["mapping"]
    return mapping
