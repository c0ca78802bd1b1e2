"""Starts the servers that have no address, and builds all installed services over them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from pydantic import SecretStr

from softphone_common.process.errors import UnavailableError
from softphone_common.process.sealing import sealing_keys
from softphone_common.process.settings import Settings, load
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_ingest.reseal_cli import resealed
from softphone_ingest.settings import IngestSettings
from softphone_onebox.exposure import settings_of_services
from softphone_onebox.keys import Keys
from softphone_onebox.settings import OneboxSettings
from softphone_testing.servers.mongodb import MongoDB
from softphone_testing.servers.rabbitmq import RabbitMQ
from softphone_testing.servers.redis import Redis
from softphone_testing.servers.server import Server

Say = Callable[[str], None]
S = TypeVar("S", bound=Settings)


class Box:
    """The servers that this process starts, and the services that use them."""

    def __init__(self, settings: OneboxSettings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._folder = settings.data_dir.absolute()
        self._servers: dict[str, Server] = {}
        self.keys = Keys(settings)

    async def start_servers(self) -> None:
        """Starts the servers without an address at the same time. Raises ServerError."""
        servers = {
            "amqp_url": (self._settings.amqp_url, RabbitMQ, "rabbitmq"),
            "mongo_url": (self._settings.mongo_url, MongoDB, "mongodb"),
            "redis_url": (self._settings.redis_url, Redis, "redis"),
        }
        for name, (address, kind, folder) in servers.items():
            if address is None:
                self._servers[name] = kind(self._folder / folder)
        try:
            async with asyncio.TaskGroup() as group:
                for server in self._servers.values():
                    group.create_task(self._start(server))
        # The first failure says what to do; the others are often its consequences.
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def stop_servers(self) -> None:
        """Stops the servers that were started here, the last first."""
        for server in reversed(self._servers.values()):
            if server.running:
                self._say(f"Stopping {server.description}")
            await server.stop()

    async def reseal(self) -> None:
        """Encrypts all devices with the first of several sealing keys, so that the others can go.

        There is no such command for the onebox: the address of its database is known to it alone.
        """
        settings = self._settings_of(IngestSettings)
        if len(sealing_keys(settings.sealing_keys.get_secret_value())) == 1:
            return
        try:
            result = await resealed(settings)
        except UnavailableError as error:
            self._say(f"Devices are not encrypted with the first sealing key yet: {error}")
            return
        if result.unreadable:
            self._say(f"No sealing key decrypts {result.unreadable} devices; keep all keys")
        else:
            self._say("All devices are encrypted with the first sealing key; remove the others")

    async def runner(self) -> Runner:
        """All installed services, ready to run."""
        return Runner(self._settings_of(Settings), await self._services())

    async def _start(self, server: Server) -> None:
        self._say(f"Starting {server.title} …")
        await server.start()
        self._say(f"  {server.description} is ready")

    async def _services(self) -> list[Service]:
        # Settings of other services are ignored, so one set of values serves all of them.
        definitions = installed_services().values()
        return [await d.build(self._settings_of(d.settings)) for d in definitions]

    def _settings_of(self, kind: type[S]) -> S:
        urls = {name: SecretStr(server.url) for name, server in self._servers.items()}
        address = settings_of_services(self._settings)
        own = {**self.keys.settings_of_services, "spool_dir": self._folder / "spool"}
        return load(kind, **urls, **address, **own)
