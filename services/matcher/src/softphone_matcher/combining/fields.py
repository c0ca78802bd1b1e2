"""Combines the fields of two records into those of one, and names the values that are left over."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from softphone_common.domain.records.visibility import Sharing, both_hold
from softphone_matcher.combining.lists import WORDS, joined_numbers, joined_words

Fields = Mapping[str, Any]
SINGLE = ("type", "name", "organization", "address", "url", "owner", "team", "inactive")
"""The fields of which a record has one value, so that one of two has to be chosen."""
NOTE_MAX = 2000
DISMISSED_MAX = 50
_SHARING = ("visible_to", "owner", "team")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A value of one of two records that their combination does not have."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Combined:
    """The fields of a combination, and the values that it does not have."""

    fields: dict[str, Any]
    dropped: tuple[Dropped, ...]


def combined(kept: Fields, other: Fields, take: Collection[str]) -> Combined:
    """Both records as one: what `kept` lacks is that of `other`, and so are the fields to take.

    Only those see it who see both. So `owner` and `team` are chosen while everyone sees both.
    """
    fields = dict(kept)
    for name in SINGLE:
        fields[name] = _chosen(name, kept, other, take)
    fields["organization_record"] = _organization_record(fields["organization"], kept, other)
    fields["host_id"] = kept["host_id"] or other["host_id"]
    fields["numbers"] = joined_numbers(kept["numbers"], other["numbers"])
    for name in WORDS:
        fields[name] = joined_words(kept[name], other[name])
    dismissed = (each.get("dismissed_ranges", ()) for each in (kept, other))
    fields["dismissed_ranges"] = joined_words((), chain.from_iterable(dismissed))[:DISMISSED_MAX]
    fields["note"] = joined_note(kept["note"], other["note"])
    sharing = both_hold(sharing_in(kept), sharing_in(other))
    if sharing.visible_to != "everyone":
        fields |= asdict(sharing)
    return Combined(fields, tuple(_dropped(fields, kept, other)))


def sharing_in(fields: Fields) -> Sharing:
    """Who sees a record with these fields."""
    return Sharing(**{name: fields[name] for name in _SHARING})


def joined_note(kept: str, other: str) -> str:
    """Both notes, one below the other; the kept one if they are too long together."""
    if other.strip() in kept:
        return kept
    if kept.strip() in other:
        return other
    both = f"{kept.rstrip()}\n{other.strip()}"
    return both if len(both) <= NOTE_MAX else kept


def _chosen(name: str, kept: Fields, other: Fields, take: Collection[str]) -> Any:
    if name == "inactive":
        return (other if name in take else kept)[name]
    first, second = (other, kept) if name in take else (kept, other)
    return first[name] or second[name]


def _organization_record(organization: str, kept: Fields, other: Fields) -> str:
    """The record of the organisation that was chosen."""
    of_it = (each for each in (kept, other) if each["organization"] == organization)
    return next((each["organization_record"] for each in of_it if each["organization_record"]), "")


def _dropped(fields: Fields, kept: Fields, other: Fields) -> Iterator[Dropped]:
    for name in (*SINGLE, "note"):
        for value in dict.fromkeys((kept[name], other[name])):
            text = str(value).lower() if isinstance(value, bool) else value
            is_there = value == fields[name] or (name == "note" and value.strip() in fields[name])
            if text and not is_there:
                yield Dropped(name, text)
