"""One file of the spool: order, durability, its limits, whose it is, and a disk that refuses."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from softphone_common.bus.envelope import Envelope
from softphone_common.process.errors import UnavailableError
from softphone_ingest.spool.file import SpoolFile

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
MAX = 1_000_000


def letter(number: int, size: int = 10) -> Envelope:
    headers = {"cloudEvents_id": str(number), "traceparent": "00-0-0-01"}
    return Envelope(b"x" * size, headers, f"call.ringing.t{number}")


def taken(path: Path, most: int = MAX) -> SpoolFile:
    file = SpoolFile.take(path, most)
    assert file is not None
    return file


def filled(file: SpoolFile) -> int:
    """How often it took two more."""
    for kept in range(1000):
        try:
            file.add([letter(2 * kept, 1000), letter(2 * kept + 1, 1000)], NOW)
        except UnavailableError:
            return kept
    raise AssertionError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "0.sqlite"


def test_first_in_is_first_out_also_after_closing(path: Path) -> None:
    letters = [letter(n) for n in range(5)]
    file = taken(path)
    file.add(letters[:2], NOW)
    file.add(letters[2:], NOW + timedelta(seconds=1))
    file.close()
    file = taken(path)
    places, envelopes = zip(*file.first(3), strict=True)
    assert list(envelopes) == letters[:3]
    file.remove(places[1])
    assert [e for _, e in file.first(9)] == letters[2:]
    assert file.waiting().depth == 3
    assert file.waiting().since == NOW + timedelta(seconds=1)
    file.remove(places[2] + 2)
    assert (file.waiting().depth, file.waiting().since) == (0, None)
    file.close()


def test_what_one_has_taken_is_nobody_elses_until_it_is_closed(path: Path) -> None:
    file = taken(path)
    assert SpoolFile.take(path, MAX) is None
    file.close()
    taken(path).close()


def test_a_full_file_takes_nothing_more_until_some_of_it_is_gone(path: Path) -> None:
    file = taken(path, 100_000)
    kept = 2 * filled(file)
    assert path.stat().st_size <= 100_000
    assert file.waiting().depth == kept
    assert [e.headers["cloudEvents_id"] for _, e in file.first(kept)] == [
        str(number) for number in range(kept)
    ]
    file.remove(file.first(kept // 2)[-1][0])
    file.add([letter(kept, 1000)], NOW)
    file.close()


def test_a_broken_file_is_put_aside(path: Path) -> None:
    path.write_bytes(b"this is no database, and never was one" * 200)
    file = taken(path)
    file.add([letter(1)], NOW)
    file.close()
    assert len(list(path.parent.glob("0.broken-*"))) == 1


def test_others_may_not_read_it(path: Path) -> None:
    taken(path).close()
    assert {p.stat().st_mode & 0o077 for p in path.parent.iterdir()} == {0}


# adds until the disk refuses, and prints how many were confirmed; then dies at once
FILLING = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from softphone_common.bus.envelope import Envelope
from softphone_common.process.errors import UnavailableError
from softphone_ingest.spool.file import SpoolFile

file = SpoolFile.take(Path(sys.argv[1]), 10_000_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
kept = 0
try:
    while True:
        file.add([Envelope(b"x" * 1000, {}, str(kept))], datetime.now(UTC))
        kept += 1
except UnavailableError:
    print(kept, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_full_disk_costs_nothing_that_was_kept(path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", FILLING, str(path)], capture_output=True, check=False
    )
    assert child.returncode == -9, child.stderr
    kept = int(child.stdout)
    assert kept > 10
    file = taken(path)
    assert [e.routing_key for _, e in file.first(kept + 9)] == [str(n) for n in range(kept)]
    file.close()


# adds and removes while the disk is full, and tells what then waits; dies with it still full
REMOVING = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from softphone_common.bus.envelope import Envelope
from softphone_common.process.errors import UnavailableError
from softphone_ingest.spool.file import SpoolFile

file = SpoolFile.take(Path(sys.argv[1]), 10_000_000)
for n in range(9):
    file.add([Envelope(b"x" * 1000, {}, str(n))], datetime.now(UTC))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
for _ in range(2):
    try:
        file.remove(file.first(3)[-1][0])
        print("removed")
    except UnavailableError:
        print([e.routing_key for _, e in file.first(2)], file.waiting().depth)
if sys.argv[2] == "mended":
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    file.remove(0)
sys.stdout.flush()
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("then", "left"), [("mended", 3), ("still full", 9)])
def test_what_a_full_disk_cant_forget_waits_no_more(path: Path, then: str, left: int) -> None:
    """And once it can, it is forgotten for good."""
    child = subprocess.run(
        [sys.executable, "-c", REMOVING, str(path), then], capture_output=True, check=False
    )
    assert child.returncode == -9, child.stderr
    assert child.stdout.decode().splitlines() == ["['3', '4'] 6", "['6', '7'] 3"]
    file = taken(path)
    assert file.waiting().depth == left
    file.close()


def test_a_file_that_could_not_be_opened_can_be_taken_later(path: Path) -> None:
    path.mkdir()
    with pytest.raises(UnavailableError):
        SpoolFile.take(path, MAX)
    path.rmdir()
    taken(path).close()
