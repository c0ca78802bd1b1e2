"""Starts the servers that have no address, and builds all installed services over them."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from softphone_common.process.settings import Settings, load
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_ingest.tenants.activation import (
    PrivateKey,
    decode_private_key,
    encode_private_key,
    encode_public_key,
)
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
        self.auth_secret = self._auth_secret()
        self.activation_key = self._activation_key()
        own = encode_public_key(self.activation_key)
        self.activation_public_keys = ",".join(filter(None, [settings.activation_public_key, own]))

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
        address = {"host": self._settings.host, "port": self._settings.port}
        ingest = {
            "activation_public_key": self.activation_public_keys,
            "spool_dir": self._folder / "spool",
        }
        return load(kind, **urls, **address, **ingest, auth_secret=self.auth_secret)

    def _auth_secret(self) -> SecretStr:
        if self._settings.auth_secret is not None:
            return self._settings.auth_secret
        self._folder.mkdir(parents=True, exist_ok=True)
        return SecretStr(_stored(self._folder / "auth_secret", secrets.token_urlsafe(48)))

    def _activation_key(self) -> PrivateKey:
        """The key that signs the activation code of the demo tenant."""
        if self._settings.activation_private_key is not None:
            return decode_private_key(self._settings.activation_private_key.get_secret_value())
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = encode_private_key(PrivateKey.generate())
        return decode_private_key(_stored(self._folder / "activation_private_key", fresh))


def _stored(path: Path, fresh: str) -> str:
    """The secret in this file. At the first start `fresh` is written to it."""
    if not path.exists():
        path.touch(mode=0o600)  # before the secret is in it
        path.write_text(fresh)
    return path.read_text()
