"""A request is in the trace that a trusted proxy names, or in a new one."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from softphone_common.http.app import Tracing
from softphone_common.process.telemetry import trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PROXIED, DIRECT = ("192.0.2.1", 0), ("192.0.2.1", 50_000)
"""uvicorn gives the port 0 to a client that a trusted proxy has named."""


async def shown(client: tuple[str, int], header: str) -> str:
    """The trace of a request of this client with this header."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(trace_id())(scope, receive, send)

    transport = httpx.ASGITransport(Tracing(app), client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
        return (await web.get("/", headers={"traceparent": header})).text


async def test_trace_of_a_proxy_goes_on() -> None:
    assert await shown(PROXIED, f"00-{TRACE}-00f067aa0ba902b7-01") == TRACE


@pytest.mark.parametrize(
    ("client", "header"),
    [(DIRECT, f"00-{TRACE}-00f067aa0ba902b7-01"), (PROXIED, TRACE), (PROXIED, "")],
)
async def test_any_other_request_begins_a_trace(client: tuple[str, int], header: str) -> None:
    traces = {await shown(client, header) for _ in range(2)}
    assert len(traces) == 2
    assert {len(trace) for trace in traces} == {32}
    assert TRACE not in traces
