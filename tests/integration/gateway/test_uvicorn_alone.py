"""Shows which connections uvicorn would keep without edge/connection_limits.py.

If one of these tests fails, uvicorn has learned to close them, and that module can become shorter.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest
import uvicorn
from fastapi import FastAPI

from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.stack.echo_server import HEAD, LARGE, Echo, EchoServer


@asynccontextmanager
async def uvicorn_alone() -> AsyncIterator[EchoServer]:
    """A server with every time limit uvicorn has, set to a second, and none of ours."""
    app, echo, port = FastAPI(), Echo(), free_port()
    app.include_router(echo.router)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=HOST,
            port=port,
            http="httptools",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=1,
            timeout_graceful_shutdown=1,
        )
    )
    server.capture_signals = nullcontext  # type: ignore[assignment]
    running = asyncio.create_task(server.serve())
    server_ = EchoServer(port, echo)
    try:
        await until(server_.answers, what="the server")
        yield server_
    finally:
        server.should_exit = True
        await server_.close_all()
        await running


@pytest.mark.parametrize(
    "text",
    [b"", HEAD + b"X-Slow: ", HEAD + b"Content-Length: 5000\r\n\r\n"],
    ids=["silent", "head", "body"],
)
async def test_uvicorn_alone_keeps_an_unfinished_request(text: bytes) -> None:
    async with uvicorn_alone() as server_:
        connection = await server_.connect(text)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await connection.reader.read(1)


async def test_uvicorn_alone_keeps_an_unread_answer() -> None:
    async with uvicorn_alone() as server_:
        connection = await server_.connect(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        waited = await server_.connect()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await waited.reader.read(1)
        assert len(await connection.reader.readexactly(LARGE)) == LARGE


async def test_uvicorn_alone_reads_a_head_of_any_size() -> None:
    async with uvicorn_alone() as server_:
        connection = await server_.connect(
            HEAD + b"X: " + b"x" * 5_000_000 + b"\r\nContent-Length: 0\r\n\r\n"
        )
        assert await connection.status() == 200
