"""Hits of tenants that work, wait and end as a test says."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from softphone_common.process.clock import utc_now
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_ingest.hits.tenant_shares import TenantShares
from softphone_testing.until import until
from support.bus.buses import bus_settings

AT_ONCE = 2

T = TypeVar("T")


class Hits:
    """Hits that work until the test lets them end."""

    def __init__(self, waiting_max: int = 100, burst: int = 100) -> None:
        limiter = RateLimiter(LocalTokenBuckets(100), utc_now, bus_settings("amqp://memory"))
        rate = Rate("tenant-hits", burst, 60)
        self.shares = TenantShares(limiter, rate, AT_ONCE, waiting_max)
        self.waiting_max = waiting_max
        self.size = 1
        """Bytes of the hits that are sent from now on."""
        self.device = "d1"
        """The device that sends from now on."""
        self.keep = False
        """Whether the hits that are sent from now on keep their turns, as lists do."""
        self.working: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    def send(self, *names: str) -> None:
        """Sends hits; the tenant is the first letter of each name."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self.tasks[name] = self.begin(self._work(name, self.device, self.size, self.keep))

    @staticmethod
    def begin(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task whose failure nobody has to look at, also if the test ends before."""
        task = asyncio.create_task(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def waiting(self, tenant: str) -> int:
        line = self.shares._lines.get(tenant)
        return sum(len(queue.waiting) for queue in line.queues.values()) if line else 0

    def begun(self, tenant: str) -> int:
        """Events of lists, and lists, that have had a turn and wait for the next."""
        line = self.shares._lines.get(tenant)
        return sum(len(queue.begun) for queue in line.queues.values()) if line else 0

    def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()

    async def until_working(self, *names: str) -> None:
        await until(lambda: self.working == [*names], within=20, what=f"turns of {names}")

    async def _work(self, name: str, device: str, size: int, keep: bool) -> None:
        async with self.shares.turn(name[0], device, size) as turn:
            if keep:
                await turn.keep()
            self.working.append(name)
            await self._ends[name].wait()
            self.working.remove(name)
