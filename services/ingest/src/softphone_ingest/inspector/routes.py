"""The routes of the inspector, `/api/devices/{device}/hits` and `/try`."""

from dataclasses import dataclass
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
    """The outcome a hit would have; for `refused`, the problem and its field."""

    outcome: Literal["accepted", "ignored", "refused"]
    field: str | None = None
    why: str | None = None
    code: str | None = None
    params: dict[str, Any] = {}
    events: tuple[EventJson, ...] = ()


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
    ) -> None:
        self._inspector = inspector
        self._devices = devices
        self._tenants = tenants
        self._limiter = limiter
        self._tries = Rate("tries", limits.tries_max, 60)
        self._limits = limits
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
        """Lists the device's hits of the last days, newest first, with their events and calls."""
        size = min(limit, self._limits.page_max)
        stored = await self._devices.require(caller.tenant, device)
        page = await self._inspector.latest(stored, time_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def replay(self, device: str, hit: str, caller: AdminCaller) -> HitJson:
        """Interprets a refused hit again, as the device is configured now.

        A hit that was accepted already is returned unchanged, so no call is counted twice.
        """
        tenant = self._tenants.require(caller.tenant)
        return await self._inspector.replay(
            tenant, await self._devices.require(caller.tenant, device), hit
        )

    async def try_request(self, device: str, trial: Trial, caller: AdminCaller) -> Tried:
        """Shows the events a request would have, without making a call of them."""
        await self._limiter.acquire(self._tries, caller.tenant)
        tenant = self._tenants.require(caller.tenant)
        stored = await self._devices.require(caller.tenant, device)
        mapping = stored.mapping if trial.mapping is None else trial.mapping
        numbers = stored.numbers if trial.numbers is None else trial.numbers
        try:
            require_small(self._limits.mapping_max, mapping, numbers)
            request = HitRequest.parse(trial.request)
            events = self._inspector.interpret(tenant, stored, request, mapping, numbers)
        except HitError as error:
            return Tried(
                outcome="refused",
                field=error.field,
                why=error.why,
                code=error.code,
                params=error.params,
            )
        return Tried(outcome="accepted" if events else "ignored", events=events)
