"""Walks JSON and XML by the dotted path of a source, and makes texts of the values there."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from softphone_ingest.mapping.budget import TEXT_MAX
from softphone_ingest.mapping.parsed_event import HitError

Count = Callable[[int], None]
"""Counts operations before they are done; raises beyond those that a request may cost."""

NAMES_OF_OPERATION = 5
"""Names that are compared in any case in one operation."""

_NODE_COST = 2
"""Operations for one value at one step of a path."""

_FILTER_COST = 5
"""Operations to look for a text in one member of a list."""

_STEP = re.compile(r"(?:[^.\[]|\[[^\]]*\])+|\[")
_FILTERED = re.compile(r"(.*?)\[(@?[^\]=@]+)=([^\]]*)\]", re.S)
_EACH = "*"


_LARGE = "\N{HORIZONTAL ELLIPSIS}" * (TEXT_MAX + 1)
"""Stands for the JSON of a large object: no pattern takes a text of this length."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a list. `ancestors` are the values around it, the nearest first."""

    value: Any
    ancestors: tuple[Any, ...] = ()


def walk(value: Any, path: str, count: Count) -> list[Any]:
    """The values at a dotted path in JSON or below an element; a list at its end gives all its
    members."""
    if isinstance(value, Element):
        return element_texts(value, path, count)
    values = [value]
    for step in split_path(path):
        count(len(values) * _NODE_COST)
        values = [below for above in values for below in _step(above, step, count)]
    count(sum(len(value) for value in values if isinstance(value, list)))
    return [member for value in values for member in _flat(value)]


def list_members(value: Any, path: str, count: Count) -> list[Member] | None:
    """The members of all lists at this path, which leads into each member of a list on its way.

    None if there is nothing at this path, and an empty list for a list without members.
    """
    if isinstance(value, Element):
        return element_members(value, split_path(path), count)
    level = [Member(value)]
    found_empty = False
    for step in split_path(path):
        count(sum(len(m.value) + 1 if isinstance(m.value, list) else 1 for m in level))
        found_empty = found_empty or any(member.value == [] for member in level)
        level = [
            Member(below, (above.value, *above.ancestors))
            for above in _entered(level, step)
            for below in _step(above.value, step, count)
        ]
    if not level:
        return [] if found_empty else None
    count(sum(len(above.value) for above in level if isinstance(above.value, list)))
    return [
        Member(value, above.ancestors)
        for above in level
        for value in (above.value if isinstance(above.value, list) else [above.value])
    ]


def element_texts(element: Element, path: str, count: Count) -> list[str]:
    """The texts below an element, or the values of an attribute with `@`."""
    *above, last = split_path(path) or [""]
    if last.startswith("@"):
        parents = _elements([Member(element)], above, count)
        return [value for parent in parents for value in _attribute(parent.value, last[1:])]
    elements = _elements([Member(element)], split_path(path), count)
    for member in elements:
        count(sum(1 for _ in member.value.iter()))
    return ["".join(member.value.itertext()) for member in elements]


def element_members(element: Element, steps: Sequence[str], count: Count) -> list[Member] | None:
    """The elements at these steps; an empty list if the element that should have some is empty."""
    members = _elements([Member(element)], steps, count)
    if members or not steps:
        return members
    parents = _elements([Member(element)], steps[:-1], count)
    return [] if parents and all(_is_bare(parent.value) for parent in parents) else None


def is_empty(value: Any) -> bool:
    """Whether a value is missing, or a text of nothing but blanks."""
    if isinstance(value, Element):
        return not (len(value) or value.attrib or (value.text or "").strip())
    return value is None or (isinstance(value, str) and not value.strip())


def is_nested(value: Any) -> bool:
    """Whether a value is an object or a list of JSON."""
    return isinstance(value, dict | list)


def as_text(value: Any, field: str) -> str:
    """The value as text. Raises HitError naming `field` for an object or a list.

    Phones cut names anywhere: half a character becomes a question mark.
    """
    if is_nested(value):
        raise HitError(field, "text-expected")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return text.encode("utf-8", "replace").decode()


def as_condition(value: Any, source: str) -> str:
    """The value as text; of an object or list its JSON, and nothing if that is empty.

    Of a large one only a text that is too long for any pattern or comparison.
    """
    if not is_nested(value):
        return as_text(value, source)
    if not _is_small(value):
        return _LARGE
    return json.dumps(value, ensure_ascii=False) if value else ""


def _is_small(value: Any) -> bool:
    """Whether an object or list has few enough values and characters to be made a text."""
    left, waiting = TEXT_MAX, [value]
    while waiting and left >= 0:
        each = waiting.pop()
        left -= len(each) if isinstance(each, str | dict | list) else 1
        if isinstance(each, dict) and left >= 0:
            left -= sum(len(key) for key in each)
            waiting += each.values()
        elif isinstance(each, list) and left >= 0:
            waiting += each
    return left >= 0


def split_path(path: str) -> list[str]:
    """The steps of a path. A dot in brackets, as in `param[name=a.b]`, is no separator."""
    return _STEP.findall(path)


def has_name(element: Element, name: str) -> bool:
    """Whether the element has this local name. Senders of one make differ in their namespaces."""
    return _local(element.tag).casefold() == name.casefold()


def is_index(text: str) -> bool:
    """Whether a step is a position in a list, which may be counted from its end."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 4


def is_filter(step: str) -> bool:
    """Whether a step picks members by a text in them, as `param[@name=caller]` does."""
    return _FILTERED.fullmatch(step) is not None


def _entered(level: list[Member], step: str) -> list[Member]:
    """The level with the members of its lists, unless the step itself picks one of a list."""
    if is_index(step) or step.startswith((_EACH, "[")):
        return level
    return [
        inner
        for member in level
        for inner in (
            [Member(value, member.ancestors) for value in member.value]
            if isinstance(member.value, list)
            else [member]
        )
    ]


def _step(value: Any, step: str, count: Count) -> list[Any]:
    if step == _EACH:
        return value if isinstance(value, list) else []
    filtered = _FILTERED.fullmatch(step)
    if filtered:
        name, key, wanted = filtered.groups()
        inner = _step(value, name, count) if name else [value]
        candidates = [candidate for value in inner for candidate in _flat(value)]
        count(len(candidates) * _FILTER_COST)
        return [each for each in candidates if _has_text(walk(each, key, count), wanted)]
    if isinstance(value, dict):
        found = value[step] if step in value else _in_any_case(value, step, count)
        return [] if found is None else [found]
    if isinstance(value, list) and is_index(step):
        position = int(step)
        return [value[position]] if -len(value) <= position < len(value) else []
    return []


def _elements(level: list[Member], steps: Sequence[str], count: Count) -> list[Member]:
    for step in steps:
        filtered = _FILTERED.fullmatch(step)
        name, key, wanted = filtered.groups() if filtered else (step, "", "")
        children = sum(len(above.value) for above in level)
        count(len(level) + children * (_FILTER_COST if key else 1))
        level = [
            Member(child, (above.value, *above.ancestors))
            for above in level
            for child in above.value
            if (name == _EACH or has_name(child, name))
            and (not key or _has_text(element_texts(child, key, count), wanted))
        ]
    return level


def _has_text(values: Sequence[Any], wanted: str) -> bool:
    low = wanted.strip().casefold()
    plain = (value for value in values if not isinstance(value, dict | list))
    return any(str(value).strip().casefold() == low for value in plain)


def _attribute(element: Element, name: str) -> list[str]:
    exact = element.get(name)
    if exact is not None:
        return [exact]
    low = name.casefold()
    return [value for key, value in element.items() if _local(key).casefold() == low]


def _local(name: str) -> str:
    """A name in ElementTree's form without the namespace in braces."""
    return name.rpartition("}")[2]


def _is_bare(element: Element) -> bool:
    return not len(element) and not element.attrib and not (element.text or "").strip()


def _flat(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _in_any_case(values: dict[str, Any], name: str, count: Count) -> Any:
    count(len(values) // NAMES_OF_OPERATION)
    low = name.casefold()
    return next((value for key, value in values.items() if key.casefold() == low), None)
