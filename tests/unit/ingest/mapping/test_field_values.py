"""Values in the spellings of the field are read, and a strange one costs no event."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping


def sent(query: str = "", body: str = "", **headers: str) -> HitRequest:
    """A request; headers by name."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HitRequest("GET", "/ringing", query, named, body.encode(), "192.0.2.21")


def read(request: HitRequest, mapping: dict[str, Any], **more: Any) -> tuple[ParsedEvent, ...]:
    """The hits; an event is `ringing` unless the mapping says otherwise."""
    fields = {"event": {"value": "ringing"}, **mapping.get("fields", {})}
    whole = Mapping.model_validate({**mapping, "fields": fields})
    return interpret(request, DeviceConfig(whole, NumberProfile(), **more)).events


DURATIONS = {
    "37": 37, "37.0": 37, "01:01:30": 3690, "": None, "0:41": 41, "90:05": 5405, "41s": 41,
    "1m 41s": 101, "2 min": 120, "1h2m3s": 3723, "PT41S": 41, "PT1H2M": 3720, "pt41.5s": 41,
    "00:00:41.250": 41, "1:02.5": 62,
}  # fmt: skip


@pytest.mark.parametrize("duration", DURATIONS)
def test_durations_are_seconds(duration: str) -> None:
    (hit,) = read(sent(query=f"d={duration}"), {"fields": {"duration": "query.d"}})
    assert (hit.talk_seconds, hit.notes) == (DURATIONS[duration], ())


NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TIMES = {
    "1795348800": NOON,
    "1795348800250": NOON.replace(microsecond=250_000),
    "2026-11-22T13:00:00%2B01:00": NOON,
    "2026-11-22T12:00:00Z": NOON,
    "2026-11-22 13:00:00": NOON,
    "22.11.2026 13:00:00": NOON,
    "22.11.2026, 13:00": NOON,
    "Sun, 22 Nov 2026 13:00:00 %2B0100": NOON,
    "22 Nov 2026 12:00:00 GMT": NOON,
    "Sun, 22 Nov 2026 12:00:00 -0000": NOON,
    "31.02.2026 13:00:00": None,
    "yesterday": None,
    "99999999999999": None,
}


@pytest.mark.parametrize("time", TIMES)
def test_a_local_time_is_that_of_the_tenant(time: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    (hit,) = read(sent(query=f"t={time}"), {"fields": {"time": "query.t"}}, zone=zone)
    assert hit.time == TIMES[time]
    assert [note.code for note in hit.notes] == ([] if hit.time else ["moment-invalid"])


STRANGE = {
    "direction": ("up", "direction-unknown"),
    "duration": ("1:2:3:4", "duration-invalid"),
    "time": ("later", "moment-invalid"),
}


@pytest.mark.parametrize("field", STRANGE)
def test_a_strange_field_is_noted_and_costs_no_event(field: str) -> None:
    text, code = STRANGE[field]
    mapping = {"fields": {"event": {"value": "ended"}, field: "query.x"}}
    (hit,) = read(sent(query=f"x={text}"), mapping)
    assert (hit.phase, getattr(hit, "talk_seconds" if field == "duration" else field)) == (
        "ended",
        None,
    )
    assert [(note.field, note.code) for note in hit.notes] == [(field, code)]
    assert all(note.why for note in hit.notes)


UNSET = ["null", "NULL", "(null)", "<null>", "undefined", "<number>", "<call-id>", "EXTENSION"]


@pytest.mark.parametrize("word", UNSET)
def test_a_word_for_nothing_counts_as_missing(word: str) -> None:
    fields = {"number": "query.n", "call_id": "query.i", "name": "query.n"}
    request = sent(query=f"n={word}&i=7")
    (hit,) = read(request, {"fields": fields, "empty_number": "withheld", "require": ["number"]})
    assert (hit.number, hit.external_id, hit.name) == (None, "7", "")


def test_a_name_in_capitals_is_a_name() -> None:
    (hit,) = read(sent(query="n=Null"), {"fields": {"name": "query.n"}})
    assert hit.name == "Null"


CALL = {"number": "query.n", "call_id": "query.i", "extension": "query.e"}


@pytest.mark.parametrize(
    "query", ["n=$r&i=$c&e=$x", "n=<number>&i=<call-id>&e=21", "n=<number>&e=21"]
)
def test_a_line_with_nothing_replaced_is_refused(query: str) -> None:
    with pytest.raises(HitError) as caught:
        read(sent(query=query), {"fields": CALL, "empty_number": "withheld"})
    assert (caught.value.field, caught.value.code) == ("number", "placeholders-unreplaced")


@pytest.mark.parametrize("query", ["n=$r&i=$c&e=21", "n=$r&e=$x", "n=$r&i=7&e=$x"])
def test_one_replaced_field_is_enough(query: str) -> None:
    assert read(sent(query=query), {"fields": CALL, "empty_number": "withheld"})


@pytest.mark.parametrize("event", ["ended", "missed"])
def test_an_end_with_an_id_needs_no_number(event: str) -> None:
    mapping = {"fields": {**CALL, "event": {"value": event}}, "require": ["number"]}
    assert read(sent(query="i=7&e=21"), mapping)[0].external_id == "7"
    with pytest.raises(HitError, match="number is missing"):
        read(sent(query="e=21"), mapping)


def test_the_own_extension_is_no_other_party() -> None:
    (hit,) = read(sent(query="n=21&i=7&e=21"), {"fields": CALL})
    assert (hit.number, hit.remote) == (None, None)
    assert [note.code for note in hit.notes] == ["number-own-extension"]
    assert read(sent(query="n=22&i=7&e=21"), {"fields": CALL})[0].number == "22"


@pytest.mark.parametrize("number", ["sip:21@pbx", "21.0", "Huber <sip:21@pbx>", "089 99998021"])
def test_the_own_extension_is_known_in_any_spelling(number: str) -> None:
    lines = {"extensions": {"+49 89 99998021": "21"}}
    (hit,) = read(sent(query=f"n={number}&i=7&e=21"), {"fields": CALL}, **lines)
    assert [note.code for note in hit.notes] == ["number-own-extension"]
    (hit,) = read(sent(query=f"n={number}&i=7&e=22"), {"fields": CALL}, **lines)
    assert (hit.number, hit.notes) == (number, ())


@pytest.mark.parametrize(
    ("sent_as", "extension"), [("7512.0", "7512"), ("7512.00", "7512"), ("7512.5", "7512.5")]
)
def test_an_extension_of_a_column_of_floats(sent_as: str, extension: str) -> None:
    request = sent(body=f'{{"e": {sent_as}, "i": 41.10}}')
    (hit,) = read(request, {"fields": {"extension": "json.e", "call_id": "json.i"}})
    assert (hit.extension, hit.external_id) == (extension, "41.10")


PROBES = {
    "sec_purpose": "prefetch;prerender",
    "purpose": "prefetch",
    "x_purpose": "preview",
    "x_moz": "prefetch",
    "user_agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
}


PREVIEWS = [
    "Mozilla/5.0 (compatible; MicrosoftPreview/2.0; +https://aka.ms/MicrosoftPreview)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "facebookexternalhit/1.1",
    "Microsoft Office Existence Discovery",
    "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
]


@pytest.mark.parametrize("agent", PREVIEWS)
def test_a_link_preview_is_a_probe(agent: str) -> None:
    assert sent(user_agent=agent).is_probe


@pytest.mark.parametrize("agent", ["curl/8.5.0", "MicroSIP/3.21.3", "WinHttp", "Yealink T46U", ""])
def test_a_phone_is_no_probe(agent: str) -> None:
    assert not sent(user_agent=agent).is_probe


@pytest.mark.parametrize("header", PROBES)
def test_a_look_at_the_address_means_nothing(header: str) -> None:
    assert read(sent(**{header: PROBES[header]}), {}) == ()
    assert read(sent(**{header: "Snom D785"}), {}) != ()
