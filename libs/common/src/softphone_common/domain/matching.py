"""Defines the keys by which records are found for a number, and the order of the matches."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from softphone_common.domain.keys.direct_lines import range_keys
from softphone_common.domain.keys.lookup_keys import BASES, Basis
from softphone_common.domain.numbers.normalise import Kind, RemoteNumber, numbers_of_field
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.renumbering import line_forms
from softphone_common.domain.records.visibility import Shared, VisibleTo

RecordType = Literal["contact", "organization", "lead", "partner", "supplier"]
Level = Literal["exact", "range", "maybe"]

RECORD_TYPES: tuple[RecordType, ...] = ("contact", "organization", "lead", "partner", "supplier")
_WITHOUT_KEY: dict[Kind, str] = {
    "invalid": "number-unreadable",
    "internal": "number-internal",
    "anonymous": "number-withheld",
    "service": "number-service",
}
_LOOKUPS_MAX = 16
"""Numbers of one call whose lookups are kept. More parties than two or three are rare."""
NOTE_MAX = 300
"""Characters of a note that a match has."""
TAGS_MAX = 10
"""Tags that a match has."""
_LEVELS: dict[Basis, Level] = {
    "number": "exact",
    "range": "range",
    "main-number": "range",
    "last-digits": "maybe",
}


@dataclass(frozen=True, slots=True)
class Match:
    """A record that has a number: its id, the certainty (`level`) and the reason in words.

    `basis` is the reason as a code. `host_id` is the id of the record in the application that it
    comes from, such as a CRM. `email` is the first address; the note is shortened and the tags are
    the first few, since every event of a call is sent with its matches. `visible_to`, `owner` and
    `team` say who sees the record. `picks` users took it for this number, and `picked_by` has the
    ids of the latest; of those each user gets the own one only.
    """

    record: str
    type: RecordType
    name: str
    level: Level
    reason: str
    url: str = ""
    organization: str = ""
    host_id: str = ""
    basis: Basis = "number"
    email: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    visible_to: VisibleTo = "everyone"
    owner: str = ""
    team: str = ""
    picks: int = 0
    picked_by: tuple[str, ...] = ()


_OF_NUMBER = ("level", "reason", "basis", "picks", "picked_by")
"""The fields of a match that are not those of its record."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match, and what only its place in the order depends on."""

    match: Match
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Lookup:
    """The records with one number, as they were at a time. `number` is the key that was looked up;
    it is empty if an earlier release did.

    `shared` has the ids of matches of which a call heard later who sees them, with the time of
    that; it is empty in messages.
    """

    number: str
    matches: tuple[Match, ...]
    at: datetime
    shared: tuple[tuple[str, datetime], ...] = ()

    def known_at(self, record: str) -> datetime:
        """The time since which it is known who sees this match."""
        return dict(self.shared).get(record, self.at)


@dataclass(frozen=True, slots=True)
class NumberKeys:
    """The keys of one number of a record, or the code of the reason why it has none.

    `e164` and `ext` are those of the first number in the text. The keys are all its numbers, and
    the other E.164 numbers of their lines. `ranges` are the keys of its direct lines.
    """

    e164: str | None
    ext: str
    keys: tuple[str, ...]
    problem: str | None
    ranges: tuple[str, ...] = ()


def number_keys(text: str, profile: NumberProfile, extension_digits: int = 0) -> NumberKeys:
    """The keys of the number that a record has in this spelling.

    People write it, so the prefix of a phone is no part of it: 0041 is Switzerland. The number may
    be that of an exchange, whose extensions have `extension_digits`.
    """
    written = replace(profile, outside_prefix_mode="never")
    number, further = numbers_of_field(text, written)
    first = lookup_key(number)
    if first is None:
        return NumberKeys(None, number.ext, (), _WITHOUT_KEY[number.kind])
    keys = (key for line in (first, *further) for key in (line, *line_forms(line)))
    ranges = range_keys(text, first, extension_digits, written)
    return NumberKeys(first, number.ext, tuple(dict.fromkeys(keys)), None, ranges)


def lookup_key(remote: RemoteNumber | None) -> str | None:
    """The key by which records of this number are found: its E.164.

    None for a number that belongs to no record (withheld, internal, service, invalid), and while a
    call has no number yet.
    """
    return remote.e164 if remote is not None and remote.kind == "external" else None


def why_without_key(remote: RemoteNumber) -> str | None:
    """The code of the reason why records are never found by a number of this kind, else None."""
    return _WITHOUT_KEY.get(remote.kind)


def counterpart_key(remote: RemoteNumber) -> str:
    """The key that all calls with one other party share, in whatever form its number is sent.

    Empty for a withheld number: callers who withhold it are not one party.
    """
    if remote.e164 is not None:
        return line_forms(remote.e164)[0]
    return "" if remote.kind == "anonymous" else remote.display or remote.raw


def add_lookup(lookups: tuple[Lookup, ...], lookup: Lookup) -> tuple[Lookup, ...]:
    """The lookups of a call with this one, unless its number was looked up later already.

    Who sees a record is kept from the earlier look-up if the call heard that after this one.
    """
    by_number = {each.number: each for each in lookups}
    stored = by_number.get(lookup.number)
    if stored is not None and stored.at >= lookup.at:
        return lookups
    if stored is not None:
        for match in stored.matches:
            if (at := stored.known_at(match.record)) > lookup.at:
                lookup = shared_since(lookup, match.record, match, at)
    by_number[lookup.number] = lookup
    return tuple(sorted(by_number.values(), key=_newest_last)[-_LOOKUPS_MAX:])


def shared_since(
    lookup: Lookup, record: str, sharing: Shared, at: datetime, merged: Match | None = None
) -> Lookup:
    """The look-up with those who see a record since this time, or with the record that it is part
    of since then (`merged`).

    It stays as it is without the record, and if something later is known of the record. So
    messages about several records lead to one look-up in whatever order they come.
    """
    if lookup.known_at(record) >= at or all(match.record != record for match in lookup.matches):
        return lookup
    if merged is not None:
        return _merged_since(lookup, record, replace(merged, **_sharing_of(sharing)), at)
    matches = (
        replace(match, **_sharing_of(sharing)) if match.record == record else match
        for match in lookup.matches
    )
    shared = sorted((dict(lookup.shared) | {record: at}).items())
    return replace(lookup, matches=tuple(matches), shared=tuple(shared))


def _merged_since(lookup: Lookup, record: str, into: Match, at: datetime) -> Lookup:
    """The look-up with the record that stays in place of both, as it was heard of last."""
    stored = next((match for match in lookup.matches if match.record == into.record), None)
    known_at = at if stored is None else lookup.known_at(into.record)
    if stored is not None and known_at >= at:
        into = stored
    matches: dict[str, Match] = {}
    for match in lookup.matches:
        is_of_it = match.record in {record, into.record}
        # of the number, such as its certainty, the look-up knows more
        of_number = {name: getattr(match, name) for name in _OF_NUMBER}
        shown = replace(into, **of_number) if is_of_it else match
        matches.setdefault(shown.record, shown)  # the first one is the surest
    shared = dict(lookup.shared) | {into.record: max(known_at, at)}
    shared.pop(record, None)
    return replace(lookup, matches=tuple(matches.values()), shared=tuple(sorted(shared.items())))


def _sharing_of(sharing: Shared) -> dict[str, Any]:
    return {
        "visible_to": sharing.visible_to,
        "owner": sharing.owner,
        "team": sharing.team,
    }


def matches_of(lookups: tuple[Lookup, ...], remote: RemoteNumber) -> tuple[Match, ...]:
    """The matches of this number: those of a party before a transfer are another's."""
    newest = _newest_of(lookups, remote)
    return newest.matches if newest is not None else ()


def is_looked_up(lookups: tuple[Lookup, ...], remote: RemoteNumber) -> bool:
    """Whether it is known which records have this number; a number without a key has none."""
    return lookup_key(remote) is None or _newest_of(lookups, remote) is not None


def _newest_of(lookups: tuple[Lookup, ...], remote: RemoteNumber) -> Lookup | None:
    key = lookup_key(remote)
    if key is None:
        return None
    line = line_forms(key)[0]
    of_line = [each for each in lookups if each.number and line_forms(each.number)[0] == line]
    of_any = [each for each in lookups if not each.number]
    return max(of_line or of_any, key=_newest_last, default=None)


def _newest_last(lookup: Lookup) -> tuple[datetime, str]:
    return lookup.at, lookup.number


def level_of(basis: Basis) -> Level:
    """How certain it is that a record found in this way is the caller's."""
    return _LEVELS[basis]


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis if it has more characters than this."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def in_order(candidates: Iterable[Candidate]) -> tuple[Match, ...]:
    """Sorts by certainty, then by type in the order of RECORD_TYPES.

    Those of one type are sorted by the time of their last change, the newest first, then by name
    and id.
    """
    return tuple(candidate.match for candidate in sorted(candidates, key=_place))


def _place(candidate: Candidate) -> tuple[int | str | tuple[str, ...], ...]:
    # a total order: all instances show the matches in one order, whatever the database returns
    match = candidate.match
    basis, kind = BASES.index(match.basis), RECORD_TYPES.index(match.type)
    # a database keeps milliseconds
    age = -int(candidate.changed_at.timestamp() * 1000)
    texts = (match.name, match.reason, match.url, match.organization, match.host_id)
    details = (match.email, match.note)
    return basis, kind, age, match.name.casefold(), match.record, *texts, *details, match.tags
