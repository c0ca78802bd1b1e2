"""Runs tests in a copy of the tree, without one safeguard or as the tree is."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ablation.ablations import Ablation

_LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "build", "data", "*.log")
_NEEDED_DATA = Path("tests", "data")
_NODE_PACKAGES = Path("tests", "support", "openid", "node_modules")
"""Packages that tests start; a link to them is enough."""
_TEST_SECONDS = 60
"""A test that takes longer only hangs, and does not say what is wrong."""


@dataclass(frozen=True)
class Outcome:
    """How the tests of one run ended. `failure` is empty if all is as it should be."""

    name: str
    caught_by: tuple[str, ...]
    seconds: float
    failure: str


def copy_tree(root: Path, copy: Path) -> None:
    """Copies what tests read, with the compiled modules, whose times stay valid."""
    shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
    shutil.copytree(root / _NEEDED_DATA, copy / _NEEDED_DATA, dirs_exist_ok=True)
    if (root / _NODE_PACKAGES).exists():
        (copy / _NODE_PACKAGES).symlink_to((root / _NODE_PACKAGES).resolve())
    for hidden in (".dockerignore", ".gitignore", ".ci", ".github", "deploy/.env"):
        source = root / hidden
        if source.is_dir():
            shutil.copytree(source, copy / hidden)
        elif source.is_file():
            shutil.copy2(source, copy / hidden)


def run_unchanged(copy: Path, tests: Iterable[str]) -> Outcome:
    """Runs the tests in a copy of the tree as it is, where they all have to pass.

    Python writes the compiled modules into the copy, and copies of the copy need not do that again.
    """
    chosen = tuple(sorted(set(tests)))
    began = time.monotonic()
    code, _, output = _pytest(copy, chosen)
    failure = "" if code == 0 else f"tests fail with all safeguards in place:\n{output}"
    return Outcome("unchanged", chosen, time.monotonic() - began, failure)


def run_without(root: Path, ablation: Ablation) -> Outcome:
    """Removes the safeguard in a copy of the tree and runs its tests, which all have to fail."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ablation-") as folder:
        copy = Path(folder, "tree")
        copy_tree(root, copy)
        try:
            ablation.apply(copy)
        except ValueError as error:
            failure = str(error)
        else:
            failure = verdict(ablation, *_pytest(copy, ablation.caught_by))
    return Outcome(ablation.name, ablation.caught_by, time.monotonic() - began, failure)


def verdict(ablation: Ablation, code: int, failures: Mapping[str, str], output: str) -> str:
    """Why the removal was not noticed as it should be; empty if it was."""
    if code not in {0, 1}:
        return f"the tests did not run:\n{output}"
    missed = [test for test in ablation.caught_by if _key(test) not in failures]
    if missed:
        return f"not noticed by {', '.join(missed)}\n{output}"
    hung = [test for test in ablation.caught_by if "Timeout (>" in failures[_key(test)]]
    return f"only hangs: {', '.join(hung)}" if hung else ""


def _pytest(copy: Path, tests: Iterable[str]) -> tuple[int, dict[str, str], str]:
    """The exit code of pytest, the messages of failed tests by their key, and the output."""
    report = copy.parent / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--timeout={_TEST_SECONDS}", "--tb=short"]
    names = [f"tests/{test}" for test in tests]
    if len(names) == 1:
        options.append("-x")  # the first of several failures says enough
    command = [sys.executable, "-m", "pytest", *options, f"--junit-xml={report}", *names]
    sources = [str(path) for path in copy.glob("*/*/src")] + [str(copy / "deploy/onebox/src")]
    sources += [str(copy / "libs/common/src"), str(copy / "libs/testing/src")]
    # before the installed packages, which lead to the tree that was not changed
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sources), "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.run(
        command, cwd=copy, env=env, capture_output=True, text=True, check=False
    )
    output = process.stdout[-3000:] + process.stderr[-1000:]
    return process.returncode, _failures(report) if report.exists() else {}, output


def _failures(report: Path) -> dict[str, str]:
    """The messages of failed tests. Errors of fixtures do not count: they may have any cause."""
    failures = {}
    for case in ElementTree.parse(report).iter("testcase"):
        if (failure := case.find("failure")) is not None:
            key = f"{case.get('classname')}.{case.get('name', '').partition('[')[0]}"
            failures[key] = failure.get("message", "")
    return failures


def _key(test: str) -> str:
    """The name that pytest's report gives a test of this id."""
    file, *inner = test.split("::")
    return ".".join(["tests", *Path(file).with_suffix("").parts, *inner])
