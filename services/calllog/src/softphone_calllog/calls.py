"""The calls in MongoDB: each the fold of all its observations, written in bulk, never twice."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from softphone_common.contracts.events import CallMatched, CallObserved, Comment
from softphone_common.contracts.websocket import CallJson, call_json
from softphone_common.domain.call import Call, Evidence, fold
from softphone_common.domain.call_view import view
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "calls"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("started_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("party", ASCENDING), ("started_at", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("extensions", ASCENDING), ("started_at", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("deleted_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("tenant", ASCENDING), ("talk_seconds", ASCENDING), ("last_at", ASCENDING)]),
        IndexModel([("sweep", ASCENDING)], sparse=True),
    ]
}
_DUPLICATE_KEY = 11000
_TRIES = 20
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_MATCHES = TypeAdapter(tuple[Match, ...])

Fact = CallObserved | CallMatched


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call and the facts kept beside it. `rev` counts its writes; 0: not stored yet."""

    tenant: str
    call: Call
    rev: int = 0
    matches: tuple[Match, ...] = ()
    matched_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    swept: bool = field(default=False, compare=False)

    def json(self, comments: Iterable[Comment] = ()) -> CallJson:
        """As clients read it."""
        seen = call_json(view(self.call), self.matches, tuple(comments))
        deleted = {"deleted_at": self.deleted_at, "deleted_by": self.deleted_by}
        return seen.model_copy(update=deleted)

    @property
    def extensions(self) -> tuple[str, ...]:
        """Every extension with a part in it, as far as they were told."""
        return tuple(sorted({e.first.extension for e in self.call.evidence} - {""}))


def party(remote: RemoteNumber) -> str:
    """What calls with the same other side have in common; empty for a withheld number."""
    return remote.e164 or remote.display


def apply_fact(known: CallRecord, fact: Fact) -> CallRecord:
    """The call with this known too; the same call if it was known before.

    A call that the sweep took and that turns out to be complete after all comes back by itself.
    """
    if isinstance(fact, CallMatched):
        if known.matched_at is not None and known.matched_at >= fact.matched_at:
            return known
        return replace(known, matches=fact.matches, matched_at=fact.matched_at)
    now_known = replace(known, call=fold(known.call, fact.observation))
    if now_known.swept and view(now_known.call).talk_seconds is not None:
        return replace(now_known, deleted_at=None, deleted_by=None, swept=False)
    return now_known


class CallStore:
    """Calls of all tenants; every question and change names the tenant."""

    def __init__(self, database: Database) -> None:
        self._calls = database[COLLECTION]

    async def take(self, facts: Sequence[Fact]) -> None:
        """Has all these facts in the log when it returns, each counted once however often it comes.

        Two writers of one call notice each other by its `rev` and fold again what is there then.
        Raises UnavailableError.
        """
        by_id: dict[str, list[Fact]] = {}
        for fact in facts:
            by_id.setdefault(_key(fact.tenant, _call_id(fact)), []).append(fact)
        for _ in range(_TRIES):
            writes = await self._writes(by_id)
            if not writes or await self._write(writes) == len(writes):
                return
        raise UnavailableError("calls", "other writers were always first")

    async def get(self, tenant: str, call: str) -> CallRecord | None:
        """The tenant's call with this id, deleted or not, unless nothing was observed of it yet."""
        query = {"_id": _key(tenant, call), "started_at": {"$exists": True}}
        with reaching():
            document = await self._calls.find_one(query)
        return None if document is None else _logged(document)

    async def page(
        self,
        query: Document,
        order: str,
        after: Position[datetime] | None,
        size: int,
    ) -> KeysetPage[CallRecord, datetime]:
        """Up to `size` calls behind `after`, newest `order` first."""
        return await Keyset[datetime](order).page(self._calls, query, after, size, _logged)

    async def change(
        self, tenant: str, call: str, fields: Document, **only: Any
    ) -> CallRecord | None:
        """The call with these fields beside it changed, or None if there is none such."""
        with reaching():
            document = await self._calls.find_one_and_update(
                {"_id": _key(tenant, call), "started_at": {"$exists": True}, **only},
                {"$set": fields, "$inc": {"rev": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else _logged(document)

    async def change_all(self, calls: Sequence[CallRecord], fields: Document) -> None:
        """Changes those that nobody wrote since they were read."""
        writes = [
            UpdateOne(
                {"_id": _key(c.tenant, c.call.id), "rev": c.rev},
                {"$set": fields, "$inc": {"rev": 1}},
            )
            for c in calls
        ]
        if writes:
            with reaching():
                await self._calls.bulk_write(writes, ordered=False)

    async def _writes(self, by_id: dict[str, list[Fact]]) -> list[Any]:
        with reaching():
            found = {
                d["_id"]: _logged(d) async for d in self._calls.find({"_id": {"$in": [*by_id]}})
            }
        writes: list[Any] = []
        for key, facts in by_id.items():
            first = facts[0]
            known = found.get(key) or CallRecord(first.tenant, Call(_call_id(first)))
            told = known
            for fact in facts:
                told = apply_fact(told, fact)
            if told == known:
                continue
            stored = _document(told)
            if known.rev:
                only = {"_id": key, "rev": known.rev}
                writes.append(UpdateOne(only, {"$set": stored, "$inc": {"rev": 1}}))
            else:
                writes.append(InsertOne({"_id": key, "rev": 1, **stored}))
        return writes

    async def _write(self, writes: list[Any]) -> int:
        """How many of them went through; the others met another writer."""
        try:
            with reaching():
                result = await self._calls.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            details = dict(error.details)
            others = [e for e in details["writeErrors"] if e["code"] != _DUPLICATE_KEY]
            if others or details.get("writeConcernErrors"):
                raise
            return int(details["nInserted"] + details["nMatched"])
        return int(result.inserted_count + result.matched_count)


def _call_id(fact: Fact) -> str:
    return fact.call_id if isinstance(fact, CallMatched) else fact.observation.call_id


def _key(tenant: str, call: str) -> str:
    return f"{tenant}/{call}"


def _document(logged: CallRecord) -> Document:
    document: Document = {
        "tenant": logged.tenant,
        "call_id": logged.call.id,
        "evidence": [asdict(e) for e in logged.call.evidence],
        "matches": [asdict(m) for m in logged.matches],
        "matched_at": logged.matched_at,
        "deleted_at": logged.deleted_at,
        "deleted_by": logged.deleted_by,
        "swept": logged.swept,
    }
    if logged.call.evidence:
        seen = view(logged.call)
        document |= {
            "phase": seen.phase,
            "direction": seen.direction,
            "extensions": list(logged.extensions),
            "party": party(seen.remote),
            "started_at": seen.started_at,
            "last_at": seen.last_at,
            "talk_seconds": seen.talk_seconds,
        }
    return document


def _logged(document: Document) -> CallRecord:
    return CallRecord(
        tenant=document["tenant"],
        call=Call(document["call_id"], _EVIDENCE.validate_python(document["evidence"])),
        rev=document["rev"],
        matches=_MATCHES.validate_python(document["matches"]),
        matched_at=document["matched_at"],
        deleted_at=document["deleted_at"],
        deleted_by=document["deleted_by"],
        swept=document["swept"],
    )
