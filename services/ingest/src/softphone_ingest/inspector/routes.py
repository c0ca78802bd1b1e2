"""The routes of the inspector, `/api/devices/{device}/hits` and `/try`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.hit import EventJson, HitJson
from softphone_common.http.auth import AdminCaller
from softphone_common.http.paging import Page
from softphone_common.stores.keyset import time_position
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.config import require_small
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.inspector.inspector import Inspector
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.settings import IngestSettings


class Trial(BaseModel):
    """A request to try: as a phone sends it, or just its URL. Changes not given are the device's.

    The lines of a request: `GET /hit/KEY/ringing?number=089... HTTP/1.1`, headers, an empty line,
    the body.
    """

    model_config = ConfigDict(extra="forbid")

    request: str = Field(min_length=1, max_length=65_536)
    mapping: dict[str, Any] | None = None
    numbers: dict[str, Any] | None = None


class Tried(BaseModel):
    """What it would become. `field` and `why` say what can't be understood."""

    outcome: Literal["accepted", "ignored", "refused"]
    field: str | None = None
    why: str | None = None
    code: str | None = None
    params: dict[str, Any] = {}
    events: tuple[EventJson, ...] = ()


class InspectorApi:
    """Hits over HTTP, for administrators."""

    def __init__(
        self,
        inspector: Inspector,
        devices: DeviceStore,
        tenants: Tenants,
        limiter: RateLimiter,
        settings: IngestSettings,
    ) -> None:
        self._inspector = inspector
        self._devices = devices
        self._tenants = tenants
        self._limiter = limiter
        self._tries = Rate("tries", settings.tries_max, 60)
        self._page_max = settings.page_max
        self._mapping_max = settings.device_mapping_max
        self.router = APIRouter(prefix="/api/devices/{device}", tags=["inspector"])
        add = self.router.add_api_route
        add("/hits", self.list_hits, methods=["GET"])
        add("/hits/{hit}/replay", self.replay, methods=["POST"])
        add("/try", self.try_request, methods=["POST"])

    async def list_hits(
        self,
        device: str,
        caller: AdminCaller,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1)] = 50,
    ) -> Page[HitJson]:
        """The device's latest hits, newest first."""
        size = min(limit, self._page_max)
        known = await self._devices.require(caller.tenant, device)
        page = await self._inspector.latest(known, time_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def replay(self, device: str, hit: str, caller: AdminCaller) -> HitJson:
        """Tries a refused hit again, as the device is set up now. One that made calls already is
        given back as it is, so nothing is ever counted twice."""
        tenant = self._tenants.require(caller.tenant)
        return await self._inspector.replay(
            tenant, await self._devices.require(caller.tenant, device), hit
        )

    async def try_request(self, device: str, given: Trial, caller: AdminCaller) -> Tried:
        """What a request would become, with changes not saved yet; it makes no call."""
        await self._limiter.acquire(self._tries, caller.tenant)
        tenant = self._tenants.require(caller.tenant)
        known = await self._devices.require(caller.tenant, device)
        mapping = known.mapping if given.mapping is None else given.mapping
        numbers = known.numbers if given.numbers is None else given.numbers
        try:
            require_small(self._mapping_max, mapping, numbers)
            request = HitRequest.parse(given.request)
            events = self._inspector.read(tenant, known, request, mapping, numbers)
        except HitError as error:
            return Tried(
                outcome="refused",
                field=error.field,
                why=error.why,
                code=error.code,
                params=error.params,
            )
        return Tried(outcome="accepted" if events else "ignored", events=events)
