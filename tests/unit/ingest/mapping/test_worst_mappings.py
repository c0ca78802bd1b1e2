"""The worst mapping that is allowed holds the event loop no longer than its operations may."""

import json
from typing import Any

import pytest
import re2
from pydantic import ValidationError

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.budget import (
    DECODE_MAX,
    OPERATIONS_MAX,
    PATTERNS_MAX,
    ROWS_MAX,
    STORED,
    WORDS_MAX,
    compiled,
)
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.reader import EVENTS_MAX, DeviceConfig, Reader
from softphone_ingest.mapping.request import UNPACKED_MAX, HitRequest
from softphone_ingest.mapping.schema import SOURCES_MAX, Mapping
from support.costs import longest_step, seconds

TIMES = 1.5
"""Times the floor that a request may take: two measurements of one run differ by a third."""

EVENT = {"event": {"value": "ringing"}}
RING = "+49 30 23125 001"
JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "text/xml"


def largest(**fields: Any) -> bytes:
    """A JSON body with 100 members and these fields, in the size that gzip may unpack."""
    body = json.dumps({"list": [{"a": 1}] * EVENTS_MAX, **fields}).encode()
    assert len(body) <= UNPACKED_MAX
    return body


def sources(template: str) -> list[str]:
    return [template.format(n=n) for n in range(SOURCES_MAX - 1)]


WIDE = {f"K{n}": 1 for n in range(18_000)}
LONG = [{"a": 1}] * 25_000
DEEP = b"<a>" + b"<b><c><d/></c></b>" * 12_000 + b"</a>"
NOISE = [f"{n} " + "1 2 3 4 5 6 " * 9 for n in range(EVENTS_MAX)]
CASES: dict[str, tuple[dict[str, Any], bytes, str, list[str]]] = {
    "names around each member": (
        {"name": sources("outer.x{n}")},
        largest(**WIDE),
        JSON,
        ["json.list"],
    ),
    "names of a wide object": ({"name": sources("json.x{n}")}, largest(**WIDE), JSON, []),
    "every member of a list": (
        {"name": sources("json.*.x{n}")},
        json.dumps(LONG).encode(),
        JSON,
        [],
    ),
    "filters of a list": (
        {"name": sources("json.*[a=x{n}].y")},
        json.dumps(LONG).encode(),
        JSON,
        [],
    ),
    "conditions on a body": (
        {"name": [{"when": {"json": ["x"]}, "value": "a"}] * 199},
        largest(**WIDE),
        JSON,
        ["json.list"],
    ),
    "conditions around a member": (
        {"name": [{"when": {"outer": ["x"]}, "value": "a"}] * 199},
        largest(list2=[{"a": [n]} for n in range(9000)]),
        JSON,
        ["json.list"],
    ),
    "steps on a long text": (
        {"name": [{"from": "outer.n", "decode": ["percent", "upper"] * 4}] * 99},
        largest(n="%20" * 80_000),
        JSON,
        ["json.list"],
    ),
    "json in json": (
        {"name": [{"from": "outer.n", "decode": "json"}] * 99},
        largest(n="[" + "[]," * 60_000 + "[]]"),
        JSON,
        ["json.list"],
    ),
    "long rows": (
        {"name": [{"from": "outer.n", "table": {str(n): "" for n in range(ROWS_MAX)}}] * 4},
        largest(n=["a"] * 4000),
        JSON,
        ["json.list"],
    ),
    "own numbers": (
        {"name": [{"when": {"each.n": {"own": True}}, "value": ""}] * 99},
        json.dumps([{"n": text} for text in NOISE]).encode(),
        JSON,
        ["json"],
    ),
    "other numbers in all members": (
        {"number": "each.n", "called": "each.c", "name": "each.m"},
        json.dumps([{"n": t, "c": f"{t}7", "m": f"{t}8"} for t in NOISE]).encode(),
        JSON,
        ["json"],
    ),
    "parameters": ({"name": sources("form.X{n}")}, b"a=&" * 80_000, FORM, []),
    "escapes": ({"name": "form.n"}, b"n=" + b"%20" * 80_000, FORM, []),
    "names of a form": (
        {"name": sources("any.X{n}")},
        b"&".join(b"n%d=1" % n for n in range(6000)),
        FORM,
        [],
    ),
    "elements": ({"name": sources("xml.x{n}")}, b"<a>" + b"<b/>" * 60_000 + b"</a>", XML, []),
    "fewer elements": (
        {"name": sources("xml.*.*.x{n}")},
        b"<a>" + b"<b><c/></b>" * 5000 + b"</a>",
        XML,
        [],
    ),
    "deep elements": ({"name": sources("xml.*.*.*.x{n}")}, DEEP, XML, []),
    "texts around each element": (
        {"name": sources("outer.x{n}")},
        b"<a>" + b"<m/>" * EVENTS_MAX + b"<b/>" * 20_000 + b"</a>",
        XML,
        ["xml.m"],
    ),
    "values of json": ({"name": "json.x"}, b"[" + b"[]," * 80_000 + b"[]]", JSON, []),
    "lines": ({"name": "each.0"}, b"a\n" * 120_000, "text/plain", ["line"]),
    "rules without a source": ({"name": [{"value": ""}] * 249}, largest(), JSON, ["json.list"]),
    **{
        f"a long {field}": ({field: "outer.n"}, largest(n=text * 20_000), JSON, ["json.list"])
        for field, text in {
            "number": "{",
            "time": "2026-01-01T",
            "duration": "1:",
            "name": "( ",
            "linked_id": "0",
            "called": "+49 30 ",
            "direction": " ",
        }.items()
    },
}


SPELLINGS = (
    "+4989999900{:02}",
    "089 / 9999-00{:02}",
    "+49 (0)89 9999-00{:02}",
    "+33 (0)1 99 00 12 {:02}",
    '"Huber" <sip:08999990{:03}@pbx>',
    '"Praxis Dr. Huber" <sip:+4989999900{:02}@pbx.example.com:5060;transport=tls;user=phone>;tag=1',
)


def reader(case: str) -> Reader:
    fields, body, kind, each = CASES[case]
    mapping = Mapping.model_validate({"fields": {**EVENT, **fields}, "each": each})
    request = HitRequest("POST", "", "", {"content-type": kind}, body, "")
    return Reader(request, DeviceConfig(mapping, NumberProfile()))


@pytest.mark.parametrize("case", CASES)
def test_worst_request_costs_no_more_than_the_floor(case: str, floor: float) -> None:
    assert longest_step(lambda: reader(case).interpret_in_steps()) < TIMES * floor


@pytest.mark.parametrize("case", ["names around each member", "steps on a long text", "elements"])
def test_request_over_its_operations_is_refused(case: str) -> None:
    with pytest.raises(HitError) as error:
        reader(case).interpret()
    assert error.value.code == "request-too-costly"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_list_of_ordinary_numbers_is_read_whole(spelling: str) -> None:
    fields = {**EVENT, "number": "each", "extension": "any.x", "call_id": "any.id"}
    mapping = Mapping.model_validate({"fields": fields, "each": "json"})
    body = json.dumps([spelling.format(n) for n in range(EVENTS_MAX)]).encode()
    request = HitRequest("POST", "", "x=21&id=1", {}, body, "")
    events = Reader(request, DeviceConfig(mapping, NumberProfile())).interpret().events
    assert len({each.remote and each.remote.e164 for each in events}) == EVENTS_MAX


def test_numbers_of_a_list_have_operations_for_each_event() -> None:
    spent = []
    for members in (2, EVENTS_MAX):
        mapping = Mapping.model_validate({"fields": {**EVENT, "number": "each"}, "each": "json"})
        body = json.dumps([f"{n} 9999-0001" for n in range(members)]).encode()
        each = Reader(
            HitRequest("POST", "", "", {}, body, ""), DeviceConfig(mapping, NumberProfile())
        )
        each.interpret()
        spent.append(each.spent)
    assert spent[1] > OPERATIONS_MAX / 2 > spent[0]


def test_list_of_too_many_members_is_refused() -> None:
    mapping = Mapping.model_validate({"fields": {**EVENT, "number": "each"}, "each": "json"})
    body = json.dumps([RING] * (EVENTS_MAX + 1)).encode()
    config = DeviceConfig(mapping, NumberProfile())
    with pytest.raises(HitError) as error:
        Reader(HitRequest("POST", "", "", {}, body, ""), config).interpret()
    assert (error.value.field, error.value.code) == ("json", "members-too-many")


def test_called_number_of_many_extensions_has_few_events() -> None:
    mapping = Mapping.model_validate(
        {"fields": {**EVENT, "called": {"value": "x"}, "number": "each"}, "each": "json"}
    )
    lines = {"x": ",".join(str(n) for n in range(10, 30))}
    config = DeviceConfig(mapping, NumberProfile(), extensions=lines)
    body = json.dumps([RING] * EVENTS_MAX).encode()
    with pytest.raises(HitError) as error:
        Reader(HitRequest("POST", "", "", {}, body, ""), config).interpret()
    assert (error.value.field, error.value.code) == ("extension", "members-too-many")


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"from": "query.n", "decode": ["lower"] * (DECODE_MAX + 1)}, "decode"),
        ({"from": "query.n", "table": {str(n): "" for n in range(ROWS_MAX + 1)}}, "table"),
        ({"when": {"query.n": ["x"] * (WORDS_MAX + 1)}, "value": "x"}, "is"),
    ],
    ids=["steps", "rows", "texts"],
)
def test_mapping_over_its_limits_names_the_field(rule: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as error:
        Mapping.model_validate({"fields": {"name": rule}})
    (first,) = error.value.errors()
    assert (first["type"], place in first["loc"]) == ("too_long", True)


def test_mapping_with_many_patterns_is_not_compiled() -> None:
    rules = [{"from": "query.n", "pick": f"a{n}["} for n in range(PATTERNS_MAX + 1)]
    with pytest.raises(ValidationError) as error:
        Mapping.model_validate({"fields": {"name": rules}})
    assert [each["type"] for each in error.value.errors()] == ["patterns-too-many"]


def test_field_of_all_members_is_read_once() -> None:
    fields = {"number": {"from": "json.n", "decode": ["trim"] * DECODE_MAX}}
    spent = []
    for members in (1, EVENTS_MAX):
        mapping = Mapping.model_validate({"fields": {**EVENT, **fields}, "each": "json.list"})
        body = json.dumps({"n": " " * 1000 + RING, "list": [{"a": 1}] * members}).encode()
        each = Reader(
            HitRequest("POST", "", "", {}, body, ""), DeviceConfig(mapping, NumberProfile())
        )
        assert len(each.interpret().events) == members
        spent.append(each.spent)
    assert spent[1] < 2 * spent[0]


EARLIER: dict[str, tuple[dict[str, Any], bytes]] = {
    "rules": ({"fields": {"name": [{"value": ""}] * 1200}, "each": "json.list"}, largest()),
    "lists": ({"each": ["json.x"] * 2000}, b'{"a": 1}'),
    "lists of lines": ({"each": ["form.x"] * 2000}, b'{"a": 1}'),
    "steps": (
        {
            "fields": {"name": {"from": "outer.n", "decode": ["lower", "upper"] * 750}},
            "each": "json.list",
        },
        largest(n="a" * 2000),
    ),
    "replies": (
        {"answers": [{"when": {"json.x": "1"}, "body": ""}] * 400, "each": "json.list"},
        largest(**WIDE),
    ),
    "texts": (
        {"fields": {"name": {"when": {"each.a": {"is": ["x"] * 3000}}, "value": "a"}}},
        largest(),
    ),
    "patterns": (
        {"fields": {"name": [{"value": "a", "pick": rf"(?i)\pL\pN\pS{n}"} for n in range(300)]}},
        largest(),
    ),
    "patterns of a character": (
        {"fields": {"name": [{"value": "a", "pick": f"b{n}"} for n in range(600)]}},
        largest(),
    ),
    "long patterns": (
        {"fields": {"name": [{"value": "a", "pick": f"{'(b|c)' * 50}{n}"} for n in range(50)]}},
        largest(),
    ),
    "repeated patterns": (
        {"fields": {"name": [{"value": "a", "pick": f"b.{{300}}{n}"} for n in range(500)]}},
        largest(),
    ),
}


@pytest.mark.parametrize("case", EARLIER)
def test_request_of_an_earlier_mapping_costs_no_more(case: str, floor: float) -> None:
    data, body = EARLIER[case]
    mapping = Mapping.model_validate(
        {**data, "fields": {**EVENT, **data.get("fields", {})}}, context=STORED
    )
    request = HitRequest("POST", "", "", {"content-type": JSON}, body, "")
    config = DeviceConfig(mapping, NumberProfile(extension_ranges=("211",) * 100_000))

    def read() -> None:
        compiled.cache_clear()
        re2.purge()
        Reader(request, config).interpret()

    assert seconds(read) < TIMES * floor
