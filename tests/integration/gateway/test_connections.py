"""Connections that are slow, endless, cut off or too many, on raw sockets and without a gateway."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import SecretStr
from websockets.asyncio.client import connect

from softphone_common.process.settings import Settings
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.stack.installation import SECRET

HEAD = b"POST /echo HTTP/1.1\r\nHost: here\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\nok"
MANY = 300
HEADER_MAX = 2048
LARGE = 20_000_000


class Echo:
    """A service that answers with what it was sent, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.router = APIRouter()
        self.router.add_api_route("/echo", self.echo, methods=["POST"])
        self.router.add_api_route("/large", self.large, methods=["GET"])
        self.router.add_api_route("/who", self.who, methods=["GET"])
        self.router.add_api_websocket_route("/ws", self.talk)

    async def echo(self, request: Request) -> Response:
        self.heard.append(await request.body())
        return Response(self.heard[-1])

    async def large(self) -> Response:
        return Response(b"." * LARGE)

    async def talk(self, socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                await socket.send_text(await socket.receive_text())

    async def who(self, request: Request) -> str:
        assert request.client
        return f"{request.url.scheme} {request.client.host}"


class Door:
    """A running server and the ways to it."""

    def __init__(self, port: int, echo: Echo) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.echo = echo
        self._lines: list[Line] = []

    async def line(self, said: bytes = b"") -> "Line":
        line = Line(*await asyncio.open_connection(HOST, self.port))
        self._lines.append(line)
        await line.say(said)
        return line

    async def leave(self) -> None:
        """Closes what is left on this side."""
        await asyncio.gather(*(line.close() for line in self._lines))

    async def honest(self) -> None:
        """A request like any other; it must be answered. No certificate is read, for speed."""
        async with httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as client:
            answer = await client.post(f"{self.url}/echo", content=b"honest")
        assert (answer.status_code, answer.content) == (200, b"honest")

    async def answers(self) -> bool:
        """Whether it answers an honest request now."""
        try:
            await self.honest()
        except httpx.TransportError:
            return False
        return True

    async def refused(self, why: str) -> float:
        """How often connections were refused for this."""
        async with httpx.AsyncClient(trust_env=False) as client:
            lines = (await client.get(f"{self.url}/metrics")).text.splitlines()
        name = f'softphone_connections_refused_total{{why="{why}"}} '
        return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0)


class Line:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, said: bytes) -> None:
        self.writer.write(said)
        await self.writer.drain()

    async def status(self) -> int:
        """Of the next answer, read as a whole."""
        async with asyncio.timeout(60):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await self.reader.readexactly(length)
        return int(head.split()[1])

    async def end(self) -> bytes:
        """What it was told, once the server has closed it; nothing if it talked on meanwhile."""
        async with asyncio.timeout(60):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    async def drip(self, drop: bytes) -> None:
        """Says this again and again until the server has closed it."""
        told = asyncio.create_task(self.end())

        async def closed() -> bool:
            self.writer.write(drop)
            return told.done()

        await until(closed, what="the end of a slow connection")
        await told

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def server(**limits: Any) -> AsyncIterator[Door]:
    nowhere, echo = SecretStr(""), Echo()
    urls = dict.fromkeys(("amqp_url", "mongo_url", "redis_url"), nowhere)
    given = {"auth_secret": SecretStr(SECRET), "host": HOST, "port": free_port(), **urls, **limits}
    settings = Settings(**given)
    runner = Runner(settings, [Service("echo", [echo.router], [], lambda user, version: False)])
    running = asyncio.create_task(runner.run())
    door = Door(settings.port, echo)
    try:
        await until(door.answers, what="the server")
        echo.heard.clear()
        yield door
    finally:
        runner.stop()
        assert await running == 0
        await door.leave()


@pytest.fixture
async def hasty() -> AsyncIterator[Door]:
    """A server that waits for half a second only."""
    async with server(request_seconds=0.5, idle_seconds=1, header_max=HEADER_MAX) as door:
        yield door


# --- slow -----------------------------------------------------------------------------------------


async def test_hundreds_of_slow_ones_hold_up_nobody_and_are_closed(hasty: Door) -> None:
    before = await hasty.refused("late")
    slow = [await hasty.line(HEAD + b"X-Slow: ") for _ in range(MANY)]
    ends = [asyncio.create_task(line.drip(b"x")) for line in slow]
    while not all(end.done() for end in ends):
        await hasty.honest()
    await asyncio.gather(*ends)
    assert await hasty.refused("late") == before + MANY
    assert set(hasty.echo.heard) == {b"honest"}


BEGUN = {
    "silent": (b"", b""),
    "line": (b"POST /echo", b"HTTP/1.1 408"),
    "head": (HEAD + b"X-Slow: ", b"HTTP/1.1 408"),
    "body": (HEAD + b"Content-Length: 5000\r\n\r\n", b"HTTP/1.1 408"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n", b"HTTP/1.1 408"),
    "second": (WHOLE + HEAD, b"HTTP/1.1 200"),
    "pipelined": (WHOLE + HEAD + b"Content-Length: 5000\r\n\r\n", b"HTTP/1.1 200"),
    "refused": (HEAD + b"Content-Length: 99999999\r\n\r\n", b"HTTP/1.1 413"),
}


@pytest.mark.parametrize(("said", "told"), BEGUN.values(), ids=BEGUN.keys())
async def test_what_is_begun_and_not_ended_is_closed_and_told_so(
    hasty: Door, said: bytes, told: bytes
) -> None:
    line = await hasty.line(said)
    assert (await line.end())[:12] == told
    assert b"" not in hasty.echo.heard


@pytest.mark.parametrize(
    ("said", "drop"),
    [
        (b"", b"\r\n"),
        (HEAD, b"x"),
        (HEAD + b"Content-Length: 5000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (WHOLE, b"\r\n"),
        (WHOLE, b"x"),
        (WHOLE + HEAD + b"Content-Length: 5000\r\n\r\n", b"x"),
        (HEAD + b"Content-Length: 99999999\r\n\r\n", b"x"),
    ],
    ids=["line ends", "head", "body", "chunks", "idle", "second", "pipelined", "refused"],
)
async def test_dripping_on_keeps_none_open(hasty: Door, said: bytes, drop: bytes) -> None:
    line = await hasty.line(said)
    await line.drip(drop)
    assert set(hasty.echo.heard) <= {b"ok"}


async def test_a_websocket_may_be_silent_for_longer(hasty: Door) -> None:
    async with connect(f"ws://{HOST}:{hasty.port}/ws", proxy=None) as socket:
        await socket.send("before")
        assert await socket.recv() == "before"
        for _ in range(2):  # one after the other, each as long as a request may take
            assert await (await hasty.line()).end() == b""
        await socket.send("after")
        assert await socket.recv() == "after"


async def test_an_idle_connection_is_closed(hasty: Door) -> None:
    line = await hasty.line(WHOLE)
    assert await line.status() == 200
    assert await line.end() == b""


async def test_an_answer_nobody_takes_is_given_up(hasty: Door) -> None:
    before = await hasty.refused("stuck")
    await hasty.line(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")

    async def given_up() -> bool:
        return await hasty.refused("stuck") == before + 1

    await until(given_up, what="the end of a connection that takes nothing")


async def test_an_answer_taken_slowly_is_given_whole(hasty: Door) -> None:
    line = await hasty.line(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
    head = await line.reader.readuntil(b"\r\n\r\n")
    taken = 0
    while taken < LARGE:
        taken += len(await line.reader.readexactly(LARGE // 10))
        await hasty.honest()
    assert head.startswith(b"HTTP/1.1 200")
    assert taken == LARGE


# --- cut off --------------------------------------------------------------------------------------


async def test_half_a_request_is_none(hasty: Door) -> None:
    line = await hasty.line(HEAD + b"Content-Length: 30\r\n\r\nnumber=089")
    await line.close()
    await hasty.honest()
    assert hasty.echo.heard == [b"honest"]


# --- endless --------------------------------------------------------------------------------------

LONG = b"x" * HEADER_MAX
HEADS = {
    "path": b"GET /" + LONG + b" HTTP/1.1\r\n\r\n",
    "header": HEAD + b"X-Long: " + LONG + b"\r\n\r\n",
    "name": HEAD + LONG + b": x\r\n\r\n",
    "headers": HEAD + b"X: x\r\n" * 400 + b"\r\n",
    "no end": HEAD + b"X-Long: " + LONG,
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
@pytest.mark.parametrize("piece", [1_000_000, 100], ids=["at once", "in pieces"])
async def test_a_head_too_long_is_refused(hasty: Door, head: bytes, piece: int) -> None:
    line = await hasty.line()
    for start in range(0, len(head), piece):
        line.writer.write(head[start : start + piece])
    assert await line.status() == 431
    assert await line.end() == b""


async def test_a_head_within_the_limit_is_read(hasty: Door) -> None:
    line = await hasty.line(HEAD + b"X: " + b"x" * (HEADER_MAX - 300) + b"\r\n")
    await line.say(b"Content-Length: 2\r\n\r\nok")
    assert await line.status() == 200


async def test_what_is_no_http_is_told_so(hasty: Door) -> None:
    line = await hasty.line(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    told = await line.end()
    assert told.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in told


# --- too many -------------------------------------------------------------------------------------


async def test_of_too_many_of_one_address_the_oldest_goes() -> None:
    async with server(connections_waiting_max=5) as door:
        lines = [await door.line(HEAD) for _ in range(7)]
        assert [await line.end() for line in lines[:2]] == [b"", b""]
        await door.honest()  # in the place of the third
        assert await lines[2].end() == b""
        for line in lines[3:]:
            await line.say(b"Content-Length: 0\r\n\r\n")
            assert await line.status() == 200


async def test_a_full_server_makes_room_of_those_that_wait() -> None:
    async with server(connections_max=5) as door:
        lines = [await door.line(HEAD) for _ in range(5)]
        await door.honest()
        assert await lines[0].end() == b""


async def test_a_full_server_says_so_if_nobody_waits() -> None:
    async with server(connections_max=5, idle_seconds=60) as door:
        lines = [await door.line(WHOLE) for _ in range(5)]
        assert [await line.status() for line in lines] == [200] * 5
        one_more = await door.line()
        assert (await one_more.end()).startswith(b"HTTP/1.1 503")
        await lines[0].close()
        await until(door.answers, what="a free place")


# --- at once --------------------------------------------------------------------------------------


def accepted(port: int) -> Iterator[socket.socket]:
    """The connections this process has as the server of this port."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):  # closed meanwhile, or no connection
            if str(entry.readlink()).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(entry.name))) as found:
                    if found.getsockname()[1:] == (port,) and found.getpeername():
                        yield found


async def test_no_half_of_an_answer_waits_for_the_receipt_of_the_other() -> None:
    """Head and body are sent one by one, and who reads them may take 40 ms to say so."""
    async with server() as door:
        assert await (await door.line(WHOLE)).status() == 200
        at_once = [
            s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in accepted(door.port)
        ]
        assert at_once
        assert 0 not in at_once


# --- whose ----------------------------------------------------------------------------------------

FORWARDED = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("trusted", "who"),
    [
        (f"{HOST}/32,::1", "https 198.51.100.7"),
        ("192.0.2.1", f"http {HOST}"),
        ("", f"http {HOST}"),
    ],
)
async def test_only_a_trusted_proxy_says_for_whom_it_asks(trusted: str, who: str) -> None:
    async with server(trusted_proxies=trusted) as door, httpx.AsyncClient(trust_env=False) as web:
        assert (await web.get(f"{door.url}/who", headers=FORWARDED)).json() == who


async def test_what_a_client_says_before_the_proxy_is_not_believed() -> None:
    async with server() as door, httpx.AsyncClient(trust_env=False) as web:
        forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        answer = await web.get(f"{door.url}/who", headers=forged)
        assert answer.json() == "http 198.51.100.7"
