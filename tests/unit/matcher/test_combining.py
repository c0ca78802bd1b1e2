"""One record of two: the values that it has, and how it follows the sources of both."""

from typing import Any

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.combining.fields import NOTE_MAX, Dropped, combined
from softphone_matcher.combining.rows import followed, row_fields
from softphone_matcher.directory.record import RecordNumber

EMPTY: dict[str, Any] = {
    "type": "contact",
    "name": "Huber",
    "organization": "",
    "organization_record": "",
    "address": "",
    "url": "",
    "owner": "",
    "team": "",
    "inactive": False,
    "visible_to": "everyone",
    "host_id": "",
    "note": "",
    "numbers": [],
    "emails": [],
    "tags": [],
}


def number(text: str, label: str = "", extension_digits: int = 0) -> dict[str, Any]:
    return RecordNumber.read(text, label, NumberProfile(), extension_digits).model_dump()


def record(*numbers: str, **fields: Any) -> dict[str, Any]:
    return EMPTY | {"numbers": [number(each) for each in numbers]} | fields


def texts(fields: dict[str, Any]) -> list[str]:
    return [each["number"] for each in fields["numbers"]]


def test_record_gets_what_it_lacks() -> None:
    kept = record("089 99998501", emails=["erika@example.com"], tags=["VIP"], note="Ruft gern an")
    more = {"organization": "Huber GmbH", "organization_record": "o1", "address": "Gasse 1"}
    other = record(
        "+49 89 99998501",
        "089 99998502",
        "geheim",
        name="Huber",
        emails=["Erika@Example.com", "huber@example.com"],
        tags=["vip", "Süd"],
        note="Nur vormittags",
        url="https://crm.example.com/1",
        host_id="17",
        **more,
    )
    result = combined(kept, other, ())
    fields = result.fields
    assert result.dropped == ()
    assert texts(fields) == ["089 99998501", "089 99998502", "geheim"]
    assert fields["emails"] == ["erika@example.com", "huber@example.com"]
    assert fields["tags"] == ["VIP", "Süd"]
    assert fields["note"] == "Ruft gern an\nNur vormittags"
    assert {name: fields[name] for name in more} == more
    assert (fields["url"], fields["host_id"]) == ("https://crm.example.com/1", "17")
    again = combined(fields, other, ())
    assert (again.fields, again.dropped) == (fields, ())


def test_ranges_that_either_dismissed_stay_away() -> None:
    kept = record(dismissed_ranges=["+498999998xx"])
    other = record(dismissed_ranges=["+498999998xx", "+493023125xxx"])
    fields = combined(kept, other, ()).fields
    assert fields["dismissed_ranges"] == ["+498999998xx", "+493023125xxx"]


def test_number_in_two_spellings_has_what_both_say() -> None:
    kept = record() | {"numbers": [number("089 99998-0")]}
    other = record() | {"numbers": [number("+49 89 99998-0", "work", 2)]}
    (found,) = combined(kept, other, ()).fields["numbers"]
    assert (found["number"], found["label"], found["extension_digits"]) == (
        "089 99998-0",
        "work",
        2,
    )


def test_number_of_two_extensions_is_two_numbers() -> None:
    kept, other = record("089 99998501 ext. 12"), record("089 99998501 ext. 13")
    assert len(combined(kept, other, ()).fields["numbers"]) == 2


@pytest.mark.parametrize("taken", [(), ("name", "organization", "inactive")])
def test_conflicting_values_are_chosen_and_the_others_named(taken: tuple[str, ...]) -> None:
    kept = record(organization="Alt", organization_record="o1", type="lead")
    other = record(name="Hubert", organization="Neu", organization_record="o2", inactive=True)
    other |= {"type": "contact"}
    result = combined(kept, other, taken)
    chosen, left = (other, kept) if taken else (kept, other)
    for name in ("name", "organization", "organization_record", "inactive"):
        assert result.fields[name] == chosen[name]
    assert result.fields["type"] == "lead"
    assert {*result.dropped} == {
        Dropped("type", "contact"),
        Dropped("name", left["name"]),
        Dropped("organization", left["organization"]),
        Dropped("inactive", "false" if taken else "true"),
    }


def test_notes_that_are_too_long_together_are_a_conflict() -> None:
    kept, other = record(note="a" * NOTE_MAX), record(note="b")
    result = combined(kept, other, ())
    assert (result.fields["note"], result.dropped) == (kept["note"], (Dropped("note", "b"),))


def test_owner_is_chosen_while_everyone_sees_both() -> None:
    kept, other = record(owner="anna", team="Sales"), record(owner="bert", team="Support")
    result = combined(kept, other, ("owner",))
    assert (result.fields["owner"], result.fields["team"]) == ("bert", "Sales")
    hidden = other | {"visible_to": "owner"}
    result = combined(kept, hidden, ())
    assert (result.fields["visible_to"], result.fields["owner"]) == ("owner", "bert")
    assert Dropped("owner", "anna") in result.dropped


BEFORE = record("089 99998501", name="Huber", note="Kunde", emails=["a@example.com"], tags=["x"])
OTHER_ROW = row_fields(record("089 99998502", emails=["b@example.com"], tags=["y"]))
MERGED = record(
    "089 99998501",
    "089 99998502",
    "089 99998503",
    name="Huber",
    organization="Von Hand",
    note="Kunde\nNur vormittags",
    emails=["a@example.com", "b@example.com"],
    tags=["x", "y"],
)


def following(now: dict[str, Any], current: dict[str, Any] = MERGED) -> dict[str, Any]:
    return followed(current, row_fields(BEFORE), now, [OTHER_ROW])


def test_row_that_is_as_before_changes_nothing() -> None:
    assert following(BEFORE) == MERGED
    # nor does it undo what a person has changed since
    changed = MERGED | {"name": "Huber-Maier", "tags": ["y"], "note": ""}
    assert following(BEFORE, changed)["name"] == "Huber-Maier"


def test_row_changes_what_it_said_before() -> None:
    now = record("089 99998599", name="Hubert", note="Kundin", emails=["c@example.com"], tags=["z"])
    fields = following(now | {"organization": "Neu"})
    assert texts(fields) == ["089 99998502", "089 99998503", "089 99998599"]
    assert (fields["name"], fields["note"]) == ("Hubert", "Kundin\nNur vormittags")
    assert (fields["emails"], fields["tags"]) == (["b@example.com", "c@example.com"], ["y", "z"])
    assert fields["organization"] == "Von Hand", "which a person has entered"


def test_row_removes_nothing_that_another_row_has() -> None:
    both = record("089 99998502", emails=["b@example.com"], tags=["y"])
    fields = followed(MERGED, row_fields(both), record(), [OTHER_ROW])
    assert fields == MERGED


def test_new_row_fills_what_is_empty() -> None:
    now = record("089 99998504", name="Other", address="Gasse 1", note="Neu", organization="Neu")
    fields = followed(MERGED, None, now | {"inactive": True, "type": "lead"}, [])
    assert (fields["name"], fields["address"], fields["organization"]) == (
        "Huber",
        "Gasse 1",
        "Von Hand",
    )
    assert (fields["type"], fields["inactive"]) == ("contact", False)
    assert fields["note"].endswith("\nNeu")
    assert len(fields["numbers"]) == 4


def test_row_restricts_the_record_and_never_opens_it() -> None:
    hidden = BEFORE | {"visible_to": "team", "team": "Sales"}
    stored = MERGED | {"visible_to": "team", "team": "Sales"}
    opened = followed(stored, row_fields(hidden), BEFORE, [OTHER_ROW])
    assert (opened["visible_to"], opened["team"]) == ("team", "Sales")
    restricted = following(hidden)
    assert (restricted["visible_to"], restricted["team"]) == ("team", "Sales")
    assert followed(stored, row_fields(BEFORE), BEFORE, [])["visible_to"] == "team"
    owned = following(BEFORE | {"owner": "anna"})
    assert (owned["visible_to"], owned["owner"]) == ("everyone", "anna")
