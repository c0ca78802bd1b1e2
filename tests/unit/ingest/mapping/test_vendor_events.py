"""Events that senders document are read as well, where no recording has them.

A line of `data/documented.jsonl` has the preset, the request, and what it means: a list of phase,
direction, extension and number for each event, empty for what is no event of a call.
"""

import json
from typing import Any

import pytest

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.presets.preset import load, load_all
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping
from support.paths import DATA, ROOT

MANUAL = ROOT / "docs" / "presets.md"
DOCUMENTED = DATA / "documented.jsonl"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in DOCUMENTED.read_text("utf-8").splitlines()
]
PRESETS = load_all()


def profile(preset: str) -> NumberProfile:
    return merge_profile(NumberProfile(), PRESETS[preset].numbers)


def hits(preset: str, request: str) -> tuple[ParsedEvent, ...]:
    mapping = Mapping.model_validate(PRESETS[preset].mapping)
    config = DeviceConfig(mapping, profile(preset))
    return interpret(HitRequest.parse(request), config).events


def number(preset: str, hit: ParsedEvent) -> str | None:
    return None if hit.number is None else normalise(hit.number, profile(preset)).e164


@pytest.mark.parametrize("row", ROWS, ids=[f"{i}: {row['preset']}" for i, row in enumerate(ROWS)])
def test_a_documented_event_is_understood(row: dict[str, Any]) -> None:
    preset = row["preset"]
    assert [
        [hit.phase, hit.direction, hit.extension, number(preset, hit)]
        for hit in hits(preset, row["request"])
    ] == row["means"]


def test_there_is_an_example_for_every_preset() -> None:
    recorded = DOCUMENTED.with_name("requests.jsonl").read_text("utf-8").splitlines()
    seen = {row["preset"] for row in ROWS} | {json.loads(line)["client"] for line in recorded}
    assert seen == set(PRESETS)


def test_older_plug_ins_have_one_call_for_all_legs() -> None:
    body = '{"event": "%s", "callerid": "498999998001", "user": "102", "id": "250917_41-%d"}'
    events = enumerate(("ringing", "hangupincoming"))
    legs = [hits("3cx", f"POST /hit/KEY\n\n{body % (event, leg)}") for leg, event in events]
    assert [hit.linked_id for (hit,) in legs] == ["250917_41", "250917_41"]


def test_the_example_in_the_docs_is_a_preset() -> None:
    example = load(MANUAL.read_text("utf-8").partition("```toml")[2].partition("```")[0])
    request = HitRequest.parse("GET /call?state=RINGING&who=08999998001&line=21&ref=17")
    config = DeviceConfig(Mapping.model_validate(example.mapping), NumberProfile())
    (hit,) = interpret(request, config).events
    assert (hit.phase, hit.direction, hit.extension) == ("ringing", "inbound", "21")
    assert (hit.number, hit.external_id) == ("08999998001", "17")
