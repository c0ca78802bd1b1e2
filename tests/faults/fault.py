"""What is done to the site: how each fault begins and how it ends; judges nothing."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from faults.site import SERVERS, Site
from softphone_common.runtime.registry import installed_services

SLOW_SECONDS = 0.3
PARTS = (*installed_services(), *SERVERS)


@asynccontextmanager
async def killed(site: Site, part: str) -> AsyncIterator[None]:
    """SIGKILL; started again at the end."""
    program = site.servers[part] if part in SERVERS else site[part]
    await program.kill()
    try:
        yield
    finally:
        await program.start()


@asynccontextmanager
async def paused(site: Site, part: str) -> AsyncIterator[None]:
    """SIGSTOP, then SIGCONT."""
    program = site.servers[part] if part in SERVERS else site[part]
    program.pause()
    try:
        yield
    finally:
        program.resume()


@asynccontextmanager
async def cut(site: Site, part: str) -> AsyncIterator[None]:
    """Every connection is reset and no new one let in."""
    for way in site.ways_of(part):
        await way.cut()
    try:
        yield
    finally:
        for way in site.ways_of(part):
            await way.start()


@asynccontextmanager
async def slowed(site: Site, part: str) -> AsyncIterator[None]:
    """Whatever is said comes `SLOW_SECONDS` late."""
    for way in site.ways_of(part):
        way.slow(SLOW_SECONDS)
    try:
        yield
    finally:
        for way in site.ways_of(part):
            way.slow(0)


@dataclass(frozen=True)
class Fault:
    """One way of breaking one part, or several at once."""

    how: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.how} {' + '.join(self.parts)}"

    @asynccontextmanager
    async def on(self, site: Site) -> AsyncIterator[None]:
        """It holds inside; outside all is as before."""
        async with AsyncExitStack() as stack:
            for part in self.parts:
                await stack.enter_async_context(WAYS[self.how](site, part))
            yield


WAYS = {"kill": killed, "pause": paused, "cut": cut, "slow": slowed}
SINGLE = tuple(Fault(how, (part,)) for how in ("kill", "pause", "cut") for part in PARTS)
SLOW = tuple(Fault("slow", (server,)) for server in SERVERS)
PAIRS = tuple(
    Fault("kill", (service, server)) for service in installed_services() for server in SERVERS
)
ALL = (*SINGLE, *SLOW, *PAIRS)
QUICK = (
    Fault("kill", ("ingest", "RabbitMQ")),
    Fault("kill", ("notifier", "MongoDB")),
    Fault("kill", ("matcher", "Redis")),
    Fault("pause", ("calllog",)),
    Fault("cut", ("ingest",)),
    Fault("slow", ("RabbitMQ",)),
)
"""Of each kind some, for every run of the tests."""
