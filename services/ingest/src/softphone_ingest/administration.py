"""The routes of administrators, `/api/devices` and `/api/tenant`, and operators, `/api/tenants`."""

from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from softphone_common.bus.rabbit import Bus
from softphone_common.contracts.events import (
    Device,
    DeviceChanged,
    Tenant,
    TenantChanged,
    TenantId,
)
from softphone_common.domain.numbers import NumberProfile, is_region
from softphone_common.errors import UnavailableError
from softphone_common.http.auth import AdminCaller, AnyCaller, OperatorCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.telemetry import log
from softphone_common.tenants import Tenants
from softphone_ingest.devices import DeviceMirror, DeviceStore, hash_key, new_key
from softphone_ingest.tenants import TenantStore


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("is not an IANA time zone, such as Europe/Berlin")
    return zone


def _known_numbers(profile: NumberProfile) -> NumberProfile:
    if not is_region(profile.region):
        raise ValueError("region is not an ISO 3166 country, such as DE")
    if not 0 <= profile.extension_max_len <= 8:
        raise ValueError("extension_max_len must be 0 to 8")
    return profile


def _dialable(link: str) -> str:
    scheme = link.partition(":")[0].lower()
    # a browser reads a scheme past blanks before it and line breaks in it
    plain = link.isprintable() and " " not in link
    if not plain or "{number}" not in link or scheme in {"javascript", "data", "vbscript"}:
        raise ValueError("must be a link with {number} in it, such as tel:{number}")
    return link


Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Numbers = Annotated[NumberProfile, AfterValidator(_known_numbers)]
DialLink = Annotated[str, Field(max_length=300), AfterValidator(_dialable)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Extension = Annotated[str, Field(min_length=1, max_length=64)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeviceInput(_Input):
    """A new device; with `extension` all its hits are of that one."""

    name: Name
    extension: Extension | None = None


class DeviceChanges(_Input):
    """What of a device to change."""

    name: Name | None = None
    extension: Extension | None = None


class DeviceOutput(BaseModel):
    """A device; `key` is told once, when it is made."""

    id: str
    name: str
    extension: str | None
    key: str | None = None


class TenantChanges(_Input):
    """What of a tenant to change."""

    name: Name | None = None
    time_zone: Zone | None = None
    numbers: Numbers | None = None
    dial_link: DialLink | None = None

    @model_validator(mode="after")
    def _no_nulls(self) -> "TenantChanges":
        if any(getattr(self, field) is None for field in self.model_fields_set):
            raise ValueError("a field that is given can't be null")
        return self


class TenantByOperator(TenantChanges):
    """What only an operator may say of a tenant."""

    active: bool | None = None


class Administration:
    """Devices and tenants over HTTP. Every change is stored first, then told to all instances."""

    def __init__(
        self,
        devices: DeviceStore,
        device_mirror: DeviceMirror,
        tenants: TenantStore,
        tenant_mirror: Tenants,
        bus: Bus,
        devices_max: int,
    ) -> None:
        self._devices = devices
        self._device_mirror = device_mirror
        self._tenants = tenants
        self._tenant_mirror = tenant_mirror
        self._bus = bus
        self._devices_max = devices_max
        self.router = APIRouter(prefix="/api", tags=["administration"])
        add = self.router.add_api_route
        add("/devices", self.list_devices, methods=["GET"])
        add("/devices", self.add_device, methods=["POST"], status_code=201)
        add("/devices/{device}", self.edit_device, methods=["PATCH"])
        add("/devices/{device}", self.remove_device, methods=["DELETE"], status_code=204)
        add("/devices/{device}/key", self.renew_key, methods=["POST"], status_code=201)
        add("/tenant", self.show_tenant, methods=["GET"])
        add("/tenant", self.edit_tenant, methods=["PATCH"])
        add("/tenants/{tenant}", self.put_tenant, methods=["PUT"])

    async def list_devices(self, caller: AdminCaller) -> Page[DeviceOutput]:
        """The tenant's devices."""
        return Page(items=[_shown(device) for device in await self._devices.of(caller.tenant)])

    async def add_device(self, given: DeviceInput, caller: AdminCaller) -> DeviceOutput:
        """A new device, and the key its URLs carry: told now and never again."""
        if len(await self._devices.of(caller.tenant)) >= self._devices_max:
            raise ProblemError(409, f"A tenant has at most {self._devices_max} devices")
        key = new_key()
        device = await self._devices.add(caller.tenant, given.name, given.extension, key)
        await self._tell_device(device)
        return _shown(device, key)

    async def edit_device(
        self, device: str, changes: DeviceChanges, caller: AdminCaller
    ) -> DeviceOutput:
        """Changes what is given."""
        fields = changes.model_dump(exclude_unset=True)
        if fields.get("name", "") is None:
            raise ProblemError(422, "name can't be null", field="name")
        return _shown(await self._edit(caller.tenant, device, fields))

    async def remove_device(self, device: str, caller: AdminCaller) -> None:
        """Its key is refused from now on."""
        await self._edit(caller.tenant, device, {"active": False})

    async def renew_key(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """A new key; the old one is refused from now on."""
        key = new_key()
        changed = await self._edit(caller.tenant, device, {"key_hash": hash_key(key)})
        return _shown(changed, key)

    async def show_tenant(self, caller: AnyCaller) -> Tenant:
        """The caller's tenant."""
        tenant = self._tenant_mirror.get(caller.tenant)
        if tenant is None:
            raise ProblemError(404, "Your tenant does not exist")
        return tenant

    async def edit_tenant(self, changes: TenantChanges, caller: AdminCaller) -> Tenant:
        """Changes what is given of the caller's tenant."""
        tenant = await self._tenants.edit(caller.tenant, changes.model_dump(exclude_unset=True))
        if tenant is None:
            raise ProblemError(404, "Your tenant does not exist")
        return await self._tell_tenant(tenant)

    async def put_tenant(
        self, tenant: Annotated[TenantId, Path()], given: TenantByOperator, _: OperatorCaller
    ) -> Tenant:
        """Makes a tenant, or changes what is given of it."""
        fields: dict[str, Any] = given.model_dump(exclude_unset=True)
        fresh = Tenant.model_validate({"name": tenant, **fields, "id": tenant})
        if await self._tenants.add(fresh):
            return await self._tell_tenant(fresh)
        edited = await self._tenants.edit(tenant, fields)
        assert edited is not None  # tenants are never deleted
        return await self._tell_tenant(edited)

    async def _edit(self, tenant: str, device: str, changes: dict[str, Any]) -> Device:
        changed = await self._devices.edit(tenant, device, changes)
        if changed is None:
            raise ProblemError(404, "You have no such device")
        await self._tell_device(changed)
        return changed

    async def _tell_device(self, device: Device) -> None:
        self._device_mirror.apply(device)
        await self._tell(DeviceChanged(tenant=device.tenant, device=device))

    async def _tell_tenant(self, tenant: Tenant) -> Tenant:
        self._tenant_mirror.apply(tenant)
        await self._tell(TenantChanged(tenant=tenant.id, settings=tenant))
        return tenant

    async def _tell(self, message: DeviceChanged | TenantChanged) -> None:
        """What is stored is stored: without the broker the others read it at their next refresh."""
        try:
            await self._bus.publish(message)
        except UnavailableError as error:
            log.warning("change not told", type=message.type, error=str(error))


def _shown(device: Device, key: str | None = None) -> DeviceOutput:
    return DeviceOutput(id=device.id, name=device.name, extension=device.extension, key=key)
