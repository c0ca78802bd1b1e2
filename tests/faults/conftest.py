"""The site all faults are tried on, how hard they are tried, and the table at the end."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from faults import fault, table
from faults.cluster import NODES
from faults.ordeal import Pace, suffer
from faults.site import Site, working
from faults.table import Row

FULL = os.environ.get("FAULTS") == "full"
QUICK_PACE = Pace(hits_per_second=50, before=2, fault=4, after=4)
FULL_PACE = Pace(hits_per_second=50, before=10, fault=10, after=40)
SECONDS = 600
"""No fault may take longer, with all that comes before and after it."""

Tried = Callable[[Site, str, AbstractAsyncContextManager[None]], Awaitable[None]]
ROWS = pytest.StashKey[list[Row]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "each_fault" in metafunc.fixturenames:
        chosen = fault.ALL if FULL else fault.QUICK
        metafunc.parametrize("each_fault", chosen, ids=str)
    if "each_node" in metafunc.fixturenames:
        metafunc.parametrize("each_node", range(NODES) if FULL else [0])


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path.name == "test_partition.py" and not FULL else None


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


@pytest.fixture
def tried(rows: list[Row], pace: Pace, capsys: pytest.CaptureFixture[str]) -> Tried:
    """Tries a fault, shows and keeps its row at once, and fails if anything is wrong."""

    async def tried(site: Site, name: str, fault: AbstractAsyncContextManager[None]) -> None:
        row, verdict = await suffer(site, name, fault, pace)
        rows.append(row)
        table.keep(rows)
        with capsys.disabled():
            print(f"\n{table.lines([row])[1]}")  # noqa: T201 - long work shows progress
        assert verdict.why == [], "\n".join(verdict.why[:10])
        assert (row.lost, row.doubled) == (0, 0)
        assert row.acknowledged >= pace.hits_per_second * (pace.before + pace.fault)

    return tried


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Servers and services of these tests alone, since they are killed."""
    async with working(tmp_path_factory.mktemp("site")) as site:
        yield site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = terminalreporter.config.stash.get(ROWS, [])
    if rows:
        terminalreporter.section("faults")
        for line in table.lines(rows):
            terminalreporter.write_line(line)
