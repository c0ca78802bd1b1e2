"""Makes the configuration requests are read by, from preset, device and tenant."""

import json
from collections.abc import Mapping as ReadOnly
from typing import Any

from pydantic import ValidationError

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import of_validation
from softphone_common.domain.numbers.profile import merge_profile
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.presets.preset import Preset
from softphone_ingest.mapping.reader import DeviceConfig
from softphone_ingest.mapping.schema import merge


class DeviceConfigs:
    """The configurations of all devices, each made once for a version of device and tenant."""

    def __init__(self, presets: ReadOnly[str, Preset]) -> None:
        self.presets = presets
        self._configs: dict[str, tuple[tuple[int, int], DeviceConfig]] = {}

    def of(self, tenant: Tenant, device: StoredDevice) -> DeviceConfig:
        """The configuration of a device. Raises HitError if it no longer fits its preset."""
        # Validating a mapping compiles its regular expressions, which a hit should not wait for.
        # The tenant's version counts as well: its number profile is part of the configuration.
        version = (device.version, tenant.version)
        made = self._configs.get(device.id)
        if made is None or made[0] != version:
            made = version, self.make(tenant, device)
            self._configs[device.id] = made
        return made[1]

    def make(self, tenant: Tenant, device: StoredDevice) -> DeviceConfig:
        """A new configuration. Raises HitError naming the field of the device that is wrong."""
        preset = self.presets.get(device.preset)
        if preset is None:
            raise HitError("preset", "preset-unknown", preset=device.preset)
        try:
            mapping = merge(preset.mapping, device.mapping)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            field = ".".join(str(part) for part in ("mapping", *first["loc"]))
            code, params, why = of_validation(first)
            raise HitError(field, code, why, **params) from None
        try:
            # from the general to the special: the company, the make, this device
            at_sender = merge_profile(tenant.numbers, preset.numbers)
            profile = merge_profile(at_sender, device.numbers)
        except ProfileError as error:
            raise HitError("numbers", error.code, **error.params) from None
        return DeviceConfig(mapping, profile, device.extension, device.extensions)


def require_small(most: int, *changes: dict[str, Any]) -> None:
    """Raises HitError naming `mapping` if the changes of a preset take more than `most` bytes."""
    if len(json.dumps(changes)) > most:
        raise HitError("mapping", "mapping-too-large", limit=most)
