"""An ablation without a catcher, a safeguard without an ablation, and a stale edit are found."""

from pathlib import Path

import pytest

from ablation.__main__ import SHORT, main, rotated, row
from ablation.ablations import Ablation, Ablations
from ablation.runs import Outcome, verdict

EDIT = """\
file = "product.py"
find = "guard()"
replace = "pass"
caught_by = ["unit/test_a.py::test_guard"]
"""
MODEL = """\
| Who | What | How it is stopped | Tests | Ablations |
|---|---|---|---|---|
| Stranger | Guesses | A guard | `unit/test_a.py::test_guard` | `access/guard` |
"""
LISTED = '[access]\nguard = "There is a guard."\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one safeguard, one row of the threat model and one test."""
    for name, text in {
        "product.py": "def route():\n    guard()\n",
        "docs/threat-model.md": MODEL,
        "tests/unit/test_a.py": "def test_guard() -> None: ...\n",
        "tests/ablation/safeguards.toml": LISTED,
        "tests/ablation/access/guard.toml": EDIT,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def problems(root: Path) -> list[str]:
    return list(Ablations(root).problems())


def test_safeguard_with_an_edit_and_a_test_is_no_problem(root: Path) -> None:
    assert problems(root) == []


def test_safeguard_is_removed_from_a_copy(root: Path) -> None:
    (ablation,) = Ablations(root).all.values()
    ablation.apply(root)
    assert (root / "product.py").read_text() == "def route():\n    pass\n"
    with pytest.raises(ValueError, match="occurs 0 times"):
        ablation.apply(root)


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("tests/ablation/safeguards.toml", LISTED + 'lock = "A lock."\n', "access/lock: no file"),
        ("tests/ablation/safeguards.toml", "[access]\n", "access/guard: this safeguard is not in"),
        ("product.py", "guard()\nguard()\n", "occurs 2 times in product.py"),
        ("product.py", "", "occurs 0 times in product.py"),
        ("product.py", "if guard():\n", "no Python any more"),
        ("tests/unit/test_a.py", "def test_other() -> None: ...\n", "there is no test unit"),
        ("docs/threat-model.md", MODEL + MODEL.replace("_guard", "_x").replace("G", "L"), "'Luess"),
        (
            "tests/ablation/safeguards.toml",
            LISTED + '[threats]\n"Guesses" = "has one."\n',
            "is gone, or has an ablation",
        ),
    ],
)
def test_what_is_missing_is_named(root: Path, file: str, text: str, problem: str) -> None:
    (root / file).write_text(text)
    (named,) = problems(root)
    assert problem in named


def test_row_with_a_reason_needs_no_ablation(root: Path) -> None:
    model = root / "docs/threat-model.md"
    model.write_text(MODEL + "| Stranger | Floods | Not | `e2e/test_b.py::test_flood` |  |\n")
    assert len(problems(root)) == 1
    listed = root / "tests/ablation/safeguards.toml"
    listed.write_text(LISTED + '[threats]\n"Floods" = "Stopped by the provider."\n')
    model.write_text(Ablations(root).threat_model())
    assert model.read_text().endswith("::test_flood` | Stopped by the provider. |\n")
    assert problems(root) == []


def test_row_names_its_ablations_or_is_out_of_date(root: Path) -> None:
    model = root / "docs/threat-model.md"
    model.write_text(MODEL.replace("access/guard", "access/lock"))
    (named,) = problems(root)
    assert "not up to date" in named
    assert Ablations(root).threat_model() == MODEL


@pytest.mark.parametrize(
    ("code", "failures", "outcome"),
    [
        (1, {"tests.unit.test_a.test_guard": "assert 1 == 2"}, ""),
        (0, {}, "not noticed by unit/test_a.py::test_guard"),
        (1, {"tests.unit.test_a.test_other": "assert"}, "not noticed by"),
        (1, {"tests.unit.test_a.test_guard": "Failed: Timeout (>60.0s)"}, "only hangs"),
        (2, {}, "the tests did not run"),
    ],
)
def test_only_a_failure_notices_a_removal(
    root: Path, code: int, failures: dict[str, str], outcome: str
) -> None:
    (ablation,) = Ablations(root).all.values()
    assert verdict(ablation, code, failures, "").startswith(outcome)
    assert bool(verdict(ablation, code, failures, "")) == bool(outcome)


def test_rotation_gives_every_ablation_its_turn() -> None:
    every = [Ablation(str(n), "f", "a", "b", ("t",)) for n in range(2 * SHORT + 3)]
    days = [rotated(every, day) for day in range(3)]
    assert {len(day) for day in days} <= {SHORT - 3, SHORT - 2}
    assert {ablation.name for day in days for ablation in day} == {a.name for a in every}
    assert rotated(every[:3], 7) == every[:3]
    assert len(rotated(every[: 2 * SHORT], 1)) == SHORT


def test_row_names_the_tests_that_noticed() -> None:
    assert row(Outcome("a", ("t1", "t2"), 1.23, ""), 1).split() == ["a", "1.2", "t1", "t2"]
    assert row(Outcome("b", ("t",), 60, "only hangs"), 1).split() == ["b", "60.0", "NOTHING"]


def test_unknown_safeguard_runs_no_test(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ablation.__main__.ROOT", root)
    monkeypatch.setattr("sys.argv", ["ablation", "guard"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "no safeguard begins with guard" in capsys.readouterr().err
