"""The routes of the janitor: `/api/sweeps`."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from softphone_common.contracts.entities import TenantId
from softphone_common.http.auth import OperatorCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_janitor.clean_up.handlers import SweepHandlers
from softphone_janitor.clean_up.store import Scheduled, Sweep, SweepStore


class SweepRequest(BaseModel):
    """Which tenant to sweep now."""

    model_config = ConfigDict(extra="forbid")

    tenant: TenantId


class SweepApi:
    """Sweeps over HTTP, for operators."""

    def __init__(
        self, sweeps: SweepStore, sweeping: SweepHandlers, tenants: Tenants, page_max: int
    ) -> None:
        self._sweeps = sweeps
        self._sweeping = sweeping
        self._tenants = tenants
        self._page_max = page_max
        self.router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])
        self.router.add_api_route("", self.list_sweeps, methods=["GET"])
        self.router.add_api_route("", self.sweep_now, methods=["POST"], status_code=202)
        self.router.add_api_route("/schedule", self.show_schedule, methods=["GET"])

    async def list_sweeps(
        self, _: OperatorCaller, limit: Annotated[int, Query(ge=1)] = 50
    ) -> Page[Sweep]:
        """The latest sweeps and what they moved."""
        return Page(items=await self._sweeps.latest(min(limit, self._page_max)))

    async def show_schedule(self, _: OperatorCaller) -> Page[Scheduled]:
        """The next nightly sweep of every active tenant, by tenant. Nothing takes one off it but
        the end of its activation."""
        return Page(items=self._sweeping.schedule())

    async def sweep_now(self, asked: SweepRequest, caller: OperatorCaller) -> Sweep:
        """Asks for a sweep now."""
        if self._tenants.get(asked.tenant) is None:
            raise ProblemError("tenant-unknown", field="tenant")
        return await self._sweeping.sweep_now(asked.tenant, caller.login)
