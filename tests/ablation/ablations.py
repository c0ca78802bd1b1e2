"""Reads the list of safeguards and the small edits that remove them, and checks both."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ablation.threats import MODEL, threats, with_ablations

SAFEGUARDS = "safeguards.toml"
THREATS = "threats"
"""The table of the list that gives reasons for rows of the threat model without an ablation."""

_FUNCTION = "def {}("


@dataclass(frozen=True)
class Ablation:
    """An edit that removes one safeguard, and the tests that must fail without the safeguard.

    `find` occurs once in the file, so the edit needs no line numbers and survives most changes.
    """

    name: str
    file: str
    find: str
    replace: str
    caught_by: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Ablation":
        fields = tomllib.loads(path.read_text("utf-8"))
        tests = tuple(fields.pop("caught_by"))
        return cls(name=f"{path.parent.name}/{path.stem}", caught_by=tests, **fields)

    @property
    def tests(self) -> frozenset[str]:
        """The names of the functions that notice, without their files and classes."""
        return frozenset(test.split("::")[-1] for test in self.caught_by)

    @property
    def needs_servers(self) -> bool:
        return any(test.startswith("integration/") for test in self.caught_by)

    def apply(self, root: Path) -> None:
        """Removes the safeguard from a copy of the tree. Raises ValueError if the edit is stale."""
        path = root / self.file
        text = path.read_text("utf-8") if path.is_file() else ""
        if (count := text.count(self.find)) != 1:
            raise ValueError(f"the text to find occurs {count} times in {self.file}")
        path.write_text(text.replace(self.find, self.replace), "utf-8")


class Ablations:
    """All ablations of a checkout, by name, and the safeguards that they have to cover."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "tests" / "ablation"
        lists = tomllib.loads((self._folder / SAFEGUARDS).read_text("utf-8"))
        self._exempt: dict[str, str] = lists.pop(THREATS, {})
        self.safeguards: dict[str, str] = {
            f"{area}/{name}": text for area, names in lists.items() for name, text in names.items()
        }

    @cached_property
    def all(self) -> dict[str, Ablation]:
        ablations = map(Ablation.read, sorted(self._folder.glob("*/*.toml")))
        return {ablation.name: ablation for ablation in ablations}

    def problems(self) -> Iterator[str]:
        """Everything that keeps the ablations from covering all safeguards, as whole sentences."""
        for name in sorted(self.safeguards.keys() - self.all.keys()):
            yield f"{name}: no file in tests/ablation removes this safeguard"
        for name in sorted(self.all.keys() - self.safeguards.keys()):
            yield f"{name}: this safeguard is not in {SAFEGUARDS}"
        for ablation in self.all.values():
            yield from self._problems_of(ablation)
        yield from self._problems_of_threats()

    def _problems_of(self, ablation: Ablation) -> Iterator[str]:
        path = self._root / ablation.file
        text = path.read_text("utf-8") if path.is_file() else ""
        if (count := text.count(ablation.find)) != 1:
            yield f"{ablation.name}: the text to find occurs {count} times in {ablation.file}"
        elif path.suffix == ".py" and not _compiles(text.replace(ablation.find, ablation.replace)):
            yield f"{ablation.name}: {ablation.file} is no Python any more after the edit"
        if ablation.find == ablation.replace or not ablation.caught_by:
            yield f"{ablation.name}: an ablation changes something and names a test"
        for test in ablation.caught_by:
            # a test of a shared contract is inherited, so the class that runs it has only its name
            if not self._exists(test):
                yield f"{ablation.name}: there is no test {test}"

    def _exists(self, test: str) -> bool:
        file, *inner = test.split("::")
        path = self._root / "tests" / file
        if not path.is_file() or not inner:
            return False
        text = path.read_text("utf-8")
        if _FUNCTION.format(inner[-1]) in text:
            return True
        return f"class {inner[0]}(" in text and inner[-1] in self._contract_tests

    @cached_property
    def _contract_tests(self) -> frozenset[str]:
        files = (self._root / "tests" / "support").rglob("*.py")
        names = (re.findall(r"def (test_\w+)\(", file.read_text("utf-8")) for file in files)
        return frozenset(name for found in names for name in found)

    def threat_model(self) -> str:
        """The threat model's text with the ablations of each row, or why it has none."""
        text = self._model
        cells = {}
        for threat in threats(text):
            names = [a.name for a in self.all.values() if not a.tests.isdisjoint(threat.tests)]
            listed = " ".join(f"`{name}`" for name in names)
            cells[threat.what] = listed or self._exempt.get(threat.what, "")
        return with_ablations(text, cells)

    @cached_property
    def _model(self) -> str:
        return (self._root / MODEL).read_text("utf-8")

    def _problems_of_threats(self) -> Iterator[str]:
        """Rows of the threat model without an ablation, and ablations that the rows do not name."""
        catchers = {test for ablation in self.all.values() for test in ablation.tests}
        uncovered = {t.what for t in threats(self._model) if catchers.isdisjoint(t.tests)}
        for threat in sorted(uncovered - self._exempt.keys()):
            yield f"{MODEL}: no ablation is caught by a test of the row {threat!r}"
        for threat in sorted(self._exempt.keys() - uncovered):
            yield f"{SAFEGUARDS}: the row {threat!r} is gone, or has an ablation by now"
        if uncovered == self._exempt.keys() and self._model != self.threat_model():
            yield f"{MODEL}: the column of ablations is not up to date; `make contracts` writes it"


def _compiles(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
