"""A hit that ingest has not answered is tried again, because phones do not repeat hits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.runtime.registry import installed_services
from softphone_testing.servers.ports import HOST
from support.stack.gateway import Gateway

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
HIT = "/hit/key/ringing HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"


class Restarting:
    """An instance that closes its first connection without an answer, and answers the next ones."""

    def __init__(self) -> None:
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        if self.connections > 1:
            writer.write(ACCEPTED)
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def restarting(tmp_path: Path) -> AsyncIterator[tuple[Restarting, Gateway]]:
    """An instance of ingest that restarts, and the gateway in front of it."""
    ingest = Restarting()
    server = await asyncio.start_server(ingest.serve, HOST)
    port = server.sockets[0].getsockname()[1]
    gateway = Gateway(dict.fromkeys(installed_services(), port), tmp_path)
    await gateway.start()
    try:
        yield ingest, gateway
    finally:
        await gateway.stop()
        server.close()
        await server.wait_closed()


async def test_hit_without_an_answer_is_sent_again(restarting: tuple[Restarting, Gateway]) -> None:
    ingest, gateway = restarting
    answer = await gateway.raw(f"GET {HIT}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert ingest.connections == 2


async def test_hit_whose_body_comes_late_is_refused_at_once(
    restarting: tuple[Restarting, Gateway],
) -> None:
    ingest, gateway = restarting
    answer = await gateway.raw(f"POST {HIT}Content-Length: 2\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After" in answer
    assert ingest.connections == 1
