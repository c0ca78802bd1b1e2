"""Senders without a preset: mappings as an administrator writes them, with the manuals' requests.

A line of `data/other_makes.jsonl` has the changes to `generic`, the device's table of extensions
and secret, and requests with what each means; `events` is null if its signature is wrong.
"""

import json
import re
from typing import Any

import pytest

from softphone_common.contracts.entities import Tenant
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.mapping_check import check_mapping
from softphone_ingest.hits.signatures import verified
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.reader import DeviceConfig, Reader
from softphone_ingest.mapping.request import HitRequest
from support.paths import DATA, ROOT

LINES = (DATA / "other_makes.jsonl").read_text("utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
EXAMPLES = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "presets.md").read_text(), re.DOTALL)


async def config(mapping: dict[str, Any], extensions: dict[str, str]) -> DeviceConfig:
    device = StoredDevice(
        id="d", tenant="t", name="n", key_hash="k", mapping=mapping, extensions=extensions
    )
    made = await DeviceConfigs(load_all()).make(Tenant(id="t", name="T"), device)
    check_mapping(made.mapping)
    return made


def meaning(event: ParsedEvent) -> list[str | None]:
    number = event.remote.e164 if event.remote else None
    return [event.phase, event.direction, event.extension, number, event.external_id]


@pytest.mark.parametrize("row", ROWS, ids=[row["make"] for row in ROWS])
async def test_a_make_of_a_manual_is_read(row: dict[str, Any]) -> None:
    made = await config(row["mapping"], row["extensions"])
    for sent in row["requests"]:
        reader = Reader(HitRequest.parse(sent["request"]), made)
        assert verified(reader, row["secret"], "") is (sent["events"] is not None)
        if sent["events"] is not None:
            assert [meaning(event) for event in reader.interpret().events] == sent["events"]


async def test_the_documented_changes_can_be_saved() -> None:
    assert len(EXAMPLES) == 2
    for example in EXAMPLES:
        await config(json.loads(example), {})


async def test_the_documented_make_is_read() -> None:
    body = {"event": "ringing", "direction": "out", "caller": {"extension": 21}, "call_id": 7}
    text = json.dumps({**body, "callee": {"number": "08999998001"}})
    made = await config(json.loads(EXAMPLES[1]), {})
    (event,) = Reader(HitRequest.parse(f"POST /\n\n{text}"), made).interpret().events
    assert meaning(event) == ["dialed", "outbound", "21", "+498999998001", "7"]
