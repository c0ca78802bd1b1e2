"""The log of hits in memory: a `HitStore`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from softphone_common.contracts.events import CallMatched
from softphone_common.contracts.hit import EventJson, FieldNoteJson, HitJson, HitOutcome
from softphone_common.stores.keyset import KeysetPage, Position
from softphone_common.stores.mongo import Document
from softphone_ingest.hit_log.device_states import DeviceState, last_of_each, states
from softphone_ingest.hit_log.store import (
    LATEST,
    StoredHit,
    accepted,
    beyond,
    claimed,
    hit_document,
    match_fields,
    match_id,
    match_ids,
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
        self._states = MemoryCollection()

    async def add(self, hits: Sequence[StoredHit]) -> None:
        for hit in hits:
            self._hits.insert(hit_document(hit))
        for device, row in last_of_each((each.tenant, each.hit) for each in hits).items():
            stored = self._states.get(device)
            if stored is None or stored["heard_at"] <= row["heard_at"]:
                self._states.put({"_id": device, **row})

    async def states(self, tenant: str) -> dict[str, DeviceState]:
        return states(self._states.find(lambda row: row["tenant"] == tenant))

    async def trim(self, tenant: str, device: str, hits_max: int, bytes_max: int) -> None:
        def is_own(document: Document) -> bool:
            return (document["tenant"], document["device"]) == (tenant, device)

        def place(document: Document) -> tuple[datetime, str]:
            return document["at"], document["_id"]

        last = beyond(sorted(self._hits.find(is_own), key=place)[::-1], hits_max, bytes_max)
        if last is not None:
            self._hits.delete(lambda row: is_own(row) and place(row) <= place(last))

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
        outcome: HitOutcome | None = None,
    ) -> KeysetPage[HitJson, datetime]:
        def is_shown(document: Document) -> bool:
            own = (document["tenant"], document["device"]) == (tenant, device)
            wanted = outcome in {None, document["outcome"]}
            return own and wanted and document["expires_at"] > now

        page = self._hits.page(LATEST, is_shown, before, size, shown)
        return replace(page, items=await self.matched(page.items))

    async def claim(
        self,
        hit: str,
        events: Sequence[EventJson],
        unread: Sequence[FieldNoteJson],
        messages: Sequence[str],
    ) -> StoredHit:
        self._hits.update(hit, _is_undecided, claimed(events, unread, messages))
        return require_stored(self._hits.get(hit))

    async def accept(self, hit: str, now: datetime) -> StoredHit:
        return require_stored(self._hits.update(hit, lambda _: True, accepted(now)))

    async def refuse(self, hit: str, error: HitError) -> None:
        self._hits.update(hit, _is_undecided, refused(error))

    async def keep_matches(self, messages: Sequence[CallMatched], expires_at: datetime) -> None:
        for message in messages:
            id_ = match_id(message)
            older = self._matches.get(id_)
            if older is None or older["matched_at"] < message.matched_at:
                self._matches.put({"_id": id_, **match_fields(message, expires_at)})

    async def matched(self, hits: Sequence[HitJson]) -> list[HitJson]:
        ids = match_ids(hits)
        documents = self._matches.find(lambda document: document["_id"] in ids)
        matches = {document["_id"]: document["matches"] for document in documents}
        return [with_matches(hit, matches) for hit in hits]


def _is_undecided(document: Document) -> bool:
    return document.get("messages") is None
