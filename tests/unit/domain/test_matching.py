"""Which number finds a record, and in which order what is found is shown."""

from dataclasses import replace
from functools import reduce
from itertools import permutations
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.keys.lookup_keys import BASES, Basis
from softphone_common.domain.matching import (
    RECORD_TYPES,
    Candidate,
    Lookup,
    Match,
    RecordType,
    add_lookup,
    counterpart_key,
    in_order,
    is_looked_up,
    level_of,
    lookup_key,
    matches_of,
    number_keys,
    shared_since,
    shortened,
)
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.records.visibility import Sharing, VisibleTo
from support.observations import at

HOME = NumberProfile()


def record_keys(numbers: list[str], profile: NumberProfile) -> list[str]:
    """The keys of all numbers, each once."""
    return list(dict.fromkeys(k for number in numbers for k in number_keys(number, profile).keys))


def match(
    record: str,
    kind: RecordType = "contact",
    name: str = "Huber",
    basis: Basis = "number",
    changed: float = 0,
) -> Candidate:
    """A match of which only its place in the order matters."""
    found = Match(record, kind, name, level_of(basis), "phone", basis=basis)
    return Candidate(found, at(changed))


candidates = st.lists(
    st.builds(
        match,
        record=st.sampled_from(["r1", "r2", "r3"]),
        kind=st.sampled_from(RECORD_TYPES),
        name=st.sampled_from(["Huber", "huber", "Äther", ""]),
        basis=st.sampled_from(BASES),
        changed=st.integers(0, 2),
    ),
    max_size=8,
    unique=True,
)


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("089 99998001", "+498999998001"),
        ("0800 1234567", "+498001234567"),
        ("anonymous", None),
        ("21", None),
        ("089 99998001 ext. 10", "+498999998001"),
        ("112", None),
        ("$call_id", None),
    ],
)
def test_only_an_external_number_finds_anybody(raw: str, key: str | None) -> None:
    assert lookup_key(normalise(raw, HOME)) == key


def test_own_trunk_and_missing_number_have_no_key() -> None:
    ours = NumberProfile(trunk="+498999998")
    assert lookup_key(normalise("+498999998001", ours)) is None
    assert lookup_key(normalise("+498999998", ours)) is None
    assert lookup_key(None) is None


def test_a_record_is_found_by_each_of_its_numbers_once() -> None:
    numbers = ["0171 3920001", "+49 (0)89/99998001", "21", "", "04989", "08999998001"]
    assert record_keys(numbers, HOME) == ["+491713920001", "+498999998001"]


def test_a_record_without_a_readable_number_is_never_found() -> None:
    assert record_keys(["", "21", "by mail only"], HOME) == []


def test_a_record_is_found_by_its_numbers_as_dialled_at_home() -> None:
    assert record_keys(["020 7946 0018"], NumberProfile("GB")) == ["+442079460018"]


def test_record_is_read_without_the_prefix_of_a_phone() -> None:
    behind = NumberProfile(outside_prefix="0", outside_prefix_mode="always")
    numbers = ["0041 79 123 45 67", "0043 1 5885810", "089 99998001", "008999998001"]
    keys = ["+41791234567", "+4315885810", "+498999998001"]
    assert record_keys(numbers, behind) == keys


def test_surest_first_then_type_then_newest_then_name() -> None:
    expected = (
        match("r9", "contact", "Zoe", changed=2),
        match("r8", "contact", "Zoe", changed=1),
        match("r5", "contact", "abel"),
        match("r4", "contact", "Huber"),
        match("r6", "contact", "huber"),
        match("r1", "organization", "Abel"),
        match("r1", "lead", "Abel"),
        match("r1", "partner", "Abel"),
        match("r1", "supplier", "Abel"),
        match("r0", "contact", "Abel", "range"),
        match("r0", "contact", "Abel", "main-number", changed=9),
        match("r0", "contact", "Abel", "last-digits", changed=10),
    )
    assert in_order(reversed(expected)) == tuple(each.match for each in expected)


@given(data=st.data(), some=candidates)
def test_the_order_of_the_search_does_not_matter(
    data: st.DataObject, some: list[Candidate]
) -> None:
    assert in_order(data.draw(st.permutations(some))) == in_order(some)
    assert sorted(map(repr, in_order(some))) == sorted(repr(each.match) for each in some)


@pytest.mark.parametrize(
    ("text", "short"),
    [("12345678", "12345678"), ("123456789", "1234567…"), ("123456 89", "123456…")],
)
def test_long_text_ends_with_an_ellipsis(text: str, short: str) -> None:
    assert shortened(text, 8) == short


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("089 99998001", "+498999998001"),
        ("sip:+498999998001@pbx", "+498999998001"),
        ("21", "21"),
        ("not a number 12", "not a number 12"),
        ("anonymous", ""),
        ("+54 9 11 2345-6789", "+541123456789"),
        ("+54 11 2345-6789", "+541123456789"),
        ("+55 11 8765-4301", "+5511987654301"),
        ("+55 11 3765-4301", "+551137654301"),
        ("+39 0549 886377", "+3780549886377"),
        ("+39 6 698 12345", "+390669812345"),
    ],
)
def test_calls_with_one_party_share_a_counterpart_key(raw: str, key: str) -> None:
    assert counterpart_key(normalise(raw, HOME)) == key


ONE, OTHER = (Match(name, "contact", name, "exact", "") for name in ("Huber", "Weber"))
HUBER = Lookup("+498999998001", (ONE,), at(1))
WEBER = Lookup("+498999998002", (OTHER,), at(2))


def added(*lookups: Lookup) -> tuple[Lookup, ...]:
    stored: tuple[Lookup, ...] = ()
    return reduce(add_lookup, lookups, stored)


def shown(lookups: tuple[Lookup, ...], number: str) -> list[str]:
    return [match.name for match in matches_of(lookups, normalise(number, NumberProfile()))]


@pytest.mark.parametrize("lookups", [(HUBER, WEBER), (WEBER, HUBER)])
def test_matches_are_those_of_the_number(lookups: tuple[Lookup, ...]) -> None:
    stored = added(*lookups, *lookups)
    assert stored == (HUBER, WEBER)
    assert shown(stored, "089 99998001") == ["Huber"]
    assert shown(stored, "089 99998002") == ["Weber"]
    for number in ("089 99998003", "7407", "anonymous"):
        assert shown(stored, number) == []


def test_matches_of_one_line_are_found_by_both_forms() -> None:
    stored = (Lookup("+541152360000", (ONE,), at(1)), Lookup("+5491152360000", (OTHER,), at(2)))
    assert shown(stored, "+541152360000") == shown(stored, "+5491152360000") == ["Weber"]


def test_matches_without_a_number_are_those_of_any() -> None:
    earlier = Lookup("", (ONE,), at(3))
    assert shown((WEBER, earlier), "089 99998001") == ["Huber"]
    assert shown((WEBER, earlier), "089 99998002") == ["Weber"]


def test_lookups_of_a_call_are_limited() -> None:
    many = [Lookup(f"+4989999980{n:02}", (), at(n)) for n in range(40)]
    stored = added(*many)
    assert stored == tuple(many[-len(stored) :])
    assert len(stored) < 20


def test_lookup_keeps_what_its_call_heard_of_a_record_later() -> None:
    """It may begin before a record is restricted, and be stored after that."""
    both = Lookup("+498999998001", (ONE, OTHER), at(1))
    heard = shared_since(both, ONE.record, Sharing("admins"), at(5))
    (kept,) = add_lookup((heard,), replace(both, at=at(3)))
    assert [match.visible_to for match in kept.matches] == ["admins", "everyone"]
    assert kept.at == at(3)
    (newer,) = add_lookup((heard,), replace(both, at=at(6)))
    assert newer == replace(both, at=at(6))


def test_records_of_a_lookup_are_shared_each_at_its_time() -> None:
    both = Lookup("+498999998001", (ONE, OTHER), at(1))
    heard = [(ONE.record, "owner", 5), (OTHER.record, "admins", 4), (ONE.record, "team", 3)]
    outcomes = set()
    for order in permutations(heard):
        lookup = both
        for record, visible_to, seconds in order:
            sharing = Sharing(cast(VisibleTo, visible_to), "anna")
            lookup = shared_since(lookup, record, sharing, at(seconds))
        outcomes.add(lookup)
    (lookup,) = outcomes
    assert [match.visible_to for match in lookup.matches] == ["owner", "admins"]


def test_merged_record_is_shared_as_it_was_last_in_any_order() -> None:
    """The other one is merged at 5, and the one that stays is restricted at 3 and at 7."""
    both = Lookup("+498999998001", (replace(ONE, level="exact"), OTHER), at(1))
    team, admins = Sharing("team", "", "Sales"), Sharing("admins")
    heard = [
        (ONE.record, team, 5, replace(OTHER, name="Both")),
        (OTHER.record, Sharing("owner", "anna"), 3, None),
        (OTHER.record, admins, 7, None),
    ]
    outcomes = set()
    for order in permutations(heard):
        lookup = both
        for record, sharing, seconds, merged in order:
            lookup = shared_since(lookup, record, sharing, at(seconds), merged)
        outcomes.add((lookup.shared, *((each.record, each.visible_to) for each in lookup.matches)))
        (shown,) = lookup.matches
        assert shown.reason == ONE.reason
    assert outcomes == {(((OTHER.record, at(7)),), (OTHER.record, "admins"))}
    assert shared_since(both, "x", team, at(5), OTHER) is both


@pytest.mark.parametrize(
    ("number", "looked_up"),
    [("089 99998001", True), ("089 99998003", False), ("7407", True), ("anonymous", True)],
)
def test_number_is_looked_up_once_it_was_or_has_no_key(number: str, looked_up: bool) -> None:
    nobody = Lookup("+498999998001", (), at(1))
    remote = normalise(number, NumberProfile())
    assert is_looked_up((nobody, WEBER), remote) is looked_up
    assert is_looked_up((), remote) is (remote.kind != "external")
