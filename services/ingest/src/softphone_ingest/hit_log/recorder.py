"""Carries hits to the inspector behind the phone's back: no phone waits, no call needs it."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import HitSeen
from softphone_common.process import metrics
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.mongo import Document
from softphone_ingest.hit_log.hit_json import hit_json, redacted_request
from softphone_ingest.hit_log.store import HitStore, kept
from softphone_ingest.hits.pipeline import HitOutcomeNote, ReceivedHit

_BATCH = 200
_PAUSE_SECONDS = 1.0
_PATIENCE_SECONDS = 1.0


class Recorder:
    """Keeps hits and tells of them, in order. A resource of `service.run`.

    While the store is away hits wait in memory; past the limit the oldest are not kept, and those
    are not that it refuses.
    """

    name = "inspector"
    essential = False

    def __init__(self, store: HitStore, bus: Bus, keep: timedelta, waiting_max: int) -> None:
        self._store = store
        self._bus = bus
        self.keep = keep
        self._waiting: deque[tuple[Document, HitSeen]] = deque(maxlen=waiting_max)
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.task = BackgroundTask(self._carry, "inspector")

    def note(self, hit: ReceivedHit, note: HitOutcomeNote) -> None:
        """Has the hit kept soon, without the device's secrets in its request."""
        if len(self._waiting) == self._waiting.maxlen:
            metrics.HITS_NOT_KEPT.inc()
        tenant, request = hit.device.tenant, redacted_request(hit)
        shown = hit_json(hit, request, note)
        document = kept(tenant, shown, request, hit.at + self.keep)
        self._waiting.append((document, HitSeen(tenant=tenant, hit=shown)))
        self._empty.clear()
        self._news.set()

    async def settled(self) -> None:
        """Returns when all noted hits are kept, or after a second if the store is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._empty.wait()

    async def start(self) -> None:
        """Begins."""
        self.task.start()

    async def ping(self) -> None:
        """Never a reason not to be ready."""

    async def stop(self) -> None:
        """Keeps what is waiting, if that can be had at once."""
        await self.settled()
        await self.task.stop()

    async def _carry(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                batch = list(islice(self._waiting, _BATCH))
                try:
                    await self._store.add([document for document, _ in batch])
                except UnavailableError as error:
                    log.warning("hits wait for the inspector", error=str(error))
                    await asyncio.sleep(_PAUSE_SECONDS)
                except Exception as error:
                    # it may refuse them for ever, and the next must not wait
                    log.error("hits not kept for the inspector", exc_info=error)
                    metrics.HITS_NOT_KEPT.inc(self._forget(batch))
                else:
                    self._forget(batch)
                    await self._tell([seen for _, seen in batch])
            self._empty.set()

    def _forget(self, batch: list[tuple[Document, HitSeen]]) -> int:
        """How many of these waited still: the line may have been cut at its front meanwhile."""
        ids, before = {document["_id"] for document, _ in batch}, len(self._waiting)
        while self._waiting and self._waiting[0][0]["_id"] in ids:
            self._waiting.popleft()
        return before - len(self._waiting)

    async def _tell(self, seen: list[HitSeen]) -> None:
        """Whoever watches sees them; whoever looks later finds them in the store."""
        with suppress(UnavailableError):
            await self._bus.publish(*seen)
