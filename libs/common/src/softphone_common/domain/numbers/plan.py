"""Finds numbers in the numbering plans of the world, which libphonenumber has as data.

The library finds a "possible", often a "valid", number in almost any string of digits. So it is
consulted last, and for the reliable interpretations of a string before the doubtful ones.
"""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult

from softphone_common.domain.numbers.renumbering import (
    REGIONS_WITH_OLD_NUMBERS,
    guesses,
    renumber,
)

_SERVICE = {
    "DE": re.compile(r"19222|22833"),
    "FR": re.compile(r"3[0-9]{3}"),
    "US": re.compile(r"0|[2-9]11|988"),
    "CA": re.compile(r"0|[2-9]11|988"),
}
"""Short codes of public networks that the library lacks, or has as codes of one carrier."""

_OPEN_PLANS = frozenset({43, 49})
"""Austria and Germany, whose numbers vary in length: local numbers look like national ones."""

_OPEN_PLAN_MIN = 10
"""Digits a number without trunk prefix needs in an open plan, to be no local number, and no number
of another country without its country code: 212-555-014 has the area code of Solingen."""

_LOCAL_MAX = 11
"""National digits beyond which a number is not read as a local one without its area code."""

_ZERO_DIALLED = frozenset({39, 378, 379})
"""Country codes after which the zero of a number is dialled: Italy, San Marino, Vatican City."""

_SHORTEST = 9
"""Characters an E.164 number needs that is in no range in use. Ranges come into use faster than
the data of the library."""

_MEXICO = re.compile(r"(?:044|045|01|1)(?=[0-9]{10}$)")
"""Prefixes Mexico abolished in 2019. Phone books and exchanges still have them."""


@dataclass(frozen=True, slots=True)
class PlanNumber:
    """A number of the public network in E.164, and in the international format to show.

    `is_valid` if it is in a range in use. `national` and `subscriber` count its digits without the
    country code, and without the area code as well.
    """

    e164: str
    display: str
    is_valid: bool
    national: int
    subscriber: int
    is_of_open_plan: bool


def is_region(code: str) -> bool:
    """Whether the library has numbering plans of this ISO 3166 region, such as `DE`."""
    return code in phonenumbers.SUPPORTED_REGIONS


def is_country_code(digits: str) -> bool:
    """Whether these digits are the code of a country or of an international network."""
    return int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


def is_emergency(digits: str, region: str) -> bool:
    """Whether these digits are an emergency number of the region."""
    # the library would pick the digits out of any other text
    return digits.isdecimal() and phonenumbers.is_emergency_number(digits, region)


def is_service(digits: str, region: str) -> bool:
    """Whether these digits are a short code for voice calls, open to everybody in the region.

    Codes for text messages and for the customers of one carrier are none. Codes of up to four
    digits that do not begin with 1 are rarer than extensions, so only those in _SERVICE count.
    """
    codes = _SERVICE.get(region)
    if codes is not None and codes.fullmatch(digits):
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


def find_service(digits: str, region: str) -> str:
    """The service number of the region that these digits are, or an empty text.

    The digits may have the country code in front, except before an emergency number: nobody means
    one by that.
    """
    if is_service(digits, region):
        return digits
    code = phonenumbers.country_code_for_region(region)
    match = re.fullmatch(rf"(?:\+|00){code}([1-9][0-9]{{2,5}})", digits)
    rest = match[1] if match else ""
    return rest if is_service(rest, region) and not is_emergency(rest, region) else ""


def find_number(
    digits: str,
    region: str,
    area_code: str = "",
    lost_plus: bool = False,
    plus_left_out: bool = False,
) -> PlanNumber | None:
    """The number that these digits reach when they are dialled in the region; None if in doubt.

    `plus_left_out`: the sender writes E.164 without its plus. `lost_plus`: there is a blank where a
    plus may have been, which is assumed if there is such a number.
    """
    code = phonenumbers.country_code_for_region(region)
    if digits.startswith("+"):
        number = _international(digits)
    elif len(digits) == REGIONS_WITH_OLD_NUMBERS.get(code):
        number = _international(f"+{code}{digits}")
    elif digits.startswith("0"):
        number = _with_prefix(digits, region)
    else:
        number = (
            (_after_lost_plus(digits, region) if lost_plus else None)
            or (_international(f"+{digits}") if plus_left_out else None)
            or _local(digits, region, area_code)
            or _without_prefix(digits, region)
        )
    return None if number is None else _plan_number(number)


def _plan_number(number: PhoneNumber) -> PlanNumber:
    national = len(phonenumbers.national_significant_number(number))
    return PlanNumber(
        e164=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        display=phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        is_valid=phonenumbers.is_valid_number(number),
        national=national,
        subscriber=national - phonenumbers.length_of_geographical_area_code(number),
        is_of_open_plan=number.country_code in _OPEN_PLANS,
    )


def _read(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _is_valid(number: PhoneNumber | None) -> bool:
    return number is not None and phonenumbers.is_valid_number(number)


def _is_stump(number: PhoneNumber) -> bool:
    """Whether a number of Germany's largest cities has three digits or less behind its area code.

    The plan has no such subscribers, only services such as 030 115; the rest is missing.
    """
    if number.country_code != 49 or phonenumbers.length_of_geographical_area_code(number) != 2:
        return False
    subscriber = phonenumbers.national_significant_number(number)[2:]
    return len(subscriber) <= 3 and not is_service(subscriber, "DE")


def _plausible(number: PhoneNumber | None) -> PhoneNumber | None:
    """The number if it is in a range in use, or has at least a possible length.

    A zero left at its front is a trunk prefix by mistake, except where zeros are dialled.
    """
    if number is None or _is_stump(number):
        return None
    if phonenumbers.is_valid_number(number):
        return number
    e164 = renumber(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    today = [new for new in (e164, *guesses(e164)) if _is_valid(_read(new, None))]
    if today:
        return _read(today[0], None)
    if number.italian_leading_zero:
        without_zero = PhoneNumber(number.country_code, number.national_number)
        if number.number_of_leading_zeros in {None, 1} and phonenumbers.is_valid_number(
            without_zero
        ):
            return without_zero
        if number.country_code not in _ZERO_DIALLED:
            return None
    is_possible = (
        phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    )
    return number if is_possible and len(e164) >= _SHORTEST else None


def _international(digits: str) -> PhoneNumber | None:
    return _plausible(_read(renumber(digits), None))


def _with_prefix(digits: str, region: str) -> PhoneNumber | None:
    """Reads digits with a trunk prefix or an international prefix."""
    code = phonenumbers.country_code_for_region(region)
    # no number of North America begins with 00, so it can only be the prefix of other countries
    if digits.startswith("00") and code == 1:
        return _international(f"+{digits[2:]}")
    if code == 52:
        digits = _MEXICO.sub("", digits)
    number = _plausible(_read(digits, region))
    if number is None and digits.startswith("00"):
        international = _international(f"+{digits[2:]}")
        return international if _is_valid(international) else None
    return number


def _after_lost_plus(digits: str, region: str) -> PhoneNumber | None:
    number = _international(f"+{digits}")
    return number if _is_valid(number) or not _is_valid(_read(digits, region)) else None


def _local(digits: str, region: str, area_code: str) -> PhoneNumber | None:
    """Reads a local number by the area code of the profile, if it is short enough for that."""
    code = phonenumbers.country_code_for_region(region)
    # with country and area code before it only the plus is missing
    if not area_code or digits.startswith(f"{code}{area_code}"):
        return None
    if not 5 <= len(digits) <= _LOCAL_MAX - len(area_code):
        return None
    return _international(f"+{code}{area_code}{digits}")


def _without_prefix(digits: str, region: str) -> PhoneNumber | None:
    """Reads a national number without trunk prefix, or one that begins with the country code.

    Only ranges in use count, and the country code comes first: 492111234567 is in Germany also a
    number of the area 04921, but nobody writes it like that.
    """
    code = phonenumbers.country_code_for_region(region)
    if code in _OPEN_PLANS and len(digits) < _OPEN_PLAN_MIN:
        return None
    if digits.startswith(str(code)):
        number = _international(f"+{digits}")
        if _is_valid(number):
            return number
    number = _read(_MEXICO.sub("", digits) if code == 52 else digits, region)
    return number if _is_valid(number) else None
