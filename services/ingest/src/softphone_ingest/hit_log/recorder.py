"""Writes hits to the log after their senders were answered, and publishes them to who watches."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import HitSeen
from softphone_common.process.background_writer import BackgroundWriter
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_ingest import metrics
from softphone_ingest.hit_log.hit_json import redacted_hit
from softphone_ingest.hit_log.store import HitStore, StoredHit
from softphone_ingest.hits.pipeline import HitOutcomeNote, ReceivedHit


@dataclass(frozen=True, slots=True)
class HitLimits:
    """Hits and bytes that wait for the store, and those that it keeps of one device."""

    waiting_max: int
    waiting_bytes: int
    device_max: int
    device_bytes: int


class Recorder(BackgroundWriter[StoredHit]):
    """Stores noted hits in order. A resource of the service, and the HitLog of the pipeline.

    While the store is away hits wait in memory. Beyond the limit the oldest are dropped and
    counted: the log is there to set up phones, and must not take the memory calls need.
    """

    def __init__(self, store: HitStore, bus: Bus, keep: timedelta, limits: HitLimits) -> None:
        super().__init__(
            "inspector",
            self._store_batch,
            metrics.HITS_NOT_KEPT.inc,
            limits.waiting_max,
            limits.waiting_bytes,
            lambda stored: stored.size,
        )
        self._store = store
        self._bus = bus
        self.keep = keep
        self._limits = limits
        # hits and bytes of each device since its old hits were removed
        self._added: dict[tuple[str, str], tuple[int, int]] = {}

    def note(self, hit: ReceivedHit, note: HitOutcomeNote) -> None:
        """Has the hit stored soon, without the device's secrets in its request."""
        shape, request = redacted_hit(hit, note)
        self.add(StoredHit(hit.device.tenant, shape, request, hit.at + self.keep))

    async def _store_batch(self, batch: list[StoredHit]) -> None:
        await self._store.add(batch)
        await self._trim(batch)
        # without the broker nobody watches live; the hits are in the store, however large
        with suppress(UnavailableError, PoisonError):
            await self._bus.publish(
                *(HitSeen(tenant=stored.tenant, hit=stored.hit) for stored in batch)
            )

    async def _trim(self, batch: list[StoredHit]) -> None:
        """Removes old hits of devices that have sent a tenth of their limit since the last time."""
        limits = self._limits
        for stored in batch:
            device = stored.tenant, stored.hit.device
            hits, size = self._added.get(device, (0, 0))
            self._added[device] = hits + 1, size + stored.size
        full = [
            device
            for device, (hits, size) in self._added.items()
            if hits * 10 >= limits.device_max or size * 10 >= limits.device_bytes
        ]
        for device in full:
            await self._store.trim(*device, limits.device_max, limits.device_bytes)
            del self._added[device]
