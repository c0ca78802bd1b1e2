"""Builds the FastAPI app of a process from the routers of its services."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from softphone_common.http import problem
from softphone_common.http.auth import Tokens
from softphone_common.http.body_limit import BodyLimit
from softphone_common.http.health import ReadinessCheck, health_router
from softphone_common.http.response_headers import ResponseHeaders
from softphone_common.process.telemetry import tracing


def build(
    title: str, routers: Iterable[APIRouter], tokens: Tokens, body_max: int, ready: ReadinessCheck
) -> FastAPI:
    """The app with these routers, each of which carries its full path prefix."""
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
    app.include_router(health_router(ready))
    # Starlette puts the middleware added last outermost: a body that is too large is refused
    # within a trace, and the refusal carries the headers of every other response.
    app.add_middleware(BodyLimit, body_max=body_max)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(Tracing)
    return app


class Tracing:
    """Continues the trace of the `traceparent` header (W3C Trace Context), or starts one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with tracing(Request(scope).headers.get("traceparent")):
            await self._app(scope, receive, send)
