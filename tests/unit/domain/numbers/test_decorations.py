"""Any text made of a complete number and what people put around one gives that number or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile

COMPLETE = [
    ("DE", "089 99998001", "+498999998001"),
    ("DE", "+49 (89) 99998-001", "+498999998001"),
    ("DE", "0171/3920031", "+491713920031"),
    ("DE", "(030) 23125717", "+493023125717"),
    ("DE", "+1 (212) 555-0147", "+12125550147"),
    ("DE", "0044 20 7946 0101", "+442079460101"),
    ("DE", "498999998389", "+498999998389"),
    ("US", "212-555-0147", "+12125550147"),
    ("US", "(312) 555-0162", "+13125550162"),
    ("US", "12125550147", "+12125550147"),
    ("GB", "020 7946 0101", "+442079460101"),
    ("AT", "01 5885810", "+4315885810"),
    ("CH", "044 123 45 67", "+41441234567"),
    ("TW", "02-5550-0147", "+886255500147"),
]
"""Complete numbers as they are written at home, and their E.164."""

WORDS = ("Zentrale", "privat", "Büro 2", "Fr. Huber", "alt", "2. OG", "ab 8 Uhr", "Fax", "доб")
BEFORE = (
    "",
    "T",
    "P",
    "0W",
    "0,",
    "? ",
    "☎ ",
    "✓ ",
    "!",
    "Tel. ",
    "Mobil: ",
    "= ",
    '="',
    "'",
    "1+",
    "-",
    "* ",
    "#1 ",
    "ATDT ",
    "(Büro) ",
    "<privat> ",
    "4711 ",
    "4711 / ",
    "2024 - ",
    "Kundennummer 4711 ",
    "Vertrag 2024 ",
    "28.11.2026 ",
    "28.11.26 ",
    "2024-11-28 19:44 ",
    "Stand 11/28/2026: ",
    "80331 München ",
    "Leopoldstr. 12, 80331 München, ",
    "Postfach 12 34 56, ",
    "IBAN DE89 3704 0044 0532 0130 00 ",
    "USt-ID DE 123 456 789, ",
    "(xx) ",
    "19.44 Uhr ",
)
BEHIND = (
    *(
        "?",
        "!",
        " ???",
        " (?)",
        "$",
        "@",
        " ✓",
        " !",
        "^Huber",
        "|12",
        "|12^Huber 2",
        "\\n",
        ";",
        "#",
    ),
    *(
        "/02",
        "/2/3",
        " / 06",
        "/-07",
        "/0102",
        " u. 02",
        "\\02",
        " & 02",
        "~9",
        ":",
        "...",
        "XX",
        "*",
        ".0",
    ),
    *(" - 99998002", " / 99998002", " | 99998002", ", 99998002", " 99998002", ",998", " 8-17 Uhr"),
    *(" ::: 0171 3920040", "  0171 3920040", "\t0171 3920040", "+491713920040", " // 030 23125001"),
    *(
        " or 0171 3920040",
        "oder0171 3920040",
        "press2thenpress5",
        ";press 3",
        "-Zentrale",
        " (8-17)",
    ),
    *(
        "-x11",
        " ext. 11",
        "/x11",
        ", x11",
        "分機11",
        " 内線 11",
        " доб. 11",
        " w. 11",
        " p. 11",
        "~11",
    ),
    *(
        " 2. OG",
        " (12)",
        "_",
        "\\n2",
        "..0",
        "'.0",
        "=3B",
        " bis 03",
        " (0171 3920040)",
        " -> 0171 3920040",
        '", "0171 3920040"',
        "=3Bext=3D11",
        ";ext=11 0171 3920040",
    ),
    *(
        "*11",
        ",,11",
        "\\,11",
        "\\;ext=11",
        "\\;=ext=11",
        ";ext=11",
        " Local 11",
        " #11",
        " [ext 11]",
        " 28.11.2026",
        " (12.03.1980)",
        ", 80331 München",
        " Kd.Nr. 4711",
    ),
)
ENDS = {"/02", "/2/3", " / 06", "/-07", "/0102"}


@st.composite
def decorated(draw: st.DrawFn) -> tuple[str, str, str]:
    """A region, a complete number with decorations in front and behind, and its E.164."""
    region, text, e164 = draw(st.sampled_from(COMPLETE))
    quotes = draw(
        st.sampled_from([' "{}"', " „{}“", " '{}'", " «{}»", " ({})", " {{{}}}", " = {}"])
    )
    remark = quotes.format(draw(st.sampled_from(WORDS)))
    behind = draw(st.lists(st.sampled_from((*BEHIND, remark)), max_size=2))
    before = draw(st.sampled_from((*BEFORE, f"{remark} ")))
    return region, before + text + "".join(behind), e164


@given(field=decorated())
def test_decoration_never_gives_another_number(field: tuple[str, str, str]) -> None:
    region, raw, e164 = field
    assert normalise(raw, NumberProfile(region)).e164 in {e164, None}


@pytest.mark.parametrize("end", sorted(ENDS))
@given(remark=st.sampled_from(["", " (Zentrale)", ' "privat"', " ext. 5", "?"]))
def test_ends_of_further_lines_leave_the_first_number(end: str, remark: str) -> None:
    raw = f"089 99998301{end}{remark}"
    assert normalise(raw, NumberProfile()).e164 == "+498999998301"


@pytest.mark.parametrize(("region", "area_code"), [("DE", "89"), ("AT", "1"), ("US", "212")])
@given(field=decorated())
def test_decoration_with_an_area_code_gives_no_other_number(
    region: str, area_code: str, field: tuple[str, str, str]
) -> None:
    home, raw, e164 = field
    if home == region:
        assert normalise(raw, NumberProfile(region, area_code=area_code)).e164 in {e164, None}


@given(number=st.sampled_from(COMPLETE), home=st.sampled_from(["DE", "AT", "CH", "GB", "FR"]))
def test_country_at_a_number_never_gives_one_at_home(
    number: tuple[str, str, str], home: str
) -> None:
    region, text, e164 = number
    for raw in (f"{region} {text}", f"({region}) {text}", f"{text} ({region})"):
        assert normalise(raw, NumberProfile(home)).e164 in {e164, None}
