"""The routes phones and clicks use: `/hit/...` and `/api/dial`."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common import metrics
from softphone_common.domain.numbers import normalise
from softphone_common.errors import UnavailableError
from softphone_common.http.auth import AnyCaller, Caller
from softphone_common.http.problem import ProblemError
from softphone_common.tenants import Tenants
from softphone_ingest.dial import Dialler
from softphone_ingest.intake import Intake

_TOLD = {
    "extension": "The local number; not needed where the device has a fixed one",
    "number": "The other party's number in any spelling, empty if it is withheld",
    "call_id": "The phone's own id of the call, the same in all its events",
    "direction": "inbound or outbound; inbound if not told",
    "name": "The other party's name, if the phone knows one",
    "reason": "Why the call ended",
    "duration": "Seconds of talk",
}
_PARAMETERS = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": name == "number",
            "description": text,
            "schema": {"type": "string"},
        }
        for name, text in _TOLD.items()
    ]
}


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

    def __init__(self, intake: Intake, dialler: Dialler, tenants: Tenants) -> None:
        self._tenants = tenants
        self._intake = intake
        self._dialler = dialler
        self.router = APIRouter(tags=["ingest"])
        add = self.router.add_api_route
        for method in ("GET", "POST"):
            add(
                "/hit/{key}/{event}",
                self.hit,
                methods=[method],
                status_code=202,
                operation_id=f"hit_{method.lower()}",
                openapi_extra=_PARAMETERS,
            )
        add("/api/dial", self.dial, methods=["POST"], status_code=201)

    async def hit(self, key: str, event: str, request: Request) -> Accepted:
        """One event of a phone: ringing, connected, ended or missed; a POST may tell the same
        parameters as a form or as a JSON object."""
        try:
            accepted = Accepted(call_id=await self._intake.take(key, event, request))
        except ProblemError as error:
            metrics.HITS.labels(error.status).inc()
            raise
        except UnavailableError:
            metrics.HITS.labels(503).inc()
            raise
        metrics.HITS.labels(202).inc()
        return accepted

    async def dial(self, asked: DialRequest, caller: AnyCaller) -> Dialled:
        """Begins a call from one of the caller's extensions."""
        tenant = self._tenants.require(caller.tenant)
        if not tenant.active:
            raise ProblemError(403, "This tenant is not active")
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
