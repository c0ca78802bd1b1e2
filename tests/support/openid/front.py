"""Passes requests on to a server, and exchanges what a test has it forge in the answers."""

import asyncio
import json
from collections.abc import Callable, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.web_client import web_client

Forge = Callable[[str, httpx.Response], Response | None]
_OWN = {"content-length", "transfer-encoding", "connection", "content-encoding"}


class Front:
    """The address that everybody knows as the server's. `forge` may replace an answer."""

    def __init__(self, target: str, host: str, methods: Sequence[str] = ("GET", "POST")) -> None:
        self.port = free_port()
        self.url = f"http://{host}:{self.port}"
        self.forge: Forge | None = None
        self.requests: list[tuple[str, str, bytes]] = []
        """Method, path and body of each request of the connector, oldest first."""
        self._client = web_client(target)
        # those of a visitor are in the request, and no other visitor may get them
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        routes = [Route("/{path:path}", self._pass_on, methods=methods)]
        config = uvicorn.Config(
            Starlette(routes=routes),
            host=HOST,
            port=self.port,
            log_config=None,  # the logging of the whole process would be uvicorn's own from here on
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve())
        await until(lambda: self._server.started, what="the front of the provider")

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        await self._client.aclose()

    def count(self, path: str) -> int:
        """How many requests for this path came."""
        return sum(path == one for _, one, _ in self.requests)

    async def _pass_on(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append((request.method, request.url.path, body))
        headers = [(k, v) for k, v in request.headers.items() if k not in _OWN]
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            answer = await self._client.request(
                request.method, target, headers=headers, content=body
            )
        except httpx.TransportError:
            return Response(status_code=502)
        forged = self.forge and self.forge(request.url.path, answer)
        if forged is not None:
            return forged
        passed = Response(answer.content, answer.status_code)
        for name, value in answer.headers.multi_items():
            if name.lower() not in _OWN:
                passed.headers.append(name, value)
        return passed


def forged_token(make: Callable[[str], str]) -> Forge:
    """Replaces the ID token in the answer to a code by what `make` makes of it."""

    def forge(path: str, answer: httpx.Response) -> Response | None:
        if path != "/token" or answer.status_code != 200:
            return None
        body: dict[str, Any] = answer.json()
        body["id_token"] = make(body["id_token"])
        return Response(json.dumps(body), media_type="application/json")

    return forge
