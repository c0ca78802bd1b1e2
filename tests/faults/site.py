"""The whole product as real processes, each with its own lines to its servers and its clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from softphone_common.runtime.registry import installed_services
from softphone_testing.processes import Fleet, Process
from softphone_testing.proxy import Proxy
from softphone_testing.servers.mongodb import MongoDB
from softphone_testing.servers.rabbitmq import RabbitMQ
from softphone_testing.servers.redis import Redis

SERVERS = ("RabbitMQ", "MongoDB", "Redis")
ADDRESSES = {
    "RabbitMQ": "SOFTPHONE_AMQP_URL",
    "MongoDB": "SOFTPHONE_MONGO_URL",
    "Redis": "SOFTPHONE_REDIS_URL",
}


class Server(Protocol):
    """What of a server's program a fault needs."""

    @property
    def url(self) -> str: ...
    @property
    def description(self) -> str: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Site(Fleet):
    """Five services over three servers; every way between two of them can be cut or slowed.

    `lines` are the ways from a service to a server, `doors` those from outside to a service; a
    service's `url` leads through its door.
    """

    def __init__(self, servers: dict[str, Server], folder: Path) -> None:
        rabbitmq, mongodb, redis = (servers[name].url for name in SERVERS)
        super().__init__(rabbitmq, mongodb, redis, folder)
        self.servers = servers
        self.lines: dict[tuple[str, str], Proxy] = {}
        self.doors: dict[str, Proxy] = {}
        for name in installed_services():
            # a cluster's clients know each of its nodes, and go there directly
            single = [server for server in SERVERS if "," not in servers[server].url]
            ways = {server: Proxy(servers[server].url) for server in single}
            self.lines |= {(name, server): way for server, way in ways.items()}
            told = {ADDRESSES[server]: way.url for server, way in ways.items()}
            process = Process(name, {**self.env, **told}, folder)
            self._processes[name] = process
            self.doors[name] = Proxy(process.url)
            process.url = self.doors[name].url

    @property
    def broker(self) -> str:
        """The address of RabbitMQ, or of one of its nodes."""
        return self.servers["RabbitMQ"].url.partition(",")[0]

    def ways_of(self, part: str) -> list[Proxy]:
        """Every line a service or server has."""
        own = [way for ends, way in self.lines.items() if part in ends]
        return [*own, self.doors[part]] if part in self.doors else own

    async def ready(self) -> None:
        """Returns when every service says so."""
        await asyncio.gather(*(process.wait_ready() for process in self))

    def all_ways(self) -> list[Proxy]:
        """Every line and every door."""
        return [*self.lines.values(), *self.doors.values()]


@asynccontextmanager
async def working(folder: Path, rabbitmq: Server | None = None) -> AsyncIterator[Site]:
    """A site where everything runs, over servers of its own; one that runs already may be given."""
    own: dict[str, Server] = {
        "MongoDB": MongoDB(folder / "mongodb"),
        "Redis": Redis(folder / "redis"),
    }
    if rabbitmq is None:
        own["RabbitMQ"] = RabbitMQ(folder / "rabbitmq")
    async with AsyncExitStack() as stack:
        for server in own.values():
            await server.start()
            stack.push_async_callback(server.stop)
        servers = own if rabbitmq is None else {**own, "RabbitMQ": rabbitmq}
        site = Site(servers, folder)
        for way in site.all_ways():
            await way.start()
            stack.push_async_callback(way.cut)
        stack.push_async_callback(site.kill)
        await site.start()
        yield site
