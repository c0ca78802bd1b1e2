"""The site all faults are tried on, how hard they are tried, and the table at the end."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import pytest

from faults import fault, table
from faults.cluster import NODES
from faults.scenario import Pace, run_scenario
from faults.site import Site, working
from faults.table import Row

FULL = os.environ.get("FAULTS") == "full"
QUICK_PACE = Pace(hits_per_second=25, before=2, fault=4, after=2)
"""Half of the load, for it runs on any machine, after all other tests."""
FULL_PACE = Pace(hits_per_second=50, before=10, fault=10, after=40)
FULL_ONLY = ("test_backlog.py", "test_partition.py")
SECONDS = 600
"""No fault may take longer, with all that comes before and after it."""

Tried = Callable[[Site, str, AbstractAsyncContextManager[None]], Awaitable[None]]
ROW = "row"
"""What a test reports its figures under, from whichever process it runs in."""


class Rows:
    """Shows and keeps each row as soon as it is done, and all of them at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties).get(ROW)
        if report.when == "call" and isinstance(told, dict):
            self._rows.append(Row(**told))
            table.keep(self._rows[-1])
            self._write("", table.lines(self._rows)[-1])

    def pytest_terminal_summary(self) -> None:
        if self._rows:
            self._write("", *table.lines(self._rows))

    def _write(self, *lines: str) -> None:
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        for line in lines:
            reporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Rows(config))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "each_fault" in metafunc.fixturenames:
        chosen = fault.ALL if FULL else fault.QUICK
        metafunc.parametrize("each_fault", chosen, ids=str)
    if "each_restart" in metafunc.fixturenames:
        restarts = list(metafunc.module.RESTARTS)
        metafunc.parametrize("each_restart", restarts if FULL else restarts[-1:])
    if "each_node" in metafunc.fixturenames:
        metafunc.parametrize("each_node", range(NODES) if FULL else [0])


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path.name in FULL_ONLY and not FULL else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "faults":
            item.add_marker(pytest.mark.timeout(SECONDS))
            # a client that is cut off in the middle of connecting leaves its socket to Python
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(scope="session")
def pace() -> Pace:
    return FULL_PACE if FULL else QUICK_PACE


@pytest.fixture
def tried(request: pytest.FixtureRequest, pace: Pace) -> Tried:
    """Tries a fault, reports its row, and fails if anything is wrong."""

    async def tried(site: Site, name: str, fault: AbstractAsyncContextManager[None]) -> None:
        row, verdict = await run_scenario(site, name, fault, pace)
        request.node.user_properties.append((ROW, asdict(row)))
        assert verdict.why == [], "\n".join(verdict.why[:10])
        assert (row.lost, row.doubled) == (0, 0)
        assert row.acknowledged >= pace.hits_per_second * (pace.before + pace.fault)

    return tried


def _lifetime(fixture_name: str, config: pytest.Config) -> Literal["function", "module"]:
    """In full each fault has a site of its own, and none what the one before has left behind."""
    return "function" if FULL else "module"


@pytest.fixture(scope=_lifetime)
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Servers and services of these tests alone, since they are killed."""
    async with working(tmp_path_factory.mktemp("site")) as site:
        yield site
