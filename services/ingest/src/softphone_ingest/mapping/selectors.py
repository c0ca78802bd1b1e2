"""Finds the values that a source of a mapping names, such as `query.number` or `json.user.id`."""

from collections.abc import Callable
from typing import Any

from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.request import Values
from softphone_ingest.mapping.tree import (
    NAMES_OF_OPERATION,
    Member,
    element_members,
    element_texts,
    has_name,
    is_index,
    list_members,
    split_path,
    walk,
)


def select(parts: Parts, place: str, rest: str) -> list[Any]:
    """All values at a place of the request, in their order.

    `place` is the first word of a source and `rest` what follows its first dot. Names match
    exactly, and only if none does, case-insensitively. Raises HitError for a malformed body.
    """
    return _PLACES.get(place, _anywhere)(parts, rest)


def select_list(parts: Parts, place: str, rest: str) -> list[Member] | None:
    """The members of a list at a place of the request, for `each`.

    None if nothing is there, and an empty list for a list without members.
    """
    count = parts.count
    if place == "line" and not rest:
        return [Member(line.split(parts.separator)) for line in parts.lines] or None
    if place == "json":
        return list_members(parts.json, rest, count) if parts.json is not None else None
    if place == "xml":
        return _xml_members(parts, rest)
    if place == "any" and not _named(parts, parts.form[0], rest):
        members = list_members(parts.json, rest, count) if isinstance(parts.json, dict) else None
        members = _xml_members(parts, rest) if members is None else members
        if members is not None:
            return members
    return [Member(value) for value in select(parts, place, rest)] or None


def _named(parts: Parts, values: Values, name: str) -> list[str]:
    if name in values:
        return list(values[name])
    parts.count(len(values) // NAMES_OF_OPERATION)
    low = name.casefold()
    return [value for key, texts in values.items() if key.casefold() == low for value in texts]


def _anywhere(parts: Parts, name: str) -> list[Any]:
    # the body first: senders that use one put constants into the query, such as the event's name
    xml = _xml(parts, name)
    for values in (_named(parts, parts.form[0], name), walk(parts.json, name, parts.count), xml):
        if values:
            return values
    return _named(parts, parts.query[0], name) or _named(parts, parts.path_pairs, name)


def _xml(parts: Parts, path: str) -> list[str]:
    """The texts at this path, which may begin with the root's name or below the root."""
    root = parts.xml
    if root is None:
        return []
    first, _, rest = path.partition(".")
    # below the root first: an element may have the name of the root
    below = element_texts(root, path, parts.count) if path else []
    if below or not has_name(root, first):
        return below
    return element_texts(root, rest, parts.count)


def _xml_members(parts: Parts, path: str) -> list[Member] | None:
    root = parts.xml
    if root is None:
        return None
    steps = split_path(path)
    if steps and steps[-1].startswith("@"):
        return [Member(text) for text in _xml(parts, path)] or None
    below = element_members(root, steps, parts.count) if steps else None
    if below or not steps or not has_name(root, steps[0]):
        return below
    return element_members(root, steps[1:], parts.count) if steps[1:] else [Member(root)]


def _path(parts: Parts, rest: str) -> list[str]:
    return _at(parts.segments, rest) if is_index(rest) else _named(parts, parts.path_pairs, rest)


def _at(values: list[Any], index: str) -> list[Any]:
    if not is_index(index):
        return []
    position = int(index)
    return [values[position]] if -len(values) <= position < len(values) else []


def _headers(parts: Parts, name: str) -> list[str]:
    headers = parts.request.headers
    parts.count(len(headers))
    return _named(parts, {key: [value] for key, value in headers.items()}, name)


def _word(parts: Parts, rest: str) -> list[str]:
    words, further = parts.query[1], parts.form[1]
    parts.count((len(words) + len(further)) // NAMES_OF_OPERATION)
    return _at(words + further, rest)


_PLACES: dict[str, Callable[[Parts, str], list[Any]]] = {
    "path": _path,
    "query": lambda parts, rest: _named(parts, parts.query[0], rest),
    "form": lambda parts, rest: _named(parts, parts.form[0], rest),
    "word": _word,
    "line": lambda parts, rest: _at(parts.line, rest),
    "json": lambda parts, rest: walk(parts.json, rest, parts.count),
    "xml": _xml,
    "header": _headers,
    "method": lambda parts, _: [parts.request.method],
    "client": lambda parts, _: [parts.request.client],
}
