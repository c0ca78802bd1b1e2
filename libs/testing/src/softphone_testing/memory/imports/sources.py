"""Sources in memory: a `Sources`."""

from datetime import datetime

from softphone_common.stores.documents import from_optional
from softphone_common.stores.mongo import Document
from softphone_matcher.fetching.store import decided, noted, readable, source_document
from softphone_matcher.sources.source import StoredSource
from softphone_testing.memory.collection import MemoryCollection


class MemorySources:
    """Sources of all tenants in memory."""

    def __init__(self) -> None:
        self._sources = MemoryCollection()

    async def add(self, source: StoredSource) -> None:
        self._sources.insert(source_document(source))

    async def get(self, tenant: str, source_id: str) -> StoredSource | None:
        document = self._sources.get(source_id)
        is_theirs = document is not None and document["tenant"] == tenant
        return next(iter(readable([document] if document and is_theirs else [])), None)

    async def list_all(self, tenant: str) -> list[StoredSource]:
        documents = self._sources.find(lambda document: bool(document["tenant"] == tenant))
        documents.sort(key=lambda document: str(document["name"]))
        return readable(documents)

    async def change(self, source: StoredSource) -> StoredSource | None:
        def is_theirs(document: Document) -> bool:
            return bool(document["tenant"] == source.tenant)

        document = self._sources.update(source.id, is_theirs, decided(source), version=1)
        return from_optional(StoredSource, document)

    async def remove(self, tenant: str, source_id: str) -> bool:
        def is_theirs(document: Document) -> bool:
            return bool(document["_id"] == source_id and document["tenant"] == tenant)

        return bool(self._sources.delete(is_theirs))

    async def list_due(self, now: datetime) -> list[StoredSource]:
        def is_due(document: Document) -> bool:
            return document["next_at"] is not None and document["next_at"] <= now

        documents = self._sources.find(is_due)
        documents.sort(key=lambda document: document["next_at"])
        return readable(documents)

    async def note(self, source: StoredSource, last_run: str, next_at: datetime | None) -> None:
        def is_as_read(document: Document) -> bool:
            names = ("version", "last_run")
            return all(document[name] == getattr(source, name) for name in names)

        self._sources.update(source.id, is_as_read, noted(source, last_run, next_at))
