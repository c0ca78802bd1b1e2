"""Proxies in front of servers, for tests that cut, freeze or slow a connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_testing.proxy import FaultProxy


@asynccontextmanager
async def proxied(server_url: str) -> AsyncIterator[FaultProxy]:
    """A running proxy to the server at this address, cut at the end."""
    proxy = FaultProxy(server_url)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.cut()
