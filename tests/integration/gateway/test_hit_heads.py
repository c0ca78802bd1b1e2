"""Hits whose heads break HTTP reach their route; a connection with such a one ends with it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from softphone_testing.until import until
from support.stack.echo_server import WHOLE, EchoServer, echo_server

BROKEN = b"GET /hit/k/r?name=Huber GmbH&n=*31#1&m=M\xfcller HTTP/1.1\r\nHost: here\r\n\r\n"
READ = b"/hit/k/r?name=Huber%20GmbH&n=*31%231&m=M%FCller"


@pytest.fixture
async def server() -> AsyncIterator[EchoServer]:
    async with echo_server(request_seconds=1, idle_seconds=5, header_max=2048) as server_:
        yield server_


async def test_a_broken_line_is_read(server: EchoServer) -> None:
    connection = await server.connect(BROKEN)
    answer = await connection.end()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(READ)


async def test_a_broken_line_may_come_in_pieces(server: EchoServer) -> None:
    connection = await server.connect()
    for at in range(0, len(BROKEN), 9):
        await connection.send(BROKEN[at : at + 9])
        await asyncio.sleep(0.01)
    assert (await connection.end()).endswith(READ)


async def test_a_broken_line_may_follow_another_request(server: EchoServer) -> None:
    connection = await server.connect(WHOLE)
    assert await connection.status() == 200
    await connection.send(BROKEN)
    assert (await connection.end()).endswith(READ)


async def test_a_body_with_bare_line_feeds_arrives(server: EchoServer) -> None:
    head = b"POST /hit/k/r HTTP/1.1\nHost: here\nX-Folded: a\n b\nContent-Length: 4\n\n"
    connection = await server.connect(head + b"n=08")
    assert (await connection.end()).startswith(b"HTTP/1.1 200")
    assert server.echo.bodies == [b"n=08"]


async def test_nothing_is_handled_behind_a_mended_request(server: EchoServer) -> None:
    connection = await server.connect(BROKEN + WHOLE)
    assert (await connection.end()).endswith(READ)
    await server.ordinary_request()
    assert server.echo.bodies == [b"", b"honest"]


async def test_a_regular_hit_keeps_its_connection(server: EchoServer) -> None:
    connection = await server.connect(b"GET /hit/k/r HTTP/1.1\r\nHost: here\r\n\r\n")
    assert await connection.status() == 200
    await connection.send(WHOLE)
    assert await connection.status() == 200


@pytest.mark.parametrize(
    ("begin", "status"),
    [
        (b"GET /hit/k/r?n=A B", b"408"),
        (b"GET /hit/k/r?n=" + b"A " * 2048, b"431"),
        (b"GET /echo?n=A B HTTP/1.1\r\nHost: here\r\n\r\n", b"400"),
    ],
)
async def test_limits_hold_for_broken_lines(
    server: EchoServer, begin: bytes, status: bytes
) -> None:
    connection = await server.connect(begin)
    assert (await connection.end())[9:12] == status


REFUSED_HEADS = {
    "header without colon": b"GET /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\nno colon here\r\n\r\n",
    "no version behind a blank": b"GET /hit/k/r?n=A B\r\nHost: here\r\n\r\n",
    "another version": b"GET /hit/k/r?n=1 HTTP/7.5\r\nHost: here\r\n\r\n",
    "lower case": b"get /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\n\r\n",
    "control in a header": b"GET /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\nX: \x01\r\n\r\n",
    "two lengths": b"POST /hit/k/r?n= HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "broken length": b"POST /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\nContent-Length: x\r\n\r\nbody",
}


@pytest.mark.parametrize("case", REFUSED_HEADS)
async def test_a_head_that_cannot_be_read_is_handed_over(server: EchoServer, case: str) -> None:
    connection = await server.connect(REFUSED_HEADS[case])
    assert (await connection.end()).startswith(b"HTTP/1.1 400")
    ((code, target),) = server.echo.refused_hits
    assert code == "hit-line-broken"
    assert target.startswith(b"/hit/k/r?n=")


@pytest.mark.parametrize(
    ("begin", "code"),
    [
        (b"GET /hit/k/r?n=1 HTTP/1.1\r\nX: " + b"A" * 4096 + b"\r\n\r\n", "header-too-large"),
        (b"GET /hit/k/r?n=" + b"A" * 4096, "header-too-large"),
        (b"GET /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\n", "request-timeout"),
        (b"POST /hit/k/r HTTP/1.1\r\nContent-Length: 9\r\n\r\nn=1", "request-timeout"),
    ],
)
async def test_a_head_without_end_is_handed_over(
    server: EchoServer, begin: bytes, code: str
) -> None:
    connection = await server.connect(begin)
    await connection.end()
    assert [refused for refused, _ in server.echo.refused_hits] == [code]


POST = b"POST /hit/k/r?n=1 HTTP/1.1\r\nHost: here\r\n"
CUT_OFF = {
    "body": POST + b"Content-Length: 500\r\n\r\nnumber=089",
    "chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n9\r\nn=1",
    "head": POST + b"Content-Le",
}


@pytest.mark.parametrize("case", CUT_OFF)
async def test_a_hit_that_is_cut_off_is_handed_over(server: EchoServer, case: str) -> None:
    connection = await server.connect(WHOLE)
    assert await connection.status() == 200
    await connection.send(CUT_OFF[case])
    await connection.close()
    await until(lambda: server.echo.refused_hits, what="the refused hit")
    assert server.echo.refused_hits == [("request-incomplete", b"/hit/k/r?n=1")]
    assert server.echo.bodies == [b"ok"]


async def test_a_hit_with_a_late_body_is_answered(server: EchoServer) -> None:
    connection = await server.connect(CUT_OFF["body"])
    assert (await connection.end()).startswith(b"HTTP/1.1 408")
    assert server.echo.refused_hits == [("request-timeout", b"/hit/k/r?n=1")]


async def test_a_broken_chunk_of_a_hit_is_handed_over(server: EchoServer) -> None:
    connection = await server.connect(POST + b"Transfer-Encoding: chunked\r\n\r\nx\r\n")
    assert (await connection.end()).startswith(b"HTTP/1.1 400")
    assert server.echo.refused_hits == [("hit-head-broken", b"/hit/k/r?n=1")]


async def test_nothing_is_handled_behind_a_refused_head(server: EchoServer) -> None:
    connection = await server.connect(b"GET /hit/k/r?n=1 HTTP/7.5\r\n" + WHOLE)
    await connection.send(WHOLE)
    answer = await connection.end()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert server.echo.bodies == []
