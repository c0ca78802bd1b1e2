"""Numbers as phones, exchanges and people write them; each row is one met in the field."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from softphone_common.domain.numbers.normalise import RAW_MAX, RemoteNumber, normalise
from softphone_common.domain.numbers.plan import is_region
from softphone_common.domain.numbers.profile import NumberProfile
from support.paths import DATA

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for name in ("numbers.jsonl", "numbers_more.jsonl")
    for line in (DATA / name).read_text("utf-8").splitlines()
]
REGIONS = ("DE", "AT", "CH", "GB", "US", "IT", "MX", "PL", "XX")
KINDS_WITHOUT_E164 = {"internal", "anonymous", "service", "invalid"}

profiles = st.builds(
    NumberProfile,
    region=st.sampled_from(REGIONS),
    area_code=st.sampled_from(["", "89", "212"]),
    outside_prefix=st.sampled_from(["", "0", "9"]),
    outside_prefix_mode=st.sampled_from(["never", "always"]),
    format=st.sampled_from(["any", "e164_without_plus"]),
    trunk=st.sampled_from(["", "+498999998"]),
    extension_max_len=st.integers(0, 8),
    extension_ranges=st.sampled_from([(), ("200-299", "4711")]),
)
spellings = st.text(alphabet="0123456789+ ()/-.*#;,@<>[]:%xwptelsip\u00a0１", max_size=40)
"""Texts that are almost numbers."""


def profile_of(row: dict[str, Any]) -> NumberProfile:
    """The profile a row is read with; how its text came does not matter."""
    changes = {name: value for name, value in row.get("ctx", {}).items() if name != "transport"}
    if "extension_ranges" in changes:
        changes["extension_ranges"] = tuple(changes["extension_ranges"])
    return NumberProfile(region=row["region"], **changes)


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{r.get('id', r['group'])} {r['region']} {r['raw']}" for r in ROWS]
)
def test_reads(row: dict[str, Any]) -> None:
    number = normalise(row["raw"], profile_of(row))
    assert (number.kind, number.e164) == (row["class"], row["expect"]), row.get("why")
    assert number.raw == row["raw"].strip()
    assert number.ext == row.get("ext", "")
    assert number.display == row.get("digits", number.display)


@pytest.mark.parametrize(
    ("raw", "display"),
    [
        ("089/99998001", "+49 89 99998001"),
        ("anonymous", ""),
        ("21", "21"),
        ("{CALLERNUM}", "{CALLERNUM}"),
        ("sip:21@pbx.example.de", "21"),
        (" 112 ", "112"),
    ],
)
def test_shows(raw: str, display: str) -> None:
    assert normalise(raw, NumberProfile()).display == display


@pytest.mark.parametrize(
    ("raw", "length", "kind"),
    [
        ("21", 2, "internal"),
        ("4711", 4, "internal"),
        ("47110", 5, "internal"),
        ("47110", 4, "invalid"),
        ("115", 2, "service"),
        ("115", 3, "service"),
        ("112", 3, "service"),
        ("116117", 4, "service"),
        ("116117", 6, "service"),
        ("116118", 6, "internal"),
    ],
)
def test_services_come_before_extensions_known_by_length(raw: str, length: int, kind: str) -> None:
    assert normalise(raw, NumberProfile(extension_max_len=length)).kind == kind


@given(raw=st.text(max_size=300) | spellings, profile=profiles)
@example(raw=" ٠٨٩ ", profile=NumberProfile())
@example(raw="+" + "9" * 250, profile=NumberProfile())
@example(raw="%" * 200 + "%2B49", profile=NumberProfile())
@example(raw="ﷺ" * RAW_MAX, profile=NumberProfile())
@example(raw="-0" * 64 + "/1", profile=NumberProfile())
def test_reads_anything_without_raising(raw: str, profile: NumberProfile) -> None:
    number = normalise(raw, profile)
    assert number.raw == raw.strip()[:RAW_MAX]
    assert (number.e164 is None) == (number.kind in KINDS_WITHOUT_E164)
    if number.e164 is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{7,16}", number.e164)
    if number.kind in {"internal", "service"}:
        assert number.display


@given(raw=spellings, profile=profiles)
def test_what_it_made_it_reads_the_same_everywhere(raw: str, profile: NumberProfile) -> None:
    number = normalise(raw, profile)
    if number.e164 is not None:
        assert normalise(number.e164, profile).e164 == number.e164
        assert normalise(number.display, profile).e164 == number.e164
        for region in REGIONS:
            assert normalise(number.e164, NumberProfile(region)).e164 == number.e164


@given(
    subscriber=st.integers(0, 999).map(lambda n: f"99998{n:03}"),
    international=st.sampled_from(["+49", "0049", "+49 (0)", "+49 0", "00+49", "0"]),
    area=st.sampled_from(["89", "89 ", "89-", "89 / ", "89."]),
    around=st.sampled_from(["{}", "sip:{}@pbx.example.de", '"Huber" <tel:{};isub=1>', "Büro: {}"]),
)
def test_all_spellings_of_a_number_are_one_number(
    subscriber: str, international: str, area: str, around: str
) -> None:
    raw = around.format(international + area + subscriber)
    assert normalise(raw, NumberProfile()).e164 == f"+4989{subscriber}"


def test_keeps_only_so_much_of_the_raw_text() -> None:
    assert normalise("y" * 500, NumberProfile()) == RemoteNumber(
        "y" * RAW_MAX, None, "invalid", "y" * RAW_MAX
    )


@pytest.mark.parametrize(
    ("code", "expected"), [("DE", True), ("GB", True), ("de", False), ("", False)]
)
def test_knows_the_regions(code: str, expected: bool) -> None:
    assert is_region(code) is expected


@pytest.mark.parametrize("blanks", range(100, 130))
def test_number_cut_at_the_limit_is_never_another(blanks: int) -> None:
    text = " " * blanks + "089 9999-8001 (Zentrale)"
    number = normalise(text, NumberProfile())
    assert number.e164 in {"+498999998001", None}
    assert len(number.raw) <= RAW_MAX
