"""Builds the FastAPI app of a process from the routers of its services."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, get_origin

from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from softphone_common.http import problem
from softphone_common.http.auth import ReadLimit, RefusalLog, Tokens, WriteLimit
from softphone_common.http.body_limit import BodyLimit
from softphone_common.http.health import Measure, ReadinessCheck, health_router, metrics_router
from softphone_common.http.problem import ProblemError
from softphone_common.http.response_headers import ResponseHeaders
from softphone_common.http.timing import Timing
from softphone_common.process.telemetry import tracing

_API = "/api/"
"""How the routes begin that know all their parameters. Phones send to `/hit` what they like, and
probes, caches and browsers add parameters to other addresses."""
_TAKES_ALL = frozenset({"/api/session/openid/callback"})
"""A provider adds parameters that a client has to ignore (RFC 6749, section 4.1.2)."""


def build(
    title: str,
    routers: Iterable[APIRouter],
    tokens: Tokens,
    write_limit: WriteLimit,
    read_limit: ReadLimit,
    refusals: RefusalLog,
    body_max: int,
    ready: ReadinessCheck,
    *,
    version: str = "0",
    measure: Measure | None = None,
    not_found: Callable[[Request], Response] | None = None,
    uploads: Mapping[str, int] = MappingProxyType({}),
) -> FastAPI:
    """The app with these routers, each of which carries its full path prefix.

    Without `measure` the app has no `/metrics`.
    `not_found` makes the page that browsers get for an address that no route has. `uploads` are
    the routes, such as `PUT /api/x`, that read their bodies themselves, each with its limit in
    bytes.
    """
    app = FastAPI(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        responses=dict.fromkeys((422, "default"), problem.DOCUMENTED),
        dependencies=[Depends(require_known_parameters)],
    )
    app.state.tokens = tokens
    app.state.write_limit = write_limit
    app.state.read_limit = read_limit
    app.state.refusals = refusals
    problem.install(app)
    for router in routers:
        app.include_router(router)
    app.include_router(health_router(ready))
    if measure is not None:
        app.include_router(metrics_router(measure))
    if not_found is not None:
        app.router.default = NotFound(not_found, app.router.default)
    # Starlette puts the middleware added last outermost: a body that is too large is refused
    # within a trace, and the refusal carries the headers of every other response.
    app.add_middleware(BodyLimit, body_max=body_max, uploads=uploads)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(Timing)
    app.add_middleware(Tracing)
    return app


async def require_known_parameters(connection: HTTPConnection) -> None:
    """FastAPI dependency: refuses a query that the route would not read as its sender means it.

    Raises ProblemError 422 with each parameter that the route of the API does not know, and each
    that is repeated although the route takes one value: a filter with a typing error would find
    everything.
    """
    route = connection.scope["route"]
    if not connection.scope["query_string"] or not route.path.startswith(_API):
        return
    if route.path in _TAKES_ALL:
        return
    repeatable = dict(_parameters(route.dependant))
    sent = Counter(name for name, _ in connection.query_params.multi_items())
    codes = {name: "parameter-unknown" for name in sent if name not in repeatable}
    for name, times in sent.items():
        if times > 1 and not repeatable.get(name, True):
            codes[name] = "parameter-repeated"
    if codes:
        raise ProblemError.of_fields(codes)


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Each query parameter of a route and its dependencies, and whether it may be repeated."""
    for field in dependant.query_params:
        annotation: Any = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, info in annotation.model_fields.items():
                yield info.alias or name, get_origin(info.annotation) is list
        else:
            yield field.alias, get_origin(annotation) is list
    for each in dependant.dependencies:
        yield from _parameters(each)


def build_metrics(measure: Measure) -> FastAPI:
    """The app of a port that has `/metrics` and nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    problem.install(app)
    app.include_router(metrics_router(measure))
    app.add_middleware(ResponseHeaders)
    return app


class NotFound:
    """Answers a browser at an unknown address with a page, and everybody else with a problem."""

    def __init__(self, page: Callable[[Request], Response], problem: ASGIApp) -> None:
        self._page = page
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._problem
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            request = Request(scope)
            if "text/html" in request.headers.get("accept", ""):
                answer = self._page(request)
        await answer(scope, receive, send)


class Tracing:
    """Continues the trace of a trusted proxy's `traceparent` header (W3C Trace Context), or starts
    one: with an id of its own choice a client would put its requests among those of others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        client = request.client.host if request.client else ""
        # uvicorn gives the port 0 to a client that a trusted proxy has named, as no socket has it
        is_proxied = request.client is not None and request.client.port == 0
        header = request.headers.get("traceparent") if is_proxied else None
        with tracing(header, client):
            await self._app(scope, receive, send)
