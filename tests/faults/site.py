"""The whole product as processes, with a proxy on every connection between two of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from softphone_common.runtime.registry import installed_services
from softphone_testing.installation_keys import key_variables
from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.proxy import FaultProxy
from softphone_testing.servers.mongodb import MongoDB
from softphone_testing.servers.rabbitmq import RabbitMQ
from softphone_testing.servers.redis import Redis

SERVERS = ("RabbitMQ", "MongoDB", "Redis")
ADDRESSES = {
    "RabbitMQ": "SOFTPHONE_AMQP_URL",
    "MongoDB": "SOFTPHONE_MONGO_URL",
    "Redis": "SOFTPHONE_REDIS_URL",
}

SETTINGS = {"SOFTPHONE_ALIVE_SECONDS": "8"}
"""Browsers notice a silent line after twice this time, on a busy machine too, but soon."""


class Server(Protocol):
    """The parts of a server program that faults use."""

    @property
    def url(self) -> str: ...
    @property
    def description(self) -> str: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Site(ServiceFleet):
    """All services over three servers, each connection through a proxy that can be cut or slowed.

    `links` lead from a service to a server, `entrances` from clients to a service. The `url` of a
    service is the address of its entrance.
    """

    def __init__(self, servers: dict[str, Server], folder: Path) -> None:
        rabbitmq, mongodb, redis = (servers[name].url for name in SERVERS)
        super().__init__(rabbitmq, mongodb, redis, folder, SETTINGS)
        self.servers = servers
        self.links: dict[tuple[str, str], FaultProxy] = {}
        self.entrances: dict[str, FaultProxy] = {}
        for name in installed_services():
            # clients connect to each node of a cluster: one proxy cannot stand for all of them
            single = [server for server in SERVERS if "," not in servers[server].url]
            proxies = {server: FaultProxy(servers[server].url) for server in single}
            self.links |= {(name, server): proxy for server, proxy in proxies.items()}
            addresses = {ADDRESSES[server]: proxy.url for server, proxy in proxies.items()}
            process = ServiceProcess(name, {**self.env, **key_variables(name), **addresses}, folder)
            self._processes[name] = process
            self.entrances[name] = FaultProxy(process.url)
            process.url = self.entrances[name].url

    @property
    def broker(self) -> str:
        """The address of RabbitMQ, or of the first node of a cluster."""
        return self.servers["RabbitMQ"].url.partition(",")[0]

    def proxies_of(self, part: str) -> list[FaultProxy]:
        """Every proxy on a connection from or to this service or server."""
        own = [proxy for ends, proxy in self.links.items() if part in ends]
        return [*own, self.entrances[part]] if part in self.entrances else own

    async def ready(self) -> None:
        """Returns when every service reports that it is ready."""
        await asyncio.gather(*(process.wait_ready() for process in self))

    def all_proxies(self) -> list[FaultProxy]:
        """Every proxy of the site."""
        return [*self.links.values(), *self.entrances.values()]


@asynccontextmanager
async def working(folder: Path, rabbitmq: Server | None = None) -> AsyncIterator[Site]:
    """A running site over new servers. A broker that already runs can be passed instead."""
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
        for proxy in site.all_proxies():
            await proxy.start()
            stack.push_async_callback(proxy.cut)
        stack.push_async_callback(site.kill)
        await site.start()
        yield site
