"""The security log in memory: an `AuditStore`."""

from collections.abc import Sequence
from datetime import datetime

from softphone_calllog.audit.store import LATEST, AuditFilter, AuditPage, entry_of
from softphone_common.contracts.entities import AuditEntry
from softphone_common.stores.documents import to_document
from softphone_common.stores.keyset import Position
from softphone_common.stores.mongo import Document
from softphone_testing.memory.collection import MemoryCollection


class MemoryAuditStore:
    """Entries in memory, which never expire."""

    def __init__(self) -> None:
        self._entries = MemoryCollection()

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        for entry in entries:
            self._entries.insert(to_document(entry))

    async def page(
        self, filter_: AuditFilter, after: Position[datetime] | None, size: int
    ) -> AuditPage:
        def matches(document: Document) -> bool:
            return (
                filter_.tenant in {None, document["tenant"]}
                and filter_.actor in {None, document["actor"]}
                and filter_.event in {None, document["event"]}
                and (filter_.since is None or document["time"] >= filter_.since)
                and (filter_.until is None or document["time"] < filter_.until)
            )

        return self._entries.page(LATEST, matches, after, size, entry_of)
