"""The HTTP client of tests that talk to a running server."""

from typing import Any

import httpx

# The server closes a connection that was idle for 5 s, perhaps while a request is on its way.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2)


def web_client(url: str = "", **options: Any) -> httpx.AsyncClient:
    """A client of the server at this address, which waits 60 s for an answer."""
    settings = {"base_url": url, "timeout": 60, **options}
    return httpx.AsyncClient(trust_env=False, limits=LIMITS, **settings)
