"""Asks calllog for sweeps, by night or on demand, and notes what came of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from softphone_common.bus.bus import Bus
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.clock import Clock
from softphone_common.stores.tenants import Tenants
from softphone_janitor.clean_up.due import due_night, next_begins
from softphone_janitor.clean_up.store import Scheduled, Sweep, SweepStore

ACTOR = "PBX Clean Up"


class SweepHandlers:
    """The nightly job and the queue `janitor.sweep`."""

    def __init__(
        self, sweeps: SweepStore, tenants: Tenants, bus: Bus, clock: Clock, hour: int
    ) -> None:
        self._sweeps = sweeps
        self._tenants = tenants
        self._bus = bus
        self._clock = clock
        self._hour = hour

    async def sweep_all_due(self) -> None:
        """Asks for the sweep of every active tenant whose latest night had none yet.

        A night's sweep has the night in its id, so however many janitors look, however often, and
        however late after an outage, it is asked for once.
        """
        now = self._clock()
        for tenant in self._active(now):
            night = due_night(now, tenant.time_zone, self._hour)
            await self._sweeps.add(self._sweep(f"{tenant.id}/{night}", tenant.id, ACTOR))
        await self._tell_untold()

    def schedule(self) -> list[Scheduled]:
        """The next nightly sweep of every active tenant: there is no other condition."""
        now = self._clock()
        return [
            Scheduled(tenant=t.id, next_at=next_begins(now, t.time_zone, self._hour))
            for t in sorted(self._active(now), key=lambda tenant: tenant.id)
        ]

    async def sweep_now(self, tenant: str, requested_by: str) -> Sweep:
        """Asks for one more sweep at somebody's wish."""
        sweep = self._sweep(f"{tenant}/{uuid4()}", tenant, requested_by)
        await self._sweeps.add(sweep)
        await self._tell_untold()
        return sweep

    async def on_clean_up_finished(self, messages: Sequence[CleanUpFinished]) -> None:
        """Notes what each sweep moved."""
        for message in messages:
            await self._sweeps.finish(message.sweep, message.moved, message.finished_at)

    def _active(self, now: datetime) -> list[Tenant]:
        return [tenant for tenant in self._tenants if tenant.is_active(now)]

    def _sweep(self, id_: str, tenant: str, requested_by: str) -> Sweep:
        return Sweep(id=id_, tenant=tenant, requested_by=requested_by, requested_at=self._clock())

    async def _tell_untold(self) -> None:
        """Stored first, told after: a crash in between is made good at the next look."""
        for sweep in await self._sweeps.untold():
            await self._bus.publish(
                CleanUpRequested(
                    tenant=sweep.tenant, sweep=sweep.id, actor=ACTOR, as_of=sweep.requested_at
                )
            )
            await self._sweeps.mark_told(sweep.id)
