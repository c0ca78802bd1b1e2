"""The directory: records of all five types, found by the normalised form of their numbers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from pymongo import ASCENDING, IndexModel, ReturnDocument

from softphone_common.domain.matching import Match, RecordType, in_order
from softphone_common.stores.documents import from_document, from_optional
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "records"
INDEXES = {
    COLLECTION: [
        # a multikey index: one entry for each number of a record
        IndexModel([("tenant", ASCENDING), ("keys", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("sort_name", ASCENDING), ("_id", ASCENDING)]),
    ]
}
BY_NAME: Keyset[str] = Keyset("sort_name", ASCENDING)


class RecordNumber(BaseModel):
    """A number of a record in the spelling of its author."""

    model_config = ConfigDict(frozen=True)

    number: str
    label: str = Field("", description="The use of the number, such as `mobile`")


class Record(BaseModel):
    """A person or an organisation with their numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: RecordType
    name: str
    numbers: tuple[RecordNumber, ...] = ()
    url: str = Field("", description="Where the record is opened, for example in a CRM")


RecordPage = KeysetPage[Record, str]


class Directory(Protocol):
    """Records of all tenants; keys are E.164 numbers. Every method may raise UnavailableError."""

    async def find(self, tenant: str, keys: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        """For each key the records that have it, surest first; an empty tuple if there are none."""

    async def add(self, tenant: str, fields: Mapping[str, Any], keys: Collection[str]) -> Record:
        """Stores a new record that is found by these keys."""

    async def get(self, tenant: str, record_id: str) -> Record | None:
        """The tenant's record with this id."""

    async def edit(
        self,
        tenant: str,
        record_id: str,
        fields: Mapping[str, Any],
        keys: Collection[str] | None = None,
    ) -> Record | None:
        """The record after these changes; keys of None stay as they are. None without a record."""

    async def remove(self, tenant: str, record_id: str) -> bool:
        """Deletes a record; False if the tenant has none with this id."""

    async def list_records(
        self,
        tenant: str,
        after: Position[str] | None,
        size: int,
        *,
        type_: RecordType | None = None,
        key: str | None = None,
    ) -> RecordPage:
        """Up to `size` records by name, without regard to case; only of this type and key."""


class MongoDirectory:
    """Keeps the records in MongoDB; a `Directory`."""

    def __init__(self, database: Database, matches_max: int) -> None:
        self._records = database[COLLECTION]
        self._matches_max = matches_max

    async def find(self, tenant: str, keys: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        wanted = list(dict.fromkeys(keys))
        with reaching():
            # one query for the whole batch, answered by the index on tenant and keys
            cursor = self._records.find({"tenant": tenant, "keys": {"$in": wanted}})
            documents = await cursor.to_list(None)
        return matches_by_key(documents, wanted, self._matches_max)

    async def add(self, tenant: str, fields: Mapping[str, Any], keys: Collection[str]) -> Record:
        document = record_document(tenant, fields, keys)
        with reaching():
            await self._records.insert_one(document)
        return from_document(Record, document)

    async def get(self, tenant: str, record_id: str) -> Record | None:
        with reaching():
            document = await self._records.find_one({"_id": record_id, "tenant": tenant})
        return from_optional(Record, document)

    async def edit(
        self,
        tenant: str,
        record_id: str,
        fields: Mapping[str, Any],
        keys: Collection[str] | None = None,
    ) -> Record | None:
        changes = record_changes(fields, keys)
        if not changes:  # MongoDB refuses an empty $set
            return await self.get(tenant, record_id)
        with reaching():
            document = await self._records.find_one_and_update(
                {"_id": record_id, "tenant": tenant},
                {"$set": changes},
                return_document=ReturnDocument.AFTER,
            )
        return from_optional(Record, document)

    async def remove(self, tenant: str, record_id: str) -> bool:
        with reaching():
            result = await self._records.delete_one({"_id": record_id, "tenant": tenant})
        return bool(result.deleted_count)

    async def list_records(
        self,
        tenant: str,
        after: Position[str] | None,
        size: int,
        *,
        type_: RecordType | None = None,
        key: str | None = None,
    ) -> RecordPage:
        query: Document = {"tenant": tenant}
        if type_ is not None:
            query["type"] = type_
        if key is not None:
            query["keys"] = key
        return await BY_NAME.page(self._records, query, after, size, record_of)


def record_document(tenant: str, fields: Mapping[str, Any], keys: Collection[str]) -> Document:
    """A new record as it is stored, with an id of its own."""
    return {"_id": str(uuid4()), "tenant": tenant, **record_changes(fields, keys)}


def record_changes(fields: Mapping[str, Any], keys: Collection[str] | None) -> Document:
    """The stored fields that these changes set: the name is kept a second time for sorting."""
    changes: Document = dict(fields)
    if "name" in fields:
        # casefold, not a collation: an index serves only queries with the collation it has
        changes["sort_name"] = fields["name"].casefold()
    if keys is not None:
        changes["keys"] = list(keys)
    return changes


def record_of(document: Document) -> Record:
    """The record in a stored document."""
    return from_document(Record, document)


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
    )
