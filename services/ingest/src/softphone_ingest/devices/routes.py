"""The routes of devices and presets, `/api/devices` and `/api/presets`, for administrators."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.bus.bus import Bus
from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.events import DeviceChanged
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs, require_small
from softphone_ingest.devices.device import (
    StoredDevice,
    device_url,
    hash_key,
    new_key,
    public_base,
)
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.setup_urls import DeviceUrls, device_urls
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.mapping.parsed_event import EXTENSION_MAX, HitError
from softphone_ingest.mapping.presets.preset import Preset

Name = Annotated[str, Field(min_length=1, max_length=100)]
Extension = Annotated[str, Field(min_length=1, max_length=EXTENSION_MAX)]
Line = Annotated[str, Field(min_length=1, max_length=128)]
Secret = Annotated[str, Field(min_length=1, max_length=200)]
Lines = Annotated[dict[Line, Extension], Field(max_length=1000)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeviceChanges(_Input):
    """The fields of a device to change; fields left out stay as they are."""

    name: Name | None = None
    preset: str | None = Field(None, description="The id of a preset, see /api/presets")
    extension: Extension | None = Field(
        None, description="The extension all hits of the device belong to; null: each hit names its"
    )
    extensions: Lines = Field(
        {},
        description="The extension for each line the sender names otherwise, such as a SIP name,"
        " an e-mail address or a called number",
    )
    mapping: dict[str, Any] = Field({}, description="Changes to the preset's mapping")
    numbers: dict[str, Any] = Field({}, description="Changes to the tenant's number profile")
    secret: Secret | None = Field(None, description="The secret the sender signs its requests with")
    dial: DialLink | None = Field(
        None, description="The link users of this extension dial with; null: the tenant's"
    )


class DeviceInput(DeviceChanges):
    """The fields of a new device; only `name` is required."""

    name: Name
    preset: str = Field("generic", description="The id of a preset, see /api/presets")


class DeviceOutput(BaseModel):
    """A device. `key` is set in answers that create a key, and null in all others."""

    id: str
    name: str
    preset: str
    extension: str | None
    extensions: dict[str, str]
    mapping: dict[str, Any]
    numbers: dict[str, Any]
    dial: DialLink | None
    has_secret: bool
    key: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """Devices a tenant may have, and bytes the changes of a device to its preset may take."""

    devices_max: int
    mapping_max: int


class DeviceApi:
    """Devices over HTTP. A change is stored first, then published to all instances."""

    def __init__(
        self,
        store: DeviceStore,
        cache: DeviceCache,
        tenants: Tenants,
        configs: DeviceConfigs,
        seal: Seal,
        bus: Bus,
        limits: DeviceLimits,
        public_url: str,
    ) -> None:
        self._store = store
        self._cache = cache
        self._tenants = tenants
        self._configs = configs
        self._seal = seal
        self._bus = bus
        self._limits = limits
        self._public_url = public_url
        self.router = APIRouter(prefix="/api", tags=["devices"])
        add = self.router.add_api_route
        add("/presets", self.list_presets, methods=["GET"])
        add("/devices", self.list_devices, methods=["GET"])
        add("/devices", self.add_device, methods=["POST"], status_code=201)
        add("/devices/{device}", self.show_device, methods=["GET"])
        add("/devices/{device}", self.edit_device, methods=["PATCH"])
        add("/devices/{device}", self.remove_device, methods=["DELETE"], status_code=204)
        add("/devices/{device}/key", self.renew_key, methods=["POST"], status_code=201)
        add("/devices/{device}/urls", self.show_urls, methods=["GET"])

    async def list_presets(self, _: AdminCaller) -> Page[Preset]:
        """Lists the makes of phones and exchanges that are ready to use."""
        return Page(items=list(self._configs.presets.values()))

    async def list_devices(self, caller: AdminCaller) -> Page[DeviceOutput]:
        """Lists the tenant's devices by name."""
        return Page(items=[_shown(device) for device in await self._store.list(caller.tenant)])

    async def add_device(self, fields: DeviceInput, caller: AdminCaller) -> DeviceOutput:
        """Adds a device. The answer has its key; later the key is shown in the device's URLs."""
        if len(await self._store.list(caller.tenant)) >= self._limits.devices_max:
            raise ProblemError("devices-full", limit=self._limits.devices_max)
        key = new_key()
        # unset fields are left out, so that defaults may change without touching stored devices
        stored = self._sealed(fields.model_dump(exclude_unset=True))
        device = StoredDevice.model_validate(
            {"id": str(uuid4()), "tenant": caller.tenant, **stored, **self._key_fields(key)}
        )
        self._check(device)
        await self._store.add(device)
        await self._publish(device)
        return _shown(device, key)

    async def show_device(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """Shows one device of the tenant, without its key."""
        return _shown(await self._store.require(caller.tenant, device))

    async def edit_device(
        self, device: str, changes: DeviceChanges, caller: AdminCaller
    ) -> DeviceOutput:
        """Changes the given fields; hits are read by the new ones from now on."""
        fields = changes.model_dump(exclude_unset=True)
        for field in ("name", "preset"):
            if fields.get(field, "") is None:
                raise ProblemError("null-refused", field=field)
        current = await self._store.require(caller.tenant, device)
        stored = self._sealed(fields)
        self._check(StoredDevice.model_validate({**current.model_dump(), **stored}))
        return _shown(await self._edit(caller, device, stored))

    async def remove_device(self, device: str, caller: AdminCaller) -> None:
        """Removes a device; hits with its key are answered 404 from now on."""
        await self._edit(caller, device, {"active": False})

    async def renew_key(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """Gives the device a new key; hits with the old one are answered 404 from now on."""
        key = new_key()
        return _shown(await self._edit(caller, device, self._key_fields(key)), key)

    async def show_urls(self, device: str, request: Request, caller: AdminCaller) -> DeviceUrls:
        """Shows the lines to paste into the sender's settings, with the device's key in them."""
        stored = await self._store.require(caller.tenant, device)
        key = self._seal.decrypt(stored.key_sealed)
        if key is None:
            raise ProblemError("device-key-unreadable")
        preset = self._configs.presets.get(stored.preset)
        if preset is None:
            raise ProblemError("preset-unknown", field="preset", preset=stored.preset)
        base = device_url(public_base(request, self._public_url), key)
        return device_urls(preset, base, stored.extension)

    def _check(self, device: StoredDevice) -> None:
        """Raises ProblemError 422 naming the field requests can't be read with."""
        tenant, most = self._tenants.require(device.tenant), self._limits.mapping_max
        try:
            require_small(most, device.mapping, device.numbers, device.extensions)
            self._configs.make(tenant, device)
        except HitError as error:
            raise ProblemError.of(error) from None

    def _sealed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields as they are stored, with the secret encrypted."""
        if "secret" not in fields:
            return fields
        secret = fields.pop("secret")
        return {**fields, "secret_sealed": "" if secret is None else self._seal.encrypt(secret)}

    def _key_fields(self, key: str) -> dict[str, str]:
        # hits find the device by the hash; the sealed key is for showing its URLs again
        return {"key_hash": hash_key(key), "key_sealed": self._seal.encrypt(key)}

    async def _edit(self, caller: Caller, device: str, changes: dict[str, Any]) -> StoredDevice:
        changed = await self._store.edit(caller.tenant, device, changes)
        await self._publish(changed)
        return changed

    async def _publish(self, device: StoredDevice) -> None:
        # This process takes the change from here, so that a hit right after the answer is read by
        # it. Other instances get the message; while the broker
        # is away they read the store when their caches refresh.
        self._cache.apply(device)
        await self._bus.try_publish(DeviceChanged(tenant=device.tenant, device=device.published()))


def _shown(device: StoredDevice, key: str | None = None) -> DeviceOutput:
    return DeviceOutput(
        **device.model_dump(include=set(DeviceOutput.model_fields) - {"has_secret", "key"}),
        has_secret=bool(device.secret_sealed),
        key=key,
    )
