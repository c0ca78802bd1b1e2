"""The log of hits in memory: a `HitStore`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from softphone_common.contracts.events import CallMatched
from softphone_common.contracts.hit import EventJson, HitJson
from softphone_common.stores.keyset import KeysetPage, Position
from softphone_common.stores.mongo import Document
from softphone_ingest.hit_log.store import (
    LATEST,
    StoredHit,
    accepted,
    hit_document,
    match_fields,
    refused,
    require_stored,
    shown,
    stored_hit,
    with_matches,
)
from softphone_ingest.mapping.parsed_event import HitError
from softphone_testing.memory.collection import MemoryCollection


class MemoryHitStore:
    """Hits in memory. Expired hits are not listed, and never removed."""

    def __init__(self) -> None:
        self._hits = MemoryCollection()
        self._matches = MemoryCollection()

    async def add(self, hits: Sequence[StoredHit]) -> None:
        for hit in hits:
            self._hits.insert(hit_document(hit))

    async def get(self, tenant: str, device: str, hit: str) -> StoredHit | None:
        document = self._hits.get(hit)
        if document is None or (document["tenant"], document["device"]) != (tenant, device):
            return None
        return stored_hit(document)

    async def latest(
        self,
        tenant: str,
        device: str,
        before: Position[datetime] | None,
        size: int,
        now: datetime,
    ) -> KeysetPage[HitJson, datetime]:
        def is_shown(document: Document) -> bool:
            own = (document["tenant"], document["device"]) == (tenant, device)
            return own and document["expires_at"] > now

        page = self._hits.page(LATEST, is_shown, before, size, shown)
        return replace(page, items=await self.matched(page.items))

    async def claim(
        self, hit: str, events: Sequence[EventJson], messages: Sequence[str]
    ) -> StoredHit:
        changes = {"messages": list(messages), "events": [event.model_dump() for event in events]}
        self._hits.update(hit, _is_undecided, changes)
        return require_stored(self._hits.get(hit))

    async def accept(self, hit: str, now: datetime) -> StoredHit:
        return require_stored(self._hits.update(hit, lambda _: True, accepted(now)))

    async def refuse(self, hit: str, error: HitError) -> None:
        self._hits.update(hit, _is_undecided, refused(error))

    async def keep_matches(self, messages: Sequence[CallMatched], expires_at: datetime) -> None:
        for message in messages:
            older = self._matches.get(message.call_id)
            if older is None or older["matched_at"] < message.matched_at:
                self._matches.put({"_id": message.call_id, **match_fields(message, expires_at)})

    async def matched(self, hits: Sequence[HitJson]) -> list[HitJson]:
        calls = {event.call for hit in hits for event in hit.events if event.call}
        documents = self._matches.find(lambda document: document["_id"] in calls)
        matches = {document["_id"]: document["matches"] for document in documents}
        return [with_matches(hit, matches) for hit in hits]


def _is_undecided(document: Document) -> bool:
    return document.get("messages") is None
