"""Fixtures that all tests share: the servers, started when the first test needs one."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from softphone_testing.real_servers import ADDRESSES, RealServer, release_server, start_server
from softphone_testing.servers.child import ServerError

# the shared contract suites are no test modules; this rewrites their assertions as well
pytest.register_assert_rewrite("support.bus.contracts", "support.stack.sender")

# structlog's default draws a traceback with all local variables, which takes a second each.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# settings in a developer's environment must not change the tests
for name in list(os.environ):
    if name.startswith("SOFTPHONE_") and name not in ADDRESSES.values():
        del os.environ[name]

USED_SERVERS = pytest.StashKey[dict[str, str]]()


class RunServers:
    """Starts all servers that the run needs at the same time, once a test needs one of them."""

    def __init__(self, request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> None:
        self._used = request.config.stash[USED_SERVERS]
        wanted = {
            name for item in request.session.items for name in getattr(item, "fixturenames", ())
        }
        self._starts = {
            kind: asyncio.create_task(start_server(kind, folders.mktemp(kind)))
            for kind in ADDRESSES
            if kind in wanted
        }

    async def server(self, kind: str) -> RealServer:
        try:
            server = await asyncio.shield(self._starts[kind])
        except ServerError as error:
            pytest.fail(str(error), pytrace=False)
        self._used[kind] = server.description
        return server

    async def close(self) -> None:
        results = await asyncio.gather(*self._starts.values(), return_exceptions=True)
        started = [result for result in results if not isinstance(result, BaseException)]
        await asyncio.gather(*(release_server(server) for server in started))


@pytest.fixture(scope="session")
async def run_servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunServers]:
    servers = RunServers(request, tmp_path_factory)
    yield servers
    await servers.close()


@pytest.fixture(scope="session")
async def rabbitmq(run_servers: RunServers) -> RealServer:
    return await run_servers.server("rabbitmq")


@pytest.fixture(scope="session")
async def mongodb(run_servers: RunServers) -> RealServer:
    return await run_servers.server("mongodb")


@pytest.fixture(scope="session")
async def redis_server(run_servers: RunServers) -> RealServer:
    return await run_servers.server("redis_server")


class Workers:
    """Collects the servers that worker processes have used."""

    def __init__(self, used: dict[str, str]) -> None:
        self._used = used

    def pytest_testnodedown(self, node: Any) -> None:
        self._used |= getattr(node, "workeroutput", {}).get("servers", {})


def pytest_configure(config: pytest.Config) -> None:
    used = config.stash.setdefault(USED_SERVERS, {})
    if config.pluginmanager.hasplugin("dsession"):
        config.pluginmanager.register(Workers(used))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["servers"] = session.config.stash[USED_SERVERS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    used = terminalreporter.config.stash[USED_SERVERS]
    if used:
        terminalreporter.write_line(f"servers: {', '.join(used.values())}")
