"""Names are shown as people wrote them; a number in place of a name is none."""

from functools import partial

import pytest

from softphone_common.domain.names import clean_name, is_only_number
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile

PROFILE = NumberProfile()
NAMES = {
    "M&auml;rz &amp; S&ouml;hne": "März & Söhne",
    "M&#252;ller": "Müller",
    "M&#xFC;ller": "Müller",
    "O&#39;Neil &quot;Bob&quot;": 'O\'Neil "Bob"',
    "&lt;b&gt;Eve": "<b>Eve",
    "&amp;lt;": "&lt;",
    "AT&T": "AT&T",
    "R&D &copy Team": "R&D &copy Team",
    "&nothing;": "&nothing;",
    "\u202eEve\u202c \u2066x\u2069": "Eve x",
    "&#x202e;Eve": "Eve",
}


@pytest.mark.parametrize("name", NAMES)
def test_entities_are_decoded_once(name: str) -> None:
    assert clean_name(name) == NAMES[name]


@pytest.mark.parametrize(
    ("number", "name", "only"),
    [
        ("08999998761", "08999998761", True),
        ("+498999998762", "089 99998762", True),
        ("08999998768", "+49 89 99998768", True),
        ("08999998768", "+49 89 99998769", False),
        ("08999998768", "sip:08999998768@pbx.example.de", True),
        ("08999998768", "08999998768@pbx.example.de", True),
        ("08999998768", "tel:+498999998768", True),
        ("08999998768", "<08999998768>", True),
        ("08999998768", "99998768", True),
        ("08999998768", "8768", False),
        ("08999998768", "Huber 08999998768", False),
        ("08999998768", "Huber <sip:08999998768@pbx.example.de>", False),
        ("08999998768", "08999998768;Huber", False),
        ("08999998768", "", False),
        ("anonymous", "", False),
    ],
)
def test_a_name_that_is_the_number_is_none(number: str, name: str, only: bool) -> None:
    read = partial(normalise, profile=PROFILE)
    assert is_only_number(name, read(number), read) is only
