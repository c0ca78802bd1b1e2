"""Has a record follow a row of a source that was merged into it, without undoing the merge.

A merged record has more than one source: rows of applications, and people. So a row that changes
replaces the values it had before, and none that others have entered.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from softphone_common.domain.records.visibility import both_hold
from softphone_matcher.combining.fields import NOTE_MAX, SINGLE, Fields, joined_note, sharing_in
from softphone_matcher.combining.lists import (
    WORDS,
    followed_numbers,
    followed_words,
    joined_words,
)

_NUMBER = ("number", "label", "extension_digits", "e164", "ext")
_ALONE = tuple(name for name in SINGLE if name not in {"organization", "owner", "team"})


def row_fields(fields: Fields) -> dict[str, Any]:
    """The fields of a row that are compared with those that it has later."""
    names = (*SINGLE, "organization_record", "note", "visible_to", *WORDS)
    numbers = [{name: each.get(name) for name in _NUMBER} for each in fields["numbers"]]
    return {**{name: fields[name] for name in names}, "numbers": numbers}


def followed(
    current: Fields, before: Fields | None, now: Fields, others: Collection[Fields]
) -> dict[str, Any]:
    """The fields of a record after one of its rows is another than before.

    `before` is None for a row that is new, and `others` are its other rows. A value that was
    replaced by another row or by a person stays.
    """
    fields = dict(current)
    was = before or {}
    for name in _ALONE:
        if _is_replaced(name, current, was, now):
            fields[name] = now[name]
    if _is_replaced("organization", current, was, now):
        fields |= {name: now[name] for name in ("organization", "organization_record")}
    for name in WORDS:
        of_others = joined_words([], (word for each in others for word in each[name]))
        fields[name] = followed_words(current[name], was.get(name, ()), now[name], of_others)
    numbers: Iterable[Any] = (number for each in others for number in each["numbers"])
    fields["numbers"] = followed_numbers(
        current["numbers"], was.get("numbers", ()), now["numbers"], numbers
    )
    fields["note"] = _note(current["note"], was.get("note", ""), now["note"])
    return fields | _sharing(current, before, now)


def _is_replaced(name: str, current: Fields, before: Fields, now: Fields) -> bool:
    if name not in before:  # a new row fills what is empty
        return not current[name] and name != "inactive"
    return bool(now[name] != before[name] and current[name] in {before[name], ""})


def _note(current: str, before: str, now: str) -> str:
    if now == before:
        return current
    if before and before in current:
        replaced = current.replace(before, now, 1)
        return replaced if len(replaced) <= NOTE_MAX else current
    return joined_note(current, now)


def _sharing(current: Fields, before: Fields | None, now: Fields) -> dict[str, Any]:
    """A row restricts the record, and never opens it: others may have restricted it, too."""
    stored, sent = sharing_in(current), sharing_in(now)
    if before is not None and sent == sharing_in(before):
        return {}
    if stored.visible_to == sent.visible_to == "everyone":
        names = [
            name for name in ("owner", "team") if _is_replaced(name, current, before or {}, now)
        ]
        return {name: now[name] for name in names}
    return asdict(both_hold(stored, sent))
