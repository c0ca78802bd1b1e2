"""A matcher with sources and a CRM on this machine."""

from collections.abc import AsyncIterator

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from support.bus.buses import memory_bus, running
from support.stack.source_site import SourceSite


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    """The bus of matcher over a broker in memory."""
    made = memory_bus(MemoryBroker(), "matcher")
    async with running(made):
        yield made


@pytest.fixture
async def site(bus: Bus) -> AsyncIterator[SourceSite]:
    """The stores of a matcher, and a CRM that answers."""
    site = SourceSite(bus)
    await site.start()
    yield site
    await site.stop()
