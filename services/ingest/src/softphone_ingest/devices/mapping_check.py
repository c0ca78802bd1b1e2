"""Finds rules of a mapping that are valid but can't do what their author meant.

Only what is saved or tried is checked: a device that was saved before stays readable.
"""

from collections.abc import Iterator
from datetime import UTC

from softphone_common.domain.call import PHASES
from softphone_common.domain.measurements import parse_duration, parse_moment
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.rules import DIRECTION_WORDS, IGNORE
from softphone_ingest.mapping.schema import (
    MEMBER_PLACES,
    PLACES,
    Condition,
    Conditional,
    Mapping,
    Rule,
    slots,
)
from softphone_ingest.mapping.tree import is_filter, is_index, split_path

_NAMED = frozenset({"query", "form", "header", "any", "path", "word", "line", "outer"})
_WALKED = frozenset({"json", "xml"})
_BY_POSITION = frozenset({"word", "line"})
_VALUES = {"event": (*PHASES, IGNORE), "direction": tuple(DIRECTION_WORDS)}


def check_mapping(mapping: Mapping) -> None:
    """Raises HitError naming the first rule that has no effect or an unknown result."""
    for where, source in _sources(mapping):
        _check_source(where, source, has_list=bool(mapping.each) and where != "mapping.each")
    _check_answers(mapping)
    for name, rules in mapping.fields.items():
        for position, rule in enumerate(rules):
            where = f"mapping.fields.{name}.{position}"
            _check_conditions(where, rule)
            _check_results(where, rule, name)
            _check_rows(where, rule)
            for earlier, other in enumerate(rules[:position]):
                if _covers(other, rule):
                    raise HitError(where, "rule-unreachable", rule=earlier)


def check_secret(mapping: Mapping, *, has_secret: bool) -> None:
    """Raises HitError for a secret that the mapping never compares with anything: its owner would
    believe that hits are verified."""
    if has_secret and mapping.verify is None:
        raise HitError("secret", "device-secret-unused")


def _sources(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Each source with the place of the mapping it is at; `line` alone is a source of `each`."""
    for name, rules in mapping.fields.items():
        for position, rule in enumerate(rules):
            where = f"mapping.fields.{name}.{position}"
            yield from (
                (f"{where}.from", slot) for source in rule.sources for slot in slots(source)
            )
            yield from ((f"{where}.when", slot) for source in rule.when for slot in slots(source))
    yield from (("mapping.each", source) for source in mapping.each if source != "line")
    for position, reply in enumerate(mapping.answers):
        yield from ((f"mapping.answers.{position}.when", source) for source in reply.when)
    if mapping.verify is not None:
        yield "mapping.verify.in", mapping.verify.source
        yield from (("mapping.verify.over", source) for source in mapping.verify.signed_sources)


def _check_source(where: str, source: str, *, has_list: bool) -> None:
    if not _is_complete(source):
        raise HitError(where, "source-incomplete", source=source)
    if not _is_walkable(source):
        raise HitError(where, "source-path-invalid", source=source)
    if not has_list and source.partition(".")[0] in MEMBER_PLACES:
        raise HitError(where, "source-without-list", source=source)


def _check_answers(mapping: Mapping) -> None:
    for position, reply in enumerate(mapping.answers):
        where = f"mapping.answers.{position}"
        _check_conditions(where, reply)
        for earlier, other in enumerate(mapping.answers[:position]):
            if other.when in ({}, reply.when):
                raise HitError(where, "rule-unreachable", rule=earlier)


def _is_complete(source: str) -> bool:
    place, dot, rest = source.partition(".")
    if place in _BY_POSITION:
        return is_index(rest)
    return bool(rest) and not rest.endswith(".") if dot else place not in _NAMED


def _is_walkable(source: str) -> bool:
    """Whether each step of a path through JSON or XML is a name or a filter that is closed."""
    place, _, path = source.partition(".")
    if place not in _WALKED and place in PLACES:
        return True
    return ".." not in source and all(
        "[" not in step or is_filter(step) for step in split_path(path)
    )


def _check_conditions(where: str, part: Conditional) -> None:
    for source, condition in part.when.items():
        if condition == Condition():
            raise HitError(f"{where}.when.{source}", "condition-empty")


def _check_results(where: str, rule: Rule, name: str) -> None:
    """Refuses a fixed value or a row whose result no event has in this field."""
    results = {} if rule.table is None else {f"table.{k}": v for k, v in rule.table.items()}
    if rule.value is not None and rule.table is None:
        results["value"] = rule.value
    for place, word in results.items():
        if not word:
            continue
        expected = _VALUES.get(name, ())
        if expected and word.strip().lower() not in expected:
            values = ", ".join(expected)
            raise HitError(f"{where}.{place}", "value-unknown", value=word, values=values)
        if place == "value" and (rule.decode or rule.pick):
            continue  # the steps may make something else of it
        if name == "duration" and parse_duration(word.strip()) is None:
            raise HitError(f"{where}.{place}", "duration-invalid", limit=999_999)
        if name == "time" and parse_moment(word.strip(), UTC) is None:
            raise HitError(f"{where}.{place}", "moment-invalid")


def _check_rows(where: str, rule: Rule) -> None:
    seen: set[str] = set()
    for row in rule.table or {}:
        low = row.casefold()
        # texts are compared without blanks at their ends, and in any case
        if low != low.strip() or low in seen:
            raise HitError(f"{where}.table", "table-row-unreachable", row=row)
        seen.add(low)
    if rule.value is not None and rule.table is not None:
        raise HitError(f"{where}.table", "table-without-source")


def _covers(earlier: Rule, later: Rule) -> bool:
    """Whether the earlier rule gives a value whenever the later one would."""
    if earlier.when and earlier.when != later.when:
        return False
    if earlier.table is not None and not earlier.table.get("*"):
        return False
    if earlier.value is not None:
        return bool(earlier.value)
    steps = (earlier.decode, earlier.pick) == (later.decode, later.pick)
    return steps and bool(later.sources) and set(later.sources) <= set(earlier.sources)
