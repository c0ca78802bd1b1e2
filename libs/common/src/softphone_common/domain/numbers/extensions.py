"""Recognises extensions: those a sender marks, those of the profile, and those of the own trunk."""

import re
from bisect import bisect_right
from functools import lru_cache

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.text import Address

_SIPGATE_LINE = re.compile(r"(?:[1-9][0-9]{6})?[wW][0-9]{1,3}")
"""The extensions of sipgate, `w0`, also with the number of the account before: `1234567w0`."""

_HIGHEST = "~"
"""Sorts behind all digits."""

PRIVATE_MAX = 8
"""Digits up to which a number with a domain as its phone-context counts as an extension."""


def named_extension(address: Address, digits: str, profile: NumberProfile) -> str:
    """The extension if the sender or the profile marks it as one, else an empty text."""
    if _SIPGATE_LINE.fullmatch(address.user):
        return address.user
    # RFC 3966, 5.1.5: a domain as context makes a number valid in that domain only
    is_private = address.context != "" and has_no_prefix(digits) and len(digits) <= PRIVATE_MAX
    return digits if is_private or _is_listed(digits, profile) else ""


def has_no_prefix(digits: str) -> bool:
    return digits.isdecimal() and not digits.startswith("0")


def _is_listed(digits: str, profile: NumberProfile) -> bool:
    """Whether the digits are in one of the profile's ranges of extensions."""
    if not profile.extension_ranges or not digits.isdecimal():
        return False
    ranges = _ranges(profile.extension_ranges)
    position = bisect_right(ranges, (len(digits), digits, _HIGHEST)) - 1
    return position >= 0 and ranges[position][0] == len(digits) and digits <= ranges[position][2]


@lru_cache(maxsize=1024)
def _ranges(items: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """Length, first and last extension of each range, sorted, those that overlap as one."""
    parts = (item.partition("-") for item in items)
    joined: list[tuple[int, str, str]] = []
    for length, low, high in sorted((len(low), low, high or low) for low, _, high in parts):
        before = joined[-1] if joined else (0, "", "")
        if before[0] == length and low <= before[2]:
            joined[-1] = (length, before[1], max(high, before[2]))
        else:
            joined.append((length, low, high))
    return joined


def is_short(digits: str, profile: NumberProfile) -> bool:
    return not profile.extension_ranges and len(digits) <= profile.extension_max_len


def trunk_extension(e164: str, profile: NumberProfile) -> str | None:
    """The extension of a number of the own trunk, empty for the trunk itself, else None."""
    if not profile.trunk or not e164.startswith(profile.trunk):
        return None
    extension = e164.removeprefix(profile.trunk)
    # extension 0 is the switchboard, as in 99998-0
    if extension in {"", "0"} or _is_listed(extension, profile):
        return extension
    return extension if is_short(extension, profile) else None
