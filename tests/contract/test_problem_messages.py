"""Holds the page's sentences for problems against the table of problems, in both languages."""

import re
from typing import get_args

import pytest

from softphone_common.contracts.entities import AuditEvent
from softphone_common.contracts.problem_codes import FIELD_PROBLEMS, PROBLEMS, SCHEMA_PROBLEMS
from support.paths import ROOT

PAGE = ROOT / "libs" / "web" / "src"
WORDS = PAGE / "i18n"
TEXTS = {
    **SCHEMA_PROBLEMS,
    **FIELD_PROBLEMS,
    **{code: text for code, (_, text) in PROBLEMS.items()},
}
"""Every code of an answer can reach a browser: the page calls all services."""

NAMES = re.compile(r"(?<!\{)\{(\w+)\}")


def sentences(language: str) -> dict[str, str]:
    files = sorted((WORDS / language / "problems").glob("*.ts"))
    source = "".join(file.read_text() for file in files)
    pairs = re.findall(r'^  "?([a-z0-9-]+)"?:\s*"((?:[^"\\]|\\.)*)",$', source, re.MULTILINE)
    assert len(pairs) == source.count('",\n')
    return dict(pairs)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_code_has_a_sentence_and_no_sentence_lacks_a_code(language: str) -> None:
    assert set(sentences(language)) == set(TEXTS)


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_sentence_uses_values_that_the_server_sends(language: str) -> None:
    for code, sentence in sentences(language).items():
        literal = set(re.findall(r"\{\{(\w+)\}\}", TEXTS[code]))
        assert set(NAMES.findall(sentence)) - literal <= set(NAMES.findall(TEXTS[code])), code


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_security_event_has_words_on_the_page(language: str) -> None:
    source = (WORDS / language / "people.ts").read_text()
    assert set(re.findall(r'^  "audit\.on\.([a-z-]+)":', source, re.MULTILINE)) == set(
        get_args(AuditEvent)
    )


def test_no_module_of_the_page_matches_sentences() -> None:
    reading = re.compile(
        r"(?:detail|message|why)\b[^;\n]*\.(?:match|test|exec|includes|search|split|startsWith)\("
    )
    patterns = re.compile(r"\.(?:match|test|exec|search)\([^)\n]*(?:detail|message|why)\b")
    for module in PAGE.rglob("*.ts"):
        text = module.read_text()
        assert not reading.search(text), module.name
        assert not patterns.search(text), module.name
