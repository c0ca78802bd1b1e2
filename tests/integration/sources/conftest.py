"""A matcher with sources, and CRMs and a directory on this machine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from support.bus.buses import memory_bus, running
from support.radicale.server import Radicale, radicale
from support.slapd import Slapd
from support.stack.source_site import LIMITS, SourceSite
from support.vtiger.crm import VtigerCrm


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


@pytest.fixture
async def vtiger(site: SourceSite) -> AsyncIterator[VtigerCrm]:
    """A vtiger CRM that the site may call."""
    made = VtigerCrm()
    site.permit(made)
    site.limits = replace(LIMITS, pages_max=100, bytes_max=10_000_000)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def slapd(site: SourceSite, tmp_path: Path) -> AsyncIterator[Slapd]:
    """A directory that a test starts with its people, and the one host that the site may call."""
    slapd = Slapd(tmp_path)
    site.permit(also=slapd.hosts)
    yield slapd
    await slapd.stop()


@pytest.fixture(scope="session")
async def address_books(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a server of address books."""
    async with radicale(tmp_path_factory.mktemp("radicale")) as address:
        yield address


@pytest.fixture
async def server(site: SourceSite, address_books: str) -> AsyncIterator[Radicale]:
    """A server with an empty address book, which the site may read."""
    made = Radicale(address_books)
    await made.start()
    # a real server on a busy machine
    site.permit(made, answer_seconds=60)
    yield made
    await made.stop()
