"""One address with too many or endless connections, against nginx as the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from softphone_common.edge.hit_head import refusal_of
from softphone_common.http.auth import AccessRules
from softphone_common.process.settings import Settings
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_testing.installation_keys import KEYS
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.security_log import RecordedSecurityLog
from support.stack.gateway import Gateway
from support.web_client import web_client

GREEDY, HONEST = "198.51.100.7", "203.0.113.9"
BELIEVED = {"real_ip_header": f"set_real_ip_from {HOST}; real_ip_header"}
HIT = "/hit/key/ringing"
HEAD = f"POST {HIT} HTTP/1.1\r\nHost: here\r\nX-Forwarded-For: {GREEDY}\r\n"
LONG = "Content-Length: 60000\r\n\r\n"
CHUNKS = "Transfer-Encoding: chunked\r\n\r\n"
OVERTAKEN = b""  # the connection was closed before the answer could be read
LIMIT = 20
MANY = 300


class Readers:
    """A service that reads every body, and accepts websockets."""

    def __init__(self) -> None:
        self.router = APIRouter()
        self.router.add_api_route("/{path:path}", self.read, methods=["GET", "POST"])
        self.router.add_api_websocket_route("/ws", self.talk)

    async def read(self, request: Request) -> int:
        # a hit that never arrives in full is handed over in place of the connection's end
        if (refusal := refusal_of(request.headers)) is not None:
            raise refusal
        return len(await request.body())

    async def talk(self, socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await socket.receive_text()


class Clients:
    """Clients of a gateway, from several addresses."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def status(self, address: str) -> int:
        """The status of an ordinary request from this address."""
        async with web_client() as client:
            headers = {"X-Forwarded-For": address}
            response = await client.post(
                f"{self._gateway.url}{HIT}", content=b"ok", headers=headers
            )
        assert response.status_code == 200 or response.json()["status"] == response.status_code
        return response.status_code

    async def drip(self, beginning: str, drop: str = "x") -> bytes:
        """Sends `drop` repeatedly until the server closes, and returns the answer."""
        try:
            reader, writer = await asyncio.open_connection(HOST, self._gateway.port)
        except ConnectionError:
            return b""
        writer.write(beginning.encode())
        answer = asyncio.create_task(_all_of(reader))
        try:

            async def closed() -> bool:
                writer.write(drop.encode())
                return answer.done()

            await until(closed, what="the end of a connection that drips on")
            return await answer
        finally:
            answer.cancel()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def socket(self, address: str) -> ClientConnection:
        headers = {"X-Forwarded-For": address}
        url = f"ws://{HOST}:{self._gateway.port}/ws"
        return await connect(url, additional_headers=headers, proxy=None)


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            answer += piece
    return answer


@asynccontextmanager
async def clients_of_gateway(
    folder: Path, seconds: float, **instead: str
) -> AsyncIterator[Clients]:
    """A gateway to services that wait for a complete request at most these seconds."""
    nowhere, port = SecretStr("redis://nowhere"), free_port()
    values: dict[str, Any] = dict.fromkeys(("amqp_url", "mongo_url", "redis_url"), nowhere)
    values |= {**KEYS, "request_seconds": seconds}
    settings = Settings(**values, host=HOST, port=port)
    security = RecordedSecurityLog()
    runner = Runner(settings, [Service("all", [Readers().router], [], AccessRules(), security)])
    gateway = Gateway(dict.fromkeys(installed_services(), port), folder, **BELIEVED, **instead)
    running = asyncio.create_task(runner.run())
    await gateway.start()
    try:
        clients = Clients(gateway)

        async def opened() -> bool:
            return await clients.status(HONEST) == 200

        await until(opened, what="the services")
        yield clients
    finally:
        await gateway.stop()
        runner.stop()
        assert await running == 0


# --- without end ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "drop", "answer"),
    [
        (HEAD + LONG, "x", b"408"),
        (HEAD + CHUNKS, "1\r\nx\r\n", b"408"),
        (HEAD.replace(HIT, "/ws") + LONG, "x", b"408"),
        (HEAD.replace(HIT, "/healthz") + LONG, "x", b"200"),
        (HEAD.replace(HIT, "/nobodys") + LONG, "x", b"404"),
    ],
    ids=["body", "chunks", "body to the socket", "body to the gateway", "body to nobody"],
)
async def test_body_that_drips_ends_with_the_services_time_limit(
    tmp_path: Path, beginning: str, drop: str, answer: bytes
) -> None:
    sooner = {"lingering_time 5s": "lingering_time 1s"}
    async with clients_of_gateway(tmp_path, 0.5, **sooner) as clients:
        assert (await clients.drip(beginning, drop))[9:12] in {answer, OVERTAKEN}
        assert await clients.status(GREEDY) == 200


@pytest.mark.parametrize(
    ("beginning", "drop"), [(HEAD, "x"), (HEAD + LONG, ""), (HEAD + CHUNKS, "")],
    ids=["a head that drips on", "a body that stops", "chunks that stop"],
)  # fmt: skip
async def test_request_that_stalls_is_closed_by_the_gateway(
    tmp_path: Path, beginning: str, drop: str
) -> None:
    times = ("client_header_timeout", "client_body_timeout")
    sooner = {f"{name} 5s": f"{name} 500ms" for name in times}
    async with clients_of_gateway(tmp_path, 3600, **sooner) as clients:
        await clients.drip(beginning, drop)
        assert await clients.status(GREEDY) == 200


# --- too many -------------------------------------------------------------------------------------


async def test_one_address_takes_no_connections_of_another(tmp_path: Path) -> None:
    few = {
        "worker_processes auto": "worker_processes 1",
        "worker_connections 32768": "worker_connections 512",  # too few for 300 pairs
        "limit_conn requests 512": f"limit_conn requests {LIMIT}",
    }
    async with clients_of_gateway(tmp_path, 3600, **few) as clients:
        drips = [asyncio.create_task(clients.drip(HEAD + LONG)) for _ in range(MANY)]
        try:
            while sum(drip.done() for drip in drips) < MANY - LIMIT:
                # nginx closes waiting connections, perhaps one whose request is on its way
                with suppress(httpx.ReadError):
                    assert await clients.status(HONEST) == 200
            assert await clients.status(GREEDY) == 429
            answer = {drip.result()[9:12] for drip in drips if drip.done()}
            assert answer <= {b"429", OVERTAKEN}
            assert await clients.status(HONEST) == 200
        finally:
            for drip in drips:
                drip.cancel()
            await asyncio.gather(*drips, return_exceptions=True)

        async def room() -> bool:
            return await clients.status(GREEDY) == 200

        await until(room, what="room for the address again")


@pytest.mark.parametrize(
    ("zone", "greedy", "honest"),
    [
        ("requests 512", "2001:db8:1:2:{n:x}::1", "2001:db8:1:3::1"),
        ("requests 512", "2001:db8::{n:x}", "2001:db8:0:1::1"),
        ("requests_wide 2048", "2001:db8:1:{n:x}::1", "2001:db8:2::1"),
    ],
    ids=["in one /64", "in a /64 of zeros", "in one /48"],
)
async def test_addresses_of_one_network_are_limited_together(
    tmp_path: Path, zone: str, greedy: str, honest: str
) -> None:
    few = {f"limit_conn {zone};": f"limit_conn {zone.split(maxsplit=1)[0]} {LIMIT};"}
    async with clients_of_gateway(tmp_path, 3600, **few) as clients:
        heads = [HEAD.replace(GREEDY, greedy.format(n=n)) for n in range(1, 2 * LIMIT)]
        drips = [asyncio.create_task(clients.drip(head + LONG)) for head in heads]
        try:
            await until(lambda: sum(d.done() for d in drips) == LIMIT - 1, what="refusals")
            assert await clients.status(greedy.format(n=3 * LIMIT)) == 429
            assert await clients.status(honest) == 200
        finally:
            for drip in drips:
                drip.cancel()
            await asyncio.gather(*drips, return_exceptions=True)


async def test_sockets_are_limited_by_address_apart_from_requests(tmp_path: Path) -> None:
    few = {"limit_conn requests 512": "limit_conn requests 1"}
    few |= {"limit_conn sockets 5000": "limit_conn sockets 2"}
    async with clients_of_gateway(tmp_path, 3600, **few) as clients, AsyncExitStack() as open_ones:
        first = await clients.socket(GREEDY)
        await open_ones.enter_async_context(first)
        await open_ones.enter_async_context(await clients.socket(GREEDY))
        with pytest.raises(InvalidStatus) as refused:
            await clients.socket(GREEDY)
        assert refused.value.response.status_code == 429
        assert await clients.status(GREEDY) == 200
        await open_ones.enter_async_context(await clients.socket(HONEST))
        await first.close()

        async def again() -> ClientConnection | None:
            with suppress(InvalidStatus):
                return await clients.socket(GREEDY)
            return None

        await open_ones.enter_async_context(await until(again, what="room for a socket again"))
