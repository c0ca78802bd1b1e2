"""Defines the keys by which records are found for a number, and the order of the matches."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from softphone_common.domain.numbers.normalise import Kind, RemoteNumber, numbers_of_field
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.renumbering import line_forms

RecordType = Literal["contact", "organization", "lead", "partner", "supplier"]
Level = Literal["exact", "range", "maybe"]

RECORD_TYPES: tuple[RecordType, ...] = ("contact", "organization", "lead", "partner", "supplier")
_WITHOUT_KEY: dict[Kind, str] = {
    "invalid": "number-unreadable",
    "internal": "number-internal",
    "anonymous": "number-withheld",
    "service": "number-service",
}
_LEVELS: tuple[Level, ...] = ("exact", "range", "maybe")


@dataclass(frozen=True, slots=True)
class Match:
    """A record that has a number: its id, the certainty (`level`) and the reason in words."""

    record: str
    type: RecordType
    name: str
    level: Level
    reason: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class NumberKeys:
    """The keys of one number of a record, or the code of the reason why it has none.

    `e164` and `ext` are those of the first number in the text. The keys are all its numbers, and
    the other E.164 numbers of their lines.
    """

    e164: str | None
    ext: str
    keys: tuple[str, ...]
    problem: str | None


def number_keys(text: str, profile: NumberProfile) -> NumberKeys:
    """The keys of the number that a record has in this spelling."""
    number, further = numbers_of_field(text, profile)
    first = lookup_key(number)
    if first is None:
        return NumberKeys(None, number.ext, (), _WITHOUT_KEY[number.kind])
    keys = (key for line in (first, *further) for key in (line, *line_forms(line)))
    return NumberKeys(first, number.ext, tuple(dict.fromkeys(keys)), None)


def lookup_key(remote: RemoteNumber | None) -> str | None:
    """The key by which records of this number are found: its E.164.

    None for a number that belongs to no record (withheld, internal, service, invalid), and while a
    call has no number yet.
    """
    return remote.e164 if remote is not None and remote.kind == "external" else None


def counterpart_key(remote: RemoteNumber) -> str:
    """The key that all calls with one other party share, in whatever form its number is sent.

    Empty for a withheld number: callers who withhold it are not one party.
    """
    if remote.e164 is not None:
        return line_forms(remote.e164)[0]
    return "" if remote.kind == "anonymous" else remote.display or remote.raw


def record_keys(numbers: Iterable[str], profile: NumberProfile) -> list[str]:
    """The keys of a record with these numbers, without repetitions, in the order of the numbers."""
    of_numbers = (number_keys(number, profile).keys for number in numbers)
    return list(dict.fromkeys(key for keys in of_numbers for key in keys))


def in_order(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Sorts by certainty, then by type in the order of RECORD_TYPES, then by name and id."""
    return tuple(sorted(matches, key=_place))


def _place(match: Match) -> tuple[int | str, ...]:
    # a total order: all instances show the matches in one order, whatever the database returns
    level, kind = _LEVELS.index(match.level), RECORD_TYPES.index(match.type)
    name = match.name.casefold()
    return level, kind, name, match.record, match.name, match.reason, match.url
