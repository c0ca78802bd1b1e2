"""However it is made up, a request takes not much longer than an ordinary one of its size."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import thread_time
from typing import Any

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping import multipart
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.regex import TEXT_MAX
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import SOURCES_MAX, Mapping

BODY_MAX = 65_536
TIMES = 4
"""Times an ordinary request's duration that a hostile one may take."""


def seconds(work: Callable[[], object]) -> float:
    """Time this thread spends on the work, whatever else the machine does."""
    taken = []
    for _ in range(3):
        begun = thread_time()
        with suppress(HitError):
            work()
        taken.append(thread_time() - begun)
    return min(taken)


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


@pytest.fixture(scope="module")
def ordinary() -> float:
    """Time of a large request without patterns and repetitions."""
    fields = {"event": {"value": "ringing"}, "name": [f"form.x{n}" for n in range(SOURCES_MAX)]}
    mapping = Mapping.model_validate({"fields": fields})
    body = "&".join(f"name{n}=1" for n in range(BODY_MAX // 11)).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    request = HitRequest("POST", "", "", kind, body, "")
    config = DeviceConfig(mapping, NumberProfile())
    return seconds(lambda: interpret(request, config))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_as_many_rules_as_there_may_be_hold_up_nobody(ordinary: float, text: str) -> None:
    rules: list[dict[str, Any]] = [{"from": "form.n", "table": {"x": "y"}}]
    for pattern in WORST:
        rules.append({"from": "form.n", "pick": pattern})
        rules.append({"when": {"form.n": {"matches": pattern}}, "value": "x"})
    for rule in rules:
        assert seconds(reading([rule] * SOURCES_MAX, text)) < TIMES * ordinary, rule


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
    ordinary = seconds(lambda: multipart.parse_form(form(PART), kind))
    assert seconds(lambda: multipart.parse_form(BODIES[what], kind)) < TIMES * ordinary


def test_no_content_type_holds_up_anybody() -> None:
    ordinary = seconds(lambda: multipart.parse_form(form(PART), "multipart/form-data; boundary=b"))
    for kind in ("; boundary=" * 5000, ";" * 60_000, '; boundary="' * 5000, "; " * 30_000):
        assert seconds(partial(multipart.parse_form, PART, kind)) < TIMES * ordinary
