"""Turns the number a phone sent into a remote number; never raises and never invents one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from softphone_common.domain.numbers import plan as numbering
from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_common.domain.numbers.text import (
    Address,
    Dialled,
    address,
    dialled,
    plain,
    unlabelled,
    without_prefix,
)
from softphone_common.domain.numbers.withheld import is_nobody, is_spelt_out, is_withheld

Kind = Literal["external", "internal", "anonymous", "service", "invalid"]
OutsidePrefixMode = Literal["never", "always"]
Format = Literal["any", "e164_without_plus"]

RAW_MAX = 128
"""Characters of the raw text that are kept; no phone number and no SIP URI of use is longer."""

_DIALABLE = re.compile(r"\+?[0-9]+")
_STAR_CODE = re.compile(r"[*#][0-9*#+]*[0-9][0-9*#+]*")
_INTERCOM = re.compile(r"\*\*[0-9]{1,3}")
_LINE_OF_USER = re.compile(r"(?:[1-9][0-9]{6})?[wW][0-9]{1,3}")
"""`w0`, `1234567w0`: what sipgate calls a line, by user and by account and user."""

_PRIVATE_MAX = 8
"""Digits of the longest number that is private to a domain, as its `phone-context` says."""

_RANGE = re.compile(r"[0-9]{1,8}(?:-[0-9]{1,8})?")


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """How numbers are dialled at one tenant or device.

    `region` is ISO 3166, `area_code` without its zero. `outside_prefix` is dialled for an outside
    line; where `outside_prefix_mode` is `always` the phone also shows it before every number that
    comes in. `format` says that numbers are E.164 whose plus is left out. `trunk` is the own number
    without the extension, in E.164. Extensions are numbers of up to `extension_max_len` digits, or,
    where there are `extension_ranges` such as `200-299` and `4711`, what is in one of them.
    """

    region: str = "DE"
    area_code: str = ""
    outside_prefix: str = ""
    outside_prefix_mode: OutsidePrefixMode = "never"
    format: Format = "any"
    trunk: str = ""
    extension_max_len: int = 4
    extension_ranges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteNumber:
    """The other party's number: as sent, as E.164 if it has one, its kind, how to show it.

    `ext` is what is dialled after the answer: an extension, or digits after a pause; of several
    parts with commas between them.
    """

    raw: str
    e164: str | None
    kind: Kind
    display: str
    ext: str = ""


def normalise(raw: str, profile: NumberProfile) -> RemoteNumber:
    """Reads `raw` as dialled at a tenant with this profile.

    Do not trim `raw` before: a blank in front of a number is what is left of a plus that came
    through a query string. What has no E.164 form is decided before parsing, since the parsing
    library finds a "possible" subscriber in almost any short string of digits.
    """
    text = plain(raw[:RAW_MAX])[:RAW_MAX]
    raw = raw.strip()[:RAW_MAX]
    told = address(text)
    user = unlabelled(told.user)
    said = dialled(user)
    outside = _behind_prefix(user, profile)
    if _is_withheld(told, said) or (outside and _is_nothing(outside.digits)):
        return RemoteNumber(raw, None, "anonymous", "")
    if is_placeholder(text.strip()):
        return RemoteNumber(raw, None, "invalid", raw)
    short = _short(told, said, outside, profile)
    if short is not None:
        return RemoteNumber(raw, None, *short)
    return _external(raw, told, outside or said, outside is not None, profile)


def is_region(code: str) -> bool:
    """Whether `code` is a region numbers can be read in, like `DE`."""
    return numbering.is_region(code)


def check(profile: NumberProfile) -> None:
    """Raises ProfileError naming the field of `profile` that can't be."""
    if not is_region(profile.region):
        raise ProfileError("region-unknown")
    if not re.fullmatch(r"|[1-9][0-9]{0,5}", profile.area_code):
        raise ProfileError("area-code-invalid")
    if not re.fullmatch(r"[0-9]{0,3}", profile.outside_prefix):
        raise ProfileError("outside-prefix-invalid")
    if not re.fullmatch(r"|\+[1-9][0-9]{3,14}", profile.trunk):
        raise ProfileError("trunk-invalid")
    if not 0 <= profile.extension_max_len <= 8:
        raise ProfileError("extension-length-invalid")
    for item in profile.extension_ranges:
        low, _, high = item.partition("-")
        backwards = high != "" and (len(low) != len(high) or low > high)
        if backwards or not _RANGE.fullmatch(item):
            raise ProfileError("extension-range-invalid", range=item)


def changed(profile: NumberProfile, changes: Mapping[str, object]) -> NumberProfile:
    """The profile with these fields replaced, as JSON or TOML say them.

    Raises ProfileError naming a field that is unknown, of a wrong type, or can't be.
    """
    known = {field.name: getattr(profile, field.name) for field in fields(profile)}
    for name, value in changes.items():
        if name not in known:
            raise ProfileError("profile-field-unknown", name=name, names=", ".join(known))
        known[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(name, known[name]):
            raise ProfileError("profile-value-invalid", name=name, value=repr(value))
    new = NumberProfile(**known)
    check(new)
    return new


def _fits(name: str, value: object) -> bool:
    match name:
        case "outside_prefix_mode":
            return value in get_args(OutsidePrefixMode)
        case "format":
            return value in get_args(Format)
        case "extension_max_len":
            return isinstance(value, int) and not isinstance(value, bool)
        case "extension_ranges":
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case _:
            return isinstance(value, str)


def _behind_prefix(user: str, profile: NumberProfile) -> Dialled | None:
    """What was dialled for an outside line; None where no prefix is shown."""
    if profile.outside_prefix_mode == "never" or not profile.outside_prefix:
        return None
    behind = without_prefix(user, profile.outside_prefix)
    return None if behind is None else dialled(behind)


def _is_nothing(digits: str) -> bool:
    """Whether nothing is left behind a prefix, or digits that spell out why."""
    return not digits or is_spelt_out(digits)


def _is_withheld(told: Address, said: Dialled) -> bool:
    """Whether the caller is not shown; a display name decides only where there is no number."""
    if is_withheld(told.user) or is_nobody(told.host) or is_spelt_out(said.digits):
        return True
    named = told.name != "" and is_withheld(told.name)
    return named and not _DIALABLE.fullmatch(said.digits)


def _short(
    told: Address, said: Dialled, outside: Dialled | None, profile: NumberProfile
) -> tuple[Kind, str] | None:
    """The kind of what is no subscriber of the public network, and how to show it.

    Help comes first, then extensions in a list, then services: an extension known by its length
    alone is the weakest guess.
    """
    digits = said.digits
    if _STAR_CODE.fullmatch(digits):
        return ("internal" if _INTERCOM.fullmatch(digits) else "service"), digits
    called = (digits, outside.digits) if outside else (digits,)
    for number in called:
        if numbering.is_emergency(number, profile.region):
            return "service", number
    own = _named(told, digits, profile)
    if own:
        return "internal", own
    if len(digits) > 2 and not digits.strip("+0"):
        return "anonymous", ""  # a filler
    for number in called:
        if numbering.is_service(number, profile.region):
            return "service", number
    return ("internal", digits) if _is_as_short(digits, profile) else None


def _named(told: Address, digits: str, profile: NumberProfile) -> str:
    """The extension if the sender or the profile says that it is one, else nothing."""
    if _LINE_OF_USER.fullmatch(told.user):
        return told.user
    # RFC 3966, 5.1.5: a domain as its context makes a number private
    private = told.context != "" and _is_bare(digits) and len(digits) <= _PRIVATE_MAX
    return digits if private or _is_listed(digits, profile) else ""


def _is_bare(digits: str) -> bool:
    return digits.isdecimal() and not digits.startswith("0")


def _is_listed(digits: str, profile: NumberProfile) -> bool:
    """Whether the profile names this as an extension."""
    for item in profile.extension_ranges:
        low, _, high = item.partition("-")
        if len(digits) == len(low) and low <= digits <= (high or low):
            return digits.isdecimal()
    return False


def _is_as_short(digits: str, profile: NumberProfile) -> bool:
    short = not profile.extension_ranges and len(digits) <= profile.extension_max_len
    return short and _is_bare(digits)


def _external(
    raw: str, told: Address, called: Dialled, outside: bool, profile: NumberProfile
) -> RemoteNumber:
    """The subscriber, or one of our own extensions behind the trunk; else what can't be read."""
    line = None
    if _DIALABLE.fullmatch(called.digits):
        line = numbering.line(
            called.digits,
            profile.region,
            area_code=profile.area_code,
            lost_plus=told.lost_plus and not outside,
            plus_left_out=profile.format == "e164_without_plus",
        )
    if line is None:
        return RemoteNumber(raw, None, "invalid", raw)
    if is_spelt_out(line.e164):
        return RemoteNumber(raw, None, "anonymous", "")
    own = _behind_trunk(line.e164, profile)
    if own is not None:
        return RemoteNumber(raw, None, "internal", own or line.display)
    return RemoteNumber(raw, line.e164, "external", line.display, called.ext or told.ext)


def _behind_trunk(e164: str, profile: NumberProfile) -> str | None:
    """The extension behind the own trunk, empty for the trunk itself; None for anybody else's."""
    if not profile.trunk or not e164.startswith(profile.trunk):
        return None
    extension = e164.removeprefix(profile.trunk)
    if extension in {"", "0"} or _is_listed(extension, profile):
        return extension
    short = not profile.extension_ranges and len(extension) <= profile.extension_max_len
    return extension if short else None
