"""The message handlers of calllog: folding calls in batches, and sweeping a tenant."""

from collections.abc import Sequence

from softphone_calllog.calls import CallStore
from softphone_calllog.record import CallRecord
from softphone_calllog.sweeper import Sweeper
from softphone_common.bus.bus import Bus
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CleanUpFinished,
)
from softphone_common.process.clock import Clock


class CallHandlers:
    """Handles the queues `calllog.call` and `calllog.clean-up`."""

    def __init__(self, calls: CallStore, sweeper: Sweeper, bus: Bus, clock: Clock) -> None:
        self._calls = calls
        self._sweeper = sweeper
        self._bus = bus
        self._clock = clock

    async def on_calls(self, facts: Sequence[CallObserved | CallMatched]) -> None:
        """Stores a whole batch with one read and one bulk write."""
        await self._calls.add(facts)

    async def on_clean_up_requested(self, messages: Sequence[CleanUpRequested]) -> None:
        """Sweeps, and publishes a CallChanged for each call moved before the CleanUpFinished."""
        for message in messages:
            moved = await self._sweeper.sweep(
                message.tenant, message.sweep, message.actor, message.as_of
            )
            await self._bus.publish(*(call_changed(record) for record in moved))
            # last: once the janitor has noted the end, nobody repeats what failed before it
            await self._bus.publish(
                CleanUpFinished(
                    tenant=message.tenant,
                    sweep=message.sweep,
                    moved=len(moved),
                    finished_at=self._clock(),
                )
            )


def call_changed(record: CallRecord) -> CallChanged:
    """The event that the call was deleted or restored."""
    return CallChanged(
        tenant=record.tenant,
        call_id=record.call.id,
        extensions=record.extensions,
        deleted_at=record.deleted_at,
        deleted_by=record.deleted_by,
    )
