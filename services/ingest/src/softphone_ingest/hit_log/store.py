"""The stored hits of devices, and the matches of their calls, for the inspector."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne

from softphone_common.contracts.events import CallMatched
from softphone_common.contracts.hit import EventJson, FieldNoteJson, HitJson, HitOutcome
from softphone_common.domain.matching import Match, lookup_key
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_ingest.hit_log import device_states
from softphone_ingest.hit_log.device_states import DeviceState
from softphone_ingest.hit_log.duplicates import duplicates_allowed
from softphone_ingest.hit_log.hit_json import request_json
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest

COLLECTION = "hits"
MATCHES = "hit_matches"
INDEXES = device_states.INDEXES | {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("device", ASCENDING), ("at", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
    MATCHES: [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)],
}
LATEST: Keyset[datetime] = Keyset("at")
_EVENT_SIZE = 1000
"""Bytes an event of a hit takes, about."""


@dataclass(frozen=True, slots=True)
class StoredHit:
    """A hit with its redacted request, byte by byte, so that it can be interpreted again.

    `messages` are the observations a replay decided on, as JSON; None until a replay has decided.
    """

    tenant: str
    hit: HitJson
    request: HitRequest
    expires_at: datetime
    messages: tuple[str, ...] | None = None

    @property
    def size(self) -> int:
        """Bytes of the request, and some for each of its events."""
        request = self.request
        headers = sum(len(name) + len(text) for name, text in request.headers.items())
        parts = len(request.path) + len(request.query) + headers + len(request.body)
        return parts + _EVENT_SIZE * (1 + len(self.hit.events) + len(self.hit.unread))


class HitStore(Protocol):
    """Hits of all devices until they expire. Methods raise UnavailableError."""

    async def add(self, hits: Sequence[StoredHit]) -> None:
        """Stores hits; those that are stored already stay as they are."""
        ...

    async def trim(self, tenant: str, device: str, hits_max: int, bytes_max: int) -> None:
        """Removes the oldest hits of a device beyond this number, or beyond these bytes."""
        ...

    async def get(self, tenant: str, device: str, hit: str) -> StoredHit | None:
        """The hit, or None if this device has no such hit."""
        ...

    async def latest(
        self,
        tenant: str,
        device: str,
        before: Position[datetime] | None,
        size: int,
        now: datetime,
        outcome: HitOutcome | None = None,
    ) -> KeysetPage[HitJson, datetime]:
        """The device's latest hits, newest first, with the matches of their calls."""
        ...

    async def states(self, tenant: str) -> dict[str, DeviceState]:
        """The states of the tenant's devices by id, without devices that were never heard."""
        ...

    async def claim(
        self,
        hit: str,
        events: Sequence[EventJson],
        unread: Sequence[FieldNoteJson],
        messages: Sequence[str],
    ) -> StoredHit:
        """Stores the outcome of a replay, unless an earlier replay has decided; returns the hit.

        Raises HitError if the hit has expired.
        """
        ...

    async def accept(self, hit: str, now: datetime) -> StoredHit:
        """Marks a replayed hit as accepted. Raises HitError if the hit has expired."""
        ...

    async def refuse(self, hit: str, error: HitError) -> None:
        """Stores the reason why a replay failed, unless an earlier replay has decided."""
        ...

    async def keep_matches(self, messages: Sequence[CallMatched], expires_at: datetime) -> None:
        """Stores the matches of calls; the latest `matched_at` of each number stays."""
        ...

    async def matched(self, hits: Sequence[HitJson]) -> list[HitJson]:
        """The hits with the matches of their numbers."""
        ...


class MongoHitStore:
    """A HitStore in MongoDB, which removes expired hits by itself."""

    def __init__(self, database: Database) -> None:
        self._hits = database[COLLECTION]
        self._matches = database[MATCHES]
        self._states = database[device_states.COLLECTION]

    async def add(self, hits: Sequence[StoredHit]) -> None:
        rows = device_states.last_of_each((each.tenant, each.hit) for each in hits)
        with reaching(), duplicates_allowed():
            await self._hits.insert_many([hit_document(hit) for hit in hits], ordered=False)
        with reaching(), duplicates_allowed():
            await self._states.bulk_write(device_states.upserts(rows), ordered=False)

    async def states(self, tenant: str) -> dict[str, DeviceState]:
        with reaching():
            return device_states.states(await self._states.find({"tenant": tenant}).to_list(None))

    async def trim(self, tenant: str, device: str, hits_max: int, bytes_max: int) -> None:
        of_device: dict[str, Any] = {"tenant": tenant, "device": device}
        newest = self._hits.find(of_device, {"at": 1, "size": 1}).sort([("at", -1), ("_id", -1)])
        with reaching():
            rows = await newest.limit(hits_max + 1).to_list(None)
            last = beyond(rows, hits_max, bytes_max)
            if last is not None:
                at, id_ = last["at"], last["_id"]
                older = {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lte": id_}}]}
                await self._hits.delete_many({**of_device, **older})

    async def get(self, tenant: str, device: str, hit: str) -> StoredHit | None:
        with reaching():
            document = await self._hits.find_one({"_id": hit, "tenant": tenant, "device": device})
        return None if document is None else stored_hit(document)

    async def latest(
        self,
        tenant: str,
        device: str,
        before: Position[datetime] | None,
        size: int,
        now: datetime,
        outcome: HitOutcome | None = None,
    ) -> KeysetPage[HitJson, datetime]:
        # MongoDB removes expired documents about once a minute, so the query leaves them out
        of_device: dict[str, Any] = {"tenant": tenant, "device": device, "expires_at": {"$gt": now}}
        if outcome is not None:
            of_device["outcome"] = outcome
        page = await LATEST.page(self._hits, of_device, before, size, shown)
        return replace(page, items=await self.matched(page.items))

    async def claim(
        self,
        hit: str,
        events: Sequence[EventJson],
        unread: Sequence[FieldNoteJson],
        messages: Sequence[str],
    ) -> StoredHit:
        decided = claimed(events, unread, messages)
        with reaching():
            document = await self._hits.find_one_and_update(
                {"_id": hit, "messages": None},
                {"$set": decided},
                return_document=ReturnDocument.AFTER,
            )
            if document is None:  # an earlier replay has decided
                document = await self._hits.find_one({"_id": hit})
        return require_stored(document)

    async def accept(self, hit: str, now: datetime) -> StoredHit:
        with reaching():
            document = await self._hits.find_one_and_update(
                {"_id": hit}, {"$set": accepted(now)}, return_document=ReturnDocument.AFTER
            )
        return require_stored(document)

    async def refuse(self, hit: str, error: HitError) -> None:
        with reaching():
            await self._hits.update_one({"_id": hit, "messages": None}, {"$set": refused(error)})

    async def keep_matches(self, messages: Sequence[CallMatched], expires_at: datetime) -> None:
        writes = [_upsert_if_newer(message, expires_at) for message in messages]
        with reaching(), duplicates_allowed():
            await self._matches.bulk_write(writes, ordered=False)

    async def matched(self, hits: Sequence[HitJson]) -> list[HitJson]:
        with reaching():
            cursor = self._matches.find({"_id": {"$in": match_ids(hits)}})
            matches = {document["_id"]: document["matches"] async for document in cursor}
        return [with_matches(hit, matches) for hit in hits]


def _upsert_if_newer(message: CallMatched, expires_at: datetime) -> UpdateOne:
    """Replaces older matches.

    Newer ones do not meet the filter, so the upsert tries to insert and fails as a duplicate, which
    is allowed.
    """
    older = {"_id": match_id(message), "matched_at": {"$lt": message.matched_at}}
    return UpdateOne(older, {"$set": match_fields(message, expires_at)}, upsert=True)


def beyond(rows: Sequence[Document], hits_max: int, bytes_max: int) -> Document | None:
    """The first of these rows, newest first, that is beyond a limit."""
    total = 0
    for position, row in enumerate(rows):
        total += row.get("size", 0)  # hits of earlier releases have no size
        if position >= hits_max or total > bytes_max:
            return row
    return None


def match_id(message: CallMatched) -> str:
    """The id of the document of matches: a call has one for each number of its hits."""
    return f"{message.call_id} {message.number}" if message.number else message.call_id


def match_ids(hits: Iterable[HitJson]) -> list[str]:
    """The ids of the documents that may have matches of these hits."""
    return sorted({id_ for hit in hits for event in hit.events for id_ in _match_ids(event)})


def _match_ids(event: EventJson) -> tuple[str, ...]:
    key = lookup_key(event.remote)
    if event.call is None or key is None:
        return ()
    # 0.1.0 does not name the number
    return f"{event.call} {key}", event.call


def match_fields(message: CallMatched, expires_at: datetime) -> Document:
    """The fields of a document of matches."""
    return {
        # without the users who picked them: administrators read hits, and picks are private
        "matches": [asdict(replace(match, picked_by=())) for match in message.matches],
        "matched_at": message.matched_at,
        "expires_at": expires_at,
    }


def claimed(
    events: Sequence[EventJson], unread: Sequence[FieldNoteJson], messages: Sequence[str]
) -> Document:
    """The fields of a hit that a replay has decided on."""
    return {
        "messages": list(messages),
        "events": [event.model_dump() for event in events],
        "unread": [note.model_dump() for note in unread],
    }


def accepted(now: datetime) -> Document:
    """The fields of a hit that a replay has brought onto the bus."""
    reason: Document = {"field": None, "why": None, "code": None, "params": {}}
    return {"outcome": "accepted", **reason, "replayed_at": now}


def refused(error: HitError) -> Document:
    """The fields of a hit that still can't be interpreted."""
    return {
        "field": error.field,
        "why": error.why,
        "code": error.code,
        "params": error.params,
    }


def hit_document(stored: StoredHit) -> Document:
    """A hit as it is stored: headers as pairs, since their names may have dots, and a raw body."""
    request = stored.request
    raw = {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": [list(header) for header in request.headers.items()],
        "body": request.body,
        "client": request.client,
    }
    own = {
        "tenant": stored.tenant,
        "expires_at": stored.expires_at,
        "request": raw,
        "size": stored.size,
    }
    return to_document(stored.hit) | own


def stored_hit(document: Document) -> StoredHit:
    """The hit in a document."""
    messages = document.get("messages")
    return StoredHit(
        document["tenant"],
        shown(document),
        _request(document),
        document["expires_at"],
        None if messages is None else tuple(messages),
    )


def require_stored(document: Document | None) -> StoredHit:
    """The hit in a document. Raises HitError if there is none, since hits expire."""
    if document is None:
        raise HitError("hit", "hit-expired")
    return stored_hit(document)


def shown(document: Document) -> HitJson:
    """A stored hit as the inspector shows it."""
    return from_document(HitJson, document, request=request_json(_request(document)))


def with_matches(hit: HitJson, matches: dict[str, Sequence[Match]]) -> HitJson:
    """The hit with the matches of its numbers, by the ids of their documents."""
    events = []
    for event in hit.events:
        found = next((matches[id_] for id_ in _match_ids(event) if id_ in matches), ())
        events.append(EventJson.model_validate({**event.model_dump(), "matches": found}))
    return hit.model_copy(update={"events": tuple(events)})


def _request(document: Document) -> HitRequest:
    raw = document["request"]
    return HitRequest(**{**raw, "headers": dict(raw["headers"]), "body": bytes(raw["body"])})
