"""The dead letters in MongoDB: each once however often it died, until it is dropped or expires."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne

from softphone_common.bus import topology
from softphone_common.bus.envelope import ATTEMPT_HEADER, QUEUE_HEADER, REASON_HEADER, Envelope
from softphone_common.stores.documents import from_document
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "dead_letters"
INDEXES = {
    COLLECTION: [
        IndexModel([("last_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ]
}
_LATEST: Keyset[datetime] = Keyset("last_at")
_CLAIM = timedelta(minutes=1)

State = Literal["waiting", "replayed"]


class DeadLetter(BaseModel):
    """A message that could not be handled: where, why, and what it says.

    `state` is `replayed` once it was given back to its queue. `times` counts how often it died.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    queue: str
    type: str
    tenant: str
    reason: str
    state: State
    first_at: datetime
    last_at: datetime
    times: int
    replayed_at: datetime | None = None
    headers: dict[str, Any] = Field(default_factory=dict)
    body: str = Field("", description="As text; what is no UTF-8 is replaced in what is shown")


class Selection(BaseModel):
    """Which dead letters; what is null is any."""

    queue: str | None = None
    tenant: str | None = None
    state: State | None = None
    died_before: datetime | None = None

    def query(self) -> Document:
        """As MongoDB is asked."""
        asked: Document = self.model_dump(exclude_none=True, exclude={"died_before"})
        return (
            asked if self.died_before is None else {**asked, "last_at": {"$lt": self.died_before}}
        )


class DeadLetterStore:
    """Dead letters of all queues and tenants."""

    def __init__(self, database: Database, keep: timedelta) -> None:
        self._letters = database[COLLECTION]
        self._keep = keep

    async def keep(self, queue: str, envelopes: Sequence[Envelope], now: datetime) -> list[str]:
        """Has them all in the store when it returns; gives their ids."""
        ids = [_id(queue, envelope) for envelope in envelopes]
        writes = [
            UpdateOne(
                {"_id": id_},
                {
                    "$set": {**_document(envelope), "last_at": now, "expires_at": now + self._keep},
                    "$setOnInsert": {"queue": queue, "first_at": now},
                    "$inc": {"times": 1},
                },
                upsert=True,
            )
            for id_, envelope in zip(ids, envelopes, strict=True)
        ]
        with reaching():
            await self._letters.bulk_write(writes)
        return ids

    async def get(self, id_: str) -> DeadLetter | None:
        """The letter with this id."""
        with reaching():
            document = await self._letters.find_one({"_id": id_})
        return None if document is None else _letter(document)

    async def page(
        self, selection: Selection, after: Position[datetime] | None, size: int
    ) -> KeysetPage[DeadLetter, datetime]:
        """Up to `size` of them behind `after`, the latest first."""
        return await _LATEST.page(self._letters, selection.query(), after, size, _letter)

    async def claim(self, id_: str, now: datetime) -> tuple[str, Envelope] | None:
        """Its queue and what to put there, for one caller alone; None if there is nothing to do.

        A claim nobody makes good is anybody's again after a minute.
        """
        free = {"$or": [{"claimed_until": None}, {"claimed_until": {"$lt": now}}]}
        with reaching():
            document = await self._letters.find_one_and_update(
                {"_id": id_, "state": "waiting", **free},
                {"$set": {"claimed_until": now + _CLAIM}},
                return_document=ReturnDocument.AFTER,
            )
        if document is None:
            return None
        headers = json.loads(document["headers"])
        own = {name: value for name, value in headers.items() if _is_own(name)}
        return document["queue"], Envelope(bytes(document["body"]), own, document["queue"])

    async def settle(self, id_: str, replayed_at: datetime | None) -> None:
        """Ends a claim: it was replayed then, or was not. One that died again meanwhile waits."""
        done: Document = {"state": "replayed", "replayed_at": replayed_at} if replayed_at else {}
        with reaching():
            await self._letters.update_one(
                {"_id": id_, "claimed_until": {"$ne": None}},
                {"$set": {**done, "claimed_until": None}},
            )

    async def drop(self, id_: str) -> bool:
        """Removes it for good; False if there is none."""
        with reaching():
            return bool((await self._letters.delete_one({"_id": id_})).deleted_count)


def _id(queue: str, envelope: Envelope) -> str:
    """The same for the same message of the same queue, whoever forgot to give it an id."""
    told = envelope.id.encode() or envelope.body
    return hashlib.sha256(b"\0".join((queue.encode(), told))).hexdigest()[:32]


def _document(envelope: Envelope) -> Document:
    headers = {name: value for name, value in envelope.headers.items() if name != "x-death"}
    broker = str(headers.get("x-first-death-reason", "unknown"))
    return {
        "type": envelope.type,
        "tenant": str(headers.get("cloudEvents_tenant", "")),
        "reason": str(headers.get(REASON_HEADER) or f"the broker gave up: {broker}"),
        "headers": json.dumps(headers, default=str),
        "body": envelope.body,
        "state": "waiting",
        "claimed_until": None,
        "replayed_at": None,
    }


def _is_own(name: str) -> bool:
    """Whether a header was the message's before anything went wrong with it."""
    return not name.startswith("x-") and name not in {ATTEMPT_HEADER, REASON_HEADER, QUEUE_HEADER}


def _letter(document: Document) -> DeadLetter:
    headers = json.loads(document["headers"])
    body = bytes(document["body"]).decode("utf-8", "replace")
    return from_document(DeadLetter, document, headers=headers, body=body)


def queues() -> list[str]:
    """Every work queue that has dead letters."""
    named = {queue.name for queue in topology.work_queues()}
    return sorted(name for name in named if topology.dead(name) in named)
