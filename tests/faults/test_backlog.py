"""Consumers are stopped for minutes: their queues grow, and drain after the restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faults.conftest import RunFault
from faults.site import Site
from support.bus.queues import queue_lengths

SECONDS = 120
CONSUMERS = {"matcher": "matcher.call", "calllog": "calllog.call"}
HITS_PER_SECOND = 30
"""A lower bound; the load sends more."""


@asynccontextmanager
async def stopped_consumers(site: Site) -> AsyncIterator[None]:
    """Stops the consumers, and starts them again after their queues have grown."""
    await asyncio.gather(*(site[name].stop() for name in CONSUMERS))
    try:
        await asyncio.sleep(SECONDS)  # under load
        waiting = await queue_lengths(site.broker)
        for queue in CONSUMERS.values():
            assert waiting[queue] > SECONDS * HITS_PER_SECOND, waiting
        yield
    finally:
        await asyncio.gather(*(site[name].start() for name in CONSUMERS))


async def test_backlog_of_minutes_drains(site: Site, run_fault: RunFault) -> None:
    await run_fault(site, "matcher + calllog away for minutes", lambda *_: stopped_consumers(site))
