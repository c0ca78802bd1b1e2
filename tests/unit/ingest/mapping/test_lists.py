"""Lists, templates and tables of lines: each member is an event, and nothing is put together
from halves."""

import json
from typing import Any

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.reader import DeviceConfig, Interpretation, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping

CALLS = (
    '{"calls": [{"id": 1, "legs": [{"ext": "21", "n": "08999998001"}, {"ext": "22"}]},'
    ' {"id": 2, "legs": [{"ext": "23"}]}]}'
)
XML = (
    "<calls site='x'><call id='1'><ext>21</ext><n>08999998001</n></call>"
    "<call id='2'><ext>22</ext><n>08999998002</n></call></calls>"
)


def read(
    query: str = "", body: str = "", extensions: dict[str, str] | None = None, **mapping: Any
) -> Interpretation:
    """The meaning of a request; an event is `ringing` unless the mapping says otherwise."""
    fields = {"event": {"value": "ringing"}, **mapping.pop("fields", {})}
    whole = Mapping.model_validate({"fields": fields, **mapping})
    request = HitRequest("POST", "", query, {}, body.encode(), "192.0.2.21")
    return interpret(
        request, DeviceConfig(whole, NumberProfile(trunk="+493023125"), None, extensions or {})
    )


def value(rule: Any, query: str = "", body: str = "", **fields: Any) -> str:
    """The value of `name` by this rule."""
    (event,) = read(query, body, fields={"name": rule, **fields}).events
    return event.name


def values(body: str, each: str, *sources: str) -> list[tuple[str, ...]]:
    """The extension, id and name of each event, from these sources."""
    fields = dict(zip(("extension", "call_id", "name"), sources, strict=False))
    events = read("", body, each=each, fields=fields).events
    return [(e.extension, e.external_id, e.name)[: len(sources)] for e in events]


def test_template_joins_sources() -> None:
    assert value("+{query.cc}{query.nn}", "cc=49&nn=8999998001") == "+498999998001"
    both = {"from": ["{query.first} {query.last}", "query.last"]}
    assert value(both, "first=Eva&last=Huber") == "Eva Huber"
    assert value(both, "last=Huber") == "Huber"
    assert value("{json.a.b}-{full}", body='{"a": {"b": "x"}}', full={"value": "y"}) == "x-y"


@pytest.mark.parametrize("query", ["cc=49", "cc=&nn=1", "cc=49&nn=%20", "cc=$cc&nn=1", ""])
def test_template_without_a_part_is_empty(query: str) -> None:
    assert value("+{query.cc}{query.nn}", query) == ""


def test_list_of_elements_gives_an_event_for_each() -> None:
    expected = [("21", "1"), ("22", "2")]
    for path in ("xml.calls.call", "xml.call"):
        assert values(XML, path, "each.ext", "each.@id") == expected
    assert values("<call id='7'><ext>21</ext></call>", "xml.call", "each.ext", "each.@id") == [
        ("21", "7")
    ]
    shared = values(XML, "xml.call", "each.ext", "each.@id", "outer.@site")
    assert shared == [("21", "1", "x"), ("22", "2", "x")]


def test_lists_in_lists_give_their_members() -> None:
    expected = [("21", "1"), ("22", "1"), ("23", "2")]
    assert values(CALLS, "json.calls.legs", "each.ext", "outer.id") == expected
    assert values(CALLS, "json.calls.*.legs", "each.ext", "outer.id") == expected
    rows = '{"rows": [["21", "a"], ["22", "b"]]}'
    assert values(rows, "json.rows", "each.0", "each.1") == [("21", "a"), ("22", "b")]
    assert values('[{"x": "21"}, {"x": "22"}]', "json", "each.x") == [("21",), ("22",)]


def test_field_does_not_look_into_the_members_of_a_list() -> None:
    """The number of the first call is not that of the second."""
    assert value("json.calls.id", body=CALLS) == ""
    assert value("json.calls.*.id", body=CALLS) == "1"


PAIRS = '{"p": [{"key": "Ext", "val": "21"}, {"key": "from.uri", "val": "a@b"}]}'
PAIRS_XML = "<e><p name='ext'>21</p><p name='from.uri'>a@b</p></e>"
NESTED_XML = "<e><p><k>from.uri</k><v>a@b</v></p><p><k>ext</k><v>21</v></p></e>"


@pytest.mark.parametrize(
    ("body", "first", "second"),
    [
        (PAIRS, "json.p[key=ext].val", "json.p[key=from.uri].val"),
        (PAIRS_XML, "xml.p[@name=ext]", "xml.p[@name=from.uri]"),
        (NESTED_XML, "xml.p[k=ext].v", "xml.e.p[k=from.uri].v"),
        ('[["from.uri", "a@b"], ["ext", "21"]]', "json.[0=ext].1", "json.[0=from.uri].1"),
    ],
)
def test_pairs_of_name_and_value_in_any_order(body: str, first: str, second: str) -> None:
    assert (value(first, body=body), value(second, body=body)) == ("21", "a@b")
    assert value(first.replace("ext", "none"), body=body) == ""


def test_empty_list_is_no_event() -> None:
    for body, each in (
        ('{"calls": []}', "json.calls"),
        ('{"calls": []}', "json.calls.legs"),
        ('{"calls": []}', "any.calls"),
        ("[]", "json"),
        ("<r><calls/></r>", "xml.calls.call"),
        ("<calls/>", "xml.calls.call"),
    ):
        assert read("", body, each=each).events == (), body
    assert len(read("", '{"other": 1}', each="json.calls").events) == 1


def test_one_unreadable_member_does_not_lose_the_others() -> None:
    table = {"from": "each.s", "table": {"R": "ringing"}}
    fields = {"event": table, "extension": "each.x"}
    body = '[{"s": "R", "x": "21"}, {"s": "?", "x": "22"}, {"s": "R", "x": "23"}]'
    read_one = read("", body, each="json", fields=fields)
    assert [event.extension for event in read_one.events] == ["21", "23"]
    (problem,) = read_one.unread
    assert (problem.field, problem.code) == ("each.1.event", "event-unknown")
    with pytest.raises(HitError, match="'\\?' is not an event"):
        read("", '[{"s": "?"}, {"s": "!"}]', each="json", fields=fields)


def test_lines_of_a_text() -> None:
    text = "ringing\r\n08999998001\r\n21\r\n"
    assert value("line.1", body=text) == "08999998001"
    (event,) = read("", text, separator="\n", fields={"extension": "line.2"}).events
    assert event.extension == "21"
    # lines with separators are events of their own
    assert value("line.1", body="R;21\nR;22") == "21"
    assert values("R;21\nR;22", "line", "each.1") == [("21",), ("22",)]


def test_condition_on_an_object_asks_whether_it_is_there() -> None:
    present = [{"when": {"json.user": "*"}, "value": "there"}, {"value": "none"}]
    assert value(present, body='{"user": {"id": 7}}') == "there"
    assert value(present, body='{"user": {}}') == "none"
    assert value([{"when": {"json.user": "7"}, "value": "no"}], body='{"user": {"a": 7}}') == ""


LINES = {"huber@pbx.example.de": "21", "+49 89 9999801": "31, 32", "Trunk7": "41"}


@pytest.mark.parametrize(
    "text",
    [
        "huber@pbx.example.de",
        "sip:Huber@PBX.example.de:5060",
        '"Eva" <sip:huber@pbx.example.de>',
        "trunk7",
        "sip:trunk7@10.0.0.1",
        "0899999801",
        "huber",
        "41",
        "32",
    ],
)
def test_own_knows_the_lines_of_the_device(text: str) -> None:
    own = [{"when": {"json.a": {"own": True}}, "value": "own"}, {"value": "other"}]
    mapping = {"fields": {"name": own}}
    assert read("", json.dumps({"a": text}), LINES, **mapping).events[0].name == "own"


@pytest.mark.parametrize(
    "text", ["huber@elsewhere.example", "schmid@pbx.example.de", "08999998002"]
)
def test_own_does_not_take_a_stranger_for_a_line(text: str) -> None:
    own = [{"when": {"json.a": {"own": True}}, "value": "own"}, {"value": "other"}]
    read_one = read("", json.dumps({"a": text}), LINES, fields={"name": own})
    assert read_one.events[0].name == "other"


def test_table_of_lines_is_read_in_any_spelling() -> None:
    def extension(text: str, lines: dict[str, str]) -> str:
        body = json.dumps({"a": text})
        return read("", body, lines, fields={"extension": "json.a"}).events[0].extension

    assert extension("SIP:HUBER@pbx.example.de", LINES) == "21"
    assert extension("unknown", LINES) == "unknown"
    # a user alone does not distinguish two lines that differ in the host only
    assert extension("a", {"a@one.example": "1", "a@two.example": "2"}) == "a"
