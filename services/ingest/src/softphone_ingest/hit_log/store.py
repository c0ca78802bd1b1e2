"""The store of hits as they came, for the inspector; what is redacted never gets here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from softphone_common.contracts.events import CallMatched
from softphone_common.contracts.hit import EventJson, HitJson
from softphone_common.stores.documents import from_document
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_ingest.hit_log.hit_json import request_json
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest

COLLECTION = "hits"
MATCHES = "hit_matches"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("device", ASCENDING), ("at", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
    MATCHES: [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)],
}
_LATEST: Keyset[datetime] = Keyset("at")
_DUPLICATE = 11000


def kept(tenant: str, hit: HitJson, request: HitRequest, expires_at: datetime) -> Document:
    """A hit as it is stored: with the request's body as it came."""
    fields = hit.model_dump(exclude={"id", "request"})
    raw = {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": [list(header) for header in request.headers.items()],
        "body": request.body,
        "client": request.client,
    }
    return {"_id": hit.id, "tenant": tenant, "expires_at": expires_at, "request": raw, **fields}


class HitStore:
    """Hits of all devices in MongoDB; each goes when its time is over."""

    def __init__(self, database: Database) -> None:
        self._hits = database[COLLECTION]
        self._matches = database[MATCHES]

    async def add(self, documents: Sequence[Document]) -> None:
        """Stores hits, of which some may be there already."""
        with reaching(), _duplicates_allowed():
            await self._hits.insert_many(documents, ordered=False)

    async def get(self, tenant: str, device: str, hit: str) -> Document | None:
        """The hit as stored, or None if this device has none such."""
        with reaching():
            return await self._hits.find_one({"_id": hit, "tenant": tenant, "device": device})

    async def latest(
        self,
        tenant: str,
        device: str,
        before: Position[datetime] | None,
        size: int,
        now: datetime,
    ) -> KeysetPage[HitJson, datetime]:
        """The device's latest hits, newest first, with what was found for their calls."""
        wanted: dict[str, Any] = {"tenant": tenant, "device": device, "expires_at": {"$gt": now}}
        page = await _LATEST.page(self._hits, wanted, before, size, shown)
        return replace(page, items=await self.matched(page.items))

    async def claim(self, hit: str, events: Sequence[EventJson], messages: list[str]) -> Document:
        """Decides what a hit became on being tried again; whoever comes first decides for all."""
        decided = {"messages": messages, "events": [event.model_dump() for event in events]}
        with reaching():
            document = await self._hits.find_one_and_update(
                {"_id": hit, "messages": None},
                {"$set": decided},
                return_document=ReturnDocument.AFTER,
            )
            if document is None:
                document = await self._hits.find_one({"_id": hit})
        if document is None:
            raise HitError("hit", "hit-expired")
        return document

    async def accept(self, hit: str, now: datetime) -> Document:
        """The bus has what it became."""
        fields = {"outcome": "accepted", "replayed_at": now}
        fields |= {"field": None, "why": None, "code": None, "params": {}}
        with reaching():
            document = await self._hits.find_one_and_update(
                {"_id": hit}, {"$set": fields}, return_document=ReturnDocument.AFTER
            )
        if document is None:
            raise HitError("hit", "hit-expired")
        return document

    async def refuse(self, hit: str, error: HitError) -> None:
        """It was tried again, and this is wrong with it now."""
        fields = {
            "field": error.field,
            "why": error.why,
            "code": error.code,
            "params": error.params,
        }
        with reaching():
            await self._hits.update_one({"_id": hit, "messages": None}, {"$set": fields})

    async def keep_matches(self, messages: Sequence[CallMatched], expires_at: datetime) -> None:
        """What was found for calls; the latest find holds, in whatever order they are told."""
        writes = [_newest(message, expires_at) for message in messages]
        with reaching(), _duplicates_allowed():
            await self._matches.bulk_write(writes, ordered=False)

    async def matched(self, hits: list[HitJson]) -> list[HitJson]:
        """The hits with what was found for their calls."""
        calls = {event.call for hit in hits for event in hit.events if event.call}
        with reaching():
            cursor = self._matches.find({"_id": {"$in": sorted(calls)}})
            found = {document["_id"]: document["matches"] async for document in cursor}
        return [_with_matches(hit, found) for hit in hits]


@contextmanager
def _duplicates_allowed() -> Iterator[None]:
    """What is there already, or newer, stays."""
    try:
        yield
    except BulkWriteError as error:
        failed = (error.details or {}).get("writeErrors", [])
        if any(failure["code"] != _DUPLICATE for failure in failed):
            raise


def _newest(message: CallMatched, expires_at: datetime) -> UpdateOne:
    """Stores this find unless a newer one is there, which then is a duplicate."""
    found = {
        "matches": [asdict(match) for match in message.matches],
        "matched_at": message.matched_at,
        "expires_at": expires_at,
    }
    older = {"_id": message.call_id, "matched_at": {"$lt": message.matched_at}}
    return UpdateOne(older, {"$set": found}, upsert=True)


def shown(document: Document) -> HitJson:
    """A stored hit as the inspector shows it."""
    request = stored_request(document)
    return from_document(HitJson, document, request=request_json(request))


def stored_request(document: Document) -> HitRequest:
    """The request of a stored hit."""
    raw = document["request"]
    return HitRequest(**{**raw, "headers": dict(raw["headers"]), "body": bytes(raw["body"])})


def _with_matches(hit: HitJson, found: dict[str, Any]) -> HitJson:
    events = [
        EventJson.model_validate({**event.model_dump(), "matches": found.get(event.call or "", ())})
        for event in hit.events
    ]
    return hit.model_copy(update={"events": tuple(events)})
