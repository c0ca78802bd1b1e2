"""The HTTP server of a process: uvicorn with our limits, on a socket that is bound beforehand."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast

import uvicorn
from fastapi import FastAPI

from softphone_common.edge.connection_limits import ConnectionLimits
from softphone_common.process.settings import Settings

BoundSockets = list[socket.socket]


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers, because the runner decides when the process stops."""

    def __init__(self, app: FastAPI, settings: Settings, largest_body: int) -> None:
        super().__init__(_config(app, settings, largest_body))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Overrides uvicorn's method and installs nothing."""
        yield


def bind(host: str, port: int, opened: ExitStack) -> BoundSockets:
    """Bound TCP sockets, closed with the stack: one of IPv4 or IPv6, or for `::` both at one port.

    Raises OSError if the address is taken or is not of this machine.
    """
    if ":" not in host:
        return [_bound(socket.AF_INET, host, port, opened)]
    listening = [_bound(socket.AF_INET6, host, port, opened)]
    if host == "::":
        # A socket of its own: one of both families would show addresses of IPv4 as `::ffff:…`,
        # which no list of trusted proxies has.
        port = listening[0].getsockname()[1]
        listening.append(_bound(socket.AF_INET, "0.0.0.0", port, opened))
    return listening


def _bound(family: int, host: str, port: int, opened: ExitStack) -> socket.socket:
    # asyncio sets TCP_NODELAY only on sockets whose protocol is IPPROTO_TCP; with the default
    # protocol 0 the second segment of a response waits up to 40 ms for a delayed ACK.
    listening = opened.enter_context(socket.socket(family, proto=socket.IPPROTO_TCP))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.bind((host, port))
    return listening


def _config(app: FastAPI, settings: Settings, largest_body: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", ConnectionLimits(settings, largest_body)),
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
