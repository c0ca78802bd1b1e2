"""The site all faults are tried on, how hard they are tried, and the table at the end."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from faults import fault, table
from faults.ordeal import Pace
from faults.site import Server, Site
from faults.table import Row
from softphone_onebox.servers.mongodb import MongoDB
from softphone_onebox.servers.rabbitmq import RabbitMQ
from softphone_onebox.servers.redis import Redis

FULL = os.environ.get("FAULTS") == "full"
QUICK_PACE = Pace(hits_per_second=50, before=2, fault=4, after=4)
FULL_PACE = Pace(hits_per_second=50, before=10, fault=10, after=40)
SECONDS = 600
"""No fault may take longer, with all that comes before and after it."""

ROWS = pytest.StashKey[list[Row]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "each_fault" in metafunc.fixturenames:
        chosen = fault.ALL if FULL else fault.QUICK
        metafunc.parametrize("each_fault", chosen, ids=str)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "faults":
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def pace() -> Pace:
    return FULL_PACE if FULL else QUICK_PACE


@pytest.fixture(scope="session")
def rows(request: pytest.FixtureRequest) -> list[Row]:
    """Those that are done; each is shown and kept at once."""
    return request.config.stash.setdefault(ROWS, [])


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Servers and services of these tests alone, since they are killed."""
    folder = tmp_path_factory.mktemp("site")
    servers: dict[str, Server] = {
        "RabbitMQ": RabbitMQ(folder / "rabbitmq"),
        "MongoDB": MongoDB(folder / "mongodb"),
        "Redis": Redis(folder / "redis"),
    }
    async with AsyncExitStack() as stack:
        for server in servers.values():
            await server.start()
            stack.push_async_callback(server.stop)
        site = Site(servers, folder)
        await site.open(stack)
        yield site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = terminalreporter.config.stash.get(ROWS, [])
    if rows:
        terminalreporter.section("faults")
        for line in table.lines(rows):
            terminalreporter.write_line(line)
