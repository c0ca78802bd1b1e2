"""Consumers away for minutes: their queues grow, and everything drains."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faults.conftest import Tried
from faults.site import Site
from support.stack.queues import queue_lengths

SECONDS = 120
CONSUMERS = {"matcher": "matcher.call", "calllog": "calllog.call"}
HITS_PER_SECOND = 30
"""At the least; the load is more."""


@asynccontextmanager
async def away(site: Site) -> AsyncIterator[None]:
    """Stopped well, and started again when much has come."""
    await asyncio.gather(*(site[name].stop() for name in CONSUMERS))
    try:
        await asyncio.sleep(SECONDS)  # under load
        waiting = await queue_lengths(site.broker)
        for queue in CONSUMERS.values():
            assert waiting[queue] > SECONDS * HITS_PER_SECOND, waiting
        yield
    finally:
        await asyncio.gather(*(site[name].start() for name in CONSUMERS))


async def test_a_backlog_of_minutes_drains(site: Site, tried: Tried) -> None:
    await tried(site, "matcher + calllog away for minutes", away(site))
