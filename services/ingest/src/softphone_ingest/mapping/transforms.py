"""The steps that turn what a sender wrote into what it meant; each is one small, total function."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from softphone_ingest.mapping.body import parse_json
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import decode_percent, decode_text
from softphone_ingest.mapping.schema import Step

_URI = re.compile(
    r"^(?:[^<]*<)?\s*(?:(?:sips?|tel|callto|phone):(?://)?)?(?P<user>[^@;>?]*)", re.IGNORECASE
)
_CHANNEL = re.compile(
    r"^(?:PJSIP|SIP|IAX2|SCCP|DAHDI|Local|Agent|Technology)/(?P<name>[^@/;]+?)"
    r"(?:-[0-9a-f]{4,})?(?:@[^;]*)?(?:;[12])?$",
    re.IGNORECASE,
)


def apply_step(step: Step, text: str, field: str) -> Any:
    """The text after one step of `decode`; the step `json` may give any value of JSON.

    Raises HitError naming `field`.
    """
    return _STEPS[step](text, field)


def _base64(text: str, field: str) -> str:
    """A plus that came as a blank is one again, padding is optional, both alphabets are read."""
    tight = text.strip("\r\n").replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return decode_text(base64.b64decode(tight + "=" * (-len(tight) % 4), validate=True))
    except (binascii.Error, ValueError):
        raise HitError(field, "base64-invalid") from None


def _plus(text: str, _: str) -> str:
    """A plus in a query arrives as a blank; before a digit it was one."""
    return f"+{text.strip()}" if re.match(r"^ +[1-9]", text) else text


def _uri(text: str, _: str) -> str:
    found = _URI.match(text.strip())
    return found["user"].strip(" '\"/") if found else text


def _channel(text: str, _: str) -> str:
    found = _CHANNEL.match(text.strip())
    return found["name"] if found else text


_STEPS: dict[Step, Callable[[str, str], Any]] = {
    "trim": lambda text, _: text.strip(),
    "percent": lambda text, _: decode_percent(text.encode()),
    "base64": _base64,
    "json": parse_json,
    "plus": _plus,
    "uri": _uri,
    "channel": _channel,
    "digits": lambda text, _: re.sub(r"[^0-9]", "", text),
    "lower": lambda text, _: text.lower(),
    "upper": lambda text, _: text.upper(),
}
