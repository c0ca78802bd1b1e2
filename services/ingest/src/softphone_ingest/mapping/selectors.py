"""Finds what a source of a mapping names in the parts of a request; interprets nothing."""

from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element

from softphone_ingest.mapping.body import Parts
from softphone_ingest.mapping.request import Values


def find(parts: Parts, place: str, rest: str) -> list[Any]:
    """All values at this place of the request, in their order; none where it has no such place.

    Names are found exactly, or else without regard to case. Raises HitError for a body that can't
    be read.
    """
    return _PLACES.get(place, _anywhere)(parts, rest)


def walk(value: Any, path: str) -> list[Any]:
    """What a dotted path leads to in JSON; a list found there gives all its members."""
    for step in path.split(".") if path else []:
        if isinstance(value, dict):
            value = value[step] if step in value else _in_any_case(value, step)
        elif isinstance(value, list) and _is_index(step):
            found = _at(value, step)
            value = found[0] if found else None
        else:
            return []
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _in_any_case(values: dict[str, Any], name: str) -> Any:
    low = name.casefold()
    return next((value for key, value in values.items() if key.casefold() == low), None)


def named(values: Values, name: str) -> list[str]:
    """The values of this name."""
    if name in values:
        return list(values[name])
    low = name.casefold()
    return [value for key, found in values.items() if key.casefold() == low for value in found]


def _anywhere(parts: Parts, name: str) -> list[Any]:
    """In the body, else in the query, else in the path."""
    xml = _xml(parts.xml, name)
    for found in (named(parts.form[0], name), walk(parts.json, name), xml):
        if found:
            return found
    return named(parts.query[0], name) or named(parts.path_pairs, name)


def _xml(root: Element | None, path: str) -> list[str]:
    if root is None:
        return []
    first, _, rest = path.partition(".")
    below = _below(root, path.split("."))
    if below or not _same(root, first):
        return below
    return _below(root, rest.split(".") if rest else [])


def _below(root: Element, steps: list[str]) -> list[str]:
    found = [root]
    for step in steps:
        if step.startswith("@"):
            return [value for element in found for value in _of(element.items(), step[1:])]
        found = [child for element in found for child in element if _same(child, step)]
    return ["".join(element.itertext()) for element in found]


def _same(element: Element, name: str) -> bool:
    """Whether the element has this name, in whatever namespace."""
    return element.tag.rpartition("}")[2].casefold() == name.casefold()


def _path(parts: Parts, rest: str) -> list[str]:
    return _at(parts.segments, rest) if _is_index(rest) else named(parts.path_pairs, rest)


def _at(values: list[Any], index: str) -> list[Any]:
    if not _is_index(index):
        return []
    place = int(index)
    return [values[place]] if -len(values) <= place < len(values) else []


def _is_index(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 4


def _of(pairs: Iterable[tuple[str, str]], name: str) -> list[str]:
    return named({key: [value] for key, value in pairs}, name)


_PLACES: dict[str, Callable[[Parts, str], list[Any]]] = {
    "path": _path,
    "query": lambda parts, rest: named(parts.query[0], rest),
    "form": lambda parts, rest: named(parts.form[0], rest),
    "word": lambda parts, rest: _at(parts.query[1] + parts.form[1], rest),
    "line": lambda parts, rest: _at(parts.line, rest),
    "json": lambda parts, rest: walk(parts.json, rest),
    "xml": lambda parts, rest: _xml(parts.xml, rest),
    "header": lambda parts, rest: _of(parts.request.headers.items(), rest),
    "method": lambda parts, _: [parts.request.method],
    "client": lambda parts, _: [parts.request.client],
}
