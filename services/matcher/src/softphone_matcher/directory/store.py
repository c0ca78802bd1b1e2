"""The directory of all tenants: records found by number, and listed by name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from softphone_common.domain.keys.lookup_keys import is_of_last_digits
from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import OPEN, Sharing
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.directory.documents import (
    DELETED,
    changed,
    content,
    deletion,
    keys_of_calls,
    matches_of_numbers,
    new_document,
)
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import Record, Row, record_of
from softphone_matcher.directory.search import SHARING, sharing_of

COLLECTION = "records"
MERGING = {"merging.record": {"$type": "string"}}
"""The condition for records that are being merged with others."""
INDEXES = {
    COLLECTION: [
        # multikey indexes: one entry for each number, and one for each term
        IndexModel([("tenant", ASCENDING), ("keys", ASCENDING)]),
        IndexModel([(field, ASCENDING) for field in ("tenant", "terms", "sort_name", "_id")]),
        IndexModel([(field, ASCENDING) for field in ("tenant", "listed", "sort_name", "_id")]),
        IndexModel([("tenant", ASCENDING), ("reading", ASCENDING)]),
        IndexModel(
            [("tenant", ASCENDING), ("deleted_at", DESCENDING), ("_id", DESCENDING)],
            partialFilterExpression={"listed": False},
        ),
        # merges that have begun
        IndexModel([("merging.record", ASCENDING)], partialFilterExpression=MERGING),
    ]
}
_OF_KNOWN = ("digest", "keys", "version", "listed", "merged_into", "rows", *SHARING)
_NOT_MATCHED = ("terms", "numbers", "rows")
"""Long fields that matches do not have."""
_DUPLICATE_KEY = 11000
BY_NAME: Keyset[str] = Keyset("sort_name", ASCENDING)
BY_DELETION: Keyset[datetime] = Keyset("deleted_at")
RecordPage = KeysetPage[Record, str]
BinPage = KeysetPage[Record, datetime]
IdPage = KeysetPage["RecordIds", str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as an application sent it: its id, the hash of what was sent, its fields, and the
    version that it replaces, 0 for a new record. `rows` are the ids of the rows that change a
    merged record."""

    id: str
    digest: str
    fields: Mapping[str, Any]
    version: int = 0
    rows: tuple[str, ...] = ()

    def document(self) -> Document:
        """The fields that are stored for it."""
        return {**content(self.fields), "digest": self.digest, "version": self.version + 1}


@dataclass(frozen=True, slots=True)
class Known:
    """A stored record: the hash of what its source sent last, empty if somebody changed it since,
    the keys of its numbers and their direct lines, who sees it, and its version.

    `merged_into` is the id of the record that it was merged into. `rows` are the rows of sources
    that change it since other records were merged into it.
    """

    digest: str
    keys: tuple[str, ...]
    sharing: Sharing = OPEN
    version: int = 1
    is_deleted: bool = False
    merged_into: str = ""
    rows: tuple[Row, ...] = ()


class Finder(Protocol):
    """Finds records by the numbers of calls. Raises UnavailableError."""

    async def find(self, tenant: str, numbers: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        """For each E.164 number its records, surest first; an empty tuple if there are none."""


@dataclass(frozen=True, slots=True)
class RecordIds:
    """The own id of a record first, and those of the rows that were merged into it.

    `is_shared`: whether one of the rows is of another source than the record.
    """

    ids: tuple[str, ...]
    is_shared: bool = False


class Directory(Finder, Protocol):
    """Records of all tenants. Every method may raise UnavailableError.

    Deleted records are in the recycle bin. They are neither found nor listed nor read again.
    """

    async def add(self, tenant: str, fields: Mapping[str, Any]) -> Record:
        """Stores a new record with these fields, which include its numbers as they are read."""

    async def get(self, tenant: str, record_id: str, *, deleted: bool = False) -> Record | None:
        """The tenant's record with this id; if `deleted`, the one in the recycle bin."""

    async def replace(
        self, tenant: str, stored: Record, fields: Mapping[str, Any]
    ) -> Record | None:
        """The record with these fields, out of the bin if it was there.

        None if it no longer has the version of `stored`.
        """

    async def remove(self, tenant: str, record_id: str, by: str, at: datetime) -> Record | None:
        """Moves a record to the recycle bin; None if the tenant has none with this id."""

    async def list_records(
        self, filter_: Filter, after: Position[str] | None, size: int
    ) -> RecordPage:
        """Up to `size` records that meet the filter, by name without regard to case."""

    async def list_deleted(
        self, tenant: str, after: Position[datetime] | None, size: int
    ) -> BinPage:
        """Up to `size` records in the recycle bin, those deleted last first."""

    async def known(self, tenant: str, ids: Collection[str]) -> dict[str, Known]:
        """Which of these records the tenant has, deleted or not."""

    async def list_read_otherwise(self, tenant: str, reading: str, size: int) -> list[Record]:
        """Up to `size` records, no deleted ones, whose numbers were not read in this way."""

    async def write_reading(
        self, tenant: str, records: Sequence[tuple[Record, Mapping[str, Any]]]
    ) -> int:
        """Stores how numbers are read, in no new version, unless a record was changed meanwhile.

        Returns how many it wrote.
        """

    async def put(self, tenant: str, records: Sequence[Sent]) -> set[str]:
        """Adds or replaces records, unless they were added or changed meanwhile.

        Returns the ids of those that it did not write for that reason.
        """

    async def list_ids(
        self, tenant: str, source: str, after: Position[str] | None, size: int
    ) -> IdPage:
        """Up to `size` records of a source, no deleted ones, by name: of each the ids."""

    async def remove_all(
        self, tenant: str, ids: Collection[str], before: datetime, by: str, at: datetime
    ) -> tuple[int, set[str]]:
        """Moves these records to the recycle bin, but for those that were saved after `before`.

        Returns how many it moved, and the keys they had.
        """

    async def forget_rows(self, tenant: str, record_id: str, rows: Collection[str]) -> None:
        """Has these rows of sources change the record no longer."""


class MongoDirectory:
    """Keeps the records in MongoDB; a `Directory`."""

    def __init__(self, database: Database, matches_max: int) -> None:
        self._records = database[COLLECTION]
        self._matches_max = matches_max

    async def find(self, tenant: str, numbers: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        wanted = list(dict.fromkeys(numbers))
        with reaching():
            # one query for the whole batch, answered by the index on tenant and keys
            query = {"tenant": tenant, "keys": {"$in": list(keys_of_calls(wanted))}}
            cursor = self._records.find(query, dict.fromkeys(_NOT_MATCHED, 0))
            documents = await cursor.to_list(None)
        return matches_of_numbers(documents, wanted, self._matches_max)

    async def add(self, tenant: str, fields: Mapping[str, Any]) -> Record:
        document = new_document(tenant, fields)
        with reaching():
            await self._records.insert_one(document)
        return record_of(document)

    async def get(self, tenant: str, record_id: str, *, deleted: bool = False) -> Record | None:
        with reaching():
            document = await self._records.find_one(_one(tenant, record_id, deleted))
        return None if document is None else record_of(document)

    async def replace(
        self, tenant: str, stored: Record, fields: Mapping[str, Any]
    ) -> Record | None:
        change = {"$set": changed(fields, stored.version)}
        return await self._update(_version(tenant, stored), change)

    async def remove(self, tenant: str, record_id: str, by: str, at: datetime) -> Record | None:
        query = _one(tenant, record_id, deleted=False)
        return await self._update(query, {"$set": deletion(by, at), "$inc": {"version": 1}})

    async def list_records(
        self, filter_: Filter, after: Position[str] | None, size: int
    ) -> RecordPage:
        return await BY_NAME.page(self._records, filter_.query(), after, size, record_of)

    async def list_deleted(
        self, tenant: str, after: Position[datetime] | None, size: int
    ) -> BinPage:
        query = {"tenant": tenant, "listed": False}
        return await BY_DELETION.page(self._records, query, after, size, record_of)

    async def known(self, tenant: str, ids: Collection[str]) -> dict[str, Known]:
        query = {"_id": {"$in": list(ids)}, "tenant": tenant}
        with reaching():
            found = await self._records.find(query, dict.fromkeys(_OF_KNOWN, 1)).to_list(None)
        return {document["_id"]: known_of(document) for document in found}

    async def list_read_otherwise(self, tenant: str, reading: str, size: int) -> list[Record]:
        query = {"tenant": tenant, "reading": {"$nin": [reading, DELETED]}}
        with reaching():
            documents = await self._records.find(query).limit(size).to_list(None)
        return [record_of(document) for document in documents]

    async def write_reading(
        self, tenant: str, records: Sequence[tuple[Record, Mapping[str, Any]]]
    ) -> int:
        writes = [
            UpdateOne(_version(tenant, stored), {"$set": content(fields)})
            for stored, fields in records
        ]
        with reaching():
            result = await self._records.bulk_write(writes, ordered=False)
        return int(result.matched_count)

    async def put(self, tenant: str, records: Sequence[Sent]) -> set[str]:
        writes = [_write_of(tenant, each) for each in records]
        try:
            with reaching():
                await self._records.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            others = [each for each in failures if each["code"] != _DUPLICATE_KEY]
            if others or error.details.get("writeConcernErrors"):
                raise
            return {records[each["index"]].id for each in failures}
        return set()

    async def list_ids(
        self, tenant: str, source: str, after: Position[str] | None, size: int
    ) -> IdPage:
        query = Filter(tenant, source=source, inactive=True).query()
        fields = {"sort_name": 1, "source": 1, "rows.id": 1, "rows.source": 1}
        return await BY_NAME.page(self._records, query, after, size, ids_of, fields)

    async def remove_all(
        self, tenant: str, ids: Collection[str], before: datetime, by: str, at: datetime
    ) -> tuple[int, set[str]]:
        query: Document = {"_id": {"$in": list(ids)}, "tenant": tenant, "listed": True}
        query["changed_at"] = {"$lte": before}
        with reaching():
            found = await self._records.find(query, {"keys": 1}).to_list(None)
            result = await self._records.update_many(
                query, {"$set": deletion(by, at), "$inc": {"version": 1}}
            )
        return int(result.modified_count), {key for each in found for key in lines_of(each)}

    async def forget_rows(self, tenant: str, record_id: str, rows: Collection[str]) -> None:
        of_rows = {"id": {"$in": sorted(rows)}}
        query = {"_id": record_id, "tenant": tenant, "rows.id": {"$in": sorted(rows)}}
        with reaching():
            await self._records.update_one(
                query, {"$pull": {"rows": of_rows}, "$inc": {"version": 1}}
            )

    async def _update(self, query: Document, change: Document) -> Record | None:
        with reaching():
            document = await self._records.find_one_and_update(
                query, change, return_document=ReturnDocument.AFTER
            )
        return None if document is None else record_of(document)


def _one(tenant: str, record_id: str, deleted: bool) -> Document:
    """The condition for one record. Those of 0.1.0 have no `listed` yet."""
    return {"_id": record_id, "tenant": tenant, "listed": False if deleted else {"$ne": False}}


def _version(tenant: str, stored: Record) -> Document:
    """The condition that a record is as it was read."""
    version = stored_version(stored.version)
    state: Document = {"version": version, "deleted_at": stored.deleted_at}
    return {"_id": stored.id, "tenant": tenant, **state}


def stored_version(version: int) -> Any:
    """The condition for a version. Records of 0.1.0 have none yet."""
    return {"$in": [1, None]} if version == 1 else version


def _write_of(tenant: str, sent: Sent) -> InsertOne[Document] | UpdateOne:
    if sent.version == 0:
        return InsertOne({"_id": sent.id, "tenant": tenant, **sent.document()})
    # a record with another version is not met, and the insertion of its id then fails: the only way
    # in which the server names the writes of a batch that met nothing
    query = {"_id": sent.id, "tenant": tenant, "version": stored_version(sent.version)}
    return UpdateOne(query, {"$set": sent.document()}, upsert=True)


def ids_of(document: Document) -> RecordIds:
    """The ids of a stored record, and whether it is of two sources."""
    rows = document.get("rows", ())
    ids = (str(document["_id"]), *(row["id"] for row in rows))
    return RecordIds(ids, any(row["source"] != document.get("source") for row in rows))


def known_of(document: Document) -> Known:
    """The part of a stored record that says whether it has to be written."""
    return Known(
        digest=document.get("digest", ""),
        keys=lines_of(document),
        sharing=sharing_of(document),
        version=document.get("version", 1),
        is_deleted=document.get("listed") is False,
        merged_into=document.get("merged_into", ""),
        rows=tuple(Row(**row) for row in document.get("rows", ())),
    )


def lines_of(document: Document) -> tuple[str, ...]:
    """The keys of the numbers of a stored record and of their direct lines."""
    return tuple(key for key in document["keys"] if not is_of_last_digits(key))
