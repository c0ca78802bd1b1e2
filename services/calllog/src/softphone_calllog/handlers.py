"""What calllog does with messages: the fold in bulk, and the sweep it is asked for."""

from collections.abc import Sequence

from softphone_calllog.calls import CallRecord, CallStore
from softphone_calllog.recycle_bin import RecycleBin
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

    def __init__(self, calls: CallStore, bin_: RecycleBin, bus: Bus, clock: Clock) -> None:
        self._calls = calls
        self._bin = bin_
        self._bus = bus
        self._clock = clock

    async def on_calls(self, messages: Sequence[CallObserved | CallMatched]) -> None:
        """All of the batch is in the log when this returns, in one read and one bulk write."""
        await self._calls.take(messages)

    async def on_clean_up_requested(self, messages: Sequence[CleanUpRequested]) -> None:
        """Sweeps, tells the browsers of every call it took, then that it is done."""
        for message in messages:
            moved = await self._bin.sweep(
                message.tenant, message.sweep, message.actor, message.as_of
            )
            await self._bus.publish(*(changed(call) for call in moved))
            await self._bus.publish(
                CleanUpFinished(
                    tenant=message.tenant,
                    sweep=message.sweep,
                    moved=len(moved),
                    finished_at=self._clock(),
                )
            )


def changed(call: CallRecord) -> CallChanged:
    """The news that the call is deleted, or is so no more."""
    return CallChanged(
        tenant=call.tenant,
        call_id=call.call.id,
        extensions=call.extensions,
        deleted_at=call.deleted_at,
        deleted_by=call.deleted_by,
    )
