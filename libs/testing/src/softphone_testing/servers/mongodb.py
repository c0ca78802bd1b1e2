"""MongoDB, or SecantusDB where there is no mongod, as a child process with a password."""

import asyncio
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Only the stores of the product use MongoDB; this module uses it to start the server.
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from softphone_testing.servers import secantusdb
from softphone_testing.servers.child import Child, ServerError
from softphone_testing.servers.identity import write_private
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.servers.server import Server

DATABASE = "softphone"
USER_EXISTS = 51003
ALREADY_INITIATED = 23


class MongoDB(Server):
    """A replica set of one node, with transactions and majority writes as in production.

    mongod and SecantusDB have separate folders for data, because neither reads the other's files.
    """

    title = "MongoDB"
    ready_seconds = 60.0

    @property
    def url(self) -> str:
        who = self.identity
        options = "authSource=admin&directConnection=true"
        return f"mongodb://{who.user}:{who.password}@{HOST}:{who.port}/{DATABASE}?{options}"

    async def _launch(self) -> None:
        mongod = shutil.which("mongod")
        if mongod is not None:
            await self._launch_mongod(mongod)
        else:
            await self._launch_secantus(await secantusdb.installed_python())
        facts = await _command(self.url, "buildInfo")
        if "secantusVersion" in facts:
            self.description = f"SecantusDB {facts['secantusVersion']} (for MongoDB)"
        else:
            self.description = f"MongoDB {facts['version']} (mongod)"

    async def _launch_secantus(self, python: str) -> None:
        data = self.folder / "secantusdb"
        marker = data / "user-created"
        if not marker.exists():
            # With --auth SecantusDB does not even create the first user. The empty store is opened
            # without it on a port that no client knows, and closed again.
            port = free_port()
            without_auth = self._secantus(python, data, port)
            self._child = without_auth
            await self._run(without_auth, _open_url(port))
            await self._create_user(_open_url(port))
            await without_auth.stop(self.grace_seconds)
            _touch(marker)
        self._child = self._secantus(python, data, self.port, "--auth")
        await self._run(self._child, self.url)

    def _secantus(self, python: str, data: Path, port: int, *more: str) -> Child:
        data.mkdir(mode=0o700, exist_ok=True)
        config = self.folder / "secantusd.toml"  # empty, so that no other configuration applies
        config.touch(mode=0o600)
        program = str(Path(python).with_name("secantusd-py"))
        command = [python, program, "--config", str(config), "--host", HOST]
        command += ["--port", str(port), "--storage-path", str(data), "--cache-size", "128M"]
        # Without this switch a kill loses acknowledged writes, even those with w: majority.
        command += ["--sync-on-commit", *more]
        return self._child_process("mongodb", command, {"PYTHONUNBUFFERED": "1"})

    async def _launch_mongod(self, mongod: str) -> None:
        config = self._write_mongod_config()
        self._child = self._child_process("mongodb", [mongod, "--config", str(config)], {})
        await self._child.start()
        marker = self.folder / "mongod" / "user-created"
        if not marker.exists():
            await self._child.wait_ready(lambda: _pings(_open_url(self.port)), self.ready_seconds)
            member = {"_id": 0, "host": f"{HOST}:{self.port}"}
            await self._initiate({"_id": "softphone", "members": [member]})
            await self._child.wait_ready(lambda: _writes(_open_url(self.port)), self.ready_seconds)
            await self._create_user(_open_url(self.port))
            _touch(marker)
        await self._child.wait_ready(lambda: _writes(self.url), self.ready_seconds)

    def _write_mongod_config(self) -> Path:
        data = self.folder / "mongod"
        data.mkdir(mode=0o700, exist_ok=True)
        if (data / "port").exists() and (data / "port").read_text() != str(self.port):
            # The stored configuration of the replica set contains the port.
            raise ServerError(
                f"MongoDB: port {(data / 'port').read_text()}, which the data in {data} belongs "
                "to, is taken; end the program that listens there"
            )
        write_private(data / "port", str(self.port))
        if not (data / "key").exists():
            write_private(data / "key", secrets.token_hex(200), 0o400)
        config = [
            f"net: {{bindIp: {HOST}, port: {self.port}, unixDomainSocket: {{enabled: false}}}}",
            f'storage: {{dbPath: "{data}", wiredTiger: {{engineConfig: {{cacheSizeGB: 0.25}}}}}}',
            "replication: {replSetName: softphone, oplogSizeMB: 990}",
            f'security: {{authorization: enabled, keyFile: "{data / "key"}"}}',
        ]
        write_private(self.folder / "mongod.conf", "\n".join(config) + "\n")
        return self.folder / "mongod.conf"

    async def _initiate(self, settings: Mapping[str, object]) -> None:
        try:
            await _command(_open_url(self.port), "replSetInitiate", settings)
        except OperationFailure as error:
            if error.code != ALREADY_INITIATED:
                raise ServerError(f"MongoDB: no replica set: {error}") from error

    async def _create_user(self, url: str) -> None:
        who = self.identity
        try:
            await _command(url, "createUser", who.user, pwd=who.password, roles=["root"])
        except OperationFailure as error:
            if error.code != USER_EXISTS:
                raise ServerError(f"MongoDB: no user: {error}") from error

    async def _run(self, child: Child, url: str) -> None:
        await child.start()
        await child.wait_ready(lambda: _writes(url), self.ready_seconds)


def _open_url(port: int) -> str:
    return f"mongodb://{HOST}:{port}/?directConnection=true"


def _touch(marker: Path) -> None:
    marker.touch(mode=0o600)


async def _command(url: str, name: str, value: object = 1, **more: object) -> dict[str, Any]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, serverSelectionTimeoutMS=2000)
    async with client:
        return await client.admin.command({name: value, **more})


async def _reachable(url: str) -> None:
    """Raises OSError if nothing listens. Called first, because the driver leaks such sockets."""
    _, writer = await asyncio.open_connection(HOST, urlsplit(url).port)
    writer.close()
    await writer.wait_closed()


async def _pings(url: str) -> bool:
    try:
        await _reachable(url)
        await _command(url, "ping")
    except PyMongoError:
        return False
    return True


async def _writes(url: str) -> bool:
    """Whether the server accepts these credentials and writes."""
    try:
        await _reachable(url)
        await _command(url, "ping")
        return bool((await _command(url, "hello")).get("isWritablePrimary"))
    except PyMongoError:
        return False
