"""The routes of tenants: `/api/tenant` for their administrators, `/api/tenants` for operators."""

from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Path
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from softphone_common.bus.bus import Bus
from softphone_common.contracts.dial_link import Link
from softphone_common.contracts.entities import Tenant, TenantId, TenantState
from softphone_common.contracts.events import TenantChanged
from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.numbers.dial_format import DialFormat
from softphone_common.domain.numbers.profile import NumberProfile, check_profile
from softphone_common.http.auth import AdminCaller, AnyCaller, OperatorCaller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.tenants import Tenants
from softphone_ingest.tenants.activation import CODE_MAX, ActivationCodes, ActivationError
from softphone_ingest.tenants.store import TenantStore


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise invalid("time-zone-unknown")
    return zone


def _known_numbers(profile: NumberProfile) -> NumberProfile:
    check_profile(profile)
    return profile


Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Numbers = Annotated[NumberProfile, AfterValidator(_known_numbers)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=CODE_MAX)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TenantChanges(_Input):
    """The fields of a tenant to change. Fields that are missing stay as they are."""

    name: Name | None = None
    time_zone: Zone | None = None
    numbers: Numbers | None = None
    dial_link: Link | None = None
    dial_spelling: DialFormat | None = None

    @model_validator(mode="after")
    def _no_nulls(self) -> "TenantChanges":
        if any(getattr(self, field) is None for field in self.model_fields_set):
            raise invalid("null-refused")
        return self


class TenantByOperator(TenantChanges):
    """The fields of a tenant to change, with those that only an operator may change."""

    active: bool | None = None
    activation_code: Code | None = None


class ActivationInput(_Input):
    """A new activation code."""

    code: Code


class TenantOutput(Tenant):
    """A tenant with its state now. `active` is only the operator's switch."""

    state: TenantState


class TenantApi:
    """Tenants over HTTP. Every change is stored first and then published to all instances."""

    def __init__(
        self,
        tenants: TenantStore,
        tenant_cache: Tenants,
        codes: ActivationCodes,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._tenants = tenants
        self._tenant_cache = tenant_cache
        self._codes = codes
        self._bus = bus
        self._clock = clock
        self.router = APIRouter(prefix="/api", tags=["administration"])
        add = self.router.add_api_route
        add("/tenant", self.show_tenant, methods=["GET"])
        add("/tenant", self.edit_tenant, methods=["PATCH"])
        add("/tenant/activation", self.activate, methods=["PUT"])
        add("/tenants/{tenant}", self.put_tenant, methods=["PUT"])

    async def show_tenant(self, caller: AnyCaller) -> TenantOutput:
        """Returns the caller's tenant with its activation and state."""
        tenant = self._tenant_cache.get(caller.tenant)
        if tenant is None:
            raise ProblemError("tenant-unknown")
        return self._output(tenant)

    async def edit_tenant(self, changes: TenantChanges, caller: AdminCaller) -> TenantOutput:
        """Changes the fields that are present of the caller's tenant."""
        tenant = await self._tenants.edit(caller.tenant, changes.model_dump(exclude_unset=True))
        if tenant is None:
            raise ProblemError("tenant-unknown")
        return await self._publish(tenant)

    async def activate(self, request: ActivationInput, caller: AdminCaller) -> TenantOutput:
        """Activates the caller's tenant until the code expires. Replaces the earlier code."""
        if self._tenant_cache.get(caller.tenant) is None:
            raise ProblemError("tenant-unknown")
        fields = self._activation(caller.tenant, request.code, "code")
        tenant = await self._tenants.edit(caller.tenant, fields)
        if tenant is None:
            raise _outdated("code")
        return await self._publish(tenant)

    async def put_tenant(
        self, tenant: Annotated[TenantId, Path()], changes: TenantByOperator, _: OperatorCaller
    ) -> TenantOutput:
        """Creates a tenant, or changes the fields that are present. Only a code activates it."""
        fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
        code = fields.pop("activation_code", None)
        if code is not None:
            fields |= self._activation(tenant, code, "activation_code")
        fresh = Tenant.model_validate({"name": tenant, **fields, "id": tenant})
        # Inserting first lets the unique id decide between two operators who create one tenant.
        if await self._tenants.add(fresh):
            return await self._publish(fresh)
        edited = await self._tenants.edit(tenant, fields)
        # Tenants are never deleted, so None means that the code is older than the present one.
        if edited is None:
            raise _outdated("activation_code")
        return await self._publish(edited)

    def _activation(self, tenant: str, code: str, field: str) -> dict[str, Any]:
        try:
            activation = self._codes.verify(code, tenant, self._clock())
        except ActivationError as error:
            raise ProblemError(error.code, field, **error.params) from None
        return {"activation": activation.model_dump()}

    def _output(self, tenant: Tenant) -> TenantOutput:
        state = tenant.state_at(self._clock())
        return TenantOutput.model_validate({**tenant.model_dump(), "state": state})

    async def _publish(self, tenant: Tenant) -> TenantOutput:
        # This instance sees its own change at once; the others after the message, or, if the broker
        # is away, when they next read the collection (SOFTPHONE_MIRROR_SECONDS).
        self._tenant_cache.apply(tenant)
        await self._bus.try_publish(TenantChanged(tenant=tenant.id, settings=tenant))
        return self._output(tenant)


def _outdated(field: str) -> ProblemError:
    return ProblemError("activation-code-outdated", field=field)
