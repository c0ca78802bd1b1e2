"""A call is found by any spelling of a name, and by any part of a number."""

import pytest

from softphone_calllog.search.keys import (
    COMMENT_KEYS_MAX,
    NAME_KEYS_MAX,
    name_keys,
    with_comment,
)
from softphone_common.domain.numbers.normalise import RemoteNumber, normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.search.keys import TERMS_MAX, search_terms
from support.observations import CALLER

NAMES = ["Müller, Jörg", "Łukasz Brauerei GmbH"]
KEYS = {*name_keys(CALLER, NAMES), *with_comment((), "Angebot 4711 schicken, 030 23125-001")}


def finds(text: str) -> bool:
    terms = search_terms(text)
    assert terms
    return {*terms} <= KEYS


@pytest.mark.parametrize(
    "text",
    [
        *("Müller", "Mueller", "muller", "MUELLER", "mu", "Mue", "Mü", "Mu\u0308ller"),
        *("jorg", "Joerg mull", "lukasz", "Brauer", "braue", "gmbh muller"),
        *("angebot", "4711", "schick", "Müller 4711"),
        *("9999", "089 9999", "+49 89 9999", "+49 (0)89 9999", "0049899999", "08999998001"),
        *("99998001", "999-98", "8001", "(089) 99998", "498999998001", "030 23125"),
    ],
)
def test_call_is_found_by_a_part(text: str) -> None:
    assert finds(text)


@pytest.mark.parametrize(
    "text", ["Möller", "uller", "Miller", "8002", "089 9998", "99998002", "Müller 4712", "0030"]
)
def test_call_is_not_found_by_other_text(text: str) -> None:
    assert not finds(text)


@pytest.mark.parametrize("text", ["", "a", "1", ".", "+", "a b c", "é", "_"])
def test_text_too_short_has_no_terms(text: str) -> None:
    assert search_terms(text) == ()


def test_beginning_of_a_name_is_found_at_each_letter() -> None:
    for name in ("Bäuerle", "Baeuerle", "Oetker", "Aue", "Groß", "Æbeltoft", "Søren", "2000"):
        keys = name_keys(CALLER, [name])
        for length in range(2, len(name) + 1):
            terms = search_terms(name[:length])
            assert {*terms} <= {*keys}, name[:length]


def test_withheld_number_has_no_keys() -> None:
    assert name_keys(RemoteNumber("anonymous", None, "anonymous", ""), []) == ()


def test_number_of_another_country_is_found_as_it_is_dialled() -> None:
    keys = name_keys(normalise("+43 1 2345678", NumberProfile()), [])
    for text in ("01 234", "+43 1 234", "2345678"):
        assert {*search_terms(text)} <= {*keys}, text


def test_keys_of_long_texts_are_limited() -> None:
    words = " ".join(f"{number:x}word{number}" for number in range(10_000, 20_000))
    assert len(name_keys(CALLER, [words] * 20)) == NAME_KEYS_MAX
    assert len(with_comment((), words)) == COMMENT_KEYS_MAX
    assert len(search_terms(words)) == TERMS_MAX
    assert max(map(len, with_comment((), "x" * 4000))) <= 12


def test_newest_comment_keeps_its_keys() -> None:
    keys = with_comment((), " ".join(f"alt{number:04}" for number in range(2000)))
    keys = with_comment(keys, "Rückruf erledigt")
    assert {*search_terms("ruckruf erledigt")} <= {*keys}
    assert len(keys) == COMMENT_KEYS_MAX
