"""The routes of phones, `/hit/{key}` and below."""

from time import perf_counter
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from softphone_common.edge.hit_head import REFUSED, refusal_of
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_ingest import metrics
from softphone_ingest.devices.device import device_url, public_base
from softphone_ingest.hits.pipeline import ACCEPTED, IGNORED, HitPipeline, HitResult
from softphone_ingest.mapping.request import HitRequest, unpacked

_GENERIC = {
    "parameters": [
        {
            "name": name,
            "in": place,
            "required": place == "path",
            "description": text,
            "schema": {"type": "string"},
        }
        for name, place, text in (
            ("event", "path", "ringing, dialed, connected, ended or missed"),
            ("extension", "query", "The own extension, unless the device has a fixed one"),
            ("number", "query", "The other party's number in any spelling"),
            ("call_id", "query", "The phone's id of the call, equal in all events of the call"),
        )
    ]
}
"""OpenAPI describes the parameters of the preset `generic`; each other preset has its own."""

_EXPECTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The reply a preset defines for its make", "content": {"*/*": {}}},
    204: {"description": "Accepted; the request is no event of a call"},
}


class Accepted(BaseModel):
    """Our id of the call that the hit belongs to."""

    call_id: str


class HitApi:
    """Hits over HTTP, for phones."""

    def __init__(self, pipeline: HitPipeline, public_url: str) -> None:
        self._public_url = public_url
        self._pipeline = pipeline
        self.router = APIRouter(tags=["ingest"])
        add = self.router.add_api_route
        for method in ("GET", "POST"):
            add(
                "/hit/{key}/{event:path}",
                self.hit,
                methods=[method],
                status_code=ACCEPTED,
                response_model=Accepted,
                responses=_EXPECTED,
                operation_id=f"hit_{method.lower()}",
                openapi_extra=_GENERIC,
            )
        # phones join a base URL that ends in a slash and a path that begins with one
        for path in ("/hit/{key}", "//hit/{key}", "//hit/{key}/{event:path}"):
            add(path, self.hit, methods=["GET", "POST"], include_in_schema=False)
        for path in ("/hit/{key}", "//hit/{key}"):
            for rest in ("", "/{event:path}"):
                add(path + rest, self.hit, methods=["PUT"], include_in_schema=False)
                add(path + rest, self.hit, methods=["HEAD", "OPTIONS"], include_in_schema=False)

    async def hit(self, key: str, request: Request) -> Response:
        """Takes an event of a phone, read as the preset of its device describes.

        Success means that the event is on a disk. 202 has the id of the call; some presets define
        another reply. 422 names the field that can't be read. HEAD, OPTIONS, prefetches and link
        previews are answered with 204 and make no call.
        """
        began = perf_counter()
        status = 500  # the answer to an exception that nothing expects
        try:
            url = device_url(public_base(request, self._public_url), key)
            hit = await _hit_request(request)
            refusal = refusal_of(request.headers)
            if refusal is not None:
                await self._pipeline.refuse(key, hit, refusal)
            result = await self._pipeline.take(key, hit, url)
            answer = _answer(result)
            status = answer.status_code
        except ProblemError as error:
            status = error.status
            raise
        except UnavailableError:
            status = 503
            raise
        finally:
            metrics.HITS.labels(status).inc()
        if result.call_id is not None:
            metrics.CONFIRM_SECONDS.observe(perf_counter() - began)
        return answer


async def _hit_request(request: Request) -> HitRequest:
    """The request as mappings read it: the path behind the key, nothing decoded.

    The raw path, because a server has already decoded the other one, and with it slashes that are
    part of a value.
    """
    path = request.scope["raw_path"].decode("latin-1")
    sent = await request.body()
    body = unpacked(sent, request.headers.get("content-encoding", ""))
    return HitRequest(
        method=request.method,
        path="".join(path.partition("/hit/")[2].partition("/")[1:]),
        query=request.scope["query_string"].decode("latin-1"),
        headers={name: text for name, text in request.headers.items() if name != REFUSED},
        body=body,
        client=_client(request),
        packed=b"" if body == sent else sent,
    )


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _answer(result: HitResult) -> Response:
    if result.reply is not None:
        body = result.reply.body if result.reply.status != IGNORED else ""
        plain = "text/plain" if body else None  # browsers guess at a text without a type
        return Response(body, result.reply.status, media_type=result.reply.content_type or plain)
    if result.call_id is None:
        return Response(status_code=IGNORED)
    return JSONResponse({"call_id": result.call_id}, ACCEPTED)
