"""The routes of devices and presets, `/api/devices` and `/api/presets`, for administrators."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.bus.bus import Bus
from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.entities import Device
from softphone_common.contracts.events import DeviceChanged
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.config import DeviceConfigs, require_small
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.setup_urls import DeviceUrls, device_url, device_urls, public_base
from softphone_ingest.devices.store import DeviceCache, DeviceStore, hash_key, new_key
from softphone_ingest.mapping.parsed_event import EXTENSION_MAX, HitError
from softphone_ingest.mapping.presets.preset import Preset
from softphone_ingest.settings import IngestSettings

Name = Annotated[str, Field(min_length=1, max_length=100)]
Extension = Annotated[str, Field(min_length=1, max_length=EXTENSION_MAX)]
Line = Annotated[str, Field(min_length=1, max_length=128)]
Secret = Annotated[str, Field(min_length=1, max_length=200)]
Lines = Annotated[dict[Line, Extension], Field(max_length=1000)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeviceChanges(_Input):
    """What of a device to change.

    `extension`: all its hits are of that one. `extensions`: the extension for each line the sender
    calls otherwise, such as a SIP name or an e-mail address. `mapping`: what is read otherwise than
    the preset says. `numbers`: what of the tenant's number profile is otherwise here.
    `secret`: what the sender signs with.
    """

    name: Name | None = None
    preset: str | None = None
    extension: Extension | None = None
    extensions: Lines = {}
    mapping: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    secret: Secret | None = None
    dial: DialLink | None = None


class DeviceInput(DeviceChanges):
    """A new device."""

    name: Name
    preset: str = "generic"


class DeviceOutput(BaseModel):
    """A device; `key` is told when it is made, later it is in its URLs."""

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


class DeviceApi:
    """Devices over HTTP. Every change is stored first, then told to all instances."""

    def __init__(
        self,
        store: DeviceStore,
        mirror: DeviceCache,
        tenants: Tenants,
        configs: DeviceConfigs,
        seal: Seal,
        bus: Bus,
        settings: IngestSettings,
    ) -> None:
        self._store = store
        self._mirror = mirror
        self._tenants = tenants
        self._configs = configs
        self._seal = seal
        self._bus = bus
        self._settings = settings
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
        """The makes of senders that are ready to use."""
        return Page(items=list(self._configs.presets.values()))

    async def list_devices(self, caller: AdminCaller) -> Page[DeviceOutput]:
        """The tenant's devices."""
        return Page(items=[_shown(device) for device in await self._store.of(caller.tenant)])

    async def add_device(self, given: DeviceInput, caller: AdminCaller) -> DeviceOutput:
        """A new device, and the key its URLs carry."""
        if len(await self._store.of(caller.tenant)) >= self._settings.devices_max:
            raise ProblemError("devices-full", limit=self._settings.devices_max)
        key = new_key()
        fields = self._stored(given.model_dump(exclude_unset=True))
        device = Device.model_validate(
            {"id": str(uuid4()), "tenant": caller.tenant, **fields, **self._keyed(key)}
        )
        self._check(device)
        await self._store.add(device)
        await self._tell(device)
        return _shown(device, key)

    async def show_device(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """One device."""
        return _shown(await self._store.require(caller.tenant, device))

    async def edit_device(
        self, device: str, changes: DeviceChanges, caller: AdminCaller
    ) -> DeviceOutput:
        """Changes what is given."""
        given = changes.model_dump(exclude_unset=True)
        for field in ("name", "preset"):
            if given.get(field, "") is None:
                raise ProblemError("null-refused", field=field)
        known = await self._store.require(caller.tenant, device)
        fields = self._stored(given)
        self._check(Device.model_validate({**known.model_dump(), **fields}))
        return _shown(await self._edit(caller, device, fields))

    async def remove_device(self, device: str, caller: AdminCaller) -> None:
        """Its key is refused from now on."""
        await self._edit(caller, device, {"active": False})

    async def renew_key(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """A new key; the old one is refused from now on."""
        key = new_key()
        return _shown(await self._edit(caller, device, self._keyed(key)), key)

    async def show_urls(self, device: str, request: Request, caller: AdminCaller) -> DeviceUrls:
        """What to paste into the sender's settings, with the key in it."""
        known = await self._store.require(caller.tenant, device)
        key = self._seal.open(known.key_sealed)
        if key is None:
            raise ProblemError("device-key-unreadable")
        public = public_base(request, self._settings.public_url)
        preset = self._preset(known.preset)
        return device_urls(preset, device_url(public, key), known.extension)

    def _preset(self, preset: str) -> Preset:
        found = self._configs.presets.get(preset)
        if found is None:
            raise ProblemError("preset-unknown", field="preset", preset=preset)
        return found

    def _check(self, device: Device) -> None:
        """Raises ProblemError 422 naming what can't be read with."""
        tenant = self._tenants.require(device.tenant)
        most = self._settings.device_mapping_max
        try:
            require_small(most, device.mapping, device.numbers, device.extensions)
            self._configs.make(tenant, device)
        except HitError as error:
            raise ProblemError.of(error) from None

    def _stored(self, given: dict[str, Any]) -> dict[str, Any]:
        """The fields as they are stored: the secret sealed."""
        if "secret" not in given:
            return given
        secret = given.pop("secret")
        return {**given, "secret_sealed": "" if secret is None else self._seal.close(secret)}

    def _keyed(self, key: str) -> dict[str, str]:
        return {"key_hash": hash_key(key), "key_sealed": self._seal.close(key)}

    async def _edit(self, caller: Caller, device: str, changes: dict[str, Any]) -> Device:
        changed = await self._store.edit(caller.tenant, device, changes)
        await self._tell(changed)
        return changed

    async def _tell(self, device: Device) -> None:
        self._mirror.apply(device)
        await self._bus.try_publish(DeviceChanged(tenant=device.tenant, device=device))


def _shown(device: Device, key: str | None = None) -> DeviceOutput:
    return DeviceOutput(
        **device.model_dump(include=set(DeviceOutput.model_fields) - {"has_secret", "key"}),
        has_secret=bool(device.secret_sealed),
        key=key,
    )
