"""Which keys a number is found by, and in which order what is found is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from softphone_common.domain.numbers.normalise import NumberProfile, RemoteNumber, normalise

RecordType = Literal["contact", "organization", "lead", "partner", "supplier"]
Level = Literal["exact", "range", "maybe"]

RECORD_TYPES: tuple[RecordType, ...] = ("contact", "organization", "lead", "partner", "supplier")
_LEVELS: tuple[Level, ...] = ("exact", "range", "maybe")


@dataclass(frozen=True, slots=True)
class Match:
    """A record found for a number: its id, how sure that is (`level`) and why (`reason`)."""

    record: str
    type: RecordType
    name: str
    level: Level
    reason: str
    url: str = ""


def lookup_key(remote: RemoteNumber | None) -> str | None:
    """The key records are found by; None where nobody may be found, or nothing is known yet.

    A withheld, internal, service or unreadable number is nobody's, so it is never a key.
    """
    return remote.e164 if remote is not None and remote.kind == "external" else None


def record_keys(numbers: Iterable[str], profile: NumberProfile) -> list[str]:
    """The keys a record with these numbers is found by: each once, in order of the numbers."""
    keys = (lookup_key(normalise(number, profile)) for number in numbers)
    return list(dict.fromkeys(key for key in keys if key is not None))


def in_order(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Surest first, then by type as the product names them, then by name; ids settle the rest."""
    return tuple(sorted(matches, key=_place))


def _place(match: Match) -> tuple[int | str, ...]:
    level, kind = _LEVELS.index(match.level), RECORD_TYPES.index(match.type)
    name = match.name.casefold()
    return level, kind, name, match.record, match.name, match.reason, match.url
