"""Numbers as people keep them: several in a field, with remarks, and in formats of programs."""

import json
from typing import Any

import pytest

from softphone_common.domain.numbers.normalise import normalise, numbers_of_field
from softphone_common.domain.numbers.profile import NumberProfile
from support.paths import DATA

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (DATA / "field_numbers.jsonl").read_text("utf-8").splitlines()
]


def profile_of(row: dict[str, Any]) -> NumberProfile:
    """The profile a row is read with."""
    return NumberProfile(region=row["region"], **row.get("ctx", {}))


@pytest.mark.parametrize("row", ROWS, ids=[f"{r['kind']} {r['region']} {r['raw']}" for r in ROWS])
def test_field_as_met_in_practice_gives_its_number(row: dict[str, Any]) -> None:
    number = normalise(row["raw"], profile_of(row))
    if number.kind == row.get("also_ok"):
        assert number.e164 is None
        return
    assert (number.kind, number.e164) == (row["class"], row["expect"]), row["why"]
    assert number.ext == row.get("ext", number.ext)
    assert number.display == row.get("digits", number.display)


@pytest.mark.parametrize(
    ("raw", "further"),
    [
        ("+49 89 99998301/02", ["+498999998302"]),
        ("089/99998302/3/-04", ["+498999998303", "+498999998304"]),
        ("089 99998-10/11, -12", ["+49899999811", "+49899999812"]),
        ("089 99998-0/-12", ["+49899999812"]),
        ("089 99998 - 0, -301", ["+498999998301"]),
        ("089 99998-301/-02", ["+498999998302"]),
        ("089 99998311 / 99998312", ["+498999998312"]),
        ("089 99998311, 99998312", ["+498999998312"]),
        ("089 99998311 oder 12", ["+498999998312"]),
        ("089 99998332 ::: 0171 3920035 ::: 030 23125001", ["+491713920035", "+493023125001"]),
        ("089 99998332 0171 3920035 030 23125001", ["+491713920035", "+493023125001"]),
        ("089/99998332 / 0171/3920035", ["+491713920035"]),
        ("089 99998332 Fax 089 99998333", ["+498999998333"]),
        ("089 99998332 + 0171 3920035", ["+491713920035"]),
        ("089 99998332 / 0171 3920035 ext. 5", ["+491713920035"]),
        ('["089 99998332", "0171 3920035"]', ["+491713920035"]),
        ("02-5550-0147~9", []),
        # digits that are dialled after the answer, and a subaddress, are no lines
        ("089 99998332, 12", []),
        ("089 99998332,,99998333", []),
        ("089 99998332 ext 11/12", []),
        ("089 99998332|12", []),
        ("089 99998332 Zimmer 12", []),
        ("089 99998332 / 089 99998332", []),
        ("21/22", []),
        ("garbage", []),
    ],
)
def test_further_numbers_of_a_field_are_found(raw: str, further: list[str]) -> None:
    assert numbers_of_field(raw, NumberProfile())[1] == further


@pytest.mark.parametrize(
    "raw",
    [
        "0931 123456/57",  # a second line, or a direct line behind a main number
        "08123 4567/68",
        "089 99998-0/12",
        "089 99998344 (8-17)",
        "089 99998344 8-17 Uhr",
        "089 99998344 12 Huber",
        "089 99998???",
        "089 9999834...",
        "089 99998344*",
        "0899999834*",
        "08999998*01",
        "089 999128'XXX",
        "089 99998' Nebenstelle 10",
        "?383 44 123456",
        "0664 1234&567",
        "089 99998344 **",
        "499,999,98",
        "201,202,203",
        "498,999,998,38",
        "498999998381.5",
        "-8999998001",
        "- 44 20 7946 0111",
        "49+4921 99998001",
        "1 +44 20 7946 0123",
        "+49 112",
        "Kundennr. 8999998001",
        "RE08999998001",
        "8999998001abc",
        "https://wa.me/qr/4917604069001",
        "https://chat.whatsapp.com/4917604069001",
        "https://wa.me/017604069001",
        "+225 20 08 12 34",
    ],
)
def test_doubtful_field_is_invalid(raw: str) -> None:
    assert normalise(raw, NumberProfile()).kind == "invalid"


@pytest.mark.parametrize(
    "raw",
    [
        "#privat 089 99998344",
        "089 99998344#privat",
        "089 99998344 *privat*",
        "089 99998344 *",
        "089 99998344 <Zentrale>",
        "089&nbsp;99998344",
        "089 99998344<br>0171 3920040",
        "089 99998344 2. Stock",
        "089 99998344 ab 8 Uhr",
        "089 99998344Zentrale",
        "Mobil089 99998344",
        "ATDT08999998344",
        "0 W 089 99998344",
        "TEL;TYPE=WORK,VOICE:+49 89 99998344",
        "https://wa.me/?phone=498999998344",
        "sms:+498999998344",
        "+49 89 99998344.0",
        "089 99998344 0171 3920040 030 23125001",
        "089 99998344, 99998345",
        "089 99998344:0171 3920040",
        "498999998344.000",
        "(49)+89 99998344",
        "0049+89 99998344",
        "49+49 89 99998344",
    ],
)
def test_decoration_of_a_kind_leaves_the_number(raw: str) -> None:
    assert normalise(raw, NumberProfile()).e164 == "+498999998344"


@pytest.mark.parametrize(
    ("behind", "ext"),
    [
        (" доп. 12", "12"),
        (" wewn. 12", "12"),
        (" klapka 12", "12"),
        (" dahili 12", "12"),
        (" 내선 12", "12"),
        (" 轉12", "12"),
        (" εσωτ. 12", "12"),
        (" ext #12", "12"),
        (" x(12)", "12"),
        (" (#12)", "12"),
        (";x12", "12"),
        (" ext. 12 Huber", "12"),
        (" ext 12, 13", "12"),
        (" * 12", "12"),
        (" ~ 12", "12"),
        (",,1,,2#", "1,2"),
        ("~9", ""),
    ],
)
def test_extension_is_read_in_many_languages(behind: str, ext: str) -> None:
    number = normalise(f"089 99998344{behind}", NumberProfile())
    assert (number.e164, number.ext) == ("+498999998344", ext)


@pytest.mark.parametrize("raw", ["-212-555-0147", "-202-555-0147", "+1+212 555 0147"])
def test_doubtful_field_is_invalid_in_america(raw: str) -> None:
    assert normalise(raw, NumberProfile("US")).kind == "invalid"


@pytest.mark.parametrize(
    ("raw", "kind", "display"),
    [
        ("21 - Empfang", "internal", "21"),
        ("21: Empfang", "internal", "21"),
        ('21 "Empfang"', "internal", "21"),
        ("Empfang - 21", "internal", "21"),
        ("21 Anrufe", "invalid", "21 Anrufe"),
        ("115 - Behörde", "service", "115"),
        ("+49 116 117", "service", "116117"),
        ("*67*08999998001#", "service", "*67*08999998001#"),
    ],
)
def test_short_number_with_its_name_is_read(raw: str, kind: str, display: str) -> None:
    number = normalise(raw, NumberProfile())
    assert (number.kind, number.display) == (kind, display)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+229 97 12 34 01", "+2290197123401"),
        ("00229 97123401", "+2290197123401"),
        ("+225 07 12 34 02", "+2250707123402"),
        ("+225 45 12 34 02", "+2250545123402"),
        ("+225 01 12 34 02", "+2250101123402"),
        ("+225 20 30 12 34", "+2252720301234"),
        ("+39 11 1234567", "+390111234567"),
        ("+378 549 886377", "+3780549886377"),
        ("+52 1 55 1234 5678", "+525512345678"),
    ],
)
def test_number_of_an_abolished_plan_is_that_of_today(old: str, new: str) -> None:
    assert normalise(old, NumberProfile()).e164 == new


@pytest.mark.parametrize(
    ("region", "old", "new"),
    [
        ("BJ", "97 12 34 01", "+2290197123401"),
        ("CI", "07 12 34 02", "+2250707123402"),
        ("BR", "(11) 8765-4301", "+5511987654301"),
    ],
)
def test_old_number_is_read_at_home(region: str, old: str, new: str) -> None:
    assert normalise(old, NumberProfile(region)).e164 == new


def test_decorated_number_of_the_own_trunk_is_an_extension() -> None:
    number = normalise('089 99998-21 "Empfang"', NumberProfile(trunk="+498999998"))
    assert (number.kind, number.display) == ("internal", "21")
