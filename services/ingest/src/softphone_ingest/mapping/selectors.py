"""Finds the values that a source of a mapping names, such as `query.number` or `json.user.id`."""

from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element

from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.request import Values


def select(parts: Parts, place: str, rest: str) -> list[Any]:
    """All values at a place of the request, in their order.

    `place` is the first word of a source and `rest` what follows its first dot. Names match
    exactly, and only if none does, case-insensitively. Raises HitError for a malformed body.
    """
    return _PLACES.get(place, _anywhere)(parts, rest)


def walk(value: Any, path: str) -> list[Any]:
    """The values at a dotted path in JSON; a list at its end gives all its members."""
    for step in path.split(".") if path else []:
        if isinstance(value, dict):
            value = value[step] if step in value else _in_any_case(value, step)
        elif isinstance(value, list) and _is_index(step):
            members = _at(value, step)
            value = members[0] if members else None
        else:
            return []
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _in_any_case(values: dict[str, Any], name: str) -> Any:
    low = name.casefold()
    return next((value for key, value in values.items() if key.casefold() == low), None)


def _named(values: Values, name: str) -> list[str]:
    if name in values:
        return list(values[name])
    low = name.casefold()
    return [value for key, texts in values.items() if key.casefold() == low for value in texts]


def _anywhere(parts: Parts, name: str) -> list[Any]:
    # the body first: senders that use one put constants into the query, such as the event's name
    xml = _xml(parts.xml, name)
    for values in (_named(parts.form[0], name), walk(parts.json, name), xml):
        if values:
            return values
    return _named(parts.query[0], name) or _named(parts.path_pairs, name)


def _xml(root: Element | None, path: str) -> list[str]:
    """The texts at this path, which may begin with the root's name or below the root."""
    if root is None:
        return []
    first, _, rest = path.partition(".")
    # below the root first: an element may have the name of the root
    below = _below(root, path.split("."))
    if below or not _has_name(root, first):
        return below
    return _below(root, rest.split(".") if rest else [])


def _below(root: Element, steps: list[str]) -> list[str]:
    elements = [root]
    for step in steps:
        if step.startswith("@"):
            return [value for element in elements for value in _pairs(element.items(), step[1:])]
        elements = [child for element in elements for child in element if _has_name(child, step)]
    return ["".join(element.itertext()) for element in elements]


def _has_name(element: Element, name: str) -> bool:
    """Whether the element has this local name. Senders of one make differ in their namespaces."""
    return element.tag.rpartition("}")[2].casefold() == name.casefold()


def _path(parts: Parts, rest: str) -> list[str]:
    return _at(parts.segments, rest) if _is_index(rest) else _named(parts.path_pairs, rest)


def _at(values: list[Any], index: str) -> list[Any]:
    if not _is_index(index):
        return []
    position = int(index)
    return [values[position]] if -len(values) <= position < len(values) else []


def _is_index(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 4


def _pairs(pairs: Iterable[tuple[str, str]], name: str) -> list[str]:
    return _named({key: [value] for key, value in pairs}, name)


_PLACES: dict[str, Callable[[Parts, str], list[Any]]] = {
    "path": _path,
    "query": lambda parts, rest: _named(parts.query[0], rest),
    "form": lambda parts, rest: _named(parts.form[0], rest),
    "word": lambda parts, rest: _at(parts.query[1] + parts.form[1], rest),
    "line": lambda parts, rest: _at(parts.line, rest),
    "json": lambda parts, rest: walk(parts.json, rest),
    "xml": lambda parts, rest: _xml(parts.xml, rest),
    "header": lambda parts, rest: _pairs(parts.request.headers.items(), rest),
    "method": lambda parts, _: [parts.request.method],
    "client": lambda parts, _: [parts.request.client],
}
