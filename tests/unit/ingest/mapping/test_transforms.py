"""Each step gives what was meant, of whatever text; only what claims to be coded can be wrong."""

import base64
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.schema import Step
from softphone_ingest.mapping.values import apply_step

GUID = "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}"
STEPS: dict[str, tuple[Step, str, Any]] = {
    "trim": ("trim", " x ", "x"),
    "percent": ("percent", "%2B49", "+49"),
    "percent, UTF-8": ("percent", "Jörg M%C3%BCller", "Jörg Müller"),
    "percent, Latin-1": ("percent", "M%FCller", "Müller"),
    "percent, none": ("percent", "100% ä", "100% ä"),
    "base64": ("base64", base64.b64encode(GUID.encode()).decode(), GUID),
    "base64 without padding": ("base64", "NjE", "61"),
    "base64 for addresses": ("base64", "--__", "ûïÿ".encode("latin-1").decode("latin-1")),
    "base64, a plus that is a blank": ("base64", "  //", "ûïÿ"),
    "base64 in UTF-8": ("base64", "SMO8YmVy", "Hüber"),
    "base64 of nothing": ("base64", "", ""),
    "json": ("json", '{"a": [1]}', {"a": [1]}),
    "plus": ("plus", " 498999998021", "+498999998021"),
    "plus before a zero": ("plus", " 089", " 089"),
    "no plus": ("plus", "21", "21"),
    "uri": ("uri", '"Huber, S" <sip:21@pbx.example.de;user=phone>;tag=1', "21"),
    "uri without brackets": ("uri", "sips:21@pbx.example.de:5061;transport=tls", "21"),
    "uri without user": ("uri", "21", "21"),
    "uri before a remark": ("uri", "21; second floor, left", "21"),
    "scheme inside a word": ("uri", "hotel:21", "hotel:21"),
    "tel": ("uri", "tel:201;phone-context=x", "201"),
    "callto": ("uri", "callto://201/", "201"),
    "channel": ("channel", "PJSIP/201-0000009b", "201"),
    "channel without a number": ("channel", "SIP/201", "201"),
    "channel with a dash in its name": ("channel", "SIP/desk-4-0000012c", "desk-4"),
    "local channel": ("channel", "Local/201@from-internal-0000;1", "201"),
    "no channel": ("channel", "201", "201"),
    "a channel's trunk and number": ("channel", "SIP/trunk/08999998001", "SIP/trunk/08999998001"),
    "digits": ("digits", "+49 89/1²", "49891"),
    "lower": ("lower", "ABC", "abc"),
    "upper": ("upper", "abc", "ABC"),
}


@pytest.mark.parametrize("what", STEPS)
def test_a_step_decodes(what: str) -> None:
    step, text, meant = STEPS[what]
    assert apply_step(step, text, "number") == meant


@pytest.mark.parametrize(
    ("step", "text"),
    [("base64", "ä"), ("base64", "N"), ("base64", "Nj.E"), ("json", "{"), ("json", "[" * 60_000)],
)
def test_what_is_not_coded_so_is_named(step: Step, text: str) -> None:
    with pytest.raises(HitError) as caught:
        apply_step(step, text, "caller")
    assert caught.value.field == "caller"


def test_every_step_is_tried_here() -> None:
    assert {step for step, _, _ in STEPS.values()} == set(get_args(Step))


@given(st.sampled_from(get_args(Step)), st.text(max_size=40) | st.from_regex(r"[\w+/=-]{0,9}"))
def test_no_text_is_more_than_refused(step: Step, text: str) -> None:
    field = "caller"
    try:
        assert apply_step(step, text, field) is not ...
    except HitError as error:
        field = error.field
    assert field == "caller"
