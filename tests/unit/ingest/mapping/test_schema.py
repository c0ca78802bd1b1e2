"""A mapping says what it means or is refused when it is written, not when a phone calls."""

from typing import Any

import pytest
from pydantic import ValidationError

from softphone_ingest.devices.config import merge
from softphone_ingest.mapping.schema import (
    FIELDS_MAX,
    SOURCES_MAX,
    Condition,
    Mapping,
    Rule,
)


def test_short_words_stand_for_long_ones() -> None:
    short = Mapping.model_validate({"fields": {"name": "query.n"}, "each": "query.u"})
    long = {"fields": {"name": [{"from": ["query.n"]}]}, "each": ["query.u"]}
    assert short == Mapping.model_validate(long)
    rule = Rule.model_validate({"from": "query.n", "when": {"query.a": "1", "query.b": ["2", "3"]}})
    assert rule.when == {"query.a": Condition(is_=("1",)), "query.b": Condition(is_=("2", "3"))}
    assert Condition.model_validate({"not": "busy"}) == Condition(not_=("busy",))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a place there is not": ({"fields": {"name": "qurey.n"}}, "0.from names qurey.n, which"),
    "a condition on nothing": (
        {"fields": {"name": {"when": {"stat": "x"}, "value": "y"}}},
        "name.0.when names stat, which",
    ),
    "a list that is none": ({"each": "user"}, "each names user, which is neither"),
    "an answer on nothing": ({"answers": [{"when": {"stat": "x"}}]}, "answers.0.when names stat"),
    "a signature nowhere": ({"verify": {"method": "equal", "in": "x"}}, "verify.in names x"),
    "from and value": ({"fields": {"name": {"from": "query.n", "value": "b"}}}, "either `from`"),
    "neither": ({"fields": {"name": {"decode": ["trim"]}}}, "either `from`"),
    "look-ahead": ({"fields": {"name": {"from": "query.n", "pick": "(?=x)"}}}, "invalid perl"),
    "half a pattern": ({"fields": {"name": {"from": "query.n", "pick": "("}}}, "missing [)]"),
    "a field named like a place": ({"fields": {"query": "path.0"}}, "means a place"),
    "a circle": ({"fields": {"name": "a", "a": "b", "b": "a"}}, "refers to itself"),
    "a circle of conditions": (
        {"fields": {"event": {"when": {"direction": "x"}, "value": "y"}, "direction": "event"}},
        "refers to itself",
    ),
    "oneself": ({"fields": {"name": "name.a"}}, "fields.name refers to itself"),
    "too many fields": (
        {"fields": {f"f{n}": "query.n" for n in range(FIELDS_MAX + 1)}},
        f"at most {FIELDS_MAX}",
    ),
    "too many sources": (
        {"fields": {"name": [f"query.n{n}" for n in range(SOURCES_MAX + 1)]}},
        f"at most {SOURCES_MAX} sources",
    ),
    "a requirement of nothing": ({"require": ["colour"]}, "require"),
    "a redirection": ({"answers": [{"status": 302}]}, "less than or equal to 299"),
    "a header in a type": (
        {"answers": [{"content_type": "text/plain\r\nX: y"}]},
        "must be one of text/plain",
    ),
    "a page as an answer": ({"answers": [{"content_type": "text/html"}]}, "must be one of text/"),
    "a page of XML": ({"answers": [{"content_type": "image/svg+xml"}]}, "must be one of text/"),
    "two types at once": ({"answers": [{"content_type": "text/xml, text/html"}]}, "must be one of"),
    "a pattern too large": (
        {"fields": {"name": {"from": "form.n", "pick": "(?:a.{990}c|a.{980}d|a.{970}e)"}}},
        r"fields.name.0.pick[\s\S]*too large",
    ),
    "a pattern of many classes": (
        {"fields": {"name": {"when": {"form.n": {"matches": r"\pL" * 5}}, "value": "x"}}},
        r"fields.name.0.when.`form.n`.matches[\s\S]*more than 4 classes",
    ),
    "an unknown word": ({"words": 1}, "words"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_mapping_that_means_nothing_is_refused(what: str) -> None:
    mapping, why = REFUSED[what]
    with pytest.raises(ValidationError, match=why):
        Mapping.model_validate(mapping)


@pytest.mark.parametrize(
    "kind",
    [
        *("", "text/plain", "application/json", "application/xml", "TEXT/XML; charset=utf-8"),
        *("text/plain;charset=UTF-8", "application/x-www-form-urlencoded"),
    ],
)
def test_an_answer_is_of_a_type_senders_read(kind: str) -> None:
    mapping = Mapping.model_validate({"answers": [{"content_type": kind}]})
    assert mapping.answers[0].content_type == kind


def test_fields_that_refer_to_many_are_followed_once() -> None:
    names = [f"f{n}" for n in range(FIELDS_MAX)]
    fields = {name: [*names[at + 1 : at + 5], "query.n"] for at, name in enumerate(names)}
    assert len(Mapping.model_validate({"fields": fields}).fields) == FIELDS_MAX


def test_changes_replace_fields_one_by_one() -> None:
    base = {"scope": "pbx", "fields": {"event": {"value": "ringing"}, "name": "query.a"}}
    new = merge(base, {"scope": "device", "fields": {"number": "query.n", "name": None}})
    assert (new["scope"], set(new["fields"])) == ("device", {"event", "number"})
    assert merge(base, {}) == base


@pytest.mark.parametrize("fields", [5, "name", ["name"], None, {"name": 5}, {"name": [5]}])
def test_changes_that_are_no_fields_are_refused(fields: Any) -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate(merge({"fields": {"name": "query.a"}}, {"fields": fields}))
