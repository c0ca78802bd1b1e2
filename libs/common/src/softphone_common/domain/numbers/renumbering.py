"""Numbers that were changed by a country, and lines that have more than one E.164 number."""

import re

_MEXICO = re.compile(r"\+52(?:044|045|01|1)(?=[0-9]{10}$)")
# Benin, 30 November 2024: 01 in front of all numbers
_BENIN = re.compile(r"\+229(?=[0-9]{8}$)")
# Ivory Coast, 31 January 2021: two digits of the operator in front. The second digit of a mobile
# number named the operator: 0 to 3 Moov, 4 to 6 MTN, 7 to 9 Orange.
_IVORY_COAST = re.compile(r"\+225(?=[04-9]([0-9])[0-9]{6}$)")
_IVORY_COAST_FIXED = re.compile(r"\+225(?=[23][0-9]{7}$)")
_OPERATORS = {
    **dict.fromkeys("0123", "01"),
    **dict.fromkeys("456", "05"),
    **dict.fromkeys("789", "07"),
}
_BRAZIL_OLD = re.compile(r"\+55([1-9]{2})(?=[6-9][0-9]{7}$)")
_SAN_MARINO = re.compile(r"\+378(?=549[0-9]{6}$)")
_ITALY_TWO_ZEROS = re.compile(r"\+3900(?=[1-9])")
_ITALY_WITHOUT_ZERO = re.compile(r"\+39(?=[124-9])")

# The mobile 9 of Argentina is dialled from abroad only, and many leave it out.
_ARGENTINA = re.compile(r"\+549?(?=[1-9][0-9]{9}$)")
# Brazil put a 9 in front of the eight digits of a mobile number, which began with 6 to 9, from 2012
# to 2016. Fixed lines begin with 2 to 5 and got none.
_BRAZIL = re.compile(r"\+55([1-9]{2})9?(?=[6-9][0-9]{7}$)")
# Italy reaches San Marino by its own area code 0549
_SAN_MARINO_LINE = re.compile(r"\+(?:378|39)(?=0549[0-9]{6}$)")

REGIONS_WITH_OLD_NUMBERS = {225: 8, 229: 8}
"""Country codes whose national numbers of this length are old ones."""


def renumber(number: str) -> str:
    """The number of today for one of an abolished plan, with its plus; any other as it is."""
    number = _MEXICO.sub("+52", number)
    number = _BENIN.sub("+22901", number)
    number = _IVORY_COAST.sub(lambda old: f"+225{_OPERATORS[old[1]]}", number)
    number = _ITALY_TWO_ZEROS.sub("+390", number)
    return _SAN_MARINO.sub("+3780", number)


def guesses(number: str) -> tuple[str, ...]:
    """The numbers that one out of use can stand for; the plan has to have one of them in use.

    These are an Italian number without the zero of its area code, an old mobile number of Brazil,
    and an old fixed line of Ivory Coast, where the plan knows the ranges of the largest operator
    only.
    """
    guess = _ITALY_WITHOUT_ZERO.sub("+390", _IVORY_COAST_FIXED.sub("+22527", number))
    guess = _BRAZIL_OLD.sub(r"+55\g<1>9", guess)
    return () if guess == number else (guess,)


def line_forms(e164: str) -> tuple[str, ...]:
    """All E.164 numbers of the line that has this one; the first is equal for all of them."""
    if _ARGENTINA.match(e164):
        return _ARGENTINA.sub("+54", e164), _ARGENTINA.sub("+549", e164)
    if _BRAZIL.match(e164):
        return _BRAZIL.sub(r"+55\g<1>9", e164), _BRAZIL.sub(r"+55\1", e164)
    if _SAN_MARINO_LINE.match(e164):
        return _SAN_MARINO_LINE.sub("+378", e164), _SAN_MARINO_LINE.sub("+39", e164)
    return (e164,)
