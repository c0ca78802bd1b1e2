"""How one device speaks: its preset with its own changes, and its number profile; reads nothing."""

import json
from collections.abc import Mapping as ReadOnly
from typing import Any

from pydantic import ValidationError

from softphone_common.contracts.events import Device, Tenant
from softphone_common.contracts.problem_codes import of_validation
from softphone_common.domain.numbers import normalise as numbers
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.presets.preset import Preset
from softphone_ingest.mapping.reader import DeviceConfig
from softphone_ingest.mapping.schema import merge


class DeviceConfigs:
    """The dialects of all devices, each made once for each version of its device and tenant."""

    def __init__(self, presets: ReadOnly[str, Preset]) -> None:
        self.presets = presets
        self._known: dict[str, tuple[tuple[int, int], DeviceConfig]] = {}

    def of(self, tenant: Tenant, device: Device) -> DeviceConfig:
        """The device's. Raises HitError for a device whose changes no longer fit its preset."""
        version = (device.version, tenant.version)
        known = self._known.get(device.id)
        if known is None or known[0] != version:
            known = version, self._of(tenant, device)
            self._known[device.id] = known
        return known[1]

    def _of(self, tenant: Tenant, device: Device) -> DeviceConfig:
        return self.make(tenant, device.preset, device.mapping, device.numbers, device.extension)

    def make(
        self,
        tenant: Tenant,
        preset: str,
        mapping: dict[str, Any],
        profile: dict[str, Any],
        extension: str | None = None,
    ) -> DeviceConfig:
        """A preset with these changes at this tenant. Raises HitError naming what does not fit."""
        ready = self.presets.get(preset)
        if ready is None:
            raise HitError("preset", "preset-unknown", preset=preset)
        try:
            whole = merge(ready.mapping, mapping)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            field = ".".join(str(part) for part in ("mapping", *first["loc"]))
            code, params, why = of_validation(first)
            raise HitError(field, code, why, **params) from None
        try:
            at_sender = numbers.changed(numbers.changed(tenant.numbers, ready.numbers), profile)
        except ProfileError as error:
            raise HitError("numbers", error.code, **error.params) from None
        return DeviceConfig(whole, at_sender, extension)


def require_small(most: int, *changes: dict[str, Any]) -> None:
    """Raises HitError naming `mapping` for changes of a preset over so many bytes."""
    if len(json.dumps(changes)) > most:
        raise HitError("mapping", "mapping-too-large", limit=most)
