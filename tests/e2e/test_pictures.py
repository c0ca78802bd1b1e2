"""The short form of `make screenshots`: two entries, by the program itself."""

import asyncio
import os
import sys
from pathlib import Path

from e2e.tour.pictures import SHOWN
from e2e.tour.tour import TOUR
from support.paths import ROOT

WEBP = b"WEBP"
PNG = b"\x89PNG"


async def test_two_entries_are_pictured_in_each_language_and_theme(tmp_path: Path) -> None:
    everything, documents = tmp_path / "all", tmp_path / "documents"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "e2e.tour", "--only", "unknown-address", "popup"),
        *("--all", str(everything), "--documents", str(documents)),
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    looks = [f"{language}-{theme}" for language in ("de", "en") for theme in ("light", "dark")]
    expected = {f"{name}-{look}.png" for name in ("unknown-address", "popup") for look in looks}
    assert {path.name for path in everything.iterdir()} == expected
    assert all(path.read_bytes().startswith(PNG) for path in everything.iterdir())
    assert {path.name for path in documents.iterdir()} == {"popup-light.webp", "popup-dark.webp"}
    assert all(WEBP in path.read_bytes()[:12] for path in documents.iterdir())
    assert all(str(everything / name) in output for name in expected)


def test_entries_have_names_of_their_own_and_shown_ones_exist() -> None:
    names = [entry.name for entry in TOUR]
    assert len(set(names)) == len(names)
    assert set(SHOWN) <= set(names)
