"""Devices that an earlier release stored above the limits of this one go on as they are."""

import asyncio
import json
from typing import Any

import pytest

from softphone_common.contracts.entities import Tenant
from softphone_common.domain.numbers.profile import RANGES_MAX
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.store import device_of
from softphone_ingest.mapping.budget import (
    DECODE_MAX,
    LISTS_MAX,
    PATTERNS_MAX,
    ROWS_MAX,
    RULES_MAX,
    WORDS_MAX,
)
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.reader import interpret
from softphone_ingest.mapping.request import HitRequest

TENANT = Tenant(id="acme", name="Acme")
RING = HitRequest.parse("/ringing?extension=21&number=08999998001&call_id=A&name=Eva")
NAME = "query.name"


def name(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"fields": {"name": list(rules)}}


MAPPINGS: dict[str, tuple[dict[str, Any], str]] = {
    "steps": (
        name({"from": NAME, "decode": ["trim"] * (DECODE_MAX + 1)}),
        "mapping.fields.name.0.decode",
    ),
    "rows": (
        name({"from": NAME, "table": {"*": "Eva"} | {f"{n}": "" for n in range(ROWS_MAX)}}),
        "mapping.fields.name.0.table",
    ),
    "texts": (
        name({"from": NAME, "when": {NAME: {"is": ["*"] * (WORDS_MAX + 1)}}}),
        "mapping.fields.name.0.when.query.name.is",
    ),
    "rules": (name(*[{"value": ""}] * RULES_MAX, {"from": NAME}), "mapping.fields.name"),
    "patterns": (
        name(*({"from": NAME, "pick": f"^Eva{n}?$"} for n in range(PATTERNS_MAX + 1))),
        "mapping.fields",
    ),
    "lists": ({"each": ["query.none"] * (LISTS_MAX + 1)}, "mapping.each"),
    "replies": (
        {"answers": [{"status": 200, "body": ""}] * (RULES_MAX + 1)},
        "mapping.answers",
    ),
}
RANGES = {"extension_ranges": ["21"] * (RANGES_MAX + 1)}


def stored(mapping: dict[str, Any], numbers: dict[str, Any]) -> StoredDevice:
    """The device in a document as release 0.1.0 wrote it."""
    return device_of(
        {
            "_id": "d1",
            "tenant": "acme",
            "name": "Desk",
            "key_hash": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
            "key_sealed": "gAAAAABh",
            "preset": "generic",
            "mapping": json.dumps(mapping),
            "numbers": json.dumps(numbers),
            "active": True,
            "version": 3,
        }
    )


@pytest.mark.parametrize("limit", MAPPINGS)
async def test_stored_mapping_above_a_limit_is_read(limit: str) -> None:
    device = stored(MAPPINGS[limit][0], {})
    config = await DeviceConfigs(load_all()).of(TENANT, device)
    (event,) = interpret(RING, config).events
    assert (event.extension, event.external_id, event.name) == ("21", "A", "Eva")


async def test_stored_ranges_above_their_limit_are_read() -> None:
    config = await DeviceConfigs(load_all()).of(TENANT, stored({}, RANGES))
    (event,) = interpret(RING, config).events
    assert event.remote is not None
    assert event.remote.e164 == "+498999998001"


@pytest.mark.parametrize("limit", MAPPINGS)
async def test_changed_mapping_above_a_limit_is_refused(limit: str) -> None:
    mapping, field = MAPPINGS[limit]
    device = stored(mapping, {})
    changed = device.model_copy(update={"mapping": {**mapping, "separator": ","}})
    with pytest.raises(HitError) as error:
        await DeviceConfigs(load_all()).make(TENANT, changed, stored=device)
    assert error.value.field == field


async def test_changed_ranges_above_their_limit_are_refused() -> None:
    device = stored({}, RANGES)
    changed = device.model_copy(update={"numbers": {"extension_ranges": ["22"] * 1001}})
    with pytest.raises(HitError) as error:
        await DeviceConfigs(load_all()).make(TENANT, changed, stored=device)
    assert (error.value.field, error.value.code) == (
        "numbers.extension_ranges",
        "extension-ranges-too-many",
    )


async def test_other_change_of_a_stored_mapping_is_accepted() -> None:
    device = stored(MAPPINGS["steps"][0], RANGES)
    changed = device.model_copy(update={"extension": "22"})
    config = await DeviceConfigs(load_all()).make(TENANT, changed, stored=device)
    assert config.extension == "22"


async def test_many_patterns_are_compiled_in_turns() -> None:
    making = asyncio.create_task(
        DeviceConfigs(load_all()).of(TENANT, stored(MAPPINGS["patterns"][0], {}))
    )
    turns = 0
    while not making.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > PATTERNS_MAX
