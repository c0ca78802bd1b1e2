"""The list of all tenants, `/api/tenants`, for operators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from softphone_common.contracts.entities import Tenant, TenantId, TenantState
from softphone_common.http.auth import OperatorCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.keyset import Position, cut, text_position
from softphone_common.stores.tenants import TenantReader, Tenants
from softphone_ingest.tenants.routes import TenantOutput, tenant_output

Search = Annotated[
    str, Query(max_length=100, description="Only tenants with this text in their id or name")
]
OfState = Annotated[TenantState | None, Query(description="Only tenants in this state")]


class TenantSummary(BaseModel):
    """A tenant in the list. `seats` and `expires_at` are null without an activation code."""

    id: str
    name: str
    state: TenantState
    seats: int | None
    expires_at: datetime | None
    region: str
    time_zone: str
    updated_at: datetime | None


class TenantListApi:
    """All tenants over HTTP, as they are in the memory of this instance."""

    def __init__(self, cache: Tenants, tenants: TenantReader, clock: Clock, page_max: int) -> None:
        self._cache = cache
        self._tenants = tenants
        self._clock = clock
        self._page_max = page_max
        self.router = APIRouter(prefix="/api/tenants", tags=["administration"])
        self.router.add_api_route("", self.list_tenants, methods=["GET"])
        self.router.add_api_route("/{tenant}", self.show_tenant, methods=["GET"])

    async def list_tenants(
        self,
        _: OperatorCaller,
        q: Search = "",
        state: OfState = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1)] = 50,
    ) -> Page[TenantSummary]:
        """Lists the tenants of the installation by name, regardless of upper and lower case."""
        await self._cache.ping()
        after, now, wanted = text_position(cursor), self._clock(), q.strip().casefold()
        rows = sorted(
            (
                tenant
                for tenant in self._cache
                if (wanted in tenant.id or wanted in tenant.name.casefold())
                and state in {None, tenant.state_at(now)}
                and (after is None or _place(tenant) > after)
            ),
            key=_place,
        )
        page = cut(rows, min(limit, self._page_max), _place, lambda each: _summary(each, now))
        return Page(items=page.items, next=page.cursor)

    async def show_tenant(
        self, tenant: Annotated[TenantId, Path()], _: OperatorCaller, response: Response
    ) -> TenantOutput:
        """Shows one tenant as it is stored, with its version as ETag."""
        stored = await self._tenants.get(tenant)
        if stored is None:
            raise ProblemError("tenant-unknown")
        return tenant_output(stored, self._clock(), response)


def _place(tenant: Tenant) -> Position[str]:
    return tenant.name.casefold(), tenant.id


def _summary(tenant: Tenant, now: datetime) -> TenantSummary:
    activation = tenant.activation
    return TenantSummary(
        id=tenant.id,
        name=tenant.name,
        state=tenant.state_at(now),
        seats=activation and activation.seats,
        expires_at=activation and activation.expires_at,
        region=tenant.numbers.region,
        time_zone=tenant.time_zone,
        updated_at=tenant.updated_at,
    )
