"""The name of the other party, freed from what systems on its way have added to it."""

import html
import re
from collections.abc import Callable
from html.entities import html5

from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.notation.sip import parse_uri
from softphone_common.domain.numbers.text import only_digits

# only whole entities: html.unescape alone also reads `&copy Team` and `&nothing;` (as `¬hing;`)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_URI = re.compile(r"<?(?:sips?|tel):\S+|\S+@\S+", re.I)
_SUBSCRIBER_MIN = 5
"""Digits from which a name can be the end of the number, and not an id or a year."""

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean_name(text: str) -> str:
    """The name with its HTML entities decoded once and without controls of text direction.

    A control could show a name, and the number after it, in another order than they were sent.
    """
    return _BIDI.sub("", _ENTITY.sub(_decoded, text)).strip()


def is_only_number(name: str, remote: RemoteNumber, number: Callable[[str], RemoteNumber]) -> bool:
    """Whether the name is nothing but this number, in any spelling; `number` normalises a text."""
    text = parse_uri(name).user if _URI.fullmatch(name) else name
    digits = only_digits(text)
    if not digits or any(letter.isalpha() for letter in text):
        return False
    if digits == only_digits(remote.raw):
        return True
    if remote.e164 is None:
        return False
    # the digits without the area code, as exchanges show numbers of their own town
    is_end = len(digits) >= _SUBSCRIBER_MIN and remote.e164.endswith(digits)
    return is_end or number(text).e164 == remote.e164


def _decoded(entity: re.Match[str]) -> str:
    text = entity[0]
    return html.unescape(text) if text[1] == "#" else html5.get(text[1:], text)
