"""Compares the groups in which digits are written with the parts that their number has."""

import re
from collections.abc import Iterator

_PREFIX = re.compile(r"\s*\(*\s*[+0]")
_THOUSANDS = re.compile(r"\s*[0-9]{1,3}(?:([._' -])[0-9]{3})(?:\1[0-9]{3})+\s*")
_NORTH_AMERICA = re.compile(r"\s*(?:1[\s.-]*)?\(?[2-9][0-9]{2}\)?[\s./-]+[0-9]{3}[\s.-]+[0-9]{4}")
_ZERO_BEHIND = re.compile(r"(?<=[0-9)])(?:[\s./-]+(?=\(?0)|(?=\(0))")

_COUNTRY_CODES = frozenset({1, 43, 44, 49})
"""Countries whose area codes are known well enough for a comparison."""

_FIRST_PART = 7
"""Digits from which a first group has an area code and digits of the subscriber."""


def has_prefix(text: str) -> bool:
    """Whether a text begins with the zero of an area code, or with a plus."""
    return _PREFIX.match(text) is not None


def numbers_behind(text: str) -> Iterator[str]:
    """The texts behind other digits that begin with a zero, as in `4711 089 99998001`."""
    if not has_prefix(text):
        for gap in _ZERO_BEHIND.finditer(text):
            yield text[gap.end() :]


def is_grouped(text: str, country_code: int, national: int, area_code: int) -> bool:
    """Whether the first group of a text is the area code of its number, or a code before it.

    `national` and `area_code` count the digits of the number and of its area code. `2024/123456`
    has the digits of a number of Wuppertal, 0202, but is none. A mobile number has no area code.
    """
    if country_code not in _COUNTRY_CODES or has_prefix(text) or _THOUSANDS.fullmatch(text):
        return True
    groups = [len(digits) for digits in re.findall(r"[0-9]+", text)]
    first = groups[0] - (sum(groups) - national)
    is_area_code = first == area_code or (area_code == 0 and 3 <= first < _FIRST_PART)
    return (
        len(groups) == 1
        or first <= 0 < sum(groups) - national
        or is_area_code
        or (first >= _FIRST_PART)
    )


def is_north_american(text: str) -> bool:
    """Whether a text without prefix has the groups of a number of North America."""
    return _NORTH_AMERICA.fullmatch(text.rstrip()) is not None
