"""Every row of the threat model names tests that exist."""

import re

import pytest

from support.paths import ROOT

MODEL = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
HEAD = ["Who", "What", "How it is stopped", "Tests", "Ablations"]
ROWS = [
    [cell.strip() for cell in line.strip("|\n ").split("|")]
    for line in MODEL.splitlines()
    if line.startswith("|") and not set(line) <= set("|- ")
]
THREATS = [row for row in ROWS if row != HEAD]
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
TESTS = sorted({"::".join(found) for row in THREATS for found in TEST.findall(row[3])})


def test_every_row_has_a_test() -> None:
    assert ROWS.count(HEAD) >= 5
    assert [row for row in THREATS if len(row) != len(HEAD) or not all(row)] == []
    assert [row[1] for row in THREATS if TEST.sub("", row[3]).strip()] == []


@pytest.mark.parametrize("test", TESTS)
def test_named_test_exists(test: str) -> None:
    file, _, name = test.partition("::")
    code = (ROOT / "tests" / file).read_text("utf-8")
    assert re.search(rf"^ *(async )?def {name}\(", code, re.MULTILINE)


def test_audit_reads_every_package_or_fails() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (audit,) = re.findall(r"^audit:(.*)$", makefile, re.MULTILINE)
    assert "export --quiet --no-emit-workspace |" in audit
    assert "--strict --require-hashes" in audit
