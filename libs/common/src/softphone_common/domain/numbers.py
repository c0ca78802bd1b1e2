"""Turns the number a phone sent into a remote number; never raises and never invents one."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

Kind = Literal["external", "internal", "anonymous", "service", "invalid"]

RAW_MAX = 128
"""Characters of the raw text that are kept; no phone number and no SIP URI of use is longer."""

_WITHHELD = frozenset(
    {
        "-",
        "anonymous",
        "anonym",
        "private",
        "privat",
        "restricted",
        "unavailable",
        "unknown",
        "unbekannt",
        "unterdrückt",
        "withheld",
        "blocked",
        "clir",
        "xxx",
        "numéro masqué",
        "null",
        "none",
        "undefined",
    }
)
"""What phones, exchanges and careless serialisers write where no number is shown."""

_KEYPAD = frozenset(
    {"266696687", "+266696687", "+7378742833", "+17378742833", "+2562533", "+8656696"}
)
"""ANONYMOUS, RESTRICTED, BLOCKED and UNKNOWN spelt on a keypad, as some carriers send them."""

_SERVICE = {"DE": {"19222", "22833"}, "CH": {"1414"}, "US": {"0"}, "CA": {"0"}}
"""Codes of the public network that the parsing library does not know, or only as billed ones."""

_ZERO_STAYS = 39
"""The one country code after which a zero in brackets is dialled (Italy, San Marino)."""

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(
    r"^(?:(?P<name>[^<]*)<)?\s*(?:(?:sips?|tel|callto|phone):(?://)?)?(?P<user>[^@;>?]*)", re.I
)
_CONTEXT = re.compile(r";phone-context=(\+[0-9]+)", re.I)
_CHANNEL = re.compile(r"^(?:PJSIP|SIP|IAX2)/([0-9]+)-[0-9a-f]{4,}$", re.I)
_REMARK = re.compile(r"^[^0-9+*#]*:|\[[^\]]*\]|\([^)0-9]*\)|\b(?:DW|Durchwahl)\b", re.I)
_POST_DIAL = re.compile(r"(?<=[0-9])\s*(?:,+|ext\.?|x|p|w)\s*[0-9]{1,6}#?$", re.I)
_SECOND_LINE = re.compile(r"^((?:[^0-9]*[0-9]){6,}[^0-9]*-[0-9]{1,3})/[0-9]{1,3}$")
_VANITY = re.compile(r"^\+?[0-9][0-9\s()/.\-]{2,}[A-Z]{5,}$", re.I)
_CLIR_CODE = re.compile(r"^[*#]31#(?=.)")
_STAR_CODE = re.compile(r"^[*#][0-9*#]+$")
_INTERNAL_CODE = re.compile(r"^\*\*[0-9]{1,3}$")
_BEFORE_PLUS = re.compile(r"^[0-9]{0,2}\s*\++")
_TRUNK_ZERO = re.compile(r"^(?:\+|00)?\s*([1-9][0-9]{0,2})\s*\(0\)")
_PUNCTUATION = re.compile(r"[\s()/.\-\u2010-\u2015]")
_DIALABLE = re.compile(r"^\+?[0-9]+$")


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """How numbers are dialled at one tenant or device.

    `region` is ISO 3166, `area_code` without its zero. `outside_prefix` is dialled for an outside
    line; where `outside_prefix_mode` is `always` the phone also shows it before every number that
    comes in. `format` says that numbers are E.164 whose plus is left out. `trunk` is the own number
    without the extension, in E.164. `extension_ranges` are extensions such as `200-299`.
    """

    region: str = "DE"
    area_code: str = ""
    outside_prefix: str = ""
    outside_prefix_mode: Literal["never", "always"] = "never"
    format: Literal["any", "e164_without_plus"] = "any"
    trunk: str = ""
    extension_max_len: int = 4
    extension_ranges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteNumber:
    """The other party's number: as sent, as E.164 if it has one, its kind, how to show it."""

    raw: str
    e164: str | None
    kind: Kind
    display: str


def normalise(raw: str, profile: NumberProfile) -> RemoteNumber:
    """Reads `raw` as dialled at a tenant with this profile.

    Do not trim `raw` before: a blank in front of a number is what is left of a plus that came
    through a query string. What has no E.164 form is decided before parsing, since the parsing
    library finds a "possible" subscriber in almost any short string of digits.
    """
    plain = _plain(raw[:RAW_MAX])
    raw = raw.strip()[:RAW_MAX]
    name, user = _address(plain.strip())
    text = _without_remarks(user)
    digits = _digits(text)
    if _is_withheld(user, name, digits):
        return RemoteNumber(raw, None, "anonymous", "")
    if _STAR_CODE.match(text):
        kind: Kind = "internal" if _INTERNAL_CODE.match(text) else "service"
        return RemoteNumber(raw, None, kind, text)
    if not _DIALABLE.match(digits):
        return RemoteNumber(raw, None, "invalid", raw)
    if _is_service(digits, profile):
        return RemoteNumber(raw, None, "service", digits)
    if _is_bare(digits) and len(digits) <= profile.extension_max_len:
        return RemoteNumber(raw, None, "internal", digits)
    number = (plain[:1] == " " and _after_lost_plus(digits)) or _parsed(digits, profile.region)
    return _external(raw, number) if number else RemoteNumber(raw, None, "invalid", raw)


def changed(profile: NumberProfile, changes: Mapping[str, object]) -> NumberProfile:
    """The profile with these fields replaced. Raises ValueError naming what is none."""
    try:
        return replace(profile, **changes)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"has no such field: {', '.join(changes)}") from None


def is_region(code: str) -> bool:
    """Whether `code` is a region numbers can be read in, like `DE`."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _plain(raw: str) -> str:
    """One plain form of wide digits and odd blanks; unescaped where a client escaped twice."""
    text = unquote(raw) if _ESCAPE.search(raw) else raw
    return unicodedata.normalize("NFKC", text)[:RAW_MAX]


def _address(text: str) -> tuple[str, str]:
    """The display name, and the user part of a SIP, tel or callto URI or of what stands alone.

    A local number in a tel URI is completed by the country or area its context names.
    """
    channel = _CHANNEL.match(text)
    if channel:
        return "", channel.group(1)
    found = _ADDRESS.match(text)
    if found is None:
        return "", text
    user = found["user"].strip(" \t'\"/")
    context = _CONTEXT.search(text)
    if context and not user.startswith("+"):
        user = context.group(1) + user
    return (found["name"] or "").strip(" \t'\""), user


def _without_remarks(user: str) -> str:
    """The number without what people and exchanges write around it: names, post-dial digits."""
    text = _REMARK.sub("", user).strip(" \t'\"")
    text = _SECOND_LINE.sub(r"\1", _POST_DIAL.sub("", text))
    text = _CLIR_CODE.sub("", text)
    return text if text[:1] in {"*", "#"} else text.rstrip("#")


def _digits(text: str) -> str:
    """The number's digits with at most one plus; still with letters where it is no number."""
    if _VANITY.match(text):
        text = _spelt(text)
    text = _BEFORE_PLUS.sub("+", text)
    return _PUNCTUATION.sub("", _TRUNK_ZERO.sub(_country_code, text))


def _country_code(found: re.Match[str]) -> str:
    """What stands before a zero in brackets, with its plus; the zero goes where nobody dials it."""
    return f"+{found.group(1)}" + ("0" if int(found.group(1)) == _ZERO_STAYS else "")


def _spelt(text: str) -> str:
    """A word as digits, after a freephone code alone: elsewhere letters are a remark."""
    digits = phonenumbers.convert_alpha_characters_in_number(text)
    free = re.match(r"^(?:0800|\+?1?8(?:00|33|44|55|66|77|88))", _PUNCTUATION.sub("", digits))
    return digits if free else text


def _is_withheld(user: str, name: str, digits: str) -> bool:
    """Whether the caller is not shown; a display name decides only where there is no number."""
    if user.casefold() in _WITHHELD or not user.strip() or digits in _KEYPAD:
        return True
    if digits[:3] == "000" and not digits.strip("0"):
        return True
    return name.casefold() in _WITHHELD and not _DIALABLE.match(digits)


def _is_bare(digits: str) -> bool:
    return not digits.startswith(("+", "0"))


def _is_service(digits: str, profile: NumberProfile) -> bool:
    """Emergency calls, and short codes of the public network longer than the own extensions."""
    region = profile.region
    if digits in _SERVICE.get(region, ()) or phonenumbers.is_emergency_number(digits, region):
        return True
    if len(digits) <= profile.extension_max_len or not _is_bare(digits):
        return False
    number = _read(digits, region)
    return number is not None and phonenumbers.is_valid_short_number_for_region(number, region)


def _read(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _after_lost_plus(digits: str) -> PhoneNumber | None:
    """The number as international, if it is a real one; a blank before a zero is just dirt."""
    number = _read(f"+{digits}", None) if _is_bare(digits) else None
    return number if number and phonenumbers.is_valid_number(number) else None


def _parsed(digits: str, region: str) -> PhoneNumber | None:
    """The number as dialled in the region; None where it lacks an area code or cannot exist.

    Without the zero of a region that dials one it is believed only if it is in a range in use.
    """
    if digits.startswith("00") and phonenumbers.country_code_for_region(region) == 1:
        digits = f"+{digits[2:]}"
    number = _read(digits, region)
    if number is None:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    trunk = phonenumbers.ndd_prefix_for_region(region, True)
    if _is_bare(digits) and trunk == "0" and not phonenumbers.is_valid_number(number):
        return None
    return number


def _external(raw: str, number: PhoneNumber) -> RemoteNumber:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if e164 in _KEYPAD:
        return RemoteNumber(raw, None, "anonymous", "")
    if phonenumbers.number_type(number) == PhoneNumberType.UNKNOWN and len(e164) < 8:
        return RemoteNumber(raw, None, "invalid", raw)
    display = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return RemoteNumber(raw, e164, "external", display)
