"""The faults: how each begins and how it ends."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from faults.site import SERVERS, Site
from softphone_common.runtime.registry import installed_services

SLOW_SECONDS = 0.3
PARTS = (*installed_services(), *SERVERS)


@asynccontextmanager
async def killed(site: Site, part: str) -> AsyncIterator[None]:
    """Kills the part with SIGKILL, and starts it again at the end."""
    program = site.servers[part] if part in SERVERS else site[part]
    await program.kill()
    try:
        yield
    finally:
        await program.start()


@asynccontextmanager
async def paused(site: Site, part: str) -> AsyncIterator[None]:
    """Stops the part with SIGSTOP, and resumes it with SIGCONT at the end."""
    program = site.servers[part] if part in SERVERS else site[part]
    program.pause()
    try:
        yield
    finally:
        program.resume()


@asynccontextmanager
async def cut(site: Site, part: str) -> AsyncIterator[None]:
    """Resets every connection of the part and accepts no new one until the end."""
    for proxy in site.proxies_of(part):
        await proxy.cut()
    try:
        yield
    finally:
        for proxy in site.proxies_of(part):
            await proxy.start()


@asynccontextmanager
async def slowed(site: Site, part: str) -> AsyncIterator[None]:
    """Delays all bytes from and to the part by SLOW_SECONDS."""
    for proxy in site.proxies_of(part):
        proxy.slow(SLOW_SECONDS)
    try:
        yield
    finally:
        for proxy in site.proxies_of(part):
            proxy.slow(0)


@asynccontextmanager
async def silenced(site: Site, part: str) -> AsyncIterator[None]:
    """Loses every open connection of the part: nobody closes them, and nothing comes through.

    New connections work, as behind a firewall that has forgotten the old ones.
    """
    for proxy in site.proxies_of(part):
        proxy.lose()
    yield


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one part, or in several parts at the same time."""

    kind: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {' + '.join(self.parts)}"

    @asynccontextmanager
    async def on(self, site: Site) -> AsyncIterator[None]:
        """Applies the fault until the end of the context."""
        async with AsyncExitStack() as stack:
            for part in self.parts:
                await stack.enter_async_context(KINDS[self.kind](site, part))
            yield


KINDS = {"kill": killed, "pause": paused, "cut": cut, "slow": slowed, "silent": silenced}
SINGLE = tuple(Fault(kind, (part,)) for kind in ("kill", "pause", "cut") for part in PARTS)
SLOW = tuple(Fault("slow", (server,)) for server in SERVERS)
SILENT = tuple(Fault("silent", (part,)) for part in ("ingest", "notifier", "RabbitMQ"))
PAIRS = tuple(
    Fault("kill", (service, server)) for service in installed_services() for server in SERVERS
)
ALL = (*SINGLE, *SLOW, *SILENT, *PAIRS)
QUICK = (
    Fault("kill", ("ingest", "RabbitMQ")),
    Fault("kill", ("notifier", "MongoDB")),
    Fault("kill", ("matcher", "Redis")),
    Fault("pause", ("calllog",)),
    Fault("cut", ("ingest",)),
    Fault("slow", ("RabbitMQ",)),
    Fault("silent", ("notifier",)),
)
"""A few faults of every kind, for every run of the tests."""
