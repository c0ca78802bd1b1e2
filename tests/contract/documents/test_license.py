"""Holds the license named in every package's metadata against LICENSE."""

import json
import tomllib
from pathlib import Path

import pytest

from support.paths import ROOT

PROJECTS = sorted(
    path
    for pattern in ("pyproject.toml", "*/*/pyproject.toml", "*/*/package.json")
    for path in ROOT.glob(pattern)
)


def test_license_is_the_apache_license() -> None:
    lines = (ROOT / "LICENSE").read_text().split("\n")
    assert [line.strip() for line in lines if line.strip()][:2] == [
        "Apache License",
        "Version 2.0, January 2004",
    ]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_package_names_the_license_of_the_repository(path: Path) -> None:
    if path.suffix == ".json":
        assert json.loads(path.read_text())["license"] == "Apache-2.0"
    else:
        assert tomllib.loads(path.read_text())["project"]["license"] == "Apache-2.0"


def test_package_lock_names_it_too() -> None:
    lock = json.loads((ROOT / "libs" / "web" / "package-lock.json").read_text())
    assert lock["packages"][""]["license"] == "Apache-2.0"
