"""Defines the keys by which records are found for a number, and the order of the matches."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from softphone_common.domain.numbers.normalise import RemoteNumber, normalise
from softphone_common.domain.numbers.profile import NumberProfile

RecordType = Literal["contact", "organization", "lead", "partner", "supplier"]
Level = Literal["exact", "range", "maybe"]

RECORD_TYPES: tuple[RecordType, ...] = ("contact", "organization", "lead", "partner", "supplier")
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
    return "" if remote.kind == "anonymous" else remote.e164 or remote.display or remote.raw


def record_keys(numbers: Iterable[str], profile: NumberProfile) -> list[str]:
    """The keys of a record with these numbers, without repetitions, in the order of the numbers."""
    keys = (lookup_key(normalise(number, profile)) for number in numbers)
    return list(dict.fromkeys(key for key in keys if key is not None))


def in_order(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Sorts by certainty, then by type in the order of RECORD_TYPES, then by name and id."""
    return tuple(sorted(matches, key=_place))


def _place(match: Match) -> tuple[int | str, ...]:
    # a total order: all instances show the matches in one order, whatever the database returns
    level, kind = _LEVELS.index(match.level), RECORD_TYPES.index(match.type)
    name = match.name.casefold()
    return level, kind, name, match.record, match.name, match.reason, match.url
