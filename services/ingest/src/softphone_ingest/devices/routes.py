"""The routes of devices and presets, `/api/devices` and `/api/presets`, for administrators."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.dial_link import CheckedDialLink, DialLink
from softphone_common.contracts.events import DeviceChanged
from softphone_common.domain.numbers.profile import check_prefix
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.secret_hash import hash_secret
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs, require_small
from softphone_ingest.devices.device import (
    StoredDevice,
    device_url,
    new_key,
    public_base,
)
from softphone_ingest.devices.mapping_check import check_mapping, check_secret
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.setup_urls import DeviceUrls, address_warning, device_urls
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.mapping.parsed_event import EXTENSION_MAX, HitError
from softphone_ingest.mapping.presets.preset import Preset
from softphone_ingest.tenants.dial_targets import DialTargets

Name = Annotated[str, Field(min_length=1, max_length=100)]
Extension = Annotated[str, Field(min_length=1, max_length=EXTENSION_MAX)]
Line = Annotated[str, Field(min_length=1, max_length=128)]
Secret = Annotated[str, Field(min_length=1, max_length=200)]
_VERIFYING = frozenset({"preset", "mapping", "secret_sealed"})
"""Fields that decide whether the hits of a device are verified."""
_READING = _VERIFYING | {"numbers", "extension", "extensions"}
"""Fields that requests are read and verified with."""
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
    dial: CheckedDialLink | None = Field(
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
        security: SecurityLog,
        bus: Bus,
        limits: DeviceLimits,
        targets: DialTargets,
        public_url: str,
    ) -> None:
        self._store = store
        self._cache = cache
        self._tenants = tenants
        self._configs = configs
        self._seal = seal
        self._security = security
        self._bus = bus
        self._limits = limits
        self._targets = targets
        self._public_url = public_url
        self.router = APIRouter(prefix="/api", tags=["devices"])
        add = self.router.add_api_route
        add("/presets", self.list_presets, methods=["GET"])
        add("/devices", self.add_device, methods=["POST"], status_code=201)
        add("/devices/{device}", self.show_device, methods=["GET"])
        add("/devices/{device}", self.edit_device, methods=["PATCH"])
        add("/devices/{device}", self.remove_device, methods=["DELETE"], status_code=204)
        add("/devices/{device}/key", self.renew_key, methods=["POST"], status_code=201)
        add("/devices/{device}/urls", self.show_urls, methods=["GET"])

    async def list_presets(self, _: AdminCaller) -> Page[Preset]:
        """Lists the makes of phones and exchanges that are ready to use."""
        return Page(items=list(self._configs.presets.values()))

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
        await self._check(device, None)
        await self._store.add(device)
        self._security.act("device-added", caller, f"device/{device.id}")
        await self._publish(device)
        return device_output(device, key)

    async def show_device(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """Shows one device of the tenant, without its key."""
        return device_output(await self._store.require(caller.tenant, device))

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
        device_after = StoredDevice.model_validate({**current.model_dump(), **stored})
        await self._check(device_after, current)
        changed = await self._edit(caller, device, stored)
        if "secret_sealed" in stored:
            self._security.act("secret-changed", caller, f"device/{device}")
        names = " ".join(sorted(stored.keys() - {"secret_sealed"}))
        if names:
            self._security.act("device-changed", caller, f"device/{device}", detail=names)
        return device_output(changed)

    async def remove_device(self, device: str, caller: AdminCaller) -> None:
        """Removes a device; hits with its key are answered 404 from now on."""
        await self._edit(caller, device, {"active": False})
        self._security.act("device-removed", caller, f"device/{device}")

    async def renew_key(self, device: str, caller: AdminCaller) -> DeviceOutput:
        """Gives the device a new key; hits with the old one are answered 404 from now on."""
        key = new_key()
        changed = await self._edit(caller, device, self._key_fields(key))
        self._security.act("key-replaced", caller, f"device/{device}")
        return device_output(changed, key)

    async def show_urls(self, device: str, request: Request, caller: AdminCaller) -> DeviceUrls:
        """Shows the lines to paste into the sender's settings, with the device's key in them."""
        stored = await self._store.require(caller.tenant, device)
        key = self._seal.decrypt(stored.key_sealed)
        if key is None:
            raise ProblemError("device-key-unreadable")
        preset = self._configs.presets.get(stored.preset)
        if preset is None:
            raise ProblemError("preset-unknown", field="preset", preset=stored.preset)
        self._security.act("key-shown", caller, f"device/{device}")
        public = public_base(request, self._public_url)
        urls = device_urls(preset, device_url(public, key), stored.extension)
        warning = address_warning(preset, public, is_set=bool(self._public_url))
        return urls.model_copy(update={"warning": warning})

    async def _check(self, device: StoredDevice, stored: StoredDevice | None) -> None:
        """Raises ProblemError 422 naming the field requests can't be read or verified with.

        Only what differs from the stored device is checked: an earlier release may have stored
        what this one refuses, and such a device can still be renamed.
        """
        changed = _changed(device, stored)
        if device.dial is not None and "dial" in changed:
            self._targets.require(device.dial.link, "dial.link")
        if not changed & _READING:
            return
        tenant, most = self._tenants.require(device.tenant), self._limits.mapping_max
        try:
            require_small(most, device.mapping, device.numbers, device.extensions)
            config = await self._configs.make(tenant, device, stored)
            if changed & {"preset", "mapping"}:
                check_mapping(config.mapping)
            if changed & _VERIFYING:
                check_secret(config.mapping, has_secret=bool(device.secret_sealed))
            if device.numbers.keys() & {"outside_prefix", "outside_prefix_mode"}:
                check_prefix(config.profile)
        except HitError as error:
            raise ProblemError.of(error) from None
        except ProfileError as error:
            raise ProblemError(error.code, field=f"numbers.{error.field}") from None

    def _sealed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields as they are stored, with the secret encrypted."""
        if "secret" not in fields:
            return fields
        secret = fields.pop("secret")
        return {**fields, "secret_sealed": "" if secret is None else self._seal.encrypt(secret)}

    def _key_fields(self, key: str) -> dict[str, str]:
        # hits find the device by the hash; the sealed key is for showing its URLs again
        return {"key_hash": hash_secret(key), "key_sealed": self._seal.encrypt(key)}

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


def _changed(device: StoredDevice, stored: StoredDevice | None) -> set[str]:
    """The fields that differ from those of the stored device; all fields of a new one."""
    names = set(StoredDevice.model_fields)
    if stored is None:
        return names
    return {name for name in names if getattr(device, name) != getattr(stored, name)}


def device_output(device: StoredDevice, key: str | None = None) -> DeviceOutput:
    """The device as the API shows it, with its key only where one was just made."""
    return DeviceOutput(
        **device.model_dump(include=set(DeviceOutput.model_fields) - {"has_secret", "key"}),
        has_secret=bool(device.secret_sealed),
        key=key,
    )
