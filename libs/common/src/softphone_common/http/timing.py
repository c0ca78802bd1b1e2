"""Measures how long requests take, by the template of their route."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softphone_common.process import metrics

_NO_ROUTE = "none"
"""All addresses that no route has: anybody can make up others."""


class Timing:
    """Observes the seconds from the head of a request to the last byte of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        # an exception that reaches this place is answered 500 by Starlette
        status = 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            metrics.HTTP_SECONDS.labels(route, status).observe(perf_counter() - began)
