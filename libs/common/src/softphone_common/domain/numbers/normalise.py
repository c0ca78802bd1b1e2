"""Normalises the number of the other party: to E.164, or to a kind that has no E.164.

It never raises. A number in doubt is invalid, since a wrong one would show the wrong customer.
"""

import re
from dataclasses import dataclass
from typing import Literal

from softphone_common.domain.numbers import plan
from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.text import (
    Address,
    DialString,
    parse_address,
    parse_dial_string,
    strip_labels,
    strip_prefix,
    to_plain_text,
)
from softphone_common.domain.numbers.withheld import (
    is_withheld,
    is_withheld_host,
    is_withheld_on_keypad,
)

Kind = Literal["external", "internal", "anonymous", "service", "invalid"]

RAW_MAX = 128
"""Characters of the raw text that are read and kept. Useful SIP URIs are shorter."""

_DIALABLE = re.compile(r"\+?[0-9]+")
_STAR_CODE = re.compile(r"[*#][0-9*#+]*[0-9][0-9*#+]*")
_INTERCOM = re.compile(r"\*\*[0-9]{1,3}")
_SIPGATE_LINE = re.compile(r"(?:[1-9][0-9]{6})?[wW][0-9]{1,3}")
"""The extensions of sipgate, `w0`, also with the number of the account before: `1234567w0`."""

_PRIVATE_MAX = 8
"""Digits up to which a number with a domain as its phone-context counts as an extension."""


@dataclass(frozen=True, slots=True)
class RemoteNumber:
    """The other party's number: as sent, in E.164 if it has one, its kind, and the form to show.

    `ext` are the digits to dial after the answer, with commas for pauses.
    """

    raw: str
    e164: str | None
    kind: Kind
    display: str
    ext: str = ""


def normalise(raw: str, profile: NumberProfile) -> RemoteNumber:
    """Reads `raw` as dialled at a tenant with this profile.

    `raw` must not be trimmed: a blank in front of a number is what a query makes of its plus.
    """
    # cut twice, since plain signs can be longer than those sent, and this bounds all expressions
    text = to_plain_text(raw[:RAW_MAX])[:RAW_MAX]
    raw = raw.strip()[:RAW_MAX]
    address = parse_address(text)
    user = strip_labels(address.user)
    dialled = parse_dial_string(user)
    outside = _after_prefix(user, profile)
    # numbers without E.164 are recognised before the numbering plan is asked, since it finds a
    # possible subscriber in almost any short string of digits
    if _is_withheld(address, dialled) or (outside and _is_withheld_rest(outside.digits)):
        return RemoteNumber(raw, None, "anonymous", "")
    if is_placeholder(text.strip()):
        return RemoteNumber(raw, None, "invalid", raw)
    short = _short(address, dialled, outside, profile)
    if short is not None:
        return RemoteNumber(raw, None, *short)
    return _external(raw, address, outside or dialled, outside is not None, profile)


def _after_prefix(user: str, profile: NumberProfile) -> DialString | None:
    """The digits after the prefix for an outside line; None where the phone shows no prefix."""
    if profile.outside_prefix_mode == "never" or not profile.outside_prefix:
        return None
    rest = strip_prefix(user, profile.outside_prefix)
    return None if rest is None else parse_dial_string(rest)


def _is_withheld_rest(digits: str) -> bool:
    """Whether nothing follows a prefix, as an exchange shows it for a caller who is withheld."""
    return not digits or is_withheld_on_keypad(digits)


def _is_withheld(address: Address, dialled: DialString) -> bool:
    """Whether the caller is withheld. A display name decides only where there is no number."""
    if is_withheld(address.user) or is_withheld_host(address.host):
        return True
    if is_withheld_on_keypad(dialled.digits):
        return True
    has_word = address.name != "" and is_withheld(address.name)
    return has_word and not _DIALABLE.fullmatch(dialled.digits)


def _short(
    address: Address,
    dialled: DialString,
    outside: DialString | None,
    profile: NumberProfile,
) -> tuple[Kind, str] | None:
    """The kind and display of a number that is not one of the public network's subscribers.

    The order is that of certainty: emergency numbers, extensions the sender or profile names,
    services, and last the extensions that are recognised by their length alone.
    """
    digits = dialled.digits
    if _STAR_CODE.fullmatch(digits):
        return ("internal" if _INTERCOM.fullmatch(digits) else "service"), digits
    numbers = (digits, outside.digits) if outside else (digits,)
    for number in numbers:
        if plan.is_emergency(number, profile.region):
            return "service", number
    extension = _named_extension(address, digits, profile)
    if extension:
        return "internal", extension
    # senders fill the field of a withheld caller with zeros
    if len(digits) > 2 and not digits.strip("+0"):
        return "anonymous", ""
    for number in numbers:
        if plan.is_service(number, profile.region):
            return "service", number
    is_extension = _is_short(digits, profile) and _has_no_prefix(digits)
    return ("internal", digits) if is_extension else None


def _named_extension(address: Address, digits: str, profile: NumberProfile) -> str:
    """The extension if the sender or the profile marks it as one, else an empty text."""
    if _SIPGATE_LINE.fullmatch(address.user):
        return address.user
    # RFC 3966, 5.1.5: a domain as context makes a number valid in that domain only
    is_private = address.context != "" and _has_no_prefix(digits) and len(digits) <= _PRIVATE_MAX
    return digits if is_private or _is_listed(digits, profile) else ""


def _has_no_prefix(digits: str) -> bool:
    return digits.isdecimal() and not digits.startswith("0")


def _is_listed(digits: str, profile: NumberProfile) -> bool:
    """Whether the digits are in one of the profile's ranges of extensions."""
    for item in profile.extension_ranges:
        low, _, high = item.partition("-")
        if len(digits) == len(low) and low <= digits <= (high or low):
            return digits.isdecimal()
    return False


def _is_short(digits: str, profile: NumberProfile) -> bool:
    return not profile.extension_ranges and len(digits) <= profile.extension_max_len


def _external(
    raw: str, address: Address, dialled: DialString, has_prefix: bool, profile: NumberProfile
) -> RemoteNumber:
    """A number of the public network, an extension of the own trunk, or an invalid number."""
    number = None
    if _DIALABLE.fullmatch(dialled.digits):
        number = plan.find_number(
            dialled.digits,
            profile.region,
            area_code=profile.area_code,
            lost_plus=address.lost_plus and not has_prefix,
            plus_left_out=profile.format == "e164_without_plus",
        )
    if number is None:
        return RemoteNumber(raw, None, "invalid", raw)
    # ANONYMOUS in keypad letters, 266696687, reads as a number of Lesotho (+266)
    if is_withheld_on_keypad(number.e164):
        return RemoteNumber(raw, None, "anonymous", "")
    extension = _trunk_extension(number.e164, profile)
    if extension is not None:
        return RemoteNumber(raw, None, "internal", extension or number.display)
    ext = dialled.ext or address.ext
    return RemoteNumber(raw, number.e164, "external", number.display, ext)


def _trunk_extension(e164: str, profile: NumberProfile) -> str | None:
    """The extension of a number of the own trunk, empty for the trunk itself, else None."""
    if not profile.trunk or not e164.startswith(profile.trunk):
        return None
    extension = e164.removeprefix(profile.trunk)
    # extension 0 is the switchboard, as in 99998-0
    if extension in {"", "0"} or _is_listed(extension, profile):
        return extension
    return extension if _is_short(extension, profile) else None
