"""The routes of tenants: `/api/tenant` for their administrators, `/api/tenants` for operators."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.dial_link import CheckedLink
from softphone_common.contracts.entities import (
    LastDigits,
    OwnNumber,
    PopupSettings,
    Tenant,
    TenantId,
    TenantState,
)
from softphone_common.contracts.events import TenantChanged
from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.numbers.dial_format import DialFormat
from softphone_common.domain.numbers.profile import (
    NumberProfile,
)
from softphone_common.http.auth import AdminCaller, AnyCaller, Caller, OperatorCaller
from softphone_common.http.entity_tags import etag, expected_version
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.tenants import Tenants
from softphone_ingest.tenants.activation import CODE_MAX, ActivationCodes, ActivationError
from softphone_ingest.tenants.choice_routes import time_zones
from softphone_ingest.tenants.dial_targets import DialTargets
from softphone_ingest.tenants.number_routes import Numbers, require_few_ranges
from softphone_ingest.tenants.own_numbers import check_listed_numbers
from softphone_ingest.tenants.record_url import RecordUrl
from softphone_ingest.tenants.store import TenantStore
from softphone_ingest.tenants.versions import (
    IfMatch,
    IfNoneMatch,
    creates_only,
)


def _known_zone(zone: str) -> str:
    if zone not in time_zones():
        raise invalid("time-zone-unknown")
    return zone


Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=CODE_MAX)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OwnNumberInput(OwnNumber):
    """A number of the company with its name."""

    model_config = ConfigDict(extra="forbid")


class PopupInput(PopupSettings):
    """When calls show, and what for no, one or many records; replaces all defaults."""

    model_config = ConfigDict(extra="forbid")


class TenantChanges(_Input):
    """The fields of a tenant to change. Fields that are missing stay as they are."""

    name: Name | None = None
    time_zone: Zone | None = None
    numbers: Numbers | None = None
    dial_link: CheckedLink | None = None
    dial_spelling: DialFormat | None = None
    ring_groups: bool | None = None
    own_numbers: list[OwnNumberInput] | None = Field(None, max_length=200)
    ignored_numbers: list[OwnNumberInput] | None = Field(
        None,
        max_length=200,
        description="Numbers that find no record, such as those of a door station or a fax machine",
    )
    last_digits: LastDigits | None = Field(
        None,
        description="A record also matches, with the level `maybe`, if its number ends in this many"
        " equal digits; 0 for never",
    )
    popup: PopupInput | None = None
    record_url: RecordUrl | None = None
    own_extensions: bool | None = None

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
        targets: DialTargets,
        security: SecurityLog,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._tenants = tenants
        self._tenant_cache = tenant_cache
        self._codes = codes
        self._targets = targets
        self._security = security
        self._bus = bus
        self._clock = clock
        self.router = APIRouter(prefix="/api", tags=["administration"])
        add = self.router.add_api_route
        add("/tenant", self.show_tenant, methods=["GET"])
        add("/tenant", self.edit_tenant, methods=["PATCH"])
        add("/tenant/activation", self.activate, methods=["PUT"])
        add("/tenants/{tenant}", self.put_tenant, methods=["PUT"])

    async def show_tenant(self, caller: AnyCaller, response: Response) -> TenantOutput:
        """Returns the caller's tenant with its activation and state, and its version as ETag."""
        tenant = self._tenant_cache.get(caller.tenant)
        if tenant is None:
            raise ProblemError("tenant-unknown")
        return tenant_output(tenant, self._clock(), response)

    async def edit_tenant(
        self,
        changes: TenantChanges,
        caller: AdminCaller,
        response: Response,
        if_match: IfMatch = None,
    ) -> TenantOutput:
        """Changes the fields that are present of the caller's tenant."""
        self._check(caller.tenant, changes)
        fields = changes.model_dump(exclude_unset=True)
        tenant = await self._edit(caller.tenant, fields, if_match)
        self._record(caller, caller.tenant, changes)
        return await self._publish(tenant, response)

    async def activate(
        self, request: ActivationInput, caller: AdminCaller, response: Response
    ) -> TenantOutput:
        """Activates the caller's tenant until the code expires. Replaces the earlier code."""
        if self._tenant_cache.get(caller.tenant) is None:
            raise ProblemError("tenant-unknown")
        fields = self._activation(caller.tenant, request.code, "code")
        tenant = await self._edit(caller.tenant, fields, None, "code")
        self._security.act("activation-changed", caller, f"tenant/{caller.tenant}")
        return await self._publish(tenant, response)

    async def put_tenant(
        self,
        tenant: Annotated[TenantId, Path()],
        changes: TenantByOperator,
        caller: OperatorCaller,
        response: Response,
        if_match: IfMatch = None,
        if_none_match: IfNoneMatch = None,
    ) -> TenantOutput:
        """Creates a tenant, or changes the fields that are present. Only a code activates it."""
        self._check(tenant, changes)
        fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
        code = fields.pop("activation_code", None)
        if code is not None:
            fields |= self._activation(tenant, code, "activation_code")
        named = {"name": tenant, **fields, "id": tenant, "updated_at": self._clock()}
        fresh = Tenant.model_validate(named)
        # Inserting first lets the unique id decide between two operators who create one tenant.
        if if_match is None and await self._tenants.add(fresh):
            self._record(caller, tenant, changes)
            return await self._publish(fresh, response)
        if creates_only(if_none_match):
            return tenant_output(await self._repeated(fresh), self._clock(), response)
        edited = await self._edit(tenant, fields, if_match, "activation_code")
        self._record(caller, tenant, changes)
        return await self._publish(edited, response)

    async def _edit(
        self, tenant: str, fields: dict[str, Any], if_match: str | None, code: str = "code"
    ) -> Tenant:
        """The tenant after the change. Raises ProblemError with the reason if there was none."""
        version = expected_version(if_match, "tenant-changed")
        timed = {**fields, "updated_at": self._clock()}
        edited = await self._tenants.edit(tenant, timed, version)
        if edited is not None:
            return edited
        stored = await self._tenants.get(tenant)
        if stored is None:
            raise ProblemError("tenant-unknown")
        if version not in {None, stored.version}:
            raise ProblemError("tenant-changed")
        # what remains is a code that is older than the present one
        raise ProblemError("activation-code-outdated", field=code)

    async def _repeated(self, fresh: Tenant) -> Tenant:
        """The stored tenant if an earlier request has created it with these fields.

        Raises ProblemError 412 if it has others, since it then is somebody else's tenant.
        """
        stored = await self._tenants.get(fresh.id)
        own = {"version": fresh.version, "updated_at": fresh.updated_at}
        if stored is None or stored.model_copy(update=own) != fresh:
            raise ProblemError("tenant-exists")
        return stored

    def _record(self, caller: Caller, tenant: str, changes: TenantChanges) -> None:
        target = f"tenant/{tenant}"
        names = {name.replace("_", "-") for name in changes.model_fields_set}
        has_code = "activation-code" in names
        if has_code:
            self._security.act("activation-changed", caller, target, tenant=tenant)
        detail = " ".join(sorted(names - {"activation-code"}))
        if detail or not has_code:
            self._security.act("tenant-changed", caller, target, tenant=tenant, detail=detail)

    def _check(self, tenant: str, changes: TenantChanges) -> None:
        if changes.dial_link is not None:
            self._targets.require(changes.dial_link, "dial_link")
        stored = self._tenant_cache.get(tenant)
        numbers = stored.numbers if stored else NumberProfile()
        if changes.numbers is not None:
            require_few_ranges(changes.numbers, numbers)
        profile = changes.numbers or numbers
        check_listed_numbers("own_numbers", changes.own_numbers or (), profile)
        check_listed_numbers("ignored_numbers", changes.ignored_numbers or (), profile)

    def _activation(self, tenant: str, code: str, field: str) -> dict[str, Any]:
        try:
            activation = self._codes.verify(code, tenant, self._clock())
        except ActivationError as error:
            raise ProblemError(error.code, field, **error.params) from None
        return {"activation": activation.model_dump()}

    async def _publish(self, tenant: Tenant, response: Response) -> TenantOutput:
        # This instance sees its own change at once; the others after the message, or, if the broker
        # is away, when they next read the collection (SOFTPHONE_MIRROR_SECONDS).
        self._tenant_cache.apply(tenant)
        await self._bus.try_publish(TenantChanged(tenant=tenant.id, settings=tenant))
        return tenant_output(tenant, self._clock(), response)


def tenant_output(tenant: Tenant, now: datetime, response: Response) -> TenantOutput:
    """The tenant with its state at this time; sets the ETag of the response."""
    response.headers["ETag"] = etag(tenant.version)
    return TenantOutput.model_validate({**tenant.model_dump(), "state": tenant.state_at(now)})
