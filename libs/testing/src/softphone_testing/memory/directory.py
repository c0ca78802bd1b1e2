"""The directory in memory: a `Directory`."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from softphone_common.domain.matching import Match, RecordType
from softphone_common.stores.documents import from_optional
from softphone_common.stores.keyset import Position
from softphone_common.stores.mongo import Document
from softphone_matcher.directory import (
    BY_NAME,
    Record,
    RecordPage,
    matches_by_key,
    record_changes,
    record_document,
    record_of,
)
from softphone_testing.memory.collection import Condition, MemoryCollection


class MemoryDirectory:
    """Records in memory; `matches_max` limits the matches of a key."""

    def __init__(self, matches_max: int) -> None:
        self._records = MemoryCollection()
        self._matches_max = matches_max

    async def find(self, tenant: str, keys: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        wanted = list(dict.fromkeys(keys))
        return matches_by_key(self._records.find(_of(tenant)), wanted, self._matches_max)

    async def add(self, tenant: str, fields: Mapping[str, Any], keys: Collection[str]) -> Record:
        document = record_document(tenant, fields, keys)
        self._records.insert(document)
        return record_of(document)

    async def get(self, tenant: str, record_id: str) -> Record | None:
        document = self._records.get(record_id)
        return from_optional(Record, document if document and _of(tenant)(document) else None)

    async def edit(
        self,
        tenant: str,
        record_id: str,
        fields: Mapping[str, Any],
        keys: Collection[str] | None = None,
    ) -> Record | None:
        changes = record_changes(fields, keys)
        return from_optional(Record, self._records.update(record_id, _of(tenant), changes))

    async def remove(self, tenant: str, record_id: str) -> bool:
        own = _of(tenant)
        return self._records.delete(lambda d: d["_id"] == record_id and own(d)) > 0

    async def list_records(
        self,
        tenant: str,
        after: Position[str] | None,
        size: int,
        *,
        type_: RecordType | None = None,
        key: str | None = None,
    ) -> RecordPage:
        def matches(document: Document) -> bool:
            return (
                document["tenant"] == tenant
                and type_ in {None, document["type"]}
                and (key is None or key in document["keys"])
            )

        return self._records.page(BY_NAME, matches, after, size, record_of)


def _of(tenant: str) -> Condition:
    return lambda document: bool(document["tenant"] == tenant)
