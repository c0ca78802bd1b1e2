"""Connections to a service without a gateway: slow, endless, cut off, or too many."""

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
    """A service that answers with the body it received, and records it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.router = APIRouter()
        self.router.add_api_route("/echo", self.echo, methods=["POST"])
        self.router.add_api_route("/large", self.large, methods=["GET"])
        self.router.add_api_route("/who", self.who, methods=["GET"])
        self.router.add_api_websocket_route("/ws", self.talk)

    async def echo(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        return Response(self.bodies[-1])

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


class EchoServer:
    """A running server, and requests and raw connections to it."""

    def __init__(self, port: int, echo: Echo) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.echo = echo
        self._connections: list[RawConnection] = []

    async def connect(self, data: bytes = b"") -> "RawConnection":
        connection = RawConnection(*await asyncio.open_connection(HOST, self.port))
        self._connections.append(connection)
        await connection.send(data)
        return connection

    async def close_all(self) -> None:
        """Closes all connections from this side."""
        await asyncio.gather(*(connection.close() for connection in self._connections))

    async def ordinary_request(self) -> None:
        """Sends an ordinary request, which must be answered."""
        # loading certificates would take longer than the request
        async with httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as client:
            answer = await client.post(f"{self.url}/echo", content=b"honest")
        assert (answer.status_code, answer.content) == (200, b"honest")

    async def answers(self) -> bool:
        """Whether an ordinary request is answered now."""
        try:
            await self.ordinary_request()
        except httpx.TransportError:
            return False
        return True

    async def refused(self, why: str) -> float:
        """The number of connections refused for this reason."""
        async with httpx.AsyncClient(trust_env=False) as client:
            lines = (await client.get(f"{self.url}/metrics")).text.splitlines()
        name = f'softphone_connections_refused_total{{why="{why}"}} '
        return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0)


class RawConnection:
    """One raw connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """Reads the next answer as a whole and returns its status."""
        async with asyncio.timeout(60):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await self.reader.readexactly(length)
        return int(head.split()[1])

    async def end(self) -> bytes:
        """Everything received until the server closed the connection; nothing after a reset."""
        async with asyncio.timeout(60):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    async def drip(self, drop: bytes) -> None:
        """Sends these bytes repeatedly until the server closes the connection."""
        received = asyncio.create_task(self.end())

        async def closed() -> bool:
            self.writer.write(drop)
            return received.done()

        await until(closed, what="the end of a slow connection")
        await received

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def server(**limits: Any) -> AsyncIterator[EchoServer]:
    nowhere, echo = SecretStr(""), Echo()
    urls = dict.fromkeys(("amqp_url", "mongo_url", "redis_url"), nowhere)
    values = {"auth_secret": SecretStr(SECRET), "host": HOST, "port": free_port(), **urls, **limits}
    settings = Settings(**values)
    runner = Runner(settings, [Service("echo", [echo.router], [], lambda user, version: False)])
    running = asyncio.create_task(runner.run())
    server_ = EchoServer(settings.port, echo)
    try:
        await until(server_.answers, what="the server")
        echo.bodies.clear()
        yield server_
    finally:
        runner.stop()
        assert await running == 0
        await server_.close_all()


@pytest.fixture
async def impatient() -> AsyncIterator[EchoServer]:
    """A server that waits at most half a second for a request."""
    async with server(request_seconds=0.5, idle_seconds=1, header_max=HEADER_MAX) as server_:
        yield server_


# --- slow -----------------------------------------------------------------------------------------


async def test_slow_connections_delay_no_other_and_are_closed(impatient: EchoServer) -> None:
    before = await impatient.refused("late")
    slow = [await impatient.connect(HEAD + b"X-Slow: ") for _ in range(MANY)]
    ends = [asyncio.create_task(connection.drip(b"x")) for connection in slow]
    while not all(end.done() for end in ends):
        await impatient.ordinary_request()
    await asyncio.gather(*ends)
    assert await impatient.refused("late") == before + MANY
    assert set(impatient.echo.bodies) == {b"honest"}


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


@pytest.mark.parametrize(("data", "expected"), BEGUN.values(), ids=BEGUN.keys())
async def test_incomplete_request_is_answered_and_closed(
    impatient: EchoServer, data: bytes, expected: bytes
) -> None:
    connection = await impatient.connect(data)
    assert (await connection.end())[:12] == expected
    assert b"" not in impatient.echo.bodies


@pytest.mark.parametrize(
    ("data", "drop"),
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
async def test_connection_that_drips_is_closed(
    impatient: EchoServer, data: bytes, drop: bytes
) -> None:
    connection = await impatient.connect(data)
    await connection.drip(drop)
    assert set(impatient.echo.bodies) <= {b"ok"}


async def test_silent_websocket_stays_open(impatient: EchoServer) -> None:
    async with connect(f"ws://{HOST}:{impatient.port}/ws", proxy=None) as socket:
        await socket.send("before")
        assert await socket.recv() == "before"
        for _ in range(2):  # each lasts as long as a request may take
            assert await (await impatient.connect()).end() == b""
        await socket.send("after")
        assert await socket.recv() == "after"


async def test_idle_connection_is_closed(impatient: EchoServer) -> None:
    connection = await impatient.connect(WHOLE)
    assert await connection.status() == 200
    assert await connection.end() == b""


async def test_answer_that_is_not_read_is_given_up(impatient: EchoServer) -> None:
    before = await impatient.refused("stuck")
    await impatient.connect(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")

    async def given_up() -> bool:
        return await impatient.refused("stuck") == before + 1

    await until(given_up, what="the end of a connection that takes nothing")


async def test_answer_that_is_read_slowly_is_sent_whole(impatient: EchoServer) -> None:
    connection = await impatient.connect(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
    head = await connection.reader.readuntil(b"\r\n\r\n")
    taken = 0
    while taken < LARGE:
        taken += len(await connection.reader.readexactly(LARGE // 10))
        await impatient.ordinary_request()
    assert head.startswith(b"HTTP/1.1 200")
    assert taken == LARGE


# --- cut off --------------------------------------------------------------------------------------


async def test_request_cut_off_in_its_body_is_ignored(impatient: EchoServer) -> None:
    connection = await impatient.connect(HEAD + b"Content-Length: 30\r\n\r\nnumber=089")
    await connection.close()
    await impatient.ordinary_request()
    assert impatient.echo.bodies == [b"honest"]


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
async def test_head_over_the_limit_is_refused(
    impatient: EchoServer, head: bytes, piece: int
) -> None:
    connection = await impatient.connect()
    for start in range(0, len(head), piece):
        connection.writer.write(head[start : start + piece])
    assert await connection.status() == 431
    assert await connection.end() == b""


async def test_head_within_the_limit_is_read(impatient: EchoServer) -> None:
    connection = await impatient.connect(HEAD + b"X: " + b"x" * (HEADER_MAX - 300) + b"\r\n")
    await connection.send(b"Content-Length: 2\r\n\r\nok")
    assert await connection.status() == 200


async def test_bytes_that_are_no_http_get_400(impatient: EchoServer) -> None:
    connection = await impatient.connect(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    received = await connection.end()
    assert received.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in received


# --- too many -------------------------------------------------------------------------------------


async def test_too_many_connections_of_an_address_end_the_oldest() -> None:
    async with server(connections_waiting_max=5) as server_:
        connections = [await server_.connect(HEAD) for _ in range(7)]
        assert [await connection.end() for connection in connections[:2]] == [b"", b""]
        await server_.ordinary_request()  # replaces the third
        assert await connections[2].end() == b""
        for connection in connections[3:]:
            await connection.send(b"Content-Length: 0\r\n\r\n")
            assert await connection.status() == 200


async def test_full_server_closes_a_waiting_connection() -> None:
    async with server(connections_max=5) as server_:
        connections = [await server_.connect(HEAD) for _ in range(5)]
        await server_.ordinary_request()
        assert await connections[0].end() == b""


async def test_full_server_without_waiting_ones_answers_503() -> None:
    async with server(connections_max=5, idle_seconds=60) as server_:
        connections = [await server_.connect(WHOLE) for _ in range(5)]
        assert [await connection.status() for connection in connections] == [200] * 5
        one_more = await server_.connect()
        assert (await one_more.end()).startswith(b"HTTP/1.1 503")
        await connections[0].close()
        await until(server_.answers, what="a free place")


# --- at once --------------------------------------------------------------------------------------


def accepted(port: int) -> Iterator[socket.socket]:
    """The sockets that the server on this port has accepted in this process."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):  # closed meanwhile, or not connected
            if str(entry.readlink()).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(entry.name))) as connection:
                    if connection.getsockname()[1:] == (port,) and connection.getpeername():
                        yield connection


async def test_connections_are_accepted_with_tcp_nodelay() -> None:
    """Head and body are two writes: Nagle's algorithm with delayed ACKs would add 40 ms."""
    async with server() as server_:
        assert await (await server_.connect(WHOLE)).status() == 200
        at_once = [
            s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in accepted(server_.port)
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
async def test_forwarded_headers_count_from_a_trusted_proxy_only(trusted: str, who: str) -> None:
    async with (
        server(trusted_proxies=trusted) as server_,
        httpx.AsyncClient(trust_env=False) as web,
    ):
        assert (await web.get(f"{server_.url}/who", headers=FORWARDED)).json() == who


async def test_forwarded_headers_of_a_client_are_ignored() -> None:
    async with server() as server_, httpx.AsyncClient(trust_env=False) as web:
        forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        answer = await web.get(f"{server_.url}/who", headers=forged)
        assert answer.json() == "http 198.51.100.7"
