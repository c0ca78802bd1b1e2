"""However it is made up, a request takes not much longer than an ordinary one of its size."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.body import parse_form
from softphone_ingest.mapping.budget import TEXT_MAX
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import SOURCES_MAX, Mapping
from support.costs import seconds

BODY_MAX = 65_536
TIMES = 4
"""Times an ordinary request's duration that a hostile one may take."""


FLOOR_TIMES = 1.5
"""Times the floor that a request may take: two measurements of one run differ by a third."""

WORST = ("a.{300}c", "(?:(a)?){300}c$", "(([ab]{1,9}){1,9}){1,5}c", r"\pL{2}(a.?){50}c", "^(a+)+$")
TEXTS = {
    f"{length} of {name}": (letters * length)[:length]
    for length in (1, 20, 400, TEXT_MAX)
    for name, letters in (("one letter", "a"), ("two", "ab"), ("another", "ä"))
}


def reading(rules: list[dict[str, Any]], text: str) -> Callable[[], object]:
    """Reads a body full of this text by rules that find nothing in it."""
    fields = {"event": {"value": "ringing"}, "name": rules}
    mapping = Mapping.model_validate({"fields": fields})
    one = f"n={text}&".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    request = HitRequest("POST", "", "", kind, one * (BODY_MAX // len(one)), "")
    config = DeviceConfig(mapping, NumberProfile())
    return lambda: interpret(request, config)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_as_many_rules_as_there_may_be_hold_up_nobody(floor: float, text: str) -> None:
    rules: list[dict[str, Any]] = [{"from": "form.n", "table": {"x": "y"}}]
    for pattern in WORST:
        rules.append({"from": "form.n", "pick": pattern})
        rules.append({"when": {"form.n": {"matches": pattern}}, "value": "x"})
    for rule in rules:
        assert seconds(reading([rule] * SOURCES_MAX, text)) < FLOOR_TIMES * floor, rule


def test_fields_that_name_each_other_hold_up_nobody(floor: float) -> None:
    fields: dict[str, Any] = {"event": {"value": "ringing"}, "number": {"from": ["f0"] * 5}}
    fields |= {f"f{n}": {"from": [f"f{n + 1}"] * 5} for n in range(36)}
    fields["f36"] = {"value": "x"}
    config = DeviceConfig(Mapping.model_validate({"fields": fields}), NumberProfile())
    request = HitRequest("GET", "", "n=1", {}, b"", "")
    assert seconds(lambda: interpret(request, config)) < floor


def test_templates_of_templates_do_not_grow_without_end() -> None:
    fields: dict[str, Any] = {"event": {"value": "ringing"}, "name": "{f0}", "f5": "query.n"}
    fields |= {f"f{n}": f"{{f{n + 1}}}" * 30 for n in range(5)}
    config = DeviceConfig(Mapping.model_validate({"fields": fields}), NumberProfile())
    (event,) = interpret(HitRequest("GET", "", "n=1", {}, b"", ""), config).events
    assert [(note.field, note.code) for note in event.notes] == [("name", "text-too-long")]


def test_a_pattern_too_large_is_refused_before_it_costs_anything() -> None:
    def refused(pick: str) -> Callable[[], object]:
        mapping = {"fields": {"name": [{"from": "query.n", "pick": pick}] * SOURCES_MAX}}

        def refuse() -> None:
            with pytest.raises(ValueError, match=f"name.{SOURCES_MAX - 1}.pick"):
                Mapping.model_validate(mapping)

        return refuse

    ordinary = seconds(refused("a.{500}c"))
    for pick in ("(?:a.{990}c|a.{980}d|a.{970}e)", r"\pL" * 99, r"[^\pL\pN]" * 30):
        assert seconds(refused(pick)) < TIMES * ordinary


def form(*parts: bytes) -> bytes:
    """As many of these parts as a body may have."""
    whole = b"".join(parts)
    return whole * (BODY_MAX // len(whole))


PART = b'--b\r\nContent-Disposition: form-data; name="number"\r\n\r\n08999998001\r\n'
NESTED = b"".join(
    b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(250)
)
BODIES = {
    "a name without end": b'--b\r\nContent-Disposition: form-data; name="' + b";" * 65_000,
    "names in a head": form(b"--b\r\nContent-Disposition: x", b'; name="' * 110, b"\r\n\r\n"),
    "quotes in a head": form(b"--b\r\nContent-Disposition: x", b';""' * 300, b"\r\n\r\n"),
    "heads alone": form(b"--b\r\n"),
    "blanks behind a mark": b"--b" + b" " * 65_000 + b"x",
    "line breaks": b"--b\r\n" + b"\r\n" * 32_000,
    "parts in parts": NESTED + b"\n" * (BODY_MAX - len(NESTED)),
}


@pytest.mark.parametrize("what", BODIES)
def test_no_multipart_form_holds_up_anybody(what: str) -> None:
    kind = "multipart/form-data; boundary=b"
    ordinary = seconds(lambda: parse_form(form(PART), kind))
    assert seconds(lambda: parse_form(BODIES[what], kind)) < TIMES * ordinary


def test_no_content_type_holds_up_anybody() -> None:
    ordinary = seconds(lambda: parse_form(form(PART), "multipart/form-data; boundary=b"))
    for kind in ("; boundary=" * 5000, ";" * 60_000, '; boundary="' * 5000, "; " * 30_000):
        assert seconds(partial(parse_form, PART, kind)) < TIMES * ordinary
