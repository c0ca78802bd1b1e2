"""A request is read as its mapping says, word by word; what can't be is named, never a crash."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from softphone_common.domain.numbers import NumberProfile
from softphone_ingest.hits import Hit, HitError
from softphone_ingest.mapping import Mapping, changed
from softphone_ingest.presets.preset import load_all
from softphone_ingest.reading import Reader
from softphone_ingest.request import HitRequest

PRESETS = load_all()


def asked(
    path: str = "/ringing",
    query: str = "",
    body: bytes | str = b"",
    method: str = "GET",
    **headers: str,
) -> HitRequest:
    """A request; `content_type` and other headers by name."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body.encode() if isinstance(body, str) else body
    return HitRequest(method, path, query, named, raw, "192.0.2.21")


def read(request: HitRequest, mapping: dict[str, Any], **more: Any) -> tuple[Hit, ...]:
    """The hits; an event is `ringing` unless the mapping says otherwise."""
    fields = {"event": {"value": "ringing"}, **mapping.pop("fields", {})}
    whole = Mapping.model_validate({**mapping, "fields": fields})
    return Reader(request, whole, NumberProfile(), **more).hits()


def name(request: HitRequest, rule: Any, **fields: Any) -> str:
    """What the rule gives as `name`."""
    (hit,) = read(request, {"fields": {"name": rule, **fields}})
    return hit.name


JSON = '{"data": {"user": {"eMail": "a@b"}, "list": [7, {"x": 1.5}], "yes": true, "no": null}}'
XML = "<?xml version='1.0'?><call xmlns='urn:x' id='17'><number>089</number><b><c>1</c></b></call>"
FORM = {"content_type": "application/x-www-form-urlencoded"}
FOUND: dict[str, tuple[HitRequest, Any, str]] = {
    "segment": (asked("/a/b%20c"), "path.1", "b c"),
    "last segment": (asked("/a/b/"), "path.-1", "b"),
    "double slashes": (asked("//a//b"), "path.1", "b"),
    "pair in the path": (asked("/x/mac=1&Call-ID=2"), "path.call-id", "2"),
    "pairs are no segments": (asked("/x/mac=1/y"), "path.1", "y"),
    "query": (asked(query="a=1&b=2"), "query.b", "2"),
    "any case": (asked(query="CallUUID=9"), "query.calluuid", "9"),
    "exact before any case": (asked(query="ID=1&id=2"), "query.id", "2"),
    "first that is not empty": (asked(query="a=&a=2"), "query.a", "2"),
    "semicolons": (asked(query="ev=ring;name=x"), "query.name", "x"),
    "semicolons beside ampersands": (asked(query="r=a;user=phone&n=1"), "query.r", "a;user=phone"),
    "brackets escaped": (asked(body="user%5B%5D=Alice", **FORM), "form.user[]", "Alice"),
    "form by its looks": (asked(body="a=1&b=2"), "form.b", "2"),
    "word": (asked(query="ext=21&08999"), "word.0", "08999"),
    "UTF-8": (asked(query="n=M%C3%BCller"), "query.n", "Müller"),
    "Latin-1": (asked(query="n=M%FCller"), "query.n", "Müller"),
    "raw Latin-1 form": (asked(body=b"n=M\xfcller"), "form.n", "Müller"),
    "JSON": (asked(body=JSON), "json.data.user.email", "a@b"),
    "JSON list": (asked(body=JSON), "json.data.list.1.x", "1.5"),
    "JSON truth": (asked(body=JSON), "json.data.yes", "true"),
    "JSON null": (asked(body=JSON), "json.data.no", ""),
    "JSON half a character": (asked(body='{"n": "x\\ud83d"}'), "json.n", "x?"),
    "XML": (asked(body=XML), "xml.number", "089"),
    "XML with its root": (asked(body=XML), "xml.call.b.c", "1"),
    "XML attribute": (asked(body=XML), "xml.@id", "17"),
    "line": (asked(body="22.11.26;RING;0;089"), "line.1", "RING"),
    "header": (asked(user_agent="Desk/1"), "header.User-Agent", "Desk/1"),
    "method": (asked(method="POST"), "method", "POST"),
    "client": (asked(), "client", "192.0.2.21"),
    "any: body first": (asked(query="n=q", body="n=f"), "any.n", "f"),
    "any: then the query": (asked(query="n=q", body="m=f"), "any.n", "q"),
    "any: then the path": (asked("/x/n=p"), "any.n", "p"),
    "several sources": (asked(query="b=2"), ["query.a", "query.b"], "2"),
    "no such place": (asked(), "path.9", ""),
    "trimmed": (asked(query="n=%20x%20"), "query.n", "x"),
}


@pytest.mark.parametrize("what", FOUND)
def test_a_source_finds(what: str) -> None:
    request, source, value = FOUND[what]
    assert name(request, {"from": source}) == value


STEPS: dict[str, tuple[str, list[str], str]] = {
    "percent": ("%252B49", ["percent"], "+49"),
    "base64": (base64.b64encode(b"{6F-8}").decode(), ["base64"], "{6F-8}"),
    "base64 without padding": ("NjE", ["base64"], "61"),
    "plus": ("%20498999998021", ["plus"], "+498999998021"),
    "plus before a zero": ("%20089", ["plus"], "089"),
    "uri": ("%22Huber, S%22 <sip:21@pbx.example.de;user=phone>", ["uri"], "21"),
    "tel": ("tel:201;phone-context=x", ["uri"], "201"),
    "channel": ("PJSIP/201-0000009b", ["channel"], "201"),
    "local channel": ("Local/201@from-internal-0000;1", ["channel"], "201"),
    "no channel": ("201", ["channel"], "201"),
    "digits": ("%2B49 89/1", ["digits"], "49891"),
    "lower": ("ABC", ["lower"], "abc"),
    "upper": ("abc", ["upper"], "ABC"),
    "two": ("NjE", ["base64", "trim"], "61"),
}


@pytest.mark.parametrize("what", STEPS)
def test_a_step_decodes(what: str) -> None:
    sent, steps, value = STEPS[what]
    assert name(asked(query=f"n={sent}"), {"from": "query.n", "decode": steps}) == value


def test_a_plus_of_base64_that_came_as_a_blank_is_one_again() -> None:
    coded = base64.b64encode(bytes([0xFB, 0xEF, 0xBE])).decode()
    assert "+" in coded
    assert name(asked(query=f"n={coded}"), {"from": "query.n", "decode": ["base64"]}) == "ûï¾"


def test_what_is_no_base64_is_named() -> None:
    with pytest.raises(HitError) as caught:
        name(asked(query="n=%C3%A4"), {"from": "query.n", "decode": ["base64"]})
    assert caught.value.field == "name"


def test_json_in_a_text_is_gone_into_by_name() -> None:
    request = asked(body='{"msg": "{\\"extension\\": {\\"number\\": \\"2002\\"}}"}')
    msg = {"from": "json.msg", "decode": ["json"]}
    assert name(request, "msg.extension.number", msg=msg) == "2002"


def test_pick_keeps_the_group_and_table_replaces() -> None:
    picked = {"from": "query.n", "pick": "^([^-]+)-[0-9]$"}
    assert name(asked(query="n=250917_41-1"), picked) == "250917_41"
    assert name(asked(query="n=other"), picked) == ""
    table = {"from": "query.n", "table": {"A": "one", "*": "other"}}
    assert [name(asked(query=f"n={n}"), table) for n in ("a", "x", "")] == ["one", "other", ""]
    strict = {"from": "query.n", "table": {"A": "one"}}
    assert name(asked(query="n=x"), strict) == ""


def test_the_first_rule_that_gives_something_is_taken() -> None:
    rules = [
        {"when": {"query.a": "1"}, "value": "first"},
        {"from": "query.b"},
        {"value": "last"},
    ]
    assert name(asked(query="a=1&b=2"), rules) == "first"
    assert name(asked(query="a=9&b=2"), rules) == "2"
    assert name(asked(query="a=9&b="), rules) == "last"


CONDITIONS: dict[str, tuple[Any, str, bool]] = {
    "is": ("busy", "n=BUSY", True),
    "one of": (["a", "b"], "n=b", True),
    "none of": (["a", "b"], "n=c", False),
    "anything": ("*", "n=x", True),
    "anything, empty": ("*", "n=", False),
    "empty": ("", "m=1", True),
    "not": ({"not": ["a", ""]}, "n=b", True),
    "not, empty": ({"not": ["a", ""]}, "m=b", False),
    "matches": ({"matches": "^sip:"}, "n=sip:21", True),
    "own": ({"own": True}, "n=21", True),
    "own, but another's": ({"own": True}, "n=08999998001", False),
    "not own": ({"own": False}, "n=08999998001", True),
}


@pytest.mark.parametrize("what", CONDITIONS)
def test_a_condition_holds(what: str) -> None:
    wanted, query, holds = CONDITIONS[what]
    rule = {"when": {"query.n": wanted}, "value": "yes"}
    assert name(asked(query=query), rule) == ("yes" if holds else "")


def test_each_member_of_a_list_is_an_event() -> None:
    mapping = {"each": "form.user[]", "fields": {"extension": "each"}}
    hits = read(asked(body="user[]=w0&user[]=w1", **FORM), mapping)
    assert [hit.extension for hit in hits] == ["w0", "w1"]
    nested = {"each": ["json.m"], "fields": {"extension": "each.ext.n"}}
    hits = read(asked(body='{"m": [{"ext": {"n": 1}}, {"ext": {"n": 2}}]}'), nested)
    assert [hit.extension for hit in hits] == ["1", "2"]
    none = read(asked(body="a=1", **FORM), {"each": "form.user[]", "fields": {"name": "form.a"}})
    assert [hit.name for hit in none] == ["1"]


def test_a_fixed_extension_wins_and_makes_one_event() -> None:
    mapping = {"each": "form.user[]", "require": ["extension"], "fields": {"extension": "each"}}
    hits = read(asked(body="user[]=w0&user[]=w1", **FORM), mapping, extension="21")
    assert [hit.extension for hit in hits] == ["21"]


PLACEHOLDERS = [
    "$remote", "$call_id", "$$REMOTENUMBER$$", "$$INCOMINGNAME$", "{CALLERNUM}", "[Number]", "%1",
    "${CALLERID(num)}", "$(callerid)", "<Call.Number>", "%callerid%", "$sip_header(X)",
]  # fmt: skip


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_a_placeholder_counts_as_missing(placeholder: str) -> None:
    request = asked(body=f'{{"n": "{placeholder}"}}')
    fields = {"number": "json.n", "call_id": "json.n", "name": "json.n"}
    (hit,) = read(request, {"fields": fields, "empty_number": "withheld", "require": ["number"]})
    assert (hit.number, hit.call_id, hit.name) == (None, "", "")


def test_a_guid_in_braces_is_no_placeholder() -> None:
    guid = "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}"
    (hit,) = read(asked(body=f'{{"id": "{guid}"}}'), {"fields": {"call_id": "json.id"}})
    assert hit.call_id == guid


@pytest.mark.parametrize(("word", "number"), [("withheld", ""), ("missing", None)])
def test_an_empty_number_is_what_the_mapping_says(word: str, number: str | None) -> None:
    mapping = {"fields": {"number": "query.n"}, "empty_number": word}
    assert read(asked(query="n="), dict(mapping))[0].number == number
    assert read(asked(), dict(mapping))[0].number is None


def test_a_blank_in_front_of_a_number_stays() -> None:
    (hit,) = read(asked(query="n=+4917604069001"), {"fields": {"number": "query.n"}})
    assert hit.number == " 4917604069001"


WRONG: dict[str, tuple[HitRequest, dict[str, Any], str]] = {
    "unknown event": (asked("/busy"), {"fields": {"event": "path.0"}}, "event"),
    "no event": (asked(""), {"fields": {"event": "path.0"}}, "event"),
    "direction": (asked(query="d=up"), {"fields": {"direction": "query.d"}}, "direction"),
    "duration": (asked(query="d=1:02"), {"fields": {"duration": "query.d"}}, "duration"),
    "long extension": (
        asked(query=f"e={'2' * 65}"),
        {"fields": {"extension": "query.e"}},
        "extension",
    ),
    "long id": (asked(query=f"i={'2' * 251}"), {"fields": {"call_id": "query.i"}}, "call_id"),
    "no number": (asked(), {"fields": {"number": "query.n"}, "require": ["number"]}, "number"),
    "no extension": (
        asked(query="e="),
        {"fields": {"extension": "query.e"}, "require": ["extension"]},
        "extension",
    ),
    "nested": (asked(body='{"n": {"raw": 1}}'), {"fields": {"name": "json.n"}}, "name"),
    "broken JSON": (asked(body='{"n":'), {"fields": {"name": "json.n"}}, "body"),
    "deep JSON": (asked(body="[" * 60_000), {"fields": {"name": "json.n"}}, "body"),
    "XML with entities": (
        asked(body="<!DOCTYPE a [<!ENTITY b 'c'>]><a><n>&b;</n></a>"),
        {"fields": {"name": "xml.n"}},
        "body",
    ),
    "a circle": (asked(), {"fields": {"name": "a", "a": "b", "b": "a"}}, "mapping"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_cant_be_understood_is_named(what: str) -> None:
    request, mapping, field = WRONG[what]
    with pytest.raises(HitError) as caught:
        read(request, dict(mapping))
    assert caught.value.field == field
    assert str(caught.value) == f"{field} {caught.value.why}"


def test_an_unknown_event_is_told_by_its_word() -> None:
    fields = {"event": {"from": "path.0", "table": {"ring": "ringing"}}}
    with pytest.raises(HitError, match="'busy'"):
        read(asked("/busy"), {"fields": fields})


@pytest.mark.parametrize(
    ("told", "seconds"), [("37", 37), ("37.0", 37), ("01:01:30", 3690), ("", None)]
)
def test_durations_are_seconds(told: str, seconds: int | None) -> None:
    (hit,) = read(asked(query=f"d={told}"), {"fields": {"duration": "query.d"}})
    assert hit.talk_seconds == seconds


NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TIMES = {
    "1795348800": NOON,
    "1795348800250": NOON.replace(microsecond=250_000),
    "2026-11-22T13:00:00%2B01:00": NOON,
    "2026-11-22T12:00:00Z": NOON,
    "2026-11-22 12:00:00": None,
    "yesterday": None,
    "99999999999999": None,
}


@pytest.mark.parametrize("told", TIMES)
def test_a_time_is_believed_only_if_it_says_where(told: str) -> None:
    (hit,) = read(asked(query=f"t={told}"), {"fields": {"time": "query.t"}})
    assert hit.time == TIMES[told]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_probe_means_nothing(method: str) -> None:
    assert read(asked(method=method), {}) == ()


def test_ignore_means_nothing_whatever_else_is_wrong() -> None:
    fields = {"event": {"value": "ignore"}, "direction": "query.d"}
    assert read(asked(query="d=sideways"), {"fields": fields}) == ()


def test_changes_replace_fields_one_by_one() -> None:
    base = {"scope": "pbx", "fields": {"event": {"value": "ringing"}, "name": "query.a"}}
    new = changed(base, {"scope": "device", "fields": {"number": "query.n", "name": None}})
    assert (new.scope, set(new.fields)) == ("device", {"event", "number"})


@pytest.mark.parametrize(
    "mapping",
    [
        {"fields": {"name": "qurey.n"}},
        {"fields": {"name": {"from": "query.n", "value": "both"}}},
        {"fields": {"name": {"decode": ["trim"]}}},
        {"fields": {"name": {"from": "query.n", "pick": "(?=x)"}}},
        {"fields": {"name": {"from": "query.n", "pick": "("}}},
        {"fields": {"query": "path.0"}},
        {"answers": [{"status": 302}]},
        {"answers": [{"content_type": "text/plain\r\nX: y"}]},
        {"words": 1},
    ],
)
def test_a_mapping_that_means_nothing_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate(mapping)


def test_no_pattern_takes_more_than_linear_time() -> None:
    rule = {"from": "query.n", "pick": "^(a+)+$"}
    assert name(asked(query=f"n={'a' * 50_000}b"), rule) == ""


_text = st.text(max_size=12)
_words = st.sampled_from(["newCall", "hangup", "ringing", "in", "1", "089", "$remote", "{", "<x>"])


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    preset=st.sampled_from(sorted(PRESETS)),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=_text | st.sampled_from(["/ringing", "/exe", "/i", "/a=b&c=d/"]),
    query=_text | st.sampled_from(["ev=ring&ext=21&n=1", "N=S&C=1", "n=1;id=%ZZ"]),
    body=st.binary(max_size=80) | _words.map(str.encode) | st.just(b'{"msg": "{}", "type": 30011}'),
    kind=st.sampled_from(["", "application/json", "text/xml", "multipart/form-data; boundary=b"]),
    extension=st.none() | _words,
)
def test_no_request_is_more_than_refused(
    preset: str, method: str, path: str, query: str, body: bytes, kind: str, extension: str | None
) -> None:
    request = HitRequest(method, path, query, {"content-type": kind}, body, "")
    mapping = Mapping.model_validate(PRESETS[preset].mapping)
    reader = Reader(request, mapping, NumberProfile(), extension)
    hits: tuple[Hit, ...] = ()
    refused = HitError("none", "was refused")
    try:
        hits = reader.hits()
        reader.reply("https://connector.example.de/hit/k", "c")
    except HitError as error:
        refused = error
    assert all(isinstance(hit, Hit) for hit in hits)
    assert refused.field
    assert refused.why
