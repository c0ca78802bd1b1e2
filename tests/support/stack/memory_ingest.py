"""The parts of ingest that a hit passes, over a broker and stores in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Activation, Tenant
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.process.clock import utc_now
from softphone_common.process.secret_hash import hash_secret
from softphone_common.stores.rate_limit import KeyRateLimit, Rate, RateLimiter
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.hit_log.recorder import HitLimits, Recorder
from softphone_ingest.hits.pipeline import HitPipeline, HitResult
from softphone_ingest.hits.tenant_shares import TenantShares
from softphone_ingest.identity.resolver import CallIdResolver
from softphone_ingest.inspector.inspector import Inspector
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.spool.folder import SpoolFolder
from softphone_ingest.spool.line import State
from softphone_ingest.spool.spool import Spool
from softphone_testing.memory.call_memory import MemoryCallMemory
from softphone_testing.memory.devices import MemoryDeviceStore
from softphone_testing.memory.hits import MemoryHitStore
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus, running
from support.store_contracts.call_memory import POLICY

URL = "https://connector.example.de/hit/key"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEEP = timedelta(days=7)
CODE = Activation(id="a1", seats=5, issued_at=NOW, expires_at=NOW + timedelta(days=365))
TENANT = Tenant(id="acme", name="Acme", activation=CODE)


HIT_LIMITS = HitLimits(100, 1_048_576, device_max=20, device_bytes=524_288)


class MemoryIngest:
    """One device with the key `key`, and what came of its hits."""

    def __init__(self, folder: Path, **rates: int) -> None:
        self.now = NOW
        self.tenant = TENANT
        self.broker = MemoryBroker()
        self.bus = memory_bus(self.broker, "ingest", publish_seconds=30)
        self.store = MemoryHitStore()
        self.memory = MemoryCallMemory()
        self.seal = Seal(SecretStr("a secret of the installation and long enough"))
        self.devices = DeviceCache(MemoryDeviceStore(), self.bus, 30)
        self.devices.loaded = True
        configs, resolver = DeviceConfigs(load_all()), CallIdResolver(self.memory, POLICY)
        self.recorder = Recorder(self.store, self.bus, KEEP, HIT_LIMITS)
        self.spool = Spool(self.bus, utc_now, SpoolFolder(folder, 65_536), 1)
        settings = bus_settings("amqp://memory")
        limiter = RateLimiter(LocalTokenBuckets(100), self.clock, settings)
        self.pipeline = HitPipeline(
            self.devices,
            lambda _: self.tenant,
            configs.of,
            KeyRateLimit(
                limiter,
                Rate("hits", rates.get("hits", 100), 60),
                Rate("wrong-keys", rates.get("wrong_keys", 100), 60),
            ),
            TenantShares(
                limiter,
                Rate("tenant-hits", rates.get("tenant_hits", 100), 60),
                rates.get("at_once", 2),
                rates.get("waiting", 100),
            ),
            resolver,
            self.spool,
            self.recorder,
            self.seal,
            self.clock,
        )
        self.inspector = Inspector(
            self.store, self.recorder, resolver, configs, self.bus, self.clock, KEEP, self.seal
        )
        self.device = self.configure()

    def clock(self) -> datetime:
        return self.now

    def configure(self, **fields: Any) -> StoredDevice:
        """Sets fields of the device, as an edit would."""
        old = self.devices.get("d1")
        kept = {} if old is None else old.model_dump()
        defaults = {"id": "d1", "tenant": "acme", "name": "Desk", "key_hash": hash_secret("key")}
        version = {"version": old.version + 1 if old else 1}
        self.device = StoredDevice.model_validate({**defaults, **kept, **fields, **version})
        self.devices.apply(self.device)
        return self.device

    def add_device(self, id_: str, key: str, **fields: Any) -> None:
        """A further device of the tenant."""
        named = {"id": id_, "tenant": "acme", "name": id_, "key_hash": hash_secret(key)}
        self.devices.apply(StoredDevice.model_validate({**named, **fields}))

    async def get(self, path: str, key: str = "key") -> HitResult:
        """One hit, by the part of its URL behind the key."""
        return await self.send(HitRequest.parse(path), key)

    async def send(self, request: HitRequest, key: str = "key") -> HitResult:
        return await self.pipeline.take(key, request, URL)

    def observed(self) -> list[Observation]:
        """The observations that wait for calllog, taken out."""
        observations = []
        while envelope := self.broker.take("calllog.call"):
            observations.append(CallObserved.model_validate_json(envelope.body).observation)
        return observations


@asynccontextmanager
async def memory_ingest(folder: Path, **rates: int) -> AsyncIterator[MemoryIngest]:
    """Ingest with everything running; its spool is empty."""
    ingest = MemoryIngest(folder, **rates)
    async with running(ingest.bus):
        await ingest.spool.start()
        await ingest.recorder.start()

        async def is_direct() -> bool:
            return ingest.spool.state is State.DIRECT

        await until(is_direct, what="an empty spool")
        try:
            yield ingest
        finally:
            await ingest.recorder.stop()
            await ingest.spool.stop()
