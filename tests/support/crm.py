"""A CRM of somebody else on this machine, whose contacts are a source of the directory."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until

PAGE = 100
USER, PASSWORD = "connector", "a-password-of-the-crm"
PERMITTED_PORT = free_port()
"""The port of the CRM that the onebox of browser tests may read."""
Answer = Callable[[Request], Response | None]


def contact(n: int, name: str = "Huber") -> dict[str, Any]:
    """A contact as the CRM has it: with objects and lists within."""
    return {
        "id": n,
        "name": {"first": name, "last": str(n)},
        "phones": [{"kind": "work", "number": f"089 9999{n:04d}"}, {"kind": "fax", "number": None}],
        "mails": [f"n{n}@huber.example"],
        "vip": n == 1,
    }


def contacts(count: int, first: int = 1, name: str = "Huber") -> list[dict[str, Any]]:
    """This many contacts with ids from the first one on."""
    return [contact(n, name) for n in range(first, first + count)]


MAPPING = {
    "name": ["name.first", "name.last"],
    "numbers": [{"column": "phones.0.number", "label_column": "phones.0.kind"}],
    "emails": ["mails"],
    "host_id": "id",
}


class Crm:
    """Answers with its contacts, 100 on a page, at an address for each kind of paging.

    `answer` may replace an answer; `password` is asked for if it is set.
    """

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.records: list[Any] = []
        self.password = ""
        self.answer: Answer | None = None
        self.paths: list[str] = []
        """Path and query of each request, oldest first."""
        self.authorizations: list[str] = []
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        routes = [Route("/{path:path}", self._serve, methods=["GET", "POST"])]
        config = uvicorn.Config(
            Starlette(routes=routes), host=HOST, port=self.port, log_config=None, lifespan="off"
        )
        self._server = server = uvicorn.Server(config)
        self._task = asyncio.create_task(server.serve())
        await until(lambda: server.started, what="the CRM")

    async def stop(self) -> None:
        """Ends it; connections that are open end at once."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = self._server.force_exit = True
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _serve(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        self.paths.append(request.url.path + query)
        self.authorizations.append(request.headers.get("authorization", ""))
        replaced = self.answer(request) if self.answer else None
        if replaced is not None:
            return replaced
        if self.password and not self._knows(request):
            return JSONResponse({"secret": "the data of somebody"}, 401)
        return self._page(request)

    def _knows(self, request: Request) -> bool:
        pair = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        return request.headers.get("authorization") in {f"Basic {pair}", f"Bearer {self.password}"}

    def _page(self, request: Request) -> Response:
        place = request.query_params.get
        match request.url.path:
            case "/page":
                first = (int(place("page", "1")) - 1) * PAGE
            case "/offset" | "/next" | "/link":
                first = int(place("offset", "0"))
            case _:
                return JSONResponse(self.records)
        records = self.records[first : first + PAGE]
        more = f"{request.url.path}?offset={first + PAGE}"
        more = more if first + PAGE < len(self.records) else ""
        body = {"data": {"contacts": records}, "links": {"next": more or None}}
        headers = {"Link": f'<{more}>; rel="next"'} if more and request.url.path == "/link" else {}
        return JSONResponse(body, headers=headers)


def names(count: int, first: int = 1, name: str = "Huber") -> list[str]:
    """The names of these contacts in the directory, in its order."""
    return sorted(f"{name} {n}" for n in range(first, first + count))


def settings(crm: Crm, path: str = "/page", **more: Any) -> dict[str, Any]:
    """A source at this CRM, as an administrator sends it."""
    paging: dict[str, Any] = {
        "/page": {"paging": "page", "parameter": "page"},
        "/offset": {"paging": "offset", "parameter": "offset"},
        "/next": {"paging": "next", "next_path": "links.next"},
        "/link": {"paging": "next"},
    }.get(path, {})
    items = "data.contacts" if paging else ""
    fields = {"name": "crm", "address": crm.url + path, "items": items, "mapping": MAPPING}
    return {**fields, **paging, **more}
