"""What the numbering plans of the world say, by libphonenumber's data; believes no doubtful number.

The library finds a "possible", often a "valid", subscriber in almost any string of digits. So it is
asked last, and in the order in which its answers can be trusted.
"""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult

_SERVICE = {
    "DE": re.compile(r"19222|22833"),
    "FR": re.compile(r"3[0-9]{3}"),
    "US": re.compile(r"0|[2-9]11|988"),
    "CA": re.compile(r"0|[2-9]11|988"),
}
"""Codes of the public network that the library does not know, or does not know as open to all."""

_OPEN_PLANS = frozenset({43, 49})
"""Austria and Germany: numbers of any length, so that a local one looks like a national one."""

_OPEN_PLAN_MIN = 9
_LOCAL_MAX = 11
"""National digits beyond which a number without area code is not believed to be a local one."""

_ZERO_KEPT = frozenset({39, 378, 379})
_SHORTEST = 9
"""Characters of the shortest E.164 that is believed though its range is not in use."""

_MEXICO = re.compile(r"(?:044|045|01|1)(?=[0-9]{10}$)")
_MEXICO_ABROAD = re.compile(r"\+52(?:044|045|01|1)(?=[0-9]{10}$)")
"""Prefixes Mexico gave up in 2019; phone books and exchanges still have them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A subscriber's number in E.164, and as it is shown."""

    e164: str
    display: str


def is_region(code: str) -> bool:
    """Whether `code` is a region numbers can be read in, like `DE`."""
    return code in phonenumbers.SUPPORTED_REGIONS


def is_emergency(digits: str, region: str) -> bool:
    """Whether this calls for help in the region."""
    # of other text the library takes whatever digits it finds in it
    return digits.isdecimal() and phonenumbers.is_emergency_number(digits, region)


def is_service(digits: str, region: str) -> bool:
    """Whether this is a short code that everybody in the region can call.

    Not what is for text messages or one carrier's customers. Codes of up to four digits that do not
    begin with 1 are rarer than extensions, so of those only the ones listed here count.
    """
    own = _SERVICE.get(region)
    if own is not None and own.fullmatch(digits):
        return True
    if not digits.isdecimal() or digits.startswith("0") or len(digits) > 6:
        return False
    number = _read(digits, region) if digits.startswith("1") or len(digits) > 4 else None
    return (
        number is not None
        and phonenumbers.is_valid_short_number_for_region(number, region)
        and not phonenumbers.is_sms_service_for_region(number, region)
        and not phonenumbers.is_carrier_specific_for_region(number, region)
    )


def line(
    digits: str,
    region: str,
    area_code: str = "",
    lost_plus: bool = False,
    plus_left_out: bool = False,
) -> Line | None:
    """The subscriber behind digits dialled in the region; None where that is in doubt.

    `plus_left_out` says that the sender leaves out every plus; `lost_plus` that this one seems to
    have had one, which is believed if there is such a number.
    """
    if digits.startswith("+"):
        number = _from_abroad(digits)
    elif digits.startswith("0"):
        number = _dialled(digits, region)
    else:
        number = (
            (_after_lost_plus(digits, region) if lost_plus else None)
            or (_from_abroad(f"+{digits}") if plus_left_out else None)
            or _local(digits, region, area_code)
            or _bare(digits, region)
        )
    if number is None:
        return None
    return Line(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
    )


def _read(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _is_valid(number: PhoneNumber | None) -> bool:
    return number is not None and phonenumbers.is_valid_number(number)


def _believed(number: PhoneNumber | None) -> PhoneNumber | None:
    """The number if it is in a range in use, or at least could be a whole one.

    A zero that is left before it is an obsolete trunk prefix, except where zeros are dialled.
    """
    if number is None or phonenumbers.is_valid_number(number):
        return number
    if number.italian_leading_zero:
        bare = PhoneNumber(number.country_code, number.national_number)
        if number.number_of_leading_zeros in {None, 1} and phonenumbers.is_valid_number(bare):
            return bare
        if number.country_code not in _ZERO_KEPT:
            return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return number if possible and len(e164) >= _SHORTEST else None


def _from_abroad(digits: str) -> PhoneNumber | None:
    return _believed(_read(_MEXICO_ABROAD.sub("+52", digits), None))


def _dialled(digits: str, region: str) -> PhoneNumber | None:
    """With a trunk prefix or the prefix of calls abroad."""
    code = phonenumbers.country_code_for_region(region)
    if digits.startswith("00") and code == 1:
        return _from_abroad(f"+{digits[2:]}")
    if code == 52:
        digits = _MEXICO.sub("", digits)
    number = _believed(_read(digits, region))
    if number is None and digits.startswith("00"):
        abroad = _from_abroad(f"+{digits[2:]}")
        return abroad if _is_valid(abroad) else None
    return number


def _after_lost_plus(digits: str, region: str) -> PhoneNumber | None:
    number = _from_abroad(f"+{digits}")
    return number if _is_valid(number) or not _is_valid(_read(digits, region)) else None


def _local(digits: str, region: str, area_code: str) -> PhoneNumber | None:
    """With the own area code before it, where it is short enough to be without one."""
    code = phonenumbers.country_code_for_region(region)
    if not area_code or digits.startswith(f"{code}{area_code}"):
        return None
    if not 5 <= len(digits) <= _LOCAL_MAX - len(area_code):
        return None
    return _from_abroad(f"+{code}{area_code}{digits}")


def _bare(digits: str, region: str) -> PhoneNumber | None:
    """A national number without trunk prefix, or one with the own country code but without plus.

    Only a range in use is believed, and the plus comes first: 492111234567 is in Germany also a
    number of 04921, which nobody would write so.
    """
    code = phonenumbers.country_code_for_region(region)
    if code in _OPEN_PLANS and len(digits) < _OPEN_PLAN_MIN:
        return None
    if digits.startswith(str(code)):
        number = _from_abroad(f"+{digits}")
        if _is_valid(number):
            return number
    number = _read(_MEXICO.sub("", digits) if code == 52 else digits, region)
    return number if _is_valid(number) else None
