"""The simulated servers that all processes share, and the company in their databases."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from softphone_common.contracts.entities import Activation, Tenant, User
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.process.errors import UnavailableError
from softphone_common.process.secret_hash import hash_secret
from softphone_common.stores.documents import to_document
from softphone_common.stores.mongo import Document
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.identity.resolver import Claim, Decision
from softphone_matcher.directory.record import RecordNumber
from softphone_testing.memory.call_memory import MemoryCallMemory
from softphone_testing.memory.devices import MemoryDeviceStore
from softphone_testing.memory.directory import MemoryDirectory
from softphone_testing.memory.hits import MemoryHitStore
from support.simulation.broker import SimulatedBroker
from support.simulation.faults import Faults
from support.simulation.loop import SimulationLoop
from support.simulation.mongo import SimulatedCollection

TENANT_ID = "acme"
EXTENSIONS = ("21", "22")
BEGIN = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
_DAY = timedelta(days=1)
_CODE = Activation(id="a1", seats=5, issued_at=BEGIN - _DAY, expires_at=BEGIN + 365 * _DAY)
TENANT = Tenant(id=TENANT_ID, name="Acme", activation=_CODE)
USERS = tuple(
    User(id=f"u{extension}", tenant=TENANT_ID, login=f"u{extension}", extensions=(extension,))
    for extension in EXTENSIONS
)


class SimulatedDirectory(MemoryDirectory):
    """Matcher's directory behind the network."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(50)
        self._faults = faults
        self.is_failing = False
        """Whether each look-up fails, so that its message is tried again."""

    async def find(self, tenant: str, keys: Any) -> dict[str, tuple[Match, ...]]:
        await self._faults.delay()
        if self._faults.happens():
            raise UnavailableError("MongoDB", "away")
        if self.is_failing or self._faults.happens():
            raise ValueError("this message was unlucky; a later try may succeed")
        return await super().find(tenant, keys)


class SimulatedCallMemory(MemoryCallMemory):
    """Redis behind the network; the answer to a script may be lost."""

    def __init__(self, faults: Faults, seconds: Callable[[], float]) -> None:
        super().__init__(seconds)
        self._faults = faults

    async def resolve(self, claims: Sequence[Claim]) -> list[Decision]:
        await self._faults.delay()
        decisions = await super().resolve(claims)
        await self._faults.delay()
        if self._faults.happens():
            raise UnavailableError("Redis", "the answer was lost")
        return decisions


class Servers:
    """The broker, the databases and the disk, which outlive every process."""

    def __init__(self, loop: SimulationLoop, folder: Path) -> None:
        self.loop = loop
        self.folder = folder
        self.faults = Faults(loop.random)
        self.broker = SimulatedBroker(self.faults)
        self.calls = SimulatedCollection(self.faults)
        self.directory = SimulatedDirectory(self.faults)
        self.call_memory = SimulatedCallMemory(self.faults, loop.time)
        self.hits = MemoryHitStore()
        self.devices = MemoryDeviceStore()
        self.acknowledged: list[CallObserved] = []
        self.sweeps = 0

    async def fill(self) -> None:
        """One device and one known number."""
        key = {"key_hash": hash_secret("key")}
        await self.devices.add(StoredDevice(id="d1", tenant=TENANT_ID, name="Desk", **key))
        number = RecordNumber.read("089 99998001", "", NumberProfile()).model_dump(mode="json")
        fields = {"type": "contact", "name": "Anna", "numbers": [number], "url": "/anna"}
        await self.directory.add(TENANT_ID, fields)

    async def read_all(self) -> list[Document]:
        """The users, as a `UserReader`."""
        return [to_document(user) for user in USERS]
