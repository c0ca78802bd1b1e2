"""Connections to a service without a gateway: slow, endless, or cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect

from softphone_testing.servers.ports import HOST
from softphone_testing.until import until
from support.stack.echo_server import HEAD, LARGE, WHOLE, EchoServer, echo_server

MANY = 300
HEADER_MAX = 2048


@pytest.fixture
async def impatient() -> AsyncIterator[EchoServer]:
    """A server that waits at most half a second for a request."""
    async with echo_server(request_seconds=0.5, idle_seconds=1, header_max=HEADER_MAX) as server_:
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
    connection = await impatient.connect(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")

    async def given_up() -> bool:
        return await impatient.refused("stuck") == before + 1

    await until(given_up, what="the end of a connection that takes nothing")
    taken = 0
    with suppress(ConnectionResetError):
        while taken < LARGE and (part := await connection.reader.read(LARGE)):
            taken += len(part)
    assert taken < LARGE


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


@pytest.mark.parametrize("size", [66_000, 400_000], ids=["one read", "many reads"])
@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_refusal_of_a_large_body_survives_the_close(
    impatient: EchoServer, framing: str, size: int
) -> None:
    """A close with unread bytes would reset the connection and destroy the answer."""
    body = b"x" * size
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)
    head = HEAD + b"Connection: close\r\n" + (length if framing == "length" else chunked)
    for _ in range(20):
        connection = await impatient.connect(head + body + b"\r\n0\r\n\r\n")
        answer = await connection.end()
        assert answer.startswith(b"HTTP/1.1 413")
        assert b'"body-too-large"' in answer


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "chunk extension": (CHUNKED + b"1;", b"x" * 65_536),
    "small chunks": (CHUNKED, (b"1;" + b"x" * 1000 + b"\r\nx\r\n") * 60),
    "trailer's name": (CHUNKED + b"0\r\n", b"x" * 65_536),
    "trailer's value": (CHUNKED + b"0\r\nX: ", b"x" * 65_536),
    "after a refusal": (HEAD + b"Content-Length: 999999999\r\n\r\n", b"x" * 65_536),
}


@pytest.mark.parametrize(("begin", "rest"), ENDLESS.values(), ids=ENDLESS.keys())
async def test_request_without_end_is_closed_at_its_limit(begin: bytes, rest: bytes) -> None:
    """Its time limit of ten minutes is not reached."""
    async with echo_server(request_seconds=600) as server_:
        connection = await server_.connect(begin)
        await connection.drip(rest)
        assert server_.echo.bodies == []


@pytest.mark.parametrize("trailer", [b"Authorization: Bearer x", b"X-Forwarded-For: 192.0.2.1"])
async def test_trailer_is_refused_and_no_route_sees_it(
    impatient: EchoServer, trailer: bytes
) -> None:
    connection = await impatient.connect(CHUNKED + b"2\r\nok\r\n0\r\n" + trailer + b"\r\n\r\n")
    answer = await connection.end()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"trailer-refused"' in answer
    await impatient.ordinary_request()
    assert impatient.echo.bodies == [b"honest"]


async def test_bytes_that_are_no_http_get_400(impatient: EchoServer) -> None:
    connection = await impatient.connect(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    received = await connection.end()
    assert received.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in received
