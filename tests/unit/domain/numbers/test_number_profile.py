"""A number profile refuses values out of range, and changes to fields it does not have."""

from dataclasses import replace

import pytest

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import (
    NumberProfile,
    check_prefix,
    check_profile,
    merge_profile,
)

OURS = NumberProfile(
    region="DE",
    area_code="89",
    outside_prefix="0",
    outside_prefix_mode="always",
    trunk="+498999998",
    extension_max_len=3,
    extension_ranges=("200-299", "4711"),
)


def test_a_whole_profile_passes() -> None:
    check_profile(NumberProfile())
    check_profile(OURS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "XX"),
        ("region", "de"),
        ("region", ""),
        ("area_code", "089"),
        ("area_code", "8900000"),
        ("area_code", "8 9"),
        ("area_code", "٨٩"),
        ("outside_prefix", "0000"),
        ("outside_prefix", "*"),
        ("trunk", "08999998"),
        ("trunk", "+49 89 99998"),
        ("trunk", "+0"),
        ("trunk", "+49899999\n"),
        ("extension_max_len", -1),
        ("extension_max_len", 9),
        ("extension_ranges", ("299-200",)),
        ("extension_ranges", ("20-299",)),
        ("extension_ranges", ("200-",)),
        ("extension_ranges", ("4711", "")),
        ("extension_ranges", ("123456789",)),
        ("extension_ranges", ("2xx",)),
    ],
)
def test_a_field_that_cannot_be_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        merge_profile(OURS, {field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", None),
        ("region", 49),
        ("area_code", 89),
        ("outside_prefix_mode", "sometimes"),
        ("outside_prefix_mode", ["always"]),
        ("format", True),
        ("extension_max_len", "4"),
        ("extension_max_len", True),
        ("extension_max_len", 4.0),
        ("extension_ranges", "200-299"),
        ("extension_ranges", [200]),
        ("extensions", ()),
    ],
)
def test_what_is_of_a_wrong_type_or_unknown_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{field} "):
        merge_profile(OURS, {field: value})


def test_a_check_finds_what_was_stored_before_it() -> None:
    with pytest.raises(ValueError, match="region"):
        check_profile(replace(OURS, region="XX"))


def test_only_what_is_given_changes() -> None:
    assert merge_profile(OURS, {}) == OURS
    assert merge_profile(OURS, {"format": "e164_without_plus"}) == replace(
        OURS, format="e164_without_plus"
    )
    new = merge_profile(OURS, {"extension_ranges": ["10-19"], "trunk": ""})
    assert new == replace(OURS, extension_ranges=("10-19",), trunk="")


@pytest.mark.parametrize(
    ("raw", "kind", "display"),
    [
        ("211", "internal", "211"),
        ("4711", "internal", "4711"),
        ("311", "invalid", "311"),
        ("112", "service", "112"),
        ("0112", "service", "112"),
        ("+498999998211", "internal", "211"),
        ("0089 99998-211", "internal", "211"),
        ("+498999998", "internal", "+49 89 99998"),
        ("0089 99998-0", "internal", "0"),
        ("+498999998311", "external", "+49 89 99998311"),
        ("99998-4711", "internal", "4711"),
        ("0 0171 3920001", "external", "+49 171 3920001"),
        ("0", "anonymous", ""),
    ],
)
def test_all_fields_are_used_together(raw: str, kind: str, display: str) -> None:
    number = normalise(raw, OURS)
    assert (number.kind, number.display) == (kind, display)


@pytest.mark.parametrize(
    ("raw", "length", "kind"),
    [
        ("+49899999821", 2, "internal"),
        ("+498999998211", 2, "external"),
        ("+498999998211", 3, "internal"),
        ("+498999998", 0, "internal"),
        ("+49899999821", 0, "external"),
        ("+493023125001", 8, "external"),
    ],
)
def test_behind_the_trunk_is_what_is_as_short_as_an_extension(
    raw: str, length: int, kind: str
) -> None:
    profile = NumberProfile(trunk="+498999998", extension_max_len=length)
    assert normalise(raw, profile).kind == kind


def test_a_prefix_is_taken_away_only_where_it_always_is_shown() -> None:
    dialled = NumberProfile(outside_prefix="0")
    assert normalise("008999998001", dialled).kind == "invalid"
    shown = replace(dialled, outside_prefix_mode="always")
    assert normalise("008999998001", shown).e164 == "+498999998001"
    assert normalise("08999998001", shown).e164 == "+498999998001"


def test_a_prefix_that_phones_show_must_be_there() -> None:
    check_prefix(OURS)
    check_prefix(replace(OURS, outside_prefix="", outside_prefix_mode="never"))
    with pytest.raises(ValueError, match="outside_prefix"):
        check_prefix(replace(OURS, outside_prefix=""))


def test_a_profile_stored_without_its_prefix_still_reads() -> None:
    assert merge_profile(replace(OURS, outside_prefix=""), {"area_code": "30"}).area_code == "30"
