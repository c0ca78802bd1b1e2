"""The budget of one request ends it by counting, whatever the machine's speed."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softphone_common.domain.numbers.normalise import RAW_MAX
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.budget import (
    CLASSES_MAX,
    OPERATIONS_MAX,
    STEPS_MAX,
    TEXT_MAX,
    VALUES_MAX,
    Budget,
    Pattern,
)
from softphone_ingest.mapping.parsed_event import HitError

PATTERN: TypeAdapter[str] = TypeAdapter(Pattern)


def test_patterns_over_their_steps_end_the_request() -> None:
    budget, text = Budget(NumberProfile()), "a" * TEXT_MAX

    def search_again_and_again() -> None:
        for _ in range(STEPS_MAX // TEXT_MAX):
            budget.search("b.b", text, "name")

    with pytest.raises(HitError) as error:
        search_again_and_again()
    assert (error.value.field, error.value.code) == ("name", "patterns-too-costly")


def test_text_over_its_limit_meets_no_pattern() -> None:
    budget = Budget(NumberProfile())
    assert budget.search("a", "a" * TEXT_MAX, "name")
    with pytest.raises(HitError) as error:
        budget.search("a", "a" * (TEXT_MAX + 1), "name")
    assert error.value.code == "pattern-text-too-long"


def test_values_over_their_limit_end_the_request() -> None:
    budget = Budget(NumberProfile())
    budget.count_values(VALUES_MAX - 1, "form.n")
    with pytest.raises(HitError) as error:
        budget.count_values(0, "form.n")
    assert (error.value.field, error.value.code) == ("form.n", "values-too-many")


def test_operations_over_their_limit_end_the_request() -> None:
    budget = Budget(NumberProfile())
    budget.spend(OPERATIONS_MAX, "body")
    with pytest.raises(HitError) as error:
        budget.spend(1, "json.n")
    assert (error.value.field, error.value.code) == ("json.n", "request-too-costly")
    assert error.value.params == {"limit": OPERATIONS_MAX}


def test_numbers_of_an_event_have_operations_of_their_own() -> None:
    budget = Budget(NumberProfile())
    budget.spend(OPERATIONS_MAX, "body")
    budget.begin_event()
    budget.number("(" * RAW_MAX)
    with pytest.raises(HitError) as error:
        budget.number(")" * RAW_MAX, "called")
    assert (error.value.field, error.value.code) == ("called", "request-too-costly")
    budget = Budget(NumberProfile())
    budget.spend(OPERATIONS_MAX, "body")
    with pytest.raises(HitError):
        budget.number("(")


def test_number_that_was_read_before_costs_nothing() -> None:
    budget = Budget(NumberProfile())
    number = budget.number("030 23125001")
    spent = budget.spent
    assert budget.number("030 23125001") is number
    assert 0 < budget.spent == spent


@pytest.mark.parametrize("pattern", ["a.{990}b", "(?:a.{490}c|a.{480}d)"])
def test_pattern_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="too large"):
        PATTERN.validate_python(pattern)


def test_pattern_with_too_many_classes_is_not_compiled() -> None:
    with pytest.raises(ValidationError) as error:
        PATTERN.validate_python(r"\pL" * (CLASSES_MAX + 1))
    assert [each["type"] for each in error.value.errors()] == ["pattern-classes-too-many"]


@pytest.mark.parametrize("pattern", ["a.{40}b", r"^\pL+ \pL+$"])
def test_pattern_of_usual_size_is_accepted(pattern: str) -> None:
    assert PATTERN.validate_python(pattern) == pattern
