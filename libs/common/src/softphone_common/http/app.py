"""The FastAPI app around joined routers: limits, errors, health and metrics; no route of its own
beyond those."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softphone_common.http import problem
from softphone_common.http.auth import Tokens
from softphone_common.process.telemetry import tracing

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Readiness = Callable[[], Awaitable[dict[str, Any]]]
"""Gives `{"ready": bool, ...}` with one entry for each thing that was checked."""


def build(
    title: str, routers: Iterable[APIRouter], tokens: Tokens, body_max: int, ready: Readiness
) -> FastAPI:
    """One app of these routers, each of which carries its full prefix."""
    app = FastAPI(
        title=title,
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        responses=dict.fromkeys((422, "default"), problem.DOCUMENTED),
    )
    app.state.tokens = tokens
    problem.install(app)
    for router in routers:
        app.include_router(router)
    app.include_router(_health(ready))
    app.add_middleware(Guard, body_max=body_max)
    return app


def _health(ready: Readiness) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process runs."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        """Everything it needs answers; 503 and what is wrong otherwise."""
        state = await ready()
        response.status_code = 200 if state["ready"] else 503
        return state

    @router.get("/metrics")
    async def metrics() -> Response:
        """Prometheus text."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


class Guard:
    """Refuses bodies over the limit, whatever their header says, opens a trace, and has answers
    kept nowhere."""

    def __init__(self, app: ASGIApp, body_max: int) -> None:
        self._app = app
        self._body_max = body_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        with tracing(request.headers.get("traceparent")):
            try:
                body = await self._read(request, receive)
            except ClientDisconnect:
                return  # half a request is none
            if body is None:
                refusal = problem.problem("body-too-large", limit=self._body_max)
                await refusal(scope, receive, _closed(send))
                return
            await self._app(scope, _replay(body, receive), _closed(send))

    async def _read(self, request: Request, receive: Receive) -> bytes | None:
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._body_max:
            return None
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._body_max:
                return None
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)


def _closed(send: Send) -> Send:
    """An answer no cache keeps, no page frames and no browser takes for something else or for a
    page of ours, unless it says otherwise itself."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
