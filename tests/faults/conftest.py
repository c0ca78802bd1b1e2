"""Fixtures of the fault tests: the site, the pace of the load, and the table at the end."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import pytest

from faults import fault, table
from faults.cluster import NODES
from faults.scenario import FaultAmong, Pace, run_scenario
from faults.site import Site, working
from faults.table import Row

FULL = os.environ.get("FAULTS") == "full"
QUICK_PACE = Pace(hits_per_second=25, before=2, fault=4, after=2)
"""Half of the full load, since the quick run must pass on any machine."""
FULL_PACE = Pace(hits_per_second=50, before=10, fault=10, after=40)
FULL_ONLY = ("test_backlog.py", "test_partition.py")
SECONDS = 600
"""Time limit of one fault, including the load before it and the checks after it."""

RunFault = Callable[[Site, str, FaultAmong], Awaitable[None]]
ROW = "row"
"""The user property that carries a test's figures from its worker process to the reporter."""
NOTE = "note"
"""The user property of figures that are no row; they are printed as they are."""


class Rows:
    """Prints and stores each row as soon as its test is done, and prints all rows at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        figures = properties.get(ROW)
        if report.when == "call" and NOTE in properties:
            self._write("", str(properties[NOTE]))
        if report.when == "call" and isinstance(figures, dict):
            self._rows.append(Row(**figures))
            table.store_row(self._rows[-1])
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
            # a connection reset while it opens is left to the garbage collector, which warns
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(scope="session")
def pace() -> Pace:
    return FULL_PACE if FULL else QUICK_PACE


@pytest.fixture
def run_fault(request: pytest.FixtureRequest, pace: Pace) -> RunFault:
    """Runs the scenario with a fault, reports its row, and fails if anything is wrong."""

    async def run_fault(site: Site, name: str, fault: FaultAmong) -> None:
        row, result = await run_scenario(site, name, fault, pace)
        request.node.user_properties.append((ROW, asdict(row)))
        assert result.why == [], "\n".join(result.why[:10])
        assert (row.lost, row.doubled, row.unexpected) == (0, 0, 0)
        assert row.acknowledged >= pace.hits_per_second * (pace.before + pace.fault)

    return run_fault


def _lifetime(fixture_name: str, config: pytest.Config) -> Literal["function", "module"]:
    """In the full run each fault has a new site, so that no fault suffers from the one before."""
    return "function" if FULL else "module"


@pytest.fixture(scope=_lifetime)
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Servers and services for these tests alone, since the tests kill them."""
    async with working(tmp_path_factory.mktemp("site")) as site:
        yield site
