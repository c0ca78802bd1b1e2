"""Requests sweeps from calllog, nightly or for an operator, and notes their results."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from softphone_common.bus.bus import Bus
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.clock import Clock
from softphone_janitor.clean_up.due import due_night, next_begins
from softphone_janitor.clean_up.store import Scheduled, Sweep, SweepStore

ACTOR = "PBX Clean Up"
"""The name under which swept calls are shown in the recycle bin."""
_LATEST = 100
"""Sweeps among which the last that has finished is looked for."""


class SweepHandlers:
    """The job of the schedule, and the handler of the queue `janitor.sweep`."""

    def __init__(
        self, sweeps: SweepStore, tenants: Iterable[Tenant], bus: Bus, clock: Clock, hour: int
    ) -> None:
        self._sweeps = sweeps
        self._tenants = tenants
        self._bus = bus
        self._clock = clock
        self._hour = hour

    async def sweep_all_due(self) -> None:
        """Requests a sweep of every active tenant whose latest night had none yet.

        Can be repeated, by several janitors at once and at any time after an outage: each night is
        swept once. Raises UnavailableError.
        """
        now = self._clock()
        for tenant in self._active(now):
            # The night is the id, so the store's unique key decides which janitor was first. Only
            # the latest night is made up for: a sweep after three days of outage takes all that
            # the two nights before would have taken.
            await self._sweeps.add(self._sweep(self._latest(tenant, now), tenant.id, ACTOR))
        await self._publish_requests()

    def schedule(self) -> list[Scheduled]:
        """The next nightly sweep of every active tenant, by tenant id."""
        now = self._clock()
        return [
            Scheduled(tenant=t.id, next_at=next_begins(now, t.time_zone, self._hour))
            for t in sorted(self._active(now), key=lambda tenant: tenant.id)
        ]

    async def sweep_now(self, tenant: str, requested_by: str) -> Sweep:
        """Requests one more sweep of a tenant. Raises UnavailableError.

        A request that could not be published is published by the next look at the schedule.
        """
        sweep = self._sweep(f"{tenant}/{uuid4()}", tenant, requested_by)
        await self._sweeps.add(sweep)
        await self._publish_requests()
        return sweep

    async def on_clean_up_finished(self, messages: Sequence[CleanUpFinished]) -> None:
        """Notes how many calls each sweep moved."""
        for message in messages:
            await self._sweeps.finish(message.sweep, message.moved, message.finished_at)

    async def last_finished(self) -> float:
        """When the last sweep has finished, in seconds since 1970; NaN without one."""
        latest = await self._sweeps.list_latest(_LATEST)
        ends = (sweep.finished_at.timestamp() for sweep in latest if sweep.finished_at)
        return max(ends, default=math.nan)

    async def count_overdue(self) -> int:
        """The active tenants whose sweep of the latest night has not finished."""
        now = self._clock()
        due = {self._latest(tenant, now) for tenant in self._active(now)}
        return len(due - await self._sweeps.finished_among(due))

    def _latest(self, tenant: Tenant, now: datetime) -> str:
        """The id of the tenant's latest nightly sweep."""
        return f"{tenant.id}/{due_night(now, tenant.time_zone, self._hour)}"

    def _active(self, now: datetime) -> list[Tenant]:
        return [tenant for tenant in self._tenants if tenant.is_active(now)]

    def _sweep(self, id_: str, tenant: str, requested_by: str) -> Sweep:
        return Sweep(id=id_, tenant=tenant, requested_by=requested_by, requested_at=self._clock())

    async def _publish_requests(self) -> None:
        # Stored before it is published: after a crash in between the sweep is published by the
        # next look. The other way round a night could be published and then forgotten. A crash
        # after publishing repeats the request, which calllog bears.
        for sweep in await self._sweeps.list_unpublished():
            await self._bus.publish(
                CleanUpRequested(
                    tenant=sweep.tenant, sweep=sweep.id, actor=ACTOR, as_of=sweep.requested_at
                )
            )
            await self._sweeps.mark_published(sweep.id)
