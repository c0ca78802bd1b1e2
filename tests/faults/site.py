"""The whole product as real processes, each with its own lines to its servers and its clients."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

from processes import SERVICES, Fleet, Process
from proxy import Proxy

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
        for name in SERVICES:
            ways = {server: Proxy(servers[server].url) for server in SERVERS}
            self.lines |= {(name, server): way for server, way in ways.items()}
            told = {ADDRESSES[server]: way.url for server, way in ways.items()}
            process = Process(name, {**self.env, **told}, folder)
            self._processes[name] = process
            self.doors[name] = Proxy(process.url)
            process.url = self.doors[name].url

    async def open(self, stack: AsyncExitStack) -> None:
        """Everything runs when this returns; the stack ends it."""
        for way in self._ways():
            await way.start()
            stack.push_async_callback(way.cut)
        stack.push_async_callback(self.kill)
        await self.start()

    def ways_of(self, part: str) -> list[Proxy]:
        """Every line a service or server has."""
        own = [way for ends, way in self.lines.items() if part in ends]
        return [*own, self.doors[part]] if part in self.doors else own

    async def ready(self) -> None:
        """Returns when every service says so."""
        await asyncio.gather(*(process.wait_ready() for process in self))

    def _ways(self) -> Iterator[Proxy]:
        yield from self.lines.values()
        yield from self.doors.values()
