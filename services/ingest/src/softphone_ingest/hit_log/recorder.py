"""Writes hits to the log after their senders were answered, and publishes them to who watches."""

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
from softphone_ingest.hit_log.hit_json import hit_json, redacted_request
from softphone_ingest.hit_log.store import HitStore, StoredHit
from softphone_ingest.hits.pipeline import HitOutcomeNote, ReceivedHit

_BATCH = 200
_PAUSE_SECONDS = 1.0
_PATIENCE_SECONDS = 1.0


class Recorder:
    """Stores noted hits in order. A resource of the service, and the HitLog of the pipeline.

    While the store is away hits wait in memory. Beyond the limit the oldest are dropped and
    counted: the log is there to set up phones, and must not take the memory calls need.
    """

    name = "inspector"
    essential = False

    def __init__(self, store: HitStore, bus: Bus, keep: timedelta, waiting_max: int) -> None:
        self._store = store
        self._bus = bus
        self.keep = keep
        self._waiting: deque[StoredHit] = deque(maxlen=waiting_max)
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.task = BackgroundTask(self._write, "inspector")

    def note(self, hit: ReceivedHit, note: HitOutcomeNote) -> None:
        """Has the hit stored soon, without the device's secrets in its request."""
        if len(self._waiting) == self._waiting.maxlen:
            metrics.HITS_NOT_KEPT.inc()
        request = redacted_request(hit)
        shape = hit_json(hit, request, note)
        self._waiting.append(StoredHit(hit.device.tenant, shape, request, hit.at + self.keep))
        self._empty.clear()
        self._news.set()

    async def settled(self) -> None:
        """Returns when all noted hits are stored, or after a second if the store is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._empty.wait()

    async def start(self) -> None:
        """Begins to store noted hits."""
        self.task.start()

    async def ping(self) -> None:
        """Never fails: no phone depends on the log."""

    async def stop(self) -> None:
        """Stores waiting hits, unless the store is away."""
        await self.settled()
        await self.task.stop()

    async def _write(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                batch = list(islice(self._waiting, _BATCH))
                try:
                    await self._store.add(batch)
                except UnavailableError as error:
                    log.warning("hits wait for the inspector's store", error=str(error))
                    await asyncio.sleep(_PAUSE_SECONDS)
                except Exception as error:
                    # the store may refuse these for ever, and later hits must not wait for them
                    log.error("hits dropped by the inspector", exc_info=error)
                    metrics.HITS_NOT_KEPT.inc(self._remove(batch))
                else:
                    self._remove(batch)
                    await self._publish(batch)
            self._empty.set()

    def _remove(self, batch: list[StoredHit]) -> int:
        """Removes hits from the line and returns how many were still in it.

        While the batch was written, the line may have dropped some of it at its front.
        """
        ids, before = {stored.hit.id for stored in batch}, len(self._waiting)
        while self._waiting and self._waiting[0].hit.id in ids:
            self._waiting.popleft()
        return before - len(self._waiting)

    async def _publish(self, batch: list[StoredHit]) -> None:
        # without the broker nobody watches live; the hits are in the store
        with suppress(UnavailableError):
            await self._bus.publish(
                *(HitSeen(tenant=stored.tenant, hit=stored.hit) for stored in batch)
            )
