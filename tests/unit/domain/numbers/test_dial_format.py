"""How a number is spelt for a softphone, and what becomes of it in a link."""

from typing import get_args

import pytest

from softphone_common.contracts.dial_link import DialLink
from softphone_common.domain.numbers.dial_format import (
    DialFormat,
    fill_link,
    format_number,
    own_number_code,
)
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile

DESK = NumberProfile(region="DE", outside_prefix="0")
IN_MUNICH, IN_NEW_YORK = "+498999998010", "+12125550123"


@pytest.mark.parametrize(
    ("region", "number", "spelling", "dialled"),
    [
        ("DE", IN_MUNICH, "e164", "+498999998010"),
        ("DE", IN_MUNICH, "international", "00498999998010"),
        ("DE", IN_MUNICH, "national", "08999998010"),
        ("DE", IN_MUNICH, "outside", "008999998010"),
        ("DE", IN_NEW_YORK, "national", "0012125550123"),
        ("DE", IN_NEW_YORK, "outside", "00012125550123"),
        ("DE", "+4917604069001", "national", "017604069001"),
        ("DE", "+4917604069001", "outside", "0017604069001"),
        ("AT", IN_MUNICH, "e164", "+498999998010"),
        ("AT", IN_MUNICH, "international", "00498999998010"),
        ("AT", IN_MUNICH, "national", "00498999998010"),
        ("AT", IN_MUNICH, "outside", "000498999998010"),
        ("US", IN_MUNICH, "international", "011498999998010"),
        ("US", IN_MUNICH, "national", "011498999998010"),
        ("US", IN_NEW_YORK, "national", "12125550123"),
        ("AU", IN_MUNICH, "international", "0011498999998010"),
        ("RU", IN_MUNICH, "national", "810498999998010"),
        ("IT", IN_MUNICH, "national", "00498999998010"),
    ],
)
def test_spells(region: str, number: str, spelling: DialFormat, dialled: str) -> None:
    profile = NumberProfile(region=region, outside_prefix="0")
    remote = normalise(number, NumberProfile())
    assert remote.e164 == number
    assert format_number(remote, spelling, profile) == dialled


@pytest.mark.parametrize("spelling", get_args(DialFormat))
@pytest.mark.parametrize("region", ["BR", "XX"])
def test_where_no_prefix_leads_abroad_the_plus_stays(region: str, spelling: DialFormat) -> None:
    profile = NumberProfile(region=region, outside_prefix="0")
    remote = normalise(IN_MUNICH, NumberProfile())
    assert format_number(remote, spelling, profile) == IN_MUNICH


def test_without_an_outside_prefix_a_desk_dials_nationally() -> None:
    remote = normalise(IN_MUNICH, NumberProfile())
    assert format_number(remote, "outside", NumberProfile()) == "08999998010"


@pytest.mark.parametrize("spelling", get_args(DialFormat))
@pytest.mark.parametrize("number", ["21", "112", "110", "*21#", "**61*21#", "116117"])
def test_extensions_services_and_codes_have_one_spelling(number: str, spelling: DialFormat) -> None:
    remote = normalise(number, DESK)
    assert remote.e164 is None
    assert format_number(remote, spelling, DESK) == number


@pytest.mark.parametrize("spelling", ["e164", "international", "national"])
@pytest.mark.parametrize("region", ["DE", "AT", "CH", "US", "GB", "IT"])
@pytest.mark.parametrize(
    "number", ["+498999998010", "+493023125110", "+494066969000", "+491713920001"]
)
def test_what_is_spelt_reads_as_the_same_number(
    number: str, region: str, spelling: DialFormat
) -> None:
    profile = NumberProfile(region=region)
    remote = normalise(number, profile)
    assert normalise(format_number(remote, spelling, profile), profile).e164 == number


@pytest.mark.parametrize(
    ("link", "number", "made"),
    [
        ("tel:{number}", "+498999998010", "tel:+498999998010"),
        ("tel:{number}", "*21#", "tel:*21%23"),
        ("callto:{number}", "08999998010", "callto:08999998010"),
        ("zoiper:{number}", "+498999998010", "zoiper:+498999998010"),
        ("sip:{number}@pbx.example.de", "+498999998010", "sip:+498999998010@pbx.example.de"),
        ("asoftphone:?n={number}&go=1", "+498999998010", "asoftphone:?n=+498999998010&go=1"),
        (
            "http://localhost:61234?action=make_call&target={number}",
            "+498999998010",
            "http://localhost:61234?action=make_call&target=%2B498999998010",
        ),
        (
            "HTTPS://pbx.example.de/?n={number}&x=1",
            "*21#",
            "HTTPS://pbx.example.de/?n=%2A21%23&x=1",
        ),
        (
            "https://pbx.example.de/{number}/call?n={number}",
            "+498999998010",
            "https://pbx.example.de/+498999998010/call?n=%2B498999998010",
        ),
        ("https://pbx.example.de/?n={number}", "2&x=1", "https://pbx.example.de/?n=2%26x%3D1"),
    ],
)
def test_a_number_is_escaped_as_its_place_in_the_link_needs_it(
    link: str, number: str, made: str
) -> None:
    assert DialLink(link=link).link == link
    assert fill_link(link, number) == made


@pytest.mark.parametrize(
    ("link", "ext", "made"),
    [
        ("tel:{number}", "12", "tel:+498999998010;ext=12"),
        ("TEL:{number}", "1,2", "TEL:+498999998010,1,2"),
        ("tel:{number}", "", "tel:+498999998010"),
        ("tel:{number},,{ext}", "12", "tel:+498999998010,,12"),
        ("sip:{number}@pbx?dtmf={ext}", "12", "sip:+498999998010@pbx?dtmf=12"),
        (
            "https://pbx.example.de/{number}?d={ext}",
            "1,2",
            "https://pbx.example.de/+498999998010?d=1%2C2",
        ),
        ("https://pbx.example.de/{number}/{ext}", "", "https://pbx.example.de/+498999998010/"),
        ("callto:{number}", "12", "callto:+498999998010"),
        ("sip:{number}@pbx.example.de", "12", "sip:+498999998010@pbx.example.de"),
        ("https://pbx.example.de/{number}", "12", "https://pbx.example.de/+498999998010"),
    ],
)
def test_extension_goes_into_a_tel_link_only(link: str, ext: str, made: str) -> None:
    assert fill_link(link, IN_MUNICH, ext) == made


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("*31#089 99998010", "*31#"),
        ("#31# 089 99998010", "#31#"),
        ("tel:*31%2308999998010", "*31#"),
        ("*67 +1 212 555 0123", "*67"),
        ("*822125550123", "*82"),
        ("*31#115", "*31#"),
        ("*67*08999998010#", ""),
        ("*31#", ""),
        ("*21*08999998010#", ""),
        ("089 99998010", ""),
    ],
)
def test_code_for_the_own_number_is_found(text: str, code: str) -> None:
    assert own_number_code(text) == code


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert({number})",
        "JavaScript:alert({number})",
        " javascript:alert({number})",
        "java\nscript:alert({number})",
        "data:text/html,{number}",
        "vbscript:{number}",
        "blob:{number}",
        "file:///{number}",
        "{number}",
        "{number}:tel",
        "//pbx.example.de/{number}",
        "tel {number}",
        "tel:",
        "tel:{number}" + "x" * 300,
    ],
)
def test_a_link_that_dials_nothing_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match=r"such as tel:\{number\}|at most 300"):
        DialLink(link=link)
