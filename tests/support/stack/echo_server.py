"""A small service that echoes requests, and raw connections to its server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import SecretStr

from softphone_common.edge.hit_head import refusal_of
from softphone_common.http.auth import AccessRules
from softphone_common.process.host_names import host_and_port
from softphone_common.process.settings import Settings
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_testing.installation_keys import KEYS
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.security_log import RecordedSecurityLog
from support.web_client import web_client

HEAD = b"POST /echo HTTP/1.1\r\nHost: here\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\nok"
LARGE = 20_000_000


class Echo:
    """A service that answers with the body it received, and records it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.refused_hits: list[tuple[str, bytes]] = []
        self.router = APIRouter()
        self.router.add_api_route("/echo", self.echo, methods=["POST"])
        self.router.add_api_route("/hit/{rest:path}", self.hit, methods=["GET", "POST"])
        self.router.add_api_route("/large", self.large, methods=["GET"])
        self.router.add_api_route("/who", self.who, methods=["GET"])
        self.router.add_api_websocket_route("/ws", self.talk)

    async def echo(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        return Response(self.bodies[-1])

    async def hit(self, request: Request) -> Response:
        refusal = refusal_of(request.headers)
        if refusal is not None:
            self.refused_hits.append((refusal.code, _target(request)))
            raise refusal
        self.bodies.append(await request.body())
        return Response(_target(request))

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


def _target(request: Request) -> bytes:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query


class EchoServer:
    """A running server, and requests and raw connections to it."""

    def __init__(self, port: int, echo: Echo, host: str = HOST) -> None:
        self.port = port
        self.url = f"http://{host_and_port(host, port)}"
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
        async with web_client(verify=False) as client:
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
        async with web_client() as client:
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

        await until(closed, within=30, what="the end of a slow connection")
        await received

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def echo_server(**limits: Any) -> AsyncIterator[EchoServer]:
    """A running echo service with these settings; all connections are closed at the end."""
    nowhere, echo = SecretStr("redis://nowhere"), Echo()
    urls = dict.fromkeys(("amqp_url", "mongo_url", "redis_url"), nowhere)
    values = {**KEYS, "host": HOST, "port": free_port(), **urls, **limits}
    settings = Settings(**values)
    security = RecordedSecurityLog()
    runner = Runner(settings, [Service("echo", [echo.router], [], AccessRules(), security)])
    running = asyncio.create_task(runner.run())
    server_ = EchoServer(settings.port, echo, settings.host)
    try:
        await until(server_.answers, what="the server")
        echo.bodies.clear()
        yield server_
    finally:
        runner.stop()
        assert await running == 0
        await server_.close_all()
