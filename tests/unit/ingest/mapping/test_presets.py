"""Every recorded request is read by its sender's preset as what it meant."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_ingest.identity.call_keys import is_usable_external_id
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.presets.preset import Preset, load, load_all
from softphone_ingest.mapping.reader import DeviceConfig, Interpretation, interpret
from softphone_ingest.mapping.reply import Reply, fill_template
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping
from support.paths import DATA

PRESETS = load_all()
RECORDED = DATA / "requests.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
BASE = "https://connector.example.de/hit/k"


def interpreted(row: dict[str, Any], extension: str | None = None) -> Interpretation:
    """The recorded request, read by its sender's preset."""
    behind = row["path_query"].partition("/in/T0KEN/")[2]
    before_query, _, query = behind.partition("?")
    _, slash, rest = before_query.partition("/")
    headers = {name.lower(): value for name, value in row["headers"].items()}
    request = HitRequest(
        row["method"], slash + rest, query, headers, row["body"].encode(), "192.0.2.21"
    )
    preset = PRESETS[row["client"]]
    mapping = Mapping.model_validate(preset.mapping)
    return interpret(request, DeviceConfig(mapping, profile(row), extension))


def profile(row: dict[str, Any]) -> NumberProfile:
    """How numbers are dialled where the request was recorded."""
    of_sender = merge_profile(NumberProfile(), PRESETS[row["client"]].numbers)
    return merge_profile(of_sender, {"region": row["region"], **row.get("ctx", {})})


def as_recorded(hit: ParsedEvent, row: dict[str, Any]) -> tuple[Any, ...]:
    """The hit in the words of the recording."""
    remote = None if hit.number is None else normalise(hit.number, profile(row))
    counterpart_key = None if remote is None else remote.e164 or remote.kind
    scope = Mapping.model_validate(PRESETS[row["client"]].mapping).scope
    call_id = hit.external_id if is_usable_external_id(scope, hit.external_id, remote) else None
    return hit.phase, hit.direction, hit.extension or None, counterpart_key, call_id


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_no_preset_shares_the_ids_of_several_devices(preset: Preset) -> None:
    """Only an administrator can know which devices report one telephone system."""
    assert Mapping.model_validate(preset.mapping).scope in {"pbx", "device", "none"}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['id']} {row['client']}" for row in ROWS])
def test_a_recorded_request_is_read(row: dict[str, Any]) -> None:
    expected = row["expect"]
    if expected["event"] is None:
        refused = row["event"] == "broken JSON"
        with pytest.raises(HitError) if refused else nullcontext():
            assert interpreted(row).events == ()
        return
    wanted = expected["extension"]
    extensions = wanted if isinstance(wanted, list) else [wanted]
    event, direction = expected["event"], expected["direction"]
    assert [as_recorded(hit, row) for hit in interpreted(row).events] == [
        (event, direction, extension, expected["remote"], expected["call_id"])
        for extension in extensions
    ]
    (own,) = interpreted(row, "4711").events
    assert own.extension == "4711"


def replied(client: str, event: str) -> Reply | None:
    """The reply to the first recorded event of this name."""
    row = next(row for row in ROWS if row["client"] == client and row["event"].startswith(event))
    template = interpreted(row).reply
    return None if template is None else fill_template(template, BASE, 'a"<b>')


def test_a_reply_is_the_first_that_holds() -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    ordered = f'{head}<Response onAnswer="{BASE}" onHangup="{BASE}"/>'
    assert replied("sipgate", "newCall") == Reply(200, "application/xml", ordered)
    assert replied("sipgate", "hangup") == Reply(200, "application/xml", f"{head}<Response/>")
    assert replied("snom", "incoming") is None


@pytest.mark.parametrize(
    ("kind", "filled"),
    [
        ("text/xml", "a&quot;&lt;b&gt; /hit/k&amp;1"),
        ("application/json", 'a\\"<b> /hit/k&1'),
        ("text/plain", 'a"<b> /hit/k&1'),
    ],
)
def test_a_reply_is_escaped_as_its_type_needs(kind: str, filled: str) -> None:
    answer = {"content_type": kind, "body": "{call_id} {base}"}
    request = HitRequest("GET", "", "", {}, b"", "")
    fields = {"event": {"value": "ignore"}}
    answers = [{"when": {"method": "PUT"}}, answer]
    mapping = Mapping.model_validate({"fields": fields, "answers": answers})
    template = interpret(request, DeviceConfig(mapping, NumberProfile())).reply
    assert template is not None
    assert fill_template(template, "/hit/k&1", 'a"<b>') == Reply(200, kind, filled)


FILE = """
id = "x"
title = "X"
kind = "phone"
about = {{ de = "x", en = "x" }}
paste = [{{ label = "x", events = ["ringing"], url = "{url}", line = "{line}" }}]
numbers = {numbers}
mapping = {mapping}
"""
GOOD = {"url": "{base}", "line": "{url}", "numbers": "{}", "mapping": "{}"}


def test_a_preset_is_read_from_its_file() -> None:
    assert load(FILE.format(**GOOD)).about.en == "x"


@pytest.mark.parametrize(
    ("word", "text", "why"),
    [
        ("url", "https://example.de", "pattern"),
        ("line", "run", "must have {url}"),
        ("numbers", '{ region = "Bavaria" }', "region"),
        ("mapping", '{ fields = { name = "nowhere" } }', "names nowhere, which is neither"),
        ("mapping", "{", "Invalid"),
    ],
)
def test_a_preset_that_means_nothing_is_refused(word: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        load(FILE.format(**{**GOOD, word: text}))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_grade_of_a_preset_is_that_of_its_tests(preset: Preset) -> None:
    assert "proof" in preset.model_fields_set
    has_recording = any(row["client"] == preset.id for row in ROWS)
    assert preset.proof.grade != "documented" if has_recording else preset.proof.grade != "recorded"
