"""The addresses that dial links may open."""

import re

import pytest

from softphone_common.http.problem import ProblemError
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.tenants.dial_targets import DialTargets
from support.paths import ROOT

TARGETS = DialTargets(
    "pbx.example.de, 192.0.2.7", [p.dial.link for p in load_all().values() if p.dial]
)


@pytest.mark.parametrize(
    "link",
    [
        "tel:{number}",
        "SIP:{number}@pbx.example.de",
        "sips:{number}@pbx.example.de",
        "callto:{number}",
        "zoiper:{number}",
        "phone:{number}",
        "http://localhost:61234?action=make_call&target={number}",
        "http://127.0.0.1/{number}",
        "http://[::1]:8080/{number}",
        "https://PBX.example.de/dial?to={number}",
        "http://192.0.2.7/servlet?number={number}",
    ],
)
def test_link_that_dials_is_allowed(link: str) -> None:
    TARGETS.require(link)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert({number})",
        "file:///etc/passwd?{number}",
        "ms-settings:{number}",
        "search-ms:query={number}",
        "https://other.example/{number}",
        "https://pbx.example.de.other.example/{number}",
        "https://{number}.other.example/",
        "https://pbx.example.de@other.example/{number}",
        "https://other.example\\@pbx.example.de/{number}",
        "https://other.example#@pbx.example.de/{number}",
        "https:other.example/{number}",
        "https:///other.example/{number}",
        "https://192.0.2.70/{number}",
        "https://[::1]@other.example/{number}",
    ],
)
def test_link_that_opens_something_else_is_refused(link: str) -> None:
    with pytest.raises(ProblemError) as refusal:
        TARGETS.require(link, "dial_link")
    assert refusal.value.code == "dial-link-refused"


def test_page_opens_the_schemes_that_the_server_allows() -> None:
    page = ROOT / "libs/web/src/calls/open-link.ts"
    listed = re.search(r"SCHEMES = new Set\(\[([^]]*)\]\)", page.read_text())
    assert listed is not None
    assert set(re.findall(r'"(.*?)"', listed[1])) == TARGETS.schemes | {"http", "https"}
