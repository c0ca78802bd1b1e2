"""The store of dead letters: one for each message however often it died, until it expires."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

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
        # those that wait are counted at each scrape, mostly when there are many
        IndexModel([("state", ASCENDING)]),
    ]
}
BY_LAST_DEATH: Keyset[datetime] = Keyset("last_at")
LEASE = timedelta(minutes=1)
"""How long a claim lasts: long enough to publish one message, short after a crash."""

State = Literal["waiting", "replayed"]


class DeadLetter(BaseModel):
    """A message that no handler could process, with the queue it died in and the reason."""

    model_config = ConfigDict(frozen=True)

    id: str
    queue: str = Field(description="The work queue whose consumer could not process the message")
    type: str = Field(description="The CloudEvents type, empty if the sender left it out")
    tenant: str
    reason: str
    state: State = Field(description="`replayed` once it was published to its queue again")
    first_at: datetime = Field(description="When it died first")
    last_at: datetime = Field(description="When it died last")
    times: int = Field(description="How often it died")
    replayed_at: datetime | None = None
    headers: dict[str, Any] = Field(default_factory=dict)
    body: str = Field("", description="As text; bytes that are not UTF-8 are shown as U+FFFD")


class Selection(BaseModel):
    """Conditions on dead letters; those that are null do not apply."""

    queue: str | None = None
    tenant: str | None = None
    state: State | None = None
    died_before: datetime | None = None


LetterPage = KeysetPage[DeadLetter, datetime]


class DeadLetterStore(Protocol):
    """Dead letters of all queues and tenants. Every method may raise UnavailableError."""

    async def keep(self, queue: str, envelopes: Sequence[Envelope], now: datetime) -> list[str]:
        """Stores messages that died in `queue` and returns their ids; known ones wait again."""

    async def get(self, letter_id: str) -> DeadLetter | None:
        """The dead letter with this id."""

    async def list_letters(
        self, selection: Selection, after: Position[datetime] | None, size: int
    ) -> LetterPage:
        """Up to `size` of the selected letters, those that died last first."""

    async def claim(self, letter_id: str, now: datetime) -> tuple[str, Envelope] | None:
        """Claims a waiting letter for LEASE; its queue and what to publish there.

        None if it is not waiting, or claimed by somebody else.
        """

    async def settle(self, letter_id: str, replayed_at: datetime | None) -> None:
        """Ends a claim: replayed at that time, or with None waiting again.

        Changes nothing if the letter died again since it was claimed.
        """

    async def drop(self, letter_id: str) -> bool:
        """Deletes a letter; False if there is none with this id."""

    async def count_waiting(self) -> int:
        """The letters that nobody has replayed."""


class MongoDeadLetterStore:
    """Keeps the dead letters in MongoDB; a `DeadLetterStore`."""

    def __init__(self, database: Database, keep: timedelta) -> None:
        self._letters = database[COLLECTION]
        self._keep = keep

    async def keep(self, queue: str, envelopes: Sequence[Envelope], now: datetime) -> list[str]:
        ids = [letter_id(queue, envelope) for envelope in envelopes]
        writes = [
            UpdateOne(
                {"_id": id_},
                {
                    "$set": {**letter_fields(envelope, now), "expires_at": now + self._keep},
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

    async def get(self, letter_id: str) -> DeadLetter | None:
        with reaching():
            document = await self._letters.find_one({"_id": letter_id})
        return None if document is None else letter_of(document)

    async def list_letters(
        self, selection: Selection, after: Position[datetime] | None, size: int
    ) -> LetterPage:
        query: Document = selection.model_dump(exclude_none=True, exclude={"died_before"})
        if selection.died_before is not None:
            query["last_at"] = {"$lt": selection.died_before}
        return await BY_LAST_DEATH.page(self._letters, query, after, size, letter_of)

    async def claim(self, letter_id: str, now: datetime) -> tuple[str, Envelope] | None:
        # A lease, not a state of its own: if the process dies while it publishes, nobody settles
        # the claim, and the letter can be claimed again when the lease has ended.
        free = {"$or": [{"claimed_until": None}, {"claimed_until": {"$lt": now}}]}
        with reaching():
            document = await self._letters.find_one_and_update(
                {"_id": letter_id, "state": "waiting", **free},
                {"$set": {"claimed_until": now + LEASE}},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else (document["queue"], replay_of(document))

    async def settle(self, letter_id: str, replayed_at: datetime | None) -> None:
        fields: Document = {"claimed_until": None}
        if replayed_at is not None:
            fields |= {"state": "replayed", "replayed_at": replayed_at}
        # `keep` clears the claim: a message that died again before this line waits, and must not
        # be marked as replayed
        with reaching():
            await self._letters.update_one(
                {"_id": letter_id, "claimed_until": {"$ne": None}}, {"$set": fields}
            )

    async def drop(self, letter_id: str) -> bool:
        with reaching():
            return bool((await self._letters.delete_one({"_id": letter_id})).deleted_count)

    async def count_waiting(self) -> int:
        with reaching():
            return await self._letters.count_documents({"state": "waiting"})


def letter_id(queue: str, envelope: Envelope) -> str:
    """The id of a message that died in this queue, which is the same each time it dies there.

    It is made of the message's own id, or of its body if the sender left the id out.
    """
    identity = envelope.id.encode() or envelope.body
    return hashlib.sha256(b"\0".join((queue.encode(), identity))).hexdigest()[:32]


def letter_fields(envelope: Envelope, now: datetime) -> Document:
    """The stored fields that each death of a message sets."""
    # x-death is the broker's own table of deaths; it holds values that JSON does not have
    headers = {name: value for name, value in envelope.headers.items() if name != "x-death"}
    broker = str(headers.get("x-first-death-reason", "unknown"))
    return {
        "type": envelope.type,
        "tenant": str(headers.get("cloudEvents_tenant", "")),
        "reason": str(headers.get(REASON_HEADER) or f"the broker gave up: {broker}"),
        # as text: a foreign sender's header may have a name or a value that BSON does not take
        "headers": json.dumps(headers, default=str),
        "body": envelope.body,
        "state": "waiting",
        "last_at": now,
        "claimed_until": None,
        "replayed_at": None,
    }


def letter_of(document: Document) -> DeadLetter:
    """The dead letter in a stored document."""
    headers = json.loads(document["headers"])
    body = bytes(document["body"]).decode("utf-8", "replace")
    return from_document(DeadLetter, document, headers=headers, body=body)


def replay_of(document: Document) -> Envelope:
    """The message as it was before anything went wrong, addressed to the queue it died in."""
    headers = json.loads(document["headers"])
    own = {name: value for name, value in headers.items() if not _is_of_a_death(name)}
    # an empty exchange with the queue's name as routing key reaches that queue alone
    return Envelope(bytes(document["body"]), own, document["queue"])


def _is_of_a_death(header: str) -> bool:
    return header.startswith("x-") or header in {ATTEMPT_HEADER, REASON_HEADER, QUEUE_HEADER}


def queues() -> list[str]:
    """The names of all work queues that have a dead letter queue."""
    names = {queue.name for queue in topology.work_queues()}
    return sorted(name for name in names if topology.dead(name) in names)
