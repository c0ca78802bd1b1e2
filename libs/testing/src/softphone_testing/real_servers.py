"""Starts the servers for tests: RabbitMQ, MongoDB and Redis.

Each is looked for in this order: an address in the environment, a server program on this machine,
which is started in a temporary folder, and a container if a container engine answers.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from softphone_testing.servers.child import ProgramMissingError
from softphone_testing.servers.mongodb import MongoDB
from softphone_testing.servers.rabbitmq import RabbitMQ, login
from softphone_testing.servers.redis import Redis, ask
from softphone_testing.servers.server import Server

ADDRESSES = {
    "rabbitmq": "SOFTPHONE_AMQP_URL",
    "mongodb": "SOFTPHONE_MONGO_URL",
    "redis_server": "SOFTPHONE_REDIS_URL",
}
PROGRAMS: Mapping[str, type[Server]] = {
    "rabbitmq": RabbitMQ,
    "mongodb": MongoDB,
    "redis_server": Redis,
}
CONTAINER_SECONDS = 120.0


class RealServer(Protocol):
    """A server for tests. An external server raises RuntimeError on start, stop and kill."""

    @property
    def url(self) -> str: ...

    description: str

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def kill(self) -> None: ...


class ExternalServer:
    """A server at an address of the environment, which the tests use and never stop."""

    def __init__(self, url: str, description: str) -> None:
        self.url = url
        self.description = description

    async def start(self) -> None:
        raise RuntimeError(f"{self.description} is not ours to start")

    async def stop(self) -> None:
        raise RuntimeError(f"{self.description} is not ours to stop")

    async def kill(self) -> None:
        raise RuntimeError(f"{self.description} is not ours to kill")


class ContainerServer:
    """A server in a container with a fixed host port, so that `url` stays valid after a restart."""

    def __init__(self, kind: str) -> None:
        from testcontainers.core.container import DockerContainer

        from softphone_testing.servers.ports import free_port

        self._recipe = RECIPES[kind]
        self._port = free_port()
        self.url = self._recipe.url.format(port=self._port)
        self.description = f"{self._recipe.image} (container)"
        container = DockerContainer(self._recipe.image)
        container.with_bind_ports(self._recipe.inner_port, self._port)
        for name, value in self._recipe.env.items():
            container.with_env(name, value)
        if self._recipe.command:
            container.with_command(self._recipe.command)
        self._container: Any = container
        self._created = False

    async def start(self) -> None:
        if self._created:
            await asyncio.to_thread(self._container.get_wrapped_container().start)
        else:
            await asyncio.to_thread(self._container.start)
            self._created = True
        async with asyncio.timeout(CONTAINER_SECONDS):
            while not await self._ready():
                await asyncio.sleep(0.2)

    async def _ready(self) -> bool:
        with suppress(OSError, EOFError, PyMongoError):
            return await self._recipe.ready(self._port)
        return False

    async def stop(self) -> None:
        await asyncio.to_thread(self._container.get_wrapped_container().stop)

    async def kill(self) -> None:
        await asyncio.to_thread(self._container.get_wrapped_container().kill)

    async def remove(self) -> None:
        await asyncio.to_thread(self._container.stop)


class Recipe:
    """The image, port and readiness probe with which a server runs in a container."""

    def __init__(
        self,
        image: str,
        inner_port: int,
        url: str,
        ready: Callable[[int], Awaitable[bool]],
        *,
        command: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.image = image
        self.inner_port = inner_port
        self.url = url
        self.ready = ready
        self.command = command
        self.env = env or {}


async def _rabbitmq_ready(port: int) -> bool:
    return await login("127.0.0.1", port, "softphone", "softphone") is not None


async def _mongodb_ready(port: int) -> bool:
    url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, serverSelectionTimeoutMS=1000)
    async with client:
        member = {"_id": 0, "host": "127.0.0.1:27017"}
        settings = {"_id": "softphone", "members": [member]}
        with suppress(PyMongoError):  # raises AlreadyInitialized from the second time on
            await client.admin.command({"replSetInitiate": settings})
        return bool((await client.admin.command("hello"))["isWritablePrimary"])


async def _redis_ready(port: int) -> bool:
    return await ask("127.0.0.1", port, "", "PING") == "PONG"


RECIPES = {
    "rabbitmq": Recipe(
        "rabbitmq:4",
        5672,
        "amqp://softphone:softphone@127.0.0.1:{port}/",
        _rabbitmq_ready,
        env={"RABBITMQ_DEFAULT_USER": "softphone", "RABBITMQ_DEFAULT_PASS": "softphone"},
    ),
    "mongodb": Recipe(
        "mongo:8",
        27017,
        "mongodb://127.0.0.1:{port}/softphone?directConnection=true",
        _mongodb_ready,
        command="--replSet softphone --bind_ip_all",
    ),
    "redis_server": Recipe("valkey/valkey:8", 6379, "redis://127.0.0.1:{port}/0", _redis_ready),
}


def engine_answers() -> bool:
    """Whether a container engine answers on this machine."""
    from testcontainers.core.docker_client import DockerClient

    try:
        return bool(DockerClient().client.ping())
    except Exception:
        return False  # the client library raises errors of many kinds


async def start_server(kind: str, folder: Path) -> RealServer:
    """Starts a server and returns it when it is ready. The error lists all that was tried."""
    if url := os.environ.get(ADDRESSES[kind]):
        return ExternalServer(url, f"{kind} of {ADDRESSES[kind]}")
    server = PROGRAMS[kind](folder)
    try:
        await server.start()
    except ProgramMissingError as error:
        if not await asyncio.to_thread(engine_answers):
            raise ProgramMissingError(
                f"no {kind} for the tests: {ADDRESSES[kind]} is not set, no container engine "
                f"answers, and no program was found: {error}"
            ) from error
        container = ContainerServer(kind)
        await container.start()
        return container
    return server


async def release_server(server: RealServer) -> None:
    """Stops the server unless it is external."""
    if isinstance(server, ContainerServer):
        await server.remove()
    elif not isinstance(server, ExternalServer):
        await server.stop()
