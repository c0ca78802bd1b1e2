"""Finds numbers in the numbering plans of the world, which libphonenumber has as data.

The library finds a "possible", often a "valid", number in almost any string of digits. So it is
consulted last, and for the reliable interpretations of a string before the doubtful ones.
"""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

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

_CARRIER = {
    "DE": re.compile(r"010(?:0[0-9]{2}|[1-9][0-9])(?=0)"),
    "AT": re.compile(r"10[0-9]{2}(?=0)"),
    "CH": re.compile(r"10[78][0-9]{2}(?=0)"),
    "IT": re.compile(r"10[0-9]{2}(?=0)"),
    "US": re.compile(r"101[0-9]{4}(?=[01])"),
}
"""Codes that choose a carrier for one call. They are dialled and belong to no number."""

_GERMAN_MOBILE = re.compile(
    r"15[0-9]{9}|16(?:0[0-9]{7,8}|[23][0-9]{7})|17(?:6[0-9]{7,8}|[^6][0-9]{7})"
)
"""The library has further digits in all ranges, since the mailboxes of mobile numbers have them."""

_FICTION = re.compile(r"\+44(?:7700900|1632960)[0-9]{3}|\+3363998[0-9]{4}")
"""Ranges that Ofcom and ARCEP keep for films and examples. The library lacks these of them, so that
every example with one would be a number in doubt."""


@dataclass(frozen=True, slots=True)
class PlanNumber:
    """A number of the public network in E.164, and in the international format to show.

    `is_valid` if it is in a range in use. `national` and `subscriber` count its digits without the
    country code, and without the area code as well. `is_local` if it was dialled without the area
    code.
    """

    e164: str
    display: str
    is_valid: bool
    national: int
    subscriber: int
    country_code: int
    is_of_open_plan: bool
    is_local: bool


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
    if region in _CARRIER:
        digits = _CARRIER[region].sub("", digits) if _CARRIER[region].match(digits) else digits
    local = None
    if digits.startswith("+"):
        number = _international(digits)
    elif len(digits) == REGIONS_WITH_OLD_NUMBERS.get(code):
        number = _international(f"+{code}{digits}")
    elif digits.startswith("0"):
        number = _with_prefix(digits, region)
    else:
        number = (_after_lost_plus(digits, region) if lost_plus else None) or (
            _international(f"+{digits}") if plus_left_out else None
        )
        local = None if number else _local(digits, region, area_code)
        number = number or local or _without_prefix(digits, region)
    return None if number is None else _plan_number(number, is_local=local is not None)


def _plan_number(number: PhoneNumber, *, is_local: bool) -> PlanNumber:
    national = len(phonenumbers.national_significant_number(number))
    return PlanNumber(
        e164=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        display=phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        is_valid=_is_valid(number),
        national=national,
        subscriber=national - phonenumbers.length_of_geographical_area_code(number),
        country_code=number.country_code or 0,
        is_of_open_plan=number.country_code in _OPEN_PLANS,
        is_local=is_local,
    )


def _read(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def _is_valid(number: PhoneNumber | None) -> bool:
    if number is None or _is_misshapen(number):
        return False
    return (
        phonenumbers.is_valid_number(number)
        or _FICTION.fullmatch(phonenumbers.format_number(number, PhoneNumberFormat.E164))
        is not None
    )


def _is_misshapen(number: PhoneNumber) -> bool:
    """Whether a German number has too few or too many digits for its prefix, or no such prefix.

    Numbers of the largest cities have more than three digits behind the area code, apart from
    services such as 030 115. Prefixes that begin with 10 choose a carrier.
    """
    national = phonenumbers.national_significant_number(number)
    if number.country_code != 49:
        return False
    if re.match("15|16[023]|17", national):
        is_mailbox = phonenumbers.number_type(number) == PhoneNumberType.VOICEMAIL
        return not _GERMAN_MOBILE.fullmatch(national) and not is_mailbox
    if national.startswith("10"):
        return True
    if phonenumbers.length_of_geographical_area_code(number) != 2:
        return False
    return len(national) <= 5 and not is_service(national[2:], "DE")


def _plausible(number: PhoneNumber | None) -> PhoneNumber | None:
    """The number if it is in a range in use, or has at least a possible length.

    A zero left at its front is a trunk prefix by mistake, except where zeros are dialled.
    """
    if number is None or _is_misshapen(number):
        return None
    if _is_valid(number):
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
    return number if _has_usual_length(number) and len(e164) >= _SHORTEST else None


def _has_usual_length(number: PhoneNumber) -> bool:
    """Whether a number is as long as a fixed line or a usual mobile number of its country.

    Machines, mailboxes and services have longer numbers in many plans, in which any number with
    two further digits would be possible.
    """
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    mobile = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if mobile is None:  # networks such as +883, which are in no country
        reason = phonenumbers.is_possible_number_with_reason(number)
        return reason == ValidationResult.IS_POSSIBLE
    reason = phonenumbers.is_possible_number_for_type_with_reason(
        number, PhoneNumberType.FIXED_LINE
    )
    length = len(phonenumbers.national_significant_number(mobile))
    is_long = len(phonenumbers.national_significant_number(number)) == length
    return is_long or reason == ValidationResult.IS_POSSIBLE


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
    if number and code in _OPEN_PLANS and _is_valid(_international(f"+{digits}")):
        # a spreadsheet takes the plus off 41791234567, and no zero off a mobile number of Germany
        has_area_code = phonenumbers.length_of_geographical_area_code(number) > 0
        number = None if has_area_code else number
    if code == 55:  # Brazil, where mobile numbers got a digit
        number = _plausible(number)
    return number if _is_valid(number) else None
