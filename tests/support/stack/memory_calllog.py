"""Calllog over a bus and stores in memory."""

from collections.abc import Sequence
from datetime import datetime

from softphone_calllog.handlers import CallHandlers
from softphone_calllog.record import CallRecord, Fact
from softphone_calllog.settings import CalllogSettings
from softphone_calllog.sweeper import Sweeper
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CleanUpFinished,
    Message,
    NumbersMatched,
    RecordShared,
)
from softphone_common.process.errors import UnavailableError
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore, MemoryRecordSharings
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus
from support.observations import at

NIGHT = at(86_400)
SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump(), clean_up_batch=2)


class FailingStore(MemoryCallStore):
    """A store that is unavailable for some attempts and refuses a poisonous call."""

    def __init__(self) -> None:
        super().__init__()
        self.outages = 0
        self.refused = ""
        self.batches: list[int] = []

    async def add(self, facts: Sequence[Fact]) -> None:
        if self.outages:
            self.outages -= 1
            raise UnavailableError("MongoDB", "away")
        ids = {f.observation.call_id for f in facts if isinstance(f, CallObserved)}
        if self.refused in ids:
            raise ValueError(f"{self.refused} can't be stored")
        self.batches.append(len(facts))
        await super().add(facts)


class Calllog:
    """Calllog's handlers on their queues, and a bus of another service."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.calls = FailingStore()
        self.events: list[Message] = []
        self.bus = memory_bus(self.broker, "calllog")
        self.other = memory_bus(self.broker, "janitor")
        self.security = SecurityLog(self.bus, lambda: NIGHT, SETTINGS)
        sweeper = Sweeper(self.calls, SETTINGS)
        self.comments = MemoryCommentStore()
        stores = self.calls, self.comments, MemoryRecordSharings()
        handlers = self.handlers = CallHandlers(
            *stores, sweeper, self.security, self.bus, lambda: NIGHT
        )
        policy = BatchPolicy(50, 0.05)
        self.bus.consume("calllog.call", (CallObserved, CallMatched), handlers.on_calls, policy)
        self.bus.consume("calllog.number", NumbersMatched, handlers.on_numbers_matched)
        self.bus.consume("calllog.record", RecordShared, handlers.on_records_shared)
        self.bus.consume("calllog.clean-up", CleanUpRequested, handlers.on_clean_up_requested)
        self.other.subscribe(CallChanged, self._on_event, on_reconnect=lambda: None)
        self.other.consume("janitor.sweep", CleanUpFinished, self._on_finished)

    async def _on_event(self, message: CallChanged) -> None:
        self.events.append(message)

    async def _on_finished(self, messages: Sequence[CleanUpFinished]) -> None:
        self.events += messages

    async def get(self, call: str = "c1") -> CallRecord | None:
        return await self.calls.get("acme", call)

    async def phase(self, call: str, phase: str) -> CallRecord:
        async def reached() -> CallRecord | None:
            record = await self.get(call)
            return record if record and record.json().phase == phase else None

        record = await until(reached, what=f"{call} {phase}")
        assert record is not None
        return record

    async def sweep(self, as_of: datetime = NIGHT, sweep: str = "acme/night") -> CleanUpFinished:
        request = CleanUpRequested(tenant="acme", sweep=sweep, actor="PBX Clean Up", as_of=as_of)
        before = self.finished
        await self.other.publish(request)
        await until(lambda: len(self.finished) > len(before), what="the end of the sweep")
        return self.finished[-1]

    @property
    def finished(self) -> list[CleanUpFinished]:
        return [event for event in self.events if isinstance(event, CleanUpFinished)]

    @property
    def changed(self) -> list[str]:
        return [event.call_id for event in self.events if isinstance(event, CallChanged)]
