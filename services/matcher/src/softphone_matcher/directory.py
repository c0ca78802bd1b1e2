"""The directory in MongoDB: records of all five types, found by indexed keys of their numbers."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING, IndexModel, ReturnDocument

from softphone_common.domain.matching import Match, RecordType, in_order
from softphone_common.stores.documents import from_document, from_optional
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "records"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("keys", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)]),
    ]
}
_BY_NAME: Keyset[str] = Keyset("sort_name", ASCENDING)


class RecordNumber(BaseModel):
    """A number as it was typed, and what it is for."""

    model_config = ConfigDict(frozen=True)

    number: str
    label: str = ""


class Record(BaseModel):
    """A directory entry."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: RecordType
    name: str
    numbers: tuple[RecordNumber, ...] = ()
    url: str = ""


class Directory:
    """Records of all tenants; every question and change names the tenant."""

    def __init__(self, database: Database, matches_max: int) -> None:
        self._records = database[COLLECTION]
        self._matches_max = matches_max

    async def find(self, tenant: str, keys: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        """For each key all records that have it, in their order."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, list[Match]] = defaultdict(list)
        with reaching():
            cursor = self._records.find({"tenant": tenant, "keys": {"$in": wanted}})
            async for document in cursor:
                for key in set(document["keys"]).intersection(wanted):
                    found[key].append(_match(document, key))
        return {key: in_order(found[key])[: self._matches_max] for key in wanted}

    async def add(self, tenant: str, fields: dict[str, Any], keys: list[str]) -> Record:
        """A new record found by these keys."""
        document = {"_id": str(uuid4()), "tenant": tenant, **_stored(fields), "keys": keys}
        with reaching():
            await self._records.insert_one(document)
        return _record(document)

    async def get(self, tenant: str, record: str) -> Record | None:
        """The tenant's record with this id."""
        with reaching():
            document = await self._records.find_one({"_id": record, "tenant": tenant})
        return from_optional(Record, document)

    async def edit(
        self, tenant: str, record: str, fields: dict[str, Any], keys: list[str] | None
    ) -> Record | None:
        """The record with these fields, and if given these keys, or None if there is none."""
        changes = {**_stored(fields), **({} if keys is None else {"keys": keys})}
        if not changes:
            return await self.get(tenant, record)
        with reaching():
            document = await self._records.find_one_and_update(
                {"_id": record, "tenant": tenant},
                {"$set": changes},
                return_document=ReturnDocument.AFTER,
            )
        return from_optional(Record, document)

    async def remove(self, tenant: str, record: str) -> bool:
        """Whether there was such a record."""
        with reaching():
            result = await self._records.delete_one({"_id": record, "tenant": tenant})
        return bool(result.deleted_count)

    async def page(
        self, tenant: str, wanted: Document, after: Position[str] | None, size: int
    ) -> KeysetPage[Record, str]:
        """Up to `size` records by name behind `after`."""
        query: Document = {"tenant": tenant, **wanted}
        return await _BY_NAME.page(self._records, query, after, size, _record)


def _stored(fields: dict[str, Any]) -> Document:
    if "name" not in fields:
        return fields
    return {**fields, "sort_name": fields["name"].casefold()}


def _record(document: Document) -> Record:
    return from_document(Record, document)


def _match(document: Document, key: str) -> Match:
    return Match(
        record=document["_id"],
        type=document["type"],
        name=document["name"],
        level="exact",
        reason=f"number {key}",
        url=document.get("url", ""),
    )
