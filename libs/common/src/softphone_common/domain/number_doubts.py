"""Says why a text is no number that can be dialled, in codes of the table of problems."""

import re
from collections.abc import Mapping

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.text import parse_address, to_digits, to_plain_text

NUMBER_DOUBTS: Mapping[str, str] = {
    "number-placeholder": "is a placeholder that the phone has not replaced by a number",
    "number-without-digits": "has no digits",
    "number-without-area-code": (
        "has no area code: save the area code of the company, or write the number with its own"
    ),
    "number-too-short": "has too few digits for a number of its country",
    "number-too-long": "has too many digits for a number of its country",
    "number-out-of-range": "is in no range of numbers that its country uses",
    "number-country-unknown": "begins with a country code that no country has",
}
"""The texts of the codes, which go on from the name of the field, as in the table of problems."""

_BY_LENGTH = {
    ValidationResult.TOO_SHORT: "number-too-short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "number-too-short",
    ValidationResult.TOO_LONG: "number-too-long",
    ValidationResult.INVALID_COUNTRY_CODE: "number-country-unknown",
}
_BY_ERROR = {
    NumberParseException.INVALID_COUNTRY_CODE: "number-country-unknown",
    NumberParseException.TOO_SHORT_AFTER_IDD: "number-too-short",
    NumberParseException.TOO_SHORT_NSN: "number-too-short",
    NumberParseException.TOO_LONG: "number-too-long",
}
_SUBSCRIBER_MIN = 6
"""National digits that a number of a subscriber has in any plan but those of small islands."""

_LOCAL = re.compile(r"[1-9][0-9]{4,8}")
"""Digits of a local number; with more the area code is among them."""


def why_invalid(raw: str, profile: NumberProfile) -> str:
    """The likeliest reason why `normalise` reads this text as invalid; only for such a text."""
    text = to_plain_text(raw).strip()
    if is_placeholder(text):
        return "number-placeholder"
    digits = to_digits(parse_address(text).user)
    if not any(char.isdecimal() for char in digits):
        return "number-without-digits"
    if not profile.area_code and _LOCAL.fullmatch(digits):
        return "number-without-area-code"
    return _doubt_of_plan(digits, profile.region)


def _doubt_of_plan(digits: str, region: str) -> str:
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException as error:
        return _BY_ERROR.get(error.error_type, "number-unreadable")
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        return _BY_LENGTH.get(reason, "number-unreadable")
    if len(phonenumbers.national_significant_number(number)) < _SUBSCRIBER_MIN:
        return "number-too-short"
    is_valid = phonenumbers.is_valid_number(number)
    return "number-unreadable" if is_valid else "number-out-of-range"
