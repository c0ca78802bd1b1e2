"""The routes phones and clicks use: `/hit/...` and `/api/dial`."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common import metrics
from softphone_common.clock import Clock
from softphone_common.domain.numbers import normalise
from softphone_common.errors import UnavailableError
from softphone_common.http.auth import AnyCaller, Caller
from softphone_common.http.problem import ProblemError
from softphone_common.tenants import Tenants
from softphone_ingest.activation import require_active
from softphone_ingest.dial import Dialler
from softphone_ingest.intake import ACCEPTED, IGNORED, Intake, Taken
from softphone_ingest.request import HitRequest
from softphone_ingest.urls import public_base

_SAID = {
    "parameters": [
        {
            "name": name,
            "in": place,
            "required": place == "path",
            "description": text,
            "schema": {"type": "string"},
        }
        for name, place, text in (
            ("event", "path", "For most: ringing, dialed, connected, ended or missed"),
            ("extension", "query", "The local number, unless the device has a fixed one"),
            ("number", "query", "The other party's number in any spelling"),
            ("call_id", "query", "The phone's own id of the call, the same in all its events"),
        )
    ]
}
"""What OpenAPI says of a hit are the words of the make `generic`: each device has its own."""


class Accepted(BaseModel):
    """What a phone is told: the call its hit belongs to."""

    call_id: str


class DialRequest(BaseModel):
    """A click on a number; without `extension` the caller's first one dials."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=128)
    extension: str | None = Field(None, max_length=64)


class Dialled(BaseModel):
    """The call the click began, and the link that hands it to the softphone."""

    call_id: str
    link: str


class Api:
    """Hits and clicks over HTTP."""

    def __init__(
        self, intake: Intake, dialler: Dialler, tenants: Tenants, clock: Clock, public_url: str
    ) -> None:
        self._clock = clock
        self._public_url = public_url
        self._tenants = tenants
        self._intake = intake
        self._dialler = dialler
        self.router = APIRouter(tags=["ingest"])
        add = self.router.add_api_route
        for method in ("GET", "POST"):
            add(
                "/hit/{key}/{event:path}",
                self.hit,
                methods=[method],
                status_code=ACCEPTED,
                response_model=Accepted,
                operation_id=f"hit_{method.lower()}",
                openapi_extra=_SAID,
            )
        for path in ("/hit/{key}", "//hit/{key}", "//hit/{key}/{event:path}"):
            add(path, self.hit, methods=["GET", "POST"], include_in_schema=False)
        for path in ("/hit/{key}", "//hit/{key}"):
            for rest in ("", "/{event:path}"):
                add(path + rest, self.hit, methods=["PUT"], include_in_schema=False)
                add(path + rest, self.probe, methods=["HEAD", "OPTIONS"], include_in_schema=False)
        add("/api/dial", self.dial, methods=["POST"], status_code=201)

    async def hit(self, key: str, request: Request) -> Response:
        """One request of a phone, in its own words; its device knows how to read them. Answered
        with 202 and the call it belongs to, unless the sender expects otherwise."""
        try:
            asked = await _asked(request)
            public = public_base(request, self._public_url)
            taken = await self._intake.take(key, asked, public)
        except ProblemError as error:
            metrics.HITS.labels(error.status).inc()
            raise
        except UnavailableError:
            metrics.HITS.labels(503).inc()
            raise
        answer = _answer(taken)
        metrics.HITS.labels(answer.status_code).inc()
        return answer

    async def probe(self, key: str) -> Response:
        """Some phones and all link scanners ask first; nothing comes of it."""
        self._intake.require(key)
        return Response(status_code=IGNORED)

    async def dial(self, asked: DialRequest, caller: AnyCaller) -> Dialled:
        """Begins a call from one of the caller's extensions."""
        tenant = self._tenants.require(caller.tenant)
        require_active(tenant, self._clock())
        remote = normalise(asked.number, tenant.numbers)
        if remote.kind in {"anonymous", "invalid"}:
            raise ProblemError(422, "number is not one that can be dialled", field="number")
        call, link = await self._dialler.dial(tenant, _extension(asked, caller), remote)
        return Dialled(call_id=call, link=link)


def _extension(asked: DialRequest, caller: Caller) -> str:
    if asked.extension is None:
        if not caller.extensions:
            raise ProblemError(422, "extension is missing: you have none", field="extension")
        return caller.extensions[0]
    if asked.extension not in caller.extensions and not caller.may("admin"):
        raise ProblemError(403, "You can only dial from an extension of your own")
    return asked.extension


async def _asked(request: Request) -> HitRequest:
    """The request as its mapping reads it: the path from behind the key, nothing decoded."""
    path = request.scope["raw_path"].decode("latin-1")
    return HitRequest(
        method=request.method,
        path="".join(path.partition("/hit/")[2].partition("/")[1:]),
        query=request.scope["query_string"].decode("latin-1"),
        headers=dict(request.headers),
        body=await request.body(),
        client=request.client.host if request.client else "",
    )


def _answer(taken: Taken) -> Response:
    if taken.reply is not None:
        body = taken.reply.body if taken.reply.status != IGNORED else None
        return Response(body, taken.reply.status, media_type=taken.reply.content_type or None)
    if taken.call_id is None:
        return Response(status_code=IGNORED)
    return JSONResponse({"call_id": taken.call_id}, ACCEPTED)
