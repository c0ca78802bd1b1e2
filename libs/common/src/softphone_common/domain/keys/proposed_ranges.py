"""Proposes the number of an exchange from several direct lines that users gave one company."""

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from softphone_common.domain.keys.direct_lines import (
    EXTENSION_DIGITS_MAX,
    keys_of_direct_line,
    range_keys,
)
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile

_LINES_MIN = 3
"""Two numbers that differ in their last digits are often a telephone and a fax machine."""


@dataclass(frozen=True, slots=True)
class ProposedRange:
    """A number with `extension_digits` that would find the record for all direct lines.

    `range` is its range key, such as `+498999998xx`, and `lines` are the numbers that suggest it.
    """

    range: str
    number: str
    extension_digits: int
    lines: tuple[str, ...]


def proposed_ranges(
    numbers: Iterable[str], known: Set[str], profile: NumberProfile
) -> tuple[ProposedRange, ...]:
    """The smallest ranges that three of these E.164 numbers suggest.

    Numbers in one of the `known` ranges, which the record has or somebody has dismissed, count for
    no other range.
    """
    lines = {number for number in numbers if known.isdisjoint(_keys(number))}
    proposals = []
    for digits in range(1, EXTENSION_DIGITS_MAX + 1):
        by_trunk = defaultdict[str, list[str]](list)
        for line in sorted(lines):
            by_trunk[line[:-digits]].append(line)
        for trunk, group in by_trunk.items():
            number = _exchange(trunk, digits, profile) if len(group) >= _LINES_MIN else None
            if number is not None:
                key = trunk + "x" * digits
                proposals.append(ProposedRange(key, number, digits, tuple(group)))
                lines.difference_update(group)
    return tuple(proposals)


def _keys(line: str) -> set[str]:
    ranges, mains = keys_of_direct_line(line)
    return {*ranges, *mains}


def _exchange(trunk: str, digits: int, profile: NumberProfile) -> str | None:
    """The number of the exchange as people write it; None if the trunk can be that of none."""
    written = replace(profile, outside_prefix_mode="never")
    shown = normalise(f"{trunk}0", written).display
    # in Germany and Austria the extension follows the trunk, elsewhere a number has all its digits
    for text, e164 in ((f"{shown[:-1].rstrip()}-0", f"{trunk}0"), (trunk + "0" * digits,) * 2):
        if trunk + "x" * digits in range_keys(text, e164, digits, written):
            return text
    return None
