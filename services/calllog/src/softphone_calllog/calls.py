"""The store of calls: each is the fold of its observations, and many are written at once."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from softphone_calllog.documents import call_fields, call_key, lookup_fields, record_of, view_fields
from softphone_calllog.record import CallRecord, Fact, call_id_of
from softphone_calllog.search.filter import CallFilter, query_of
from softphone_calllog.search.keys import KEYS_VERSION, with_comment
from softphone_common.domain.call import Call
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "calls"
BY_KEY = IndexModel(
    [
        ("tenant", ASCENDING),
        ("keys", ASCENDING),
        ("started_at", DESCENDING),
        ("_id", DESCENDING),
    ]
)
IN_LIST = IndexModel(
    [
        ("tenant", ASCENDING),
        ("deleted_at", ASCENDING),
        ("started_at", DESCENDING),
        ("_id", DESCENDING),
    ]
)
INCOMPLETE = IndexModel(
    [(name, ASCENDING) for name in ("tenant", "talk_seconds", "deleted_at", "last_at")]
)
INDEXES = {
    COLLECTION: [
        # the call list: of all that are not deleted, with one counterpart, and of one extension
        IN_LIST,
        IndexModel([("tenant", ASCENDING), ("party", ASCENDING), ("started_at", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("extensions", ASCENDING), ("started_at", DESCENDING)]),
        # of one guest: most calls have none
        IndexModel([("tenant", ASCENDING), ("guests", ASCENDING), ("started_at", DESCENDING)]),
        # the search, by one key in the order of the list, and calls that have no keys yet
        BY_KEY,
        # of one record, when other users than before may see it
        IndexModel([("tenant", ASCENDING), ("records", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("keys_version", ASCENDING)]),
        # the recycle bin
        IndexModel([("tenant", ASCENDING), ("deleted_at", DESCENDING), ("_id", DESCENDING)]),
        # the sweep and the count of open calls: incomplete ones have no talk time, most were swept
        INCOMPLETE,
        IndexModel([("sweep", ASCENDING)], sparse=True),
    ]
}
BY_START: Keyset[datetime] = Keyset("started_at")
BY_DELETION: Keyset[datetime] = Keyset("deleted_at")
BY_LAST_SIGN: Keyset[datetime] = Keyset("last_at")

FOR_READERS = {"call_id": 1, "extensions": 1, "guests": 1}
_DUPLICATE_KEY = 11000
_ATTEMPTS = 20
"""Attempts to write a batch; each one fails only if another process wrote to the batch's calls."""

CallPage = KeysetPage[CallRecord, datetime]
CallPosition = Position[datetime] | None


class CallStore(Protocol):
    """Calls of all tenants. Every method may raise UnavailableError."""

    async def add(self, facts: Sequence[Fact]) -> None:
        """Stores the facts. Adding a fact again changes nothing, in whatever order facts come."""

    async def get(self, tenant: str, call_id: str) -> CallRecord | None:
        """The tenant's call, deleted or not, once something was observed of it."""

    async def readable_among(
        self, tenant: str, call_ids: Sequence[str], extensions: frozenset[str] | None
    ) -> set[str]:
        """Which of these calls are not deleted and to be seen as a whole at one of the extensions.

        With None for the extensions all calls of the tenant count.
        """

    async def list_calls(self, filter_: CallFilter, after: CallPosition, size: int) -> CallPage:
        """Up to `size` calls that are not deleted, those that began last first."""

    async def count_calls(self, filter_: CallFilter, limit: int) -> int:
        """The calls that `list_calls` would list, counted up to `limit`."""

    async def parties_among(self, tenant: str, parties: Sequence[str]) -> set[str]:
        """Which of these counterparts, by their keys, the tenant has had calls with."""

    async def list_with_record(
        self, tenant: str, record: str, after: str, size: int
    ) -> list[CallRecord]:
        """Up to `size` calls, deleted or not, that show or showed this record, by id.

        `after` is the id of the last call of the page before, empty for the first page.
        """

    async def add_comment_keys(
        self, tenant: str, call_id: str, text: str, dropped: Collection[str] = ()
    ) -> None:
        """Has the call found by the words of a comment, and no longer by the `dropped` keys of an
        earlier text; does nothing without the call."""

    async def list_without_keys(self, size: int) -> list[CallRecord]:
        """Up to `size` calls of all tenants that an earlier release stored without search keys, or
        with other ones."""

    async def write_keys(self, calls: Sequence[CallRecord]) -> int:
        """Stores the search keys and look-ups of calls, except those written since they were read.

        Returns how many it wrote.
        """

    async def list_recycle_bin(
        self, tenant: str, after: CallPosition, size: int, terms: tuple[str, ...] = ()
    ) -> CallPage:
        """Up to `size` calls in the recycle bin that have these keys, those deleted last first."""

    async def delete(
        self, tenant: str, call_id: str, deleted_by: str, deleted_at: datetime
    ) -> CallRecord | None:
        """Moves a call to the recycle bin; None if there is none that is not deleted."""

    async def restore(self, tenant: str, call_id: str) -> CallRecord | None:
        """Takes a call out of the recycle bin, where no sweep puts it again; None if not there."""

    async def list_incomplete(
        self, tenant: str, silent_since: datetime, after: CallPosition, size: int
    ) -> CallPage:
        """Calls without a talk time of which nothing was heard from `silent_since` on.

        Leaves out calls that are deleted or were restored.
        """

    async def sweep(self, calls: Sequence[CallRecord], sweep: str, by: str, at: datetime) -> None:
        """Moves calls to the recycle bin, except those written since they were read."""

    async def list_swept(self, tenant: str, sweep: str, after: CallPosition, size: int) -> CallPage:
        """The calls that are in the recycle bin because of this sweep."""


class MongoCallStore:
    """Keeps calls in MongoDB; a `CallStore`."""

    def __init__(self, database: Database) -> None:
        self._calls = database[COLLECTION]

    async def add(self, facts: Sequence[Fact]) -> None:
        by_key: dict[str, list[Fact]] = {}
        for fact in facts:
            by_key.setdefault(call_key(fact.tenant, call_id_of(fact)), []).append(fact)
        # Several processes consume one queue, so two may fold into one call. Each write names the
        # revision that was read; the writer that lost reads again and folds into what is there now.
        for _ in range(_ATTEMPTS):
            writes = await self._writes(by_key)
            if not writes or await self._write(writes) == len(writes):
                return
        raise UnavailableError("calls", "other writers were always first")

    async def get(self, tenant: str, call_id: str) -> CallRecord | None:
        with reaching():
            document = await self._calls.find_one(_observed(tenant, call_id))
        return None if document is None else record_of(document)

    async def readable_among(
        self, tenant: str, call_ids: Sequence[str], extensions: frozenset[str] | None
    ) -> set[str]:
        keys = [call_key(tenant, call_id) for call_id in call_ids]
        query: Document = {**query_of(CallFilter(tenant, extensions)), "_id": {"$in": keys}}
        with reaching():
            documents = await self._calls.find(query, FOR_READERS).to_list(None)
        return {document["call_id"] for document in documents if is_whole(document, extensions)}

    async def list_calls(self, filter_: CallFilter, after: CallPosition, size: int) -> CallPage:
        return await BY_START.page(self._calls, query_of(filter_), after, size, record_of)

    async def count_calls(self, filter_: CallFilter, limit: int) -> int:
        with reaching():
            return await self._calls.count_documents(query_of(filter_), limit=limit)

    async def parties_among(self, tenant: str, parties: Sequence[str]) -> set[str]:
        query = {"tenant": tenant, "party": {"$in": list(parties)}}
        with reaching():
            return {*await self._calls.distinct("party", query)}

    async def list_with_record(
        self, tenant: str, record: str, after: str, size: int
    ) -> list[CallRecord]:
        behind = {"$gt": call_key(tenant, after)}
        query = {"tenant": tenant, "records": record, "_id": behind}
        with reaching():
            documents = await self._calls.find(query).sort("_id").limit(size).to_list(None)
        return [record_of(document) for document in documents]

    async def add_comment_keys(
        self, tenant: str, call_id: str, text: str, dropped: Collection[str] = ()
    ) -> None:
        for _ in range(_ATTEMPTS):
            record = await self.get(tenant, call_id)
            if record is None:
                return
            keys = with_comment(record.comment_keys, text, dropped)
            if await self.write_keys([replace(record, comment_keys=keys)]):
                return
        raise UnavailableError("calls", "other writers were always first")

    async def list_without_keys(self, size: int) -> list[CallRecord]:
        with reaching():
            # null is in the index for a document without the field
            earlier = {"keys_version": {"$in": [None, *range(1, KEYS_VERSION)]}}
            documents = await self._calls.find(earlier).limit(size).to_list(None)
        return [record_of(document) for document in documents]

    async def write_keys(self, calls: Sequence[CallRecord]) -> int:
        writes = [
            UpdateOne(
                {"_id": call_key(c.tenant, c.call.id), "rev": c.revision},
                # the revision changes, so that a writer who has read the call before reads it again
                {"$set": lookup_fields(c) | view_fields(c), "$inc": {"rev": 1}},
            )
            for c in calls
        ]
        with reaching():
            result = await self._calls.bulk_write(writes, ordered=False)
        return int(result.matched_count)

    async def list_recycle_bin(
        self, tenant: str, after: CallPosition, size: int, terms: tuple[str, ...] = ()
    ) -> CallPage:
        query: Document = {"tenant": tenant, "deleted_at": {"$ne": None}}
        if terms:
            query["keys"] = {"$all": list(terms)}
        return await BY_DELETION.page(self._calls, query, after, size, record_of)

    async def delete(
        self, tenant: str, call_id: str, deleted_by: str, deleted_at: datetime
    ) -> CallRecord | None:
        fields = {"deleted_at": deleted_at, "deleted_by": deleted_by, "swept": False}
        return await self._change({**_observed(tenant, call_id), "deleted_at": None}, fields)

    async def restore(self, tenant: str, call_id: str) -> CallRecord | None:
        deleted = {**_observed(tenant, call_id), "deleted_at": {"$ne": None}}
        fields = {"deleted_at": None, "deleted_by": None, "swept": False, "kept": True}
        return await self._change(deleted, fields)

    async def list_incomplete(
        self, tenant: str, silent_since: datetime, after: CallPosition, size: int
    ) -> CallPage:
        query: Document = {
            "tenant": tenant,
            "talk_seconds": None,
            "last_at": {"$lt": silent_since},
            "deleted_at": None,
            "kept": {"$ne": True},
        }
        return await BY_LAST_SIGN.page(self._calls, query, after, size, record_of)

    async def sweep(self, calls: Sequence[CallRecord], sweep: str, by: str, at: datetime) -> None:
        # The sweep id is stored with the call, so that a sweep that was interrupted can tell which
        # calls it moved already. The revision keeps it off a call that rang on meanwhile.
        fields = {"deleted_at": at, "deleted_by": by, "swept": True, "sweep": sweep}
        writes = [
            UpdateOne(
                {"_id": call_key(c.tenant, c.call.id), "rev": c.revision},
                {"$set": fields, "$inc": {"rev": 1}},
            )
            for c in calls
        ]
        if writes:
            with reaching():
                await self._calls.bulk_write(writes, ordered=False)

    async def list_swept(self, tenant: str, sweep: str, after: CallPosition, size: int) -> CallPage:
        query: Document = {"tenant": tenant, "sweep": sweep, "swept": True}
        return await BY_DELETION.page(self._calls, query, after, size, record_of)

    async def _change(self, query: Document, fields: Document) -> CallRecord | None:
        with reaching():
            document = await self._calls.find_one_and_update(
                query,
                {"$set": fields, "$inc": {"rev": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else record_of(document)

    async def _writes(self, by_key: dict[str, list[Fact]]) -> list[Any]:
        """One write for each call that the facts change, guarded by the revision just read."""
        with reaching():
            documents = await self._calls.find({"_id": {"$in": [*by_key]}}).to_list(None)
        stored = {document["_id"]: record_of(document) for document in documents}
        writes: list[Any] = []
        for key, facts in by_key.items():
            before = stored.get(key) or CallRecord(facts[0].tenant, Call(call_id_of(facts[0])))
            after = before.apply(facts)
            if after == before:
                continue  # a redelivered batch costs a read and no write
            log_size(before, after)
            fields = call_fields(after)
            if before.revision:
                guard = {"_id": key, "rev": before.revision}
                writes.append(UpdateOne(guard, {"$set": fields, "$inc": {"rev": 1}}))
            else:
                writes.append(InsertOne({"_id": key, "rev": 1, **fields}))
        return writes

    async def _write(self, writes: list[Any]) -> int:
        """The number of writes that met the revision they expected."""
        try:
            with reaching():
                # unordered: a call that another writer changed must not hold up the rest
                result = await self._calls.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            details = dict(error.details)
            # an insert fails with a duplicate key when the other writer inserted first
            others = [e for e in details["writeErrors"] if e["code"] != _DUPLICATE_KEY]
            if others or details.get("writeConcernErrors"):
                raise
            return int(details["nInserted"] + details["nMatched"])
        return int(result.inserted_count + result.matched_count)


def is_whole(document: Document, extensions: frozenset[str] | None) -> bool:
    """Whether one of these extensions is no guest of the call."""
    hosts = {*document["extensions"]} - {*document.get("guests", ())}
    return extensions is None or bool(hosts & extensions)


def log_size(before: CallRecord, after: CallRecord) -> None:
    """Logs once that a call has more legs than are kept as a whole."""
    if after.call.further and not before.call.further:
        log.warning("call has more legs than are kept", call=after.call.id, tenant=after.tenant)


def _observed(tenant: str, call_id: str) -> Document:
    # a match may arrive before the first observation; until then the call has nothing to show
    return {"_id": call_key(tenant, call_id), "started_at": {"$exists": True}}
