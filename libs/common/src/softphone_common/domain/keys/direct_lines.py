"""The keys of the direct lines of a record's number.

A range key is the trunk with one `x` for each digit of an extension, `+498999998xx`. The key of a
main number is the trunk with its central office, `+498999998-0`.
"""

import re

from softphone_common.domain.numbers import plan
from softphone_common.domain.numbers.normalise import RAW_MAX, normalise
from softphone_common.domain.numbers.plan import PlanNumber
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.text import cut, to_plain_text

EXTENSION_DIGITS_MAX = 5

_CENTRAL_OFFICE = "0"
_MAIN_DIGITS_MAX = 4
_E164_MAX = 15
_TRUNK_MIN, _TRUNK_MIN_ELSEWHERE = 2, 3
"""Digits that a trunk has behind its area code, in open plans and in others. A shorter one is that
of half a town."""
_CODES_WITH_DIRECT_DIAL = ("+43", "+49")
"""Countries whose exchanges have a number of their own in front of the digits of an extension
(DIN 5008, OENORM A 1080). No number there is the beginning of somebody else's, so all longer ones
belong to the exchange. Elsewhere a hyphen only groups digits."""
_LAST_GROUP = re.compile(r"(?<=[0-9)])\s*-\s*([0-9]{1,5})(?![0-9])")


def keys_of_direct_line(e164: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The range keys and the main numbers of all trunks that this number may be a direct line of.

    Both begin with the longest trunk.
    """
    lengths = range(1, EXTENSION_DIGITS_MAX + 1)
    ranges = tuple(_range(e164[:-n], n) for n in lengths)
    if not e164.startswith(_CODES_WITH_DIRECT_DIAL):
        return ranges, ()
    return ranges, tuple(_main(e164[:-n]) for n in range(1, _MAIN_DIGITS_MAX + 1))


def range_keys(text: str, e164: str, digits: int, profile: NumberProfile) -> tuple[str, ...]:
    """The range keys of a record's number that is written like this, and read as this E.164.

    `digits` is how many an extension has, or 0. In Germany and Austria they stand behind the
    number, or in place of the group behind its last hyphen; elsewhere a number has a fixed length
    and they are its last digits. In doubt there is no key, since it would show somebody else.
    """
    group = _last_group(text, e164, profile)
    if not digits and group != _CENTRAL_OFFICE:
        return ()
    number = plan.find_number(e164, profile.region)
    if number is None or not number.is_valid:
        return ()
    keys = []
    if digits:
        shorter = len(group) if number.is_of_open_plan else digits
        trunk = e164[:-shorter] if shorter else e164
        if _is_trunk(trunk, number) and len(trunk) - 1 + digits <= _E164_MAX:
            keys.append(_range(trunk, digits))
    if group == _CENTRAL_OFFICE and number.is_of_open_plan and _is_trunk(e164[:-1], number):
        keys.append(_main(e164[:-1]))
    return tuple(keys)


def _main(trunk: str) -> str:
    return f"{trunk}-{_CENTRAL_OFFICE}"


def _range(trunk: str, digits: int) -> str:
    return trunk + "x" * digits


def _is_trunk(trunk: str, number: PlanNumber) -> bool:
    """Whether direct lines of this number can begin with the trunk.

    In an open plan a number without an area code is a mobile number or a service: more digits make
    it somebody else's.
    """
    area_code = number.national - number.subscriber
    if number.is_of_open_plan and area_code == 0:
        return False
    least = area_code + (_TRUNK_MIN if number.is_of_open_plan else _TRUNK_MIN_ELSEWHERE)
    least += area_code == 0
    return len(trunk) - len(f"+{number.country_code}") >= least


def _last_group(text: str, e164: str, profile: NumberProfile) -> str:
    """The digits behind the hyphen at the end of the number in the text; empty if there are none.

    The text in front of the hyphen is read as well: another number, and other digits, may follow
    the first.
    """
    plain = to_plain_text(cut(text, RAW_MAX))
    for group in _LAST_GROUP.finditer(plain):
        trunk = normalise(plain[: group.start()], profile).e164
        if trunk is not None and trunk + group[1] == e164:
            return group[1]
    return ""
