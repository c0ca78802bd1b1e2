"""The routes of the inspector, `/api/devices/{device}/hits` and `/try`."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.access.viewers import viewer_of
from softphone_common.contracts.hit import EventJson, FieldNoteJson, HitJson, HitOutcome
from softphone_common.contracts.problem_codes import text_of
from softphone_common.domain.records.visibility import Viewer
from softphone_common.http.auth import AdminCaller
from softphone_common.http.paging import Page
from softphone_common.stores.keyset import time_position
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.config import require_small
from softphone_ingest.devices.device import public_base
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.inspector.inspector import Inspector, Read
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest

OnlyOutcome = Annotated[
    HitOutcome | None, Query(description="Only hits with this outcome: `refused` are the errors")
]


class Trial(BaseModel):
    """A request to try, and changes of the device that are not saved yet."""

    model_config = ConfigDict(extra="forbid")

    request: str = Field(
        min_length=1,
        max_length=65_536,
        description="A whole HTTP request (request line, headers, an empty line, body), or its URL",
        examples=["GET /hit/KEY/ringing?extension=21&number=08999998001 HTTP/1.1"],
    )
    mapping: dict[str, Any] | None = Field(
        None, description="Changes to the preset's mapping; null: those of the device"
    )
    numbers: dict[str, Any] | None = Field(
        None, description="Changes to the tenant's number profile; null: those of the device"
    )


class Tried(BaseModel):
    """The outcome a hit would have, with the problem of one that is refused, or that is a probe.

    `unread` has the problem of each member of a list that can't be read while others can.
    """

    outcome: HitOutcome
    field: str | None = None
    why: str | None = None
    code: str | None = None
    params: dict[str, Any] = {}
    events: tuple[EventJson, ...] = ()
    unread: tuple[FieldNoteJson, ...] = ()


@dataclass(frozen=True, slots=True)
class InspectorLimits:
    """Trials of a tenant in a minute, hits of a page, and bytes of a device's changes."""

    tries_max: int
    page_max: int
    mapping_max: int


class InspectorApi:
    """The hits of devices over HTTP, for administrators."""

    def __init__(
        self,
        inspector: Inspector,
        devices: DeviceStore,
        tenants: Tenants,
        limiter: RateLimiter,
        limits: InspectorLimits,
        public_url: str,
    ) -> None:
        self._inspector = inspector
        self._devices = devices
        self._tenants = tenants
        self._limiter = limiter
        self._tries = Rate("tries", limits.tries_max, 60)
        self._limits = limits
        self._public_url = public_url
        self.router = APIRouter(prefix="/api/devices/{device}", tags=["inspector"])
        add = self.router.add_api_route
        add("/hits", self.list_hits, methods=["GET"])
        add("/hits/{hit}/replay", self.replay, methods=["POST"])
        add("/try", self.try_request, methods=["POST"])

    async def list_hits(
        self,
        device: str,
        caller: AdminCaller,
        outcome: OnlyOutcome = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1)] = 50,
    ) -> Page[HitJson]:
        """Lists the device's hits of the last days, newest first, with their events and calls."""
        size = min(limit, self._limits.page_max)
        stored = await self._devices.require(caller.tenant, device)
        page = await self._inspector.latest(stored, time_position(cursor), size, outcome)
        viewer = viewer_of(caller)
        return Page(items=[_seen_by(viewer, hit) for hit in page.items], next=page.cursor)

    async def replay(self, device: str, hit: str, caller: AdminCaller) -> HitJson:
        """Interprets a refused hit again, as the device is configured now.

        A hit that was accepted already is returned unchanged, so no call is counted twice.
        """
        tenant = self._tenants.require(caller.tenant)
        return await self._inspector.replay(
            tenant, await self._devices.require(caller.tenant, device), hit
        )

    async def try_request(
        self, device: str, trial: Trial, request: Request, caller: AdminCaller
    ) -> Tried:
        """Shows the events a request would have, without making a call of them.

        A request that is not signed with the device's secret is refused, and its events are shown.
        """
        await self._limiter.acquire(self._tries, caller.tenant)
        tenant = self._tenants.require(caller.tenant)
        stored = await self._devices.require(caller.tenant, device)
        mapping = stored.mapping if trial.mapping is None else trial.mapping
        numbers = stored.numbers if trial.numbers is None else trial.numbers
        try:
            require_small(self._limits.mapping_max, mapping, numbers)
            hit = HitRequest.parse(trial.request)
            if trial.mapping is not None:
                await self._inspector.check(tenant, stored, mapping)
            public = public_base(request, self._public_url)
            signed = await self._inspector.is_signed(tenant, stored, hit, mapping, public)
            read = await self._inspector.interpret(tenant, stored, hit, mapping, numbers)
        except HitError as error:
            return Tried(
                outcome="refused",
                field=error.field,
                why=error.why,
                code=error.code,
                params=error.params,
            )
        if signed is False:
            return _tried("refused", read, "signature-wrong")
        if read.is_probe:
            return _tried("ignored", read, "hit-probe")
        return _tried("accepted" if read.events else "ignored", read)


def _seen_by(viewer: Viewer, hit: HitJson) -> HitJson:
    """The hit, without records for a key that does not see the whole directory.

    The matches are those of the time of the hit; a record may have been restricted since.
    """
    if viewer.sees_all:
        return hit
    events = (event.model_copy(update={"matches": ()}) for event in hit.events)
    return hit.model_copy(update={"events": tuple(events)})


def _tried(outcome: HitOutcome, read: Read, code: str | None = None) -> Tried:
    why = text_of(code, {}) if code else None
    return Tried(outcome=outcome, why=why, code=code, events=read.events, unread=read.unread)
