"""The server programs of the tests: start, restart after a stop or kill, and clean-up."""

import asyncio
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, WriteConcern
from pymongo.errors import OperationFailure

from softphone_testing.servers import ports
from softphone_testing.servers.child import Child, ServerError
from softphone_testing.servers.mongodb import MongoDB
from softphone_testing.servers.rabbitmq import RabbitMQ, login
from softphone_testing.servers.redis import Redis, ask
from softphone_testing.servers.server import Server
from softphone_testing.until import until

SERVERS = [RabbitMQ, MongoDB, Redis]


@pytest.fixture
async def started(tmp_path: Path) -> AsyncIterator[list[Server]]:
    """A list for servers, all of which are killed after the test."""
    servers: list[Server] = []
    yield servers
    await asyncio.gather(*(server.kill() for server in servers))
    await until(lambda: not living_in(tmp_path), what="every process of the test ended")


def living_in(folder: Path) -> list[str]:
    """Command lines of all processes whose working directory is in the folder."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile, or owned by another user
            if (process / "cwd").readlink().is_relative_to(folder):
                commands.append((process / "cmdline").read_text().replace("\0", " "))
    return commands


async def answers(server: Server) -> bool:
    who = server.identity
    if isinstance(server, RabbitMQ):
        return await login(ports.HOST, who.port, who.user, who.password) is not None
    if isinstance(server, Redis):
        return await ask(ports.HOST, who.port, who.password, "PING") == "PONG"
    return bool(await asyncio.to_thread(in_mongodb, server.url, "count"))


def with_password(server: Server, password: str) -> Server:
    """A copy of the server for clients with another password."""
    other = copy(server)
    other._identity = replace(server.identity, password=password)
    return other


def in_mongodb(url: str, action: str, number: int = 0) -> int:
    """Inserts one document if asked, and returns the number of documents plus one.

    The write is acknowledged by a majority and journaled.
    """
    client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=5000)
    with client:
        concern = WriteConcern("majority", j=True, wtimeout=5000)
        notes = client.get_default_database().get_collection("notes", write_concern=concern)
        if action == "insert":
            notes.insert_one({"number": number})
        return notes.count_documents({}) + 1


@pytest.mark.parametrize("kind", SERVERS)
async def test_server_keeps_its_address_and_leaves_no_process(
    kind: type[Server], tmp_path: Path, started: list[Server]
) -> None:
    server = kind(tmp_path / "data")
    started.append(server)
    await server.start()
    address, description = server.url, server.description
    assert await answers(server)
    assert any(character.isdigit() for character in description)

    with suppress(OperationFailure):  # MongoDB refuses the login
        assert not await answers(with_password(server, "wrong"))

    lines = " ".join(living_in(tmp_path))
    assert lines
    assert server.identity.password not in lines

    await server.stop()
    await until(lambda: not living_in(tmp_path), what="nothing is left running")
    assert ports.is_free(server.port)
    await server.start()
    assert server.url == address
    assert await answers(server)

    await server.kill()
    await until(lambda: not living_in(tmp_path), what="nothing is left after a kill")
    again = kind(tmp_path / "data")
    started.append(again)
    await again.start()
    assert (again.url, again.description) == (address, description)
    assert await answers(again)
    await again.stop()


async def test_mongodb_after_a_kill_has_acknowledged_writes(
    tmp_path: Path, started: list[Server]
) -> None:
    server = MongoDB(tmp_path)
    started.append(server)
    await server.start()
    for round_number in range(3):
        for number in range(20):
            await asyncio.to_thread(in_mongodb, server.url, "insert", number)
        await server.kill()
        await server.start()
        count = await asyncio.to_thread(in_mongodb, server.url, "count") - 1
        assert count == 20 * (round_number + 1)


async def test_redis_after_a_restart_has_its_data(tmp_path: Path, started: list[Server]) -> None:
    server = Redis(tmp_path)
    started.append(server)
    await server.start()
    await ask(ports.HOST, server.port, server.identity.password, "SET kept yes")
    await server.restart()
    answer = await ask(ports.HOST, server.port, server.identity.password, "GET kept")
    assert answer.endswith("yes")


async def test_paused_server_is_silent_and_can_be_stopped(
    tmp_path: Path, started: list[Server]
) -> None:
    server = Redis(tmp_path)
    started.append(server)
    await server.start()
    server.pause()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await answers(server)
    server.resume()
    assert await answers(server)
    server.pause()
    await server.stop()
    assert not server.running


async def test_second_server_in_a_folder_is_refused(
    tmp_path: Path, started: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softphone_testing.servers.server.PREDECESSOR_SECONDS", 0.2)
    first, second = Redis(tmp_path), Redis(tmp_path)
    started += [first, second]
    await first.start()
    with pytest.raises(ServerError, match="another process uses"):
        await second.start()
    assert await answers(first)


async def test_files_of_a_server_are_readable_by_the_owner_only(
    tmp_path: Path, started: list[Server]
) -> None:
    server = Redis(tmp_path / "data")
    started.append(server)
    await server.start()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert tmp_path / "data" / "identity.json" in files
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


async def test_child_that_dies_at_the_start_shows_its_log(tmp_path: Path) -> None:
    child = shell("doomed", "echo no room left >&2; exit 3", tmp_path)
    await child.start()
    with pytest.raises(ServerError, match=r"doomed ended.*code 3(.|\n)*no room left"):
        await child.wait_ready(never, 10)
    await child.kill()


async def test_child_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    child = shell("slow", "echo still busy; sleep 60", tmp_path)
    await child.start()
    with pytest.raises(ServerError, match=r"not ready within(.|\n)*still busy"):
        await child.wait_ready(never, 0.3)
    await child.kill()
    await until(lambda: not living_in(tmp_path))


async def test_child_that_ignores_sigterm_is_killed_with_its_group(tmp_path: Path) -> None:
    child = shell("deaf", "trap '' TERM; sleep 60 & echo ready; wait; sleep 60", tmp_path)
    await child.start()
    await until(lambda: "ready" in child.log.read_text())
    assert len(living_in(tmp_path)) == 2
    await child.stop(grace_seconds=0.1)
    await until(lambda: not living_in(tmp_path), what="the group is empty")


async def test_killed_parent_leaves_no_orphan(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from softphone_testing.servers.redis import Redis\n"
        "async def main():\n"
        "    await Redis(Path(sys.argv[1])).start()\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    try:
        assert await parent.stdout.readline() == b"ready\n"
        assert living_in(tmp_path)
    finally:
        parent.kill()
        await parent.communicate()
    await until(lambda: not living_in(tmp_path), what="the orphan is gone")


def shell(name: str, script: str, folder: Path) -> Child:
    env = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    return Child(name, ["/bin/sh", "-c", script], folder=folder, env=env)


async def never() -> bool:
    return False


class Raced(Redis):
    """A server whose port is taken between the check and its start."""

    taken: socket.socket | None = None

    async def _launch(self) -> None:
        if self.taken is None:
            self.taken = socket.create_server((ports.HOST, self.port))
        await super()._launch()


async def test_port_taken_before_the_first_start_is_replaced(
    tmp_path: Path, started: list[Server]
) -> None:
    server = Raced(tmp_path / "redis")
    started.append(server)
    await server.start()
    assert server.taken is not None
    with server.taken as taken:
        assert server.port != taken.getsockname()[1]
        assert await answers(server)
