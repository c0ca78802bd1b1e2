"""Makes the configuration requests are read by, from preset, device and tenant."""

import asyncio
import json
from collections.abc import Mapping as ReadOnly
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import of_validation, place_of
from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.numbers.profile import NumberProfile, check_count, merge_profile
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.mapping.budget import PATTERNS_MAX, STORED, check_pattern, patterns_in
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.presets.preset import Preset
from softphone_ingest.mapping.reader import DeviceConfig
from softphone_ingest.mapping.schema import Mapping


class DeviceConfigs:
    """The configurations of all devices, each made once for a version of device and tenant."""

    def __init__(self, presets: ReadOnly[str, Preset]) -> None:
        self.presets = presets
        self._configs: dict[str, tuple[tuple[int, int], DeviceConfig]] = {}

    async def of(self, tenant: Tenant, device: StoredDevice) -> DeviceConfig:
        """The configuration of a stored device. Raises HitError if it no longer fits its preset."""
        # The tenant's version counts as well: its number profile is part of the configuration.
        version = (device.version, tenant.version)
        made = self._configs.get(device.id)
        if made is None or made[0] != version:
            made = version, await self.make(tenant, device, stored=device)
            self._configs[device.id] = made
        return made[1]

    async def make(
        self, tenant: Tenant, device: StoredDevice, stored: StoredDevice | None = None
    ) -> DeviceConfig:
        """A new configuration. Raises HitError naming the field of the device that is wrong.

        What `stored` has as well may be above the limits of this release, so that a phone of an
        earlier one goes on.
        """
        preset = self.presets.get(device.preset)
        if preset is None:
            raise HitError("preset", "preset-unknown", preset=device.preset)
        is_stored = stored is not None and is_read_alike(device, stored)
        mapping = await _validated(merge(preset.mapping, device.mapping), is_stored=is_stored)
        profile = _profile(tenant, preset, device, stored)
        zone, names = ZoneInfo(tenant.time_zone), _own_number_names(tenant)
        return DeviceConfig(mapping, profile, device.extension, device.extensions, zone, names)


def is_read_alike(device: StoredDevice, other: StoredDevice) -> bool:
    """Whether the requests of both are read by the same mapping."""
    return (device.preset, device.mapping) == (other.preset, other.mapping)


def merge(mapping: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The mapping of a preset with the changes of a device, not validated yet.

    `fields` are replaced one by one, other keys as a whole. A field that is null is removed.
    """
    changed_fields = changes.get("fields", {})
    # without the preset, so that the error names the wrong type of `fields`
    if not isinstance(changed_fields, dict):
        return changes
    fields = {**mapping.get("fields", {}), **changed_fields}
    kept = {name: rules for name, rules in fields.items() if rules is not None}
    return {**mapping, **changes, "fields": kept}


async def _validated(data: dict[str, Any], *, is_stored: bool) -> Mapping:
    patterns = dict.fromkeys(patterns_in(data))
    if is_stored or len(patterns) <= PATTERNS_MAX:
        # The validation would hold up other requests until it has compiled all of them. It names
        # those that can't be compiled.
        for pattern in patterns:
            with suppress(PydanticCustomError):
                check_pattern(pattern)
            await asyncio.sleep(0)
    try:
        return Mapping.model_validate(data, context=STORED if is_stored else None)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        code, params, why = of_validation(first)
        field = ".".join(str(part) for part in ("mapping", *place_of(first)))
        raise HitError(field, code, why, **params) from None


def _profile(
    tenant: Tenant, preset: Preset, device: StoredDevice, stored: StoredDevice | None
) -> NumberProfile:
    try:
        # from the general to the special: the company, the make, this device
        at_sender = merge_profile(tenant.numbers, preset.numbers)
        profile = merge_profile(at_sender, device.numbers)
        ranges = stored.numbers.get("extension_ranges", ()) if stored else ()
        check_count(device.numbers.get("extension_ranges", ()), ranges)
        return profile
    except ProfileError as error:
        raise HitError(f"numbers.{error.field}", error.code, **error.params) from None


def _own_number_names(tenant: Tenant) -> dict[str, str]:
    """The names of the tenant's own numbers, by the keys that all spellings of one share."""
    return {counterpart_key(own.read(tenant.numbers)): own.name for own in tenant.own_numbers}


def require_small(most: int, *changes: dict[str, Any]) -> None:
    """Raises HitError naming `mapping` if the changes of a preset take more than `most` bytes."""
    if len(json.dumps(changes)) > most:
        raise HitError("mapping", "mapping-too-large", limit=most)
