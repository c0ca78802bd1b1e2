"""The documents about senders follow from the presets, and from what tests/senders run."""

import re

from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.presets.table import table
from support.paths import ROOT

SENDERS = ROOT / "docs" / "senders.md"
RUNS = (ROOT / "docs" / "reliability.md").read_text("utf-8")
TESTS = ROOT / "tests" / "senders"
PROGRAMS = ROOT / "tests" / "support" / "sip"


def test_checked_in_table_is_that_of_the_presets() -> None:
    written = SENDERS.read_text("utf-8")
    assert written == table(load_all().values()), "see the command in its second paragraph"
    for preset in load_all():
        assert f"| `{preset}` |" in written


def test_table_of_runs_names_every_test_once() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", RUNS)
    tests = [
        (file.name, test)
        for file in TESTS.glob("test_*.py")
        for test in re.findall(r"^async def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    ]
    assert sorted(named) == sorted(tests)


def test_presets_graded_as_run_are_those_with_a_program() -> None:
    """A preset is run by a test of its name, with a program of its name that makes the calls."""
    graded = {preset.id for preset in load_all().values() if preset.proof.grade == "run"}
    programs = {file.stem for file in PROGRAMS.glob("*.py")}
    tests = {file.stem.removeprefix("test_") for file in TESTS.glob("test_*.py")}
    assert graded == programs & tests
