"""Dead letters in memory: a `DeadLetterStore`."""

from collections.abc import Sequence
from datetime import datetime

from softphone_common.bus.envelope import Envelope
from softphone_common.stores.keyset import Position
from softphone_common.stores.mongo import Document
from softphone_janitor.dead_letters.store import (
    BY_LAST_DEATH,
    LEASE,
    DeadLetter,
    LetterPage,
    Selection,
    letter_fields,
    letter_id,
    letter_of,
    replay_of,
)
from softphone_testing.memory.collection import MemoryCollection


class MemoryDeadLetterStore:
    """Dead letters in memory; they never expire."""

    def __init__(self) -> None:
        self._letters = MemoryCollection()

    async def keep(self, queue: str, envelopes: Sequence[Envelope], now: datetime) -> list[str]:
        ids = [letter_id(queue, envelope) for envelope in envelopes]
        for id_, envelope in zip(ids, envelopes, strict=True):
            self._letters.insert({"_id": id_, "queue": queue, "first_at": now})
            self._letters.update(id_, lambda _: True, letter_fields(envelope, now), times=1)
        return ids

    async def get(self, letter_id: str) -> DeadLetter | None:
        document = self._letters.get(letter_id)
        return None if document is None else letter_of(document)

    async def list_letters(
        self, selection: Selection, after: Position[datetime] | None, size: int
    ) -> LetterPage:
        def matches(document: Document) -> bool:
            return (
                selection.queue in {None, document["queue"]}
                and selection.tenant in {None, document["tenant"]}
                and selection.state in {None, document["state"]}
                and (selection.died_before is None or document["last_at"] < selection.died_before)
            )

        return self._letters.page(BY_LAST_DEATH, matches, after, size, letter_of)

    async def claim(self, letter_id: str, now: datetime) -> tuple[str, Envelope] | None:
        def is_free(document: Document) -> bool:
            until = document["claimed_until"]
            return document["state"] == "waiting" and (until is None or until < now)

        document = self._letters.update(letter_id, is_free, {"claimed_until": now + LEASE})
        return None if document is None else (document["queue"], replay_of(document))

    async def settle(self, letter_id: str, replayed_at: datetime | None) -> None:
        fields: Document = {"claimed_until": None}
        if replayed_at is not None:
            fields |= {"state": "replayed", "replayed_at": replayed_at}
        self._letters.update(letter_id, lambda d: d["claimed_until"] is not None, fields)

    async def drop(self, letter_id: str) -> bool:
        return self._letters.delete(lambda document: document["_id"] == letter_id) > 0

    async def count_waiting(self) -> int:
        return len(self._letters.find(lambda document: document["state"] == "waiting"))
