"""The HTTP server of a process: uvicorn with our limits, on a socket that is bound beforehand."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import cast

import uvicorn
from fastapi import FastAPI

from softphone_common.http.connection_limits import ConnectionLimits
from softphone_common.process.settings import Settings


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers, because the runner decides when the process stops."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(_config(app, settings))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Overrides uvicorn's method and installs nothing."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises OSError if the address is taken or is not of this machine."""
    # asyncio sets TCP_NODELAY only on sockets whose protocol is IPPROTO_TCP; with the default
    # protocol 0 the second segment of a response waits up to 40 ms for a delayed ACK.
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", ConnectionLimits(settings)),
        lifespan="off",
        access_log=False,  # the path of a hit contains the key of its device
        log_config=None,
        server_header=False,
        ws_max_size=settings.body_max,
        # Frames are small, and a compressed frame may expand to any size.
        ws_per_message_deflate=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=settings.idle_seconds,
        # Requests get half of the time, the resources that stop after them the other half.
        timeout_graceful_shutdown=max(1, int(settings.shutdown_seconds / 2)),
    )
