"""Sweeps in memory: a `SweepStore`."""

from collections.abc import Collection
from datetime import datetime

from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Document
from softphone_janitor.clean_up.store import UNPUBLISHED_MAX, Sweep
from softphone_testing.memory.collection import MemoryCollection


class MemorySweepStore:
    """Sweeps in memory, for one or several janitors of a test."""

    def __init__(self) -> None:
        self._sweeps = MemoryCollection()

    async def add(self, sweep: Sweep) -> bool:
        return self._sweeps.insert(to_document(sweep))

    async def list_unpublished(self) -> list[Sweep]:
        documents = self._sweeps.find(lambda document: not document["told"])
        return [from_document(Sweep, document) for document in documents[:UNPUBLISHED_MAX]]

    async def mark_published(self, sweep_id: str) -> None:
        self._sweeps.update(sweep_id, lambda _: True, {"told": True})

    async def finish(self, sweep_id: str, moved: int, finished_at: datetime) -> None:
        fields = {"moved": moved, "finished_at": finished_at}
        self._sweeps.update(sweep_id, lambda _: True, fields)

    async def list_latest(self, size: int) -> list[Sweep]:
        sweeps = [from_document(Sweep, document) for document in self._sweeps.find(lambda _: True)]
        latest_first = sorted(sweeps, key=lambda s: (s.requested_at, s.id), reverse=True)
        return latest_first[:size]

    async def finished_among(self, sweeps: Collection[str]) -> set[str]:
        def is_finished(document: Document) -> bool:
            return document["_id"] in sweeps and document["finished_at"] is not None

        return {document["_id"] for document in self._sweeps.find(is_finished)}
