"""The routes of sweeps, for operators: `/api/sweeps`."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import TenantId
from softphone_common.http.auth import OperatorCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_janitor.clean_up.handlers import SweepHandlers
from softphone_janitor.clean_up.store import Scheduled, Sweep, SweepStore


class SweepRequest(BaseModel):
    """The tenant that is to be swept."""

    model_config = ConfigDict(extra="forbid")

    tenant: TenantId = Field(description="Id of the tenant")


class SweepApi:
    """Sweeps over HTTP, for operators."""

    def __init__(
        self,
        sweeps: SweepStore,
        handlers: SweepHandlers,
        tenants: Tenants,
        security: SecurityLog,
        page_max: int,
    ) -> None:
        self._sweeps = sweeps
        self._handlers = handlers
        self._tenants = tenants
        self._security = security
        self._page_max = page_max
        self.router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])
        self.router.add_api_route("", self.list_sweeps, methods=["GET"])
        self.router.add_api_route("", self.sweep_now, methods=["POST"], status_code=202)
        self.router.add_api_route("/schedule", self.show_schedule, methods=["GET"])

    async def list_sweeps(
        self,
        _: OperatorCaller,
        limit: Annotated[
            int, Query(ge=1, description="Sweeps to list; the installation has a maximum")
        ] = 50,
    ) -> Page[Sweep]:
        """Lists the latest sweeps and how many calls each moved. It has one page only."""
        return Page(items=await self._sweeps.list_latest(min(limit, self._page_max)))

    async def show_schedule(self, _: OperatorCaller) -> Page[Scheduled]:
        """Lists the next nightly sweep of every active tenant, by tenant. A tenant leaves the
        schedule only when its activation ends."""
        return Page(items=self._handlers.schedule())

    async def sweep_now(self, request: SweepRequest, caller: OperatorCaller) -> Sweep:
        """Requests a sweep of one tenant. It has finished when `finished_at` is set."""
        if self._tenants.get(request.tenant) is None:
            raise ProblemError("tenant-unknown", field="tenant")
        sweep = await self._handlers.sweep_now(request.tenant, caller.login)
        target = f"sweep/{sweep.id}"
        self._security.act("sweep-requested", caller, target, tenant=request.tenant)
        return sweep
