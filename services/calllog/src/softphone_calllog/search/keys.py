"""Computes the keys by which a call is found: those of its names, its number and its comments."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.domain.numbers.text import only_digits
from softphone_common.domain.records.visibility import Viewer, sights_of
from softphone_common.search.keys import RUN_MAX, number_parts, text_keys

KEYS_VERSION = 2
"""Stored with the keys. Calls with another version, or without one, get new keys."""
NAME_KEYS_MAX = 300
"""Keys of the names and the number of a call."""
COMMENT_KEYS_MAX = 600
"""Keys of the comments of a call; those of the newest comments are kept."""


def number_keys(remote: RemoteNumber) -> Iterator[str]:
    """The keys of a number: of its E.164, and as it is dialled within its country."""
    if remote.e164 is None:
        yield from number_parts(only_digits(remote.display or remote.raw)[:RUN_MAX])
        return
    yield from number_parts(only_digits(remote.e164))
    code, _, national = remote.display.partition(" ")
    if code.startswith("+"):
        yield from number_parts("0" + only_digits(national))


def name_keys(remote: RemoteNumber, names: Iterable[str]) -> tuple[str, ...]:
    """The keys of the other party, at most `NAME_KEYS_MAX`, those of the number first."""
    keys = [*number_keys(remote), *(key for name in names for key in text_keys(name))]
    return tuple(dict.fromkeys(keys))[:NAME_KEYS_MAX]


def record_keys(matches: Iterable[Match]) -> Iterator[str]:
    """The keys of the records that a call shows: for each the one of administrators, and those of
    the others who see it."""
    for match in matches:
        yield _record_key(match.record)
        yield from (_record_key(match.record, sight) for sight in sights_of(match))


def record_keys_for(viewer: Viewer, record: str) -> tuple[str, ...]:
    """The keys of which a call has one if it shows the viewer this record."""
    sights = viewer.sights
    if sights is None:
        return (_record_key(record),)
    return tuple(_record_key(record, sight) for sight in sights)


def _record_key(record: str, sight: str = "") -> str:
    # no word and no number has its sign
    return f"={record} {sight}"


def with_comment(
    keys: tuple[str, ...], text: str, dropped: Collection[str] = ()
) -> tuple[str, ...]:
    """The keys of a call's comments with those of a newer one, without the `dropped` ones."""
    newest = islice(dict.fromkeys(text_keys(text)), COMMENT_KEYS_MAX)
    kept = (key for key in keys if key not in dropped)
    return tuple(dict.fromkeys([*newest, *kept]))[:COMMENT_KEYS_MAX]
