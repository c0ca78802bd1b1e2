"""The database that stands in for MongoDB is installed from pinned files, or not at all."""

import hashlib
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from softphone_testing.servers import secantusdb
from softphone_testing.servers.child import ProgramMissingError


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in an index of its own, which is all that an installation finds."""
    file = tmp_path / "frame-1.2-py3-none-any.whl"
    with ZipFile(file, "w") as archive:
        archive.writestr("frame.py", "")
        info = "frame-1.2.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: frame\nVersion: 1.2\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"frame.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")
    monkeypatch.setattr(secantusdb, "PINS", tmp_path / "pins.txt")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    return file


async def test_database_is_the_file_that_is_pinned(wheel: Path) -> None:
    pin(hashlib.sha256(wheel.read_bytes()).hexdigest())
    python = Path(await secantusdb.installed_python())
    assert list(python.parents[1].glob("lib/*/site-packages/frame.py"))
    pin("0" * 64)
    with pytest.raises(ProgramMissingError, match="Hash mismatch"):
        await secantusdb.installed_python()


async def test_database_without_a_hash_is_not_installed(wheel: Path) -> None:
    secantusdb.PINS.write_text("frame==1.2\n")
    with pytest.raises(ProgramMissingError, match="hash"):
        await secantusdb.installed_python()


def pin(hash_: str) -> None:
    secantusdb.PINS.write_text(f"frame==1.2 --hash=sha256:{hash_}\n")


def test_database_is_pinned_with_all_it_needs() -> None:
    entries = re.split(r"(?m)^(?=\w)", secantusdb.PINS.read_text())[1:]
    names = {entry.partition("==")[0] for entry in entries}
    assert {"secantusdb", "pymongo", "numpy"} <= names
    for entry in entries:
        assert re.match(r"[\w-]+==[\w.]+[ ;]", entry), entry
        assert "--hash=sha256:" in entry
        assert "://" not in entry
