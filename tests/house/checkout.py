"""Lists the files of a checkout and parses its Python; every measure starts from here."""

import ast
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SKIPPED = {"node_modules", "build", "dist", "__pycache__", "coverage"}
"""Folders that hold results or packages of others. Hidden folders are skipped as well."""

BUILT = Path("services/notifier/src/softphone_notifier/web")
"""The page as npm builds it from libs/web."""

HIDDEN_BUT_OURS = {".github", ".ci"}
DATA = "data"
"""The folder in which `make run` keeps its data, at the root of the checkout."""


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks a rule. The path is relative to the root of the checkout."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class PythonFile:
    """A parsed Python file and its path, relative to the root of the checkout."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.as_posix()


class Checkout:
    """The files below one root, read once. Product code lives in `src` folders outside tests."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> list[Path]:
        """All files that belong to the project, relative to the root and sorted."""
        files: list[Path] = []
        for folder, folders, names in os.walk(self.root):
            here = Path(folder).relative_to(self.root)
            folders[:] = [name for name in folders if self._is_ours(here, name)]
            files += [here / name for name in names]
        return sorted(files)

    @staticmethod
    def _is_ours(parent: Path, name: str) -> bool:
        if name.startswith("."):
            return name in HIDDEN_BUT_OURS
        is_result = parent / name in {Path(DATA), BUILT}
        return name not in SKIPPED and not is_result

    def read(self, path: Path) -> str:
        """The text of one file; bytes that are no UTF-8 are replaced."""
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    @cached_property
    def python(self) -> list[PythonFile]:
        """All Python files, those without a suffix but with a Python shebang included."""
        texts = ((path, self.read(path)) for path in self.files if is_python(self.root / path))
        return [PythonFile(path, text, ast.parse(text)) for path, text in texts]

    @property
    def product(self) -> list[PythonFile]:
        return [file for file in self.python if "src" in file.path.parts and not is_test(file.path)]

    @property
    def tests(self) -> list[PythonFile]:
        return [file for file in self.python if is_test(file.path)]


def is_test(path: Path) -> bool:
    return path.parts[0] == "tests"


def is_python(path: Path) -> bool:
    return path.suffix == ".py" or (path.suffix == "" and "python" in shebang(path))


def shebang(path: Path) -> str:
    """The first line of a script, or an empty text if the file is not one."""
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return ""
    return first.decode("latin-1") if first.startswith(b"#!") else ""
