"""The steps of `decode`: each turns one spelling of a value into another."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from softphone_common.domain.numbers.sip import parse_channel, parse_uri
from softphone_common.domain.numbers.text import only_digits
from softphone_ingest.mapping.body import parse_json
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import decode_percent, decode_text
from softphone_ingest.mapping.schema import Step

_USER_END = re.compile(r"[;>?]")
_LOST_PLUS = re.compile(r"^ +[1-9]")


def apply_step(step: Step, text: str, field: str) -> Any:
    """The text after one step. The step `json` may give any value of JSON.

    Only `base64` and `json` raise HitError, which names `field`. The other steps leave a text that
    does not have their form as it is.
    """
    return _STEPS[step](text, field)


def _base64(text: str, field: str) -> str:
    """Reads both alphabets of RFC 4648, with or without padding."""
    # a query turns the plus of the alphabet into a blank
    tight = text.strip("\r\n").replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return decode_text(base64.b64decode(tight + "=" * (-len(tight) % 4), validate=True))
    except (binascii.Error, ValueError):
        raise HitError(field, "base64-invalid") from None


def _plus(text: str, _: str) -> str:
    """Restores the plus of a number, which a query turns into a blank."""
    return f"+{text.strip()}" if _LOST_PLUS.match(text) else text


def _uri(text: str, _: str) -> str:
    # RFC 3261 allows these signs in a user, but extensions have none of them. Cut before parsing,
    # which only takes out parameters: of `21; second floor` it would leave `21 floor`.
    uri = _USER_END.split(text.strip().rpartition("<")[2], maxsplit=1)[0]
    return parse_uri(uri).user.strip(" '\"/")


def _channel(text: str, _: str) -> str:
    channel = parse_channel(text)
    # the peer behind a trunk is the other party, and this step is for the own extension
    return text if channel is None or channel.trunk else channel.device


_STEPS: dict[Step, Callable[[str, str], Any]] = {
    "trim": lambda text, _: text.strip(),
    "percent": lambda text, _: decode_percent(text.encode()),
    "base64": _base64,
    "json": parse_json,
    "plus": _plus,
    "uri": _uri,
    "channel": _channel,
    "digits": lambda text, _: only_digits(text),
    "lower": lambda text, _: text.lower(),
    "upper": lambda text, _: text.upper(),
}
