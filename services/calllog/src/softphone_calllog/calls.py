"""The store of calls: each is the fold of its observations, and many are written at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from softphone_calllog.record import CallRecord, Fact, call_id_of
from softphone_common.domain.call import Call, Direction, Evidence, Phase
from softphone_common.domain.call_view import view
from softphone_common.domain.matching import Match, counterpart_key
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "calls"
INDEXES = {
    COLLECTION: [
        # the call list: of all, with one counterpart, and of one extension
        IndexModel([("tenant", ASCENDING), ("started_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("party", ASCENDING), ("started_at", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("extensions", ASCENDING), ("started_at", DESCENDING)]),
        # the recycle bin
        IndexModel([("tenant", ASCENDING), ("deleted_at", DESCENDING), ("_id", DESCENDING)]),
        # the sweep: incomplete calls have no talk time, and most calls are not swept
        IndexModel([("tenant", ASCENDING), ("talk_seconds", ASCENDING), ("last_at", ASCENDING)]),
        IndexModel([("sweep", ASCENDING)], sparse=True),
    ]
}
BY_START: Keyset[datetime] = Keyset("started_at")
BY_DELETION: Keyset[datetime] = Keyset("deleted_at")
BY_LAST_SIGN: Keyset[datetime] = Keyset("last_at")

_DUPLICATE_KEY = 11000
_ATTEMPTS = 20
"""Attempts to write a batch; each one fails only if another process wrote to the batch's calls."""

_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_MATCHES = TypeAdapter(tuple[Match, ...])

CallPage = KeysetPage[CallRecord, datetime]
CallPosition = Position[datetime] | None


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Conditions on the calls of a tenant; those that are None do not apply.

    `extensions` are those of which at least one has a part in the call. `started_before` excludes
    its moment, `started_from` includes it.
    """

    tenant: str
    extensions: frozenset[str] | None = None
    phases: frozenset[Phase] | None = None
    direction: Direction | None = None
    counterpart_key: str | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None


class CallStore(Protocol):
    """Calls of all tenants. Every method may raise UnavailableError."""

    async def add(self, facts: Sequence[Fact]) -> None:
        """Stores the facts. Adding a fact again changes nothing, in whatever order facts come."""

    async def get(self, tenant: str, call_id: str) -> CallRecord | None:
        """The tenant's call, deleted or not, once something was observed of it."""

    async def list_calls(self, filter_: CallFilter, after: CallPosition, size: int) -> CallPage:
        """Up to `size` calls that are not deleted, those that began last first."""

    async def list_recycle_bin(self, tenant: str, after: CallPosition, size: int) -> CallPage:
        """Up to `size` calls in the recycle bin, those deleted last first."""

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

    async def list_calls(self, filter_: CallFilter, after: CallPosition, size: int) -> CallPage:
        return await BY_START.page(self._calls, _query(filter_), after, size, record_of)

    async def list_recycle_bin(self, tenant: str, after: CallPosition, size: int) -> CallPage:
        query: Document = {"tenant": tenant, "deleted_at": {"$ne": None}}
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
            after = before
            for fact in facts:
                after = after.apply(fact)
            if after == before:
                continue  # a redelivered batch costs a read and no write
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


def call_key(tenant: str, call_id: str) -> str:
    """The `_id` of a call: two tenants may have calls with one id."""
    return f"{tenant}/{call_id}"


def call_fields(record: CallRecord) -> Document:
    """The fields that are stored of a call: the facts, and the parts of its view in indexes."""
    fields: Document = {
        "tenant": record.tenant,
        "call_id": record.call.id,
        "evidence": [asdict(e) for e in record.call.evidence],
        "matches": [asdict(m) for m in record.matches],
        "matched_at": record.matched_at,
        "deleted_at": record.deleted_at,
        "deleted_by": record.deleted_by,
        "swept": record.swept,
    }
    if record.call.evidence:
        shown = view(record.call)
        fields |= {
            "phase": shown.phase,
            "direction": shown.direction,
            "extensions": list(record.extensions),
            "party": counterpart_key(shown.remote),
            "started_at": shown.started_at,
            "last_at": shown.last_at,
            "talk_seconds": shown.talk_seconds,
        }
    return fields


def _observed(tenant: str, call_id: str) -> Document:
    # a match may arrive before the first observation; until then the call has nothing to show
    return {"_id": call_key(tenant, call_id), "started_at": {"$exists": True}}


def _query(filter_: CallFilter) -> Document:
    started = {
        "$exists": True,
        "$gte": filter_.started_from,
        "$lt": filter_.started_before,
    }
    conditions: Document = {
        "extensions": None if filter_.extensions is None else {"$in": sorted(filter_.extensions)},
        "phase": None if filter_.phases is None else {"$in": sorted(filter_.phases)},
        "direction": filter_.direction,
        "party": filter_.counterpart_key,
        "started_at": {name: value for name, value in started.items() if value is not None},
    }
    applied = {name: value for name, value in conditions.items() if value is not None}
    return {"tenant": filter_.tenant, "deleted_at": None, **applied}


def record_of(document: Document) -> CallRecord:
    """The record in a stored document."""
    return CallRecord(
        tenant=document["tenant"],
        call=Call(document["call_id"], _EVIDENCE.validate_python(document["evidence"])),
        revision=document["rev"],
        matches=_MATCHES.validate_python(document["matches"]),
        matched_at=document["matched_at"],
        deleted_at=document["deleted_at"],
        deleted_by=document["deleted_by"],
        swept=document["swept"],
    )
