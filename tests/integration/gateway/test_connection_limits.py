"""Connections to a service without a gateway: their number, their options, their addresses."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from softphone_common.process.host_names import host_and_port
from softphone_testing.servers.ports import HOST
from softphone_testing.until import until
from support.stack.echo_server import HEAD, WHOLE, echo_server
from support.web_client import web_client

# --- addresses ------------------------------------------------------------------------------------


async def client_seen(address: str, port: int) -> str:
    """The client as the server sees it, of a request to this address."""
    async with web_client(verify=False) as client:
        return str((await client.get(f"http://{host_and_port(address, port)}/who")).json())


async def test_server_on_ipv6_loopback_is_reached_there_only() -> None:
    async with echo_server(host="::1") as server_:
        assert await client_seen("::1", server_.port) == "http ::1"
        with pytest.raises(httpx.ConnectError):
            await client_seen(HOST, server_.port)


async def test_server_on_all_addresses_sees_clients_of_both_families() -> None:
    async with echo_server(host="::") as server_:
        seen = [await client_seen(address, server_.port) for address in ("::1", HOST)]
    assert seen == ["http ::1", f"http {HOST}"]


# --- too many -------------------------------------------------------------------------------------


async def test_too_many_connections_of_an_address_end_the_oldest() -> None:
    async with echo_server(connections_waiting_max=5) as server_:
        connections = [await server_.connect(HEAD) for _ in range(7)]
        assert [await connection.end() for connection in connections[:2]] == [b"", b""]
        await server_.ordinary_request()  # replaces the third
        assert await connections[2].end() == b""
        for connection in connections[3:]:
            await connection.send(b"Content-Length: 0\r\n\r\n")
            assert await connection.status() == 200


async def test_full_server_closes_a_waiting_connection() -> None:
    async with echo_server(connections_max=5) as server_:
        connections = [await server_.connect(HEAD) for _ in range(5)]
        await server_.ordinary_request()
        assert await connections[0].end() == b""


async def test_full_server_without_waiting_ones_answers_503() -> None:
    async with echo_server(connections_max=5, idle_seconds=60) as server_:
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
    async with echo_server() as server_:
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
        echo_server(trusted_proxies=trusted) as server_,
        web_client() as web,
    ):
        assert (await web.get(f"{server_.url}/who", headers=FORWARDED)).json() == who


async def test_forwarded_headers_of_a_client_are_ignored() -> None:
    async with echo_server() as server_, web_client() as web:
        forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        answer = await web.get(f"{server_.url}/who", headers=forged)
        assert answer.json() == "http 198.51.100.7"
