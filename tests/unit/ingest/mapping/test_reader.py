"""A request is read as its mapping says, word by word; what can't be is named, never a crash."""

import base64
from typing import Any

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import FIELDS_MAX, Mapping


def sent(
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


def read(request: HitRequest, mapping: dict[str, Any], **more: Any) -> tuple[ParsedEvent, ...]:
    """The hits; an event is `ringing` unless the mapping says otherwise."""
    fields = {"event": {"value": "ringing"}, **mapping.get("fields", {})}
    whole = Mapping.model_validate({**mapping, "fields": fields})
    profile = NumberProfile(trunk="+493023125")
    return interpret(request, DeviceConfig(whole, profile, **more)).events


def name(request: HitRequest, rule: Any, **fields: Any) -> str:
    """The value of `name` by this rule."""
    (hit,) = read(request, {"fields": {"name": rule, **fields}})
    return hit.name


JSON = '{"data": {"user": {"eMail": "a@b"}, "list": [7, {"x": 1.5}], "yes": true, "no": null}}'
XML = "<?xml version='1.0'?><call xmlns='urn:x' id='17'><number>089</number><b><c>1</c></b></call>"
FORM = {"content_type": "application/x-www-form-urlencoded"}
FOUND: dict[str, tuple[HitRequest, Any, str]] = {
    "segment": (sent("/a/b%20c"), "path.1", "b c"),
    "last segment": (sent("/a/b/"), "path.-1", "b"),
    "double slashes": (sent("//a//b"), "path.1", "b"),
    "pair in the path": (sent("/x/mac=1&Call-ID=2"), "path.call-id", "2"),
    "pairs are no segments": (sent("/x/mac=1/y"), "path.1", "y"),
    "query": (sent(query="a=1&b=2"), "query.b", "2"),
    "any case": (sent(query="CallUUID=9"), "query.calluuid", "9"),
    "exact before any case": (sent(query="ID=1&id=2"), "query.id", "2"),
    "first that is not empty": (sent(query="a=&a=2"), "query.a", "2"),
    "semicolons": (sent(query="ev=ring;name=x"), "query.name", "x"),
    "semicolons and ampersands": (sent(query="r=a;user=phone&n=1"), "query.r", "a;user=phone"),
    "brackets escaped": (sent(body="user%5B%5D=Alice", **FORM), "form.user[]", "Alice"),
    "form by its looks": (sent(body="a=1&b=2"), "form.b", "2"),
    "word": (sent(query="ext=21&08999"), "word.0", "08999"),
    "word of a form": (sent(body="08999", **FORM), "word.0", "08999"),
    "UTF-8": (sent(query="n=M%C3%BCller"), "query.n", "Müller"),
    "Latin-1": (sent(query="n=M%FCller"), "query.n", "Müller"),
    "raw Latin-1 form": (sent(body=b"n=M\xfcller"), "form.n", "Müller"),
    "JSON": (sent(body=JSON), "json.data.user.email", "a@b"),
    "JSON list": (sent(body=JSON), "json.data.list.1.x", "1.5"),
    "JSON truth": (sent(body=JSON), "json.data.yes", "true"),
    "JSON null": (sent(body=JSON), "json.data.no", ""),
    "JSON number with a point": (sent(body='{"n": 1541078811.10}'), "json.n", "1541078811.10"),
    "JSON half a character": (sent(body='{"n": "x\\ud83d"}'), "json.n", "x?"),
    "XML": (sent(body=XML), "xml.number", "089"),
    "XML with its root": (sent(body=XML), "xml.call.b.c", "1"),
    "XML root alone": (sent(body="<name>Huber</name>"), "xml.name", "Huber"),
    "XML attribute": (sent(body=XML), "xml.@id", "17"),
    "line": (sent(body="22.11.26;RING;0;089"), "line.1", "RING"),
    "line in brackets": (sent(body="[22.11.26];RING;0;089"), "line.1", "RING"),
    "header": (sent(user_agent="Desk/1"), "header.User-Agent", "Desk/1"),
    "method": (sent(method="POST"), "method", "POST"),
    "client": (sent(), "client", "192.0.2.21"),
    "any: body first": (sent(query="n=q", body="n=f"), "any.n", "f"),
    "any: then the query": (sent(query="n=q", body="m=f"), "any.n", "q"),
    "any: then the path": (sent("/x/n=p"), "any.n", "p"),
    "several sources": (sent(query="b=2"), ["query.a", "query.b"], "2"),
    "no such place": (sent(), "path.9", ""),
    "trimmed": (sent(query="n=%20x%20"), "query.n", "x"),
}


@pytest.mark.parametrize("what", FOUND)
def test_a_source_finds(what: str) -> None:
    request, source, value = FOUND[what]
    assert name(request, {"from": source}) == value


def test_steps_follow_one_another() -> None:
    rule = {"from": "query.n", "decode": ["base64", "uri", "digits"]}
    coded = base64.b64encode(b"<sip:+49 89/1@pbx>").decode().rstrip("=")
    assert name(sent(query=f"n={coded}"), rule) == "49891"


def test_json_in_a_text_is_gone_into_by_name() -> None:
    request = sent(body='{"msg": "{\\"extension\\": {\\"number\\": \\"2002\\"}}"}')
    msg = {"from": "json.msg", "decode": ["json"]}
    assert name(request, "msg.extension.number", msg=msg) == "2002"


def test_pick_keeps_the_group_and_table_replaces() -> None:
    picked = {"from": "query.n", "pick": "^([^-]+)-[0-9]$"}
    assert name(sent(query="n=250917_41-1"), picked) == "250917_41"
    assert name(sent(query="n=other"), picked) == ""
    table = {"from": "query.n", "table": {"A": "one", "*": "other"}}
    assert [name(sent(query=f"n={n}"), table) for n in ("a", "x", "")] == ["one", "other", ""]
    strict = {"from": "query.n", "table": {"A": "one"}}
    assert name(sent(query="n=x"), strict) == ""


def test_the_first_rule_that_gives_something_is_taken() -> None:
    rules = [{"when": {"query.a": "1"}, "value": "first"}, {"from": "query.b"}, {"value": "last"}]
    assert name(sent(query="a=1&b=2"), rules) == "first"
    assert name(sent(query="a=9&b=2"), rules) == "2"
    assert name(sent(query="a=9&b="), rules) == "last"


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
    "a placeholder is empty": ("", "n=$cause", True),
    "own": ({"own": True}, "n=21", True),
    "own, its plus a blank": ({"own": True}, "n=+493023125021", True),
    "own, but another's": ({"own": True}, "n=08999998001", False),
    "not own": ({"own": False}, "n=08999998001", True),
}


@pytest.mark.parametrize("what", CONDITIONS)
def test_a_condition_holds(what: str) -> None:
    wanted, query, holds = CONDITIONS[what]
    rule = {"when": {"query.n": wanted}, "value": "yes"}
    assert name(sent(query=query), rule) == ("yes" if holds else "")


def test_each_member_of_a_list_is_an_event() -> None:
    mapping = {"each": "form.user[]", "fields": {"extension": "each"}}
    hits = read(sent(body="user[]=w0&user[]=w1", **FORM), mapping)
    assert [hit.extension for hit in hits] == ["w0", "w1"]
    nested = {"each": ["json.m"], "fields": {"extension": "each.ext.n"}}
    hits = read(sent(body='{"m": [{"ext": {"n": 1}}, {"ext": {"n": 2}}]}'), nested)
    assert [hit.extension for hit in hits] == ["1", "2"]
    gaps = read(sent(body="user[]=&user[]=w1", **FORM), mapping)
    assert [hit.extension for hit in gaps] == ["w1"]
    none = read(sent(body="a=1", **FORM), {"each": "form.user[]", "fields": {"name": "form.a"}})
    assert [hit.name for hit in none] == ["1"]


def test_a_fixed_extension_wins_and_makes_one_event() -> None:
    mapping = {"each": "form.user[]", "require": ["extension"], "fields": {"extension": "each"}}
    hits = read(sent(body="user[]=w0&user[]=w1", **FORM), mapping, extension="21")
    assert [hit.extension for hit in hits] == ["21"]


PLACEHOLDERS = [
    "$remote", "$call_id", "$$REMOTENUMBER$$", "$$INCOMINGNAME$", "{CALLERNUM}", "[Number]", "%1",
    "${CALLERID(num)}", "$(callerid)", "<Call.Number>", "%callerid%", "$sip_header(X)",
]  # fmt: skip


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_a_placeholder_counts_as_missing(placeholder: str) -> None:
    request = sent(body=f'{{"n": "{placeholder}"}}')
    fields = {"number": "json.n", "call_id": "json.n", "name": "json.n"}
    (hit,) = read(request, {"fields": fields, "empty_number": "withheld", "require": ["number"]})
    assert (hit.number, hit.external_id, hit.name) == (None, "", "")


def test_a_guid_in_braces_is_no_placeholder() -> None:
    guid = "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}"
    (hit,) = read(sent(body=f'{{"id": "{guid}"}}'), {"fields": {"call_id": "json.id"}})
    assert hit.external_id == guid


@pytest.mark.parametrize(("word", "number"), [("withheld", ""), ("missing", None)])
def test_an_empty_number_is_what_the_mapping_says(word: str, number: str | None) -> None:
    mapping = {"fields": {"number": "query.n"}, "empty_number": word}
    assert read(sent(query="n="), mapping)[0].number == number
    assert read(sent(), mapping)[0].number is None
    fields = {"number": "caller", "caller": "query.n"}
    by_another = {"fields": fields, "empty_number": word, "require": ["number"]}
    assert read(sent(query="n="), by_another)[0].number == number
    with pytest.raises(HitError, match="number is missing"):
        read(sent(), by_another)


def test_a_blank_in_front_of_a_number_stays() -> None:
    (hit,) = read(sent(query="n=+4917604069001"), {"fields": {"number": "query.n"}})
    assert hit.number == " 4917604069001"
    by_another = {"number": "caller", "caller": "query.n"}
    (hit,) = read(sent(query="n=+4917604069001"), {"fields": by_another})
    assert hit.number == " 4917604069001"


GROWING = "<!DOCTYPE a [<!ENTITY e0 'ha'>" + "".join(
    f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12)
) + "]><a><n>&e11;</n></a>"  # fmt: skip
WRONG: dict[str, tuple[HitRequest, dict[str, Any], str]] = {
    "unknown event": (sent("/busy"), {"fields": {"event": "path.0"}}, "event"),
    "no event": (sent(""), {"fields": {"event": "path.0"}}, "event"),
    "long extension": (
        sent(query=f"e={'2' * 65}"),
        {"fields": {"extension": "query.e"}},
        "extension",
    ),
    "long id": (sent(query=f"i={'2' * 251}"), {"fields": {"call_id": "query.i"}}, "call_id"),
    "no number": (sent(), {"fields": {"number": "query.n"}, "require": ["number"]}, "number"),
    "no extension": (
        sent(query="e="),
        {"fields": {"extension": "query.e"}, "require": ["extension"]},
        "extension",
    ),
    "broken JSON": (sent(body='{"n":'), {"fields": {"name": "json.n"}}, "body"),
    "deep JSON": (sent(body='{"n":' * 9000), {"fields": {"name": "json.n"}}, "body"),
    "a broken list": (
        sent(body="[1", content_type="application/json"),
        {"fields": {"name": "json.n"}},
        "body",
    ),
    "XML with entities": (
        sent(body="<!DOCTYPE a [<!ENTITY b 'c'>]><a><n>&b;</n></a>"),
        {"fields": {"name": "xml.n"}},
        "body",
    ),
    "XML that grows": (
        sent(body=GROWING, content_type="text/xml"),
        {"fields": {"name": "xml.n"}},
        "body",
    ),
    "a multipart form without its mark": (
        sent(body="--b\r\n\r\nn=1", content_type="multipart/form-data; boundary=b0"),
        {"fields": {"name": "form.n"}},
        "body",
    ),
    "a hundred members and one": (
        sent(body="u=1&" * 101, **FORM),
        {"each": "form.u", "fields": {"extension": "each"}},
        "form.u",
    ),
    "no id, though it must be there": (
        sent(query="i=$call_id"),
        {"fields": {"call_id": "query.i"}, "require": ["call_id"]},
        "call_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_cant_be_understood_is_named(what: str) -> None:
    request, mapping, field = WRONG[what]
    with pytest.raises(HitError) as caught:
        read(request, mapping)
    assert caught.value.field == field
    assert str(caught.value) == f"{field} {caught.value.why}"


LONG = sent(query=f"n={'a' * 2001}")
LONG_CONDITION = {"when": {"query.n": {"matches": "^a"}}, "value": "x"}
UNREADABLE: dict[str, tuple[HitRequest, Any, str]] = {
    "an object": (sent(body='{"n": {"raw": 1}}'), "json.n", "text-expected"),
    "no base64": (
        sent(query="n=%C3%A4"),
        {"from": "query.n", "decode": ["base64"]},
        "base64-invalid",
    ),
    "no JSON": (sent(query="n=x"), {"from": "query.n", "decode": ["json"]}, "json-invalid"),
    "a text too long to pick from": (
        LONG,
        {"from": "query.n", "pick": "^a"},
        "pattern-text-too-long",
    ),
    "a text too long for a condition": (LONG, LONG_CONDITION, "pattern-text-too-long"),
}


@pytest.mark.parametrize("field", ["name", "reason", "number", "duration", "time", "linked_id"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_a_field_that_cant_be_read_does_not_cost_the_event(what: str, field: str) -> None:
    request, rule, code = UNREADABLE[what]
    (event,) = read(request, {"fields": {field: rule}})
    assert [(note.field, note.code) for note in event.notes] == [(field, code)]
    with pytest.raises(HitError) as caught:
        read(request, {"fields": {field: rule}, "require": [field]})
    assert caught.value.code == code


def test_an_end_with_an_id_needs_no_readable_number() -> None:
    fields = {"event": {"value": "ended"}, "call_id": "json.i", "number": "json.n"}
    request = sent(body='{"i": 7, "n": {"raw": 1}}')
    (event,) = read(request, {"fields": fields, "require": ["number"]})
    assert (event.external_id, event.number) == ("7", None)
    assert [note.field for note in event.notes] == ["number"]


def test_an_unknown_event_is_told_by_its_word() -> None:
    fields = {"event": {"from": "path.0", "table": {"ring": "ringing"}}}
    with pytest.raises(HitError, match="'busy'"):
        read(sent("/busy"), {"fields": fields})


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_probe_means_nothing(method: str) -> None:
    assert read(sent(method=method), {}) == ()


def test_ignore_means_nothing_whatever_else_is_wrong() -> None:
    fields = {"event": {"value": "ignore"}, "direction": "query.d"}
    assert read(sent(query="d=sideways"), {"fields": fields}) == ()


def test_as_many_fields_as_there_may_be_refer_to_one_another() -> None:
    chain = [f"f{at}" for at in range(FIELDS_MAX - 2)]
    steps = zip(chain, [*chain[1:], "query.n"], strict=True)
    fields = {field: {"when": {source: "*"}, "from": source} for field, source in steps}
    assert name(sent(query="n=end"), "f0", **fields) == "end"


def test_no_pattern_takes_more_than_linear_time() -> None:
    rule = {"from": "query.n", "pick": "^(a+)+$"}
    assert name(sent(query=f"n={'a' * 1999}b"), rule) == ""
