"""The mappings of sources in memory: a `Mappings`."""

from datetime import datetime

from softphone_matcher.previews.mappings import (
    MAPPINGS_MAX,
    UsedMapping,
    mapping_document,
    mapping_id,
    stored_mapping,
)
from softphone_testing.memory.collection import MemoryCollection


class MemoryMappings:
    """Mappings by tenant and source in memory."""

    def __init__(self) -> None:
        self._mappings = MemoryCollection()

    async def save(self, tenant: str, source: str, used: UsedMapping, at: datetime) -> None:
        self._mappings.put(mapping_document(tenant, source, used, at))
        theirs = self._mappings.find(lambda document: bool(document["tenant"] == tenant))
        theirs.sort(key=lambda document: document["saved_at"], reverse=True)
        old = {document["_id"] for document in theirs[MAPPINGS_MAX:]}
        self._mappings.delete(lambda document: document["_id"] in old)

    async def get(self, tenant: str, source: str) -> UsedMapping | None:
        return stored_mapping(self._mappings.get(mapping_id(tenant, source)))
