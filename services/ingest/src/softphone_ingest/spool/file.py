"""One file of the spool: keeps envelopes in order through a crash of the process or the machine.

A file belongs to the process that holds its lock. The kernel releases the lock (flock) when the
process ends, however it ends, so no other process ever has to guess whether the owner is alive.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from softphone_common.bus.envelope import Envelope
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

_PAGE_BYTES = 4096
# With a write-ahead log and `synchronous = FULL` a commit is on the disk when it returns, at the
# cost of one fsync (https://www.sqlite.org/pragma.html#pragma_synchronous). NORMAL would lose the
# last commits when the power fails, and with them hits that were answered 202.
_PRAGMAS = (
    f"PRAGMA page_size = {_PAGE_BYTES}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 1048576",
)
_TABLE = """
CREATE TABLE IF NOT EXISTS waiting (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
)"""

_END = "SELECT place, at FROM waiting WHERE place > ? ORDER BY place {} LIMIT 1"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The number of envelopes in a file, and since when the first of them waits."""

    depth: int
    since: datetime | None


class SpoolFile:
    """The envelopes of one process, first in, first out. Blocks: call it from a thread.

    Each method raises UnavailableError if the disk refuses, and then has changed nothing.
    """

    def __init__(self, lock: int, path: Path, bytes_max: int) -> None:
        self.path = path
        self._lock = lock
        self._removed = 0
        self._pages_max = max(1, bytes_max // _PAGE_BYTES)
        with _on_disk():
            self._db = self._open()

    @classmethod
    def take(cls, path: Path, bytes_max: int) -> "SpoolFile | None":
        """The file, created if it does not exist; None if another process holds it."""
        with _on_disk():
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        try:
            return cls(lock, path, bytes_max)
        except UnavailableError:
            os.close(lock)  # else no process could ever take it again, not even this one
            raise

    def add(self, envelopes: Sequence[Envelope], at: datetime) -> None:
        """Adds envelopes; they are on the disk when this returns."""
        rows = [(at.timestamp(), e.routing_key, json.dumps(e.headers), e.body) for e in envelopes]
        with _on_disk(), self._db:
            self._db.executemany(
                "INSERT INTO waiting (at, key, headers, body) VALUES (?, ?, ?, ?)", rows
            )

    def first(self, size: int) -> list[tuple[int, Envelope]]:
        """The first envelopes that wait, each with its place in the line."""
        with _on_disk():
            rows = self._db.execute(
                "SELECT place, key, headers, body FROM waiting"
                " WHERE place > ? ORDER BY place LIMIT ?",
                (self._removed, size),
            ).fetchall()
        return [
            (place, Envelope(body, json.loads(headers), key)) for place, key, headers, body in rows
        ]

    def remove(self, last: int) -> None:
        """Removes all up to this place, and what the disk could not remove before.

        A full disk can't even remove rows. They count as removed in this process all the same, so
        that the line goes on; after a crash they would be sent twice.
        """
        self._removed = max(self._removed, last)
        with _on_disk(), self._db:
            self._db.execute("DELETE FROM waiting WHERE place <= ?", (self._removed,))

    def waiting(self) -> Waiting:
        """The number of waiting envelopes and the age of the first."""
        with _on_disk():
            first = self._db.execute(_END.format("ASC"), (self._removed,)).fetchone()
            last = self._db.execute(_END.format("DESC"), (self._removed,)).fetchone()
        if first is None:
            return Waiting(0, None)
        # places are given in order and removed from the front, so none is missing in between
        return Waiting(last[0] - first[0] + 1, datetime.fromtimestamp(first[1], UTC))

    def size(self) -> int:
        """The bytes of the pages that hold envelopes."""
        with _on_disk():
            (pages,) = self._db.execute("PRAGMA page_count").fetchone()
            (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
        return int(pages - free) * _PAGE_BYTES

    def close(self) -> None:
        """Closes the file and releases its lock."""
        self._db.close()
        os.close(self._lock)

    def _open(self) -> sqlite3.Connection:
        try:
            return self._prepared()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = self.path.with_suffix(f".broken-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            log.critical("spool put aside", path=str(aside), error=str(error))
            self.path.rename(aside)
            return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        self.path.touch(mode=0o600)  # it holds telephone numbers
        # one thread at a time uses it, but not always the same
        db = sqlite3.connect(self.path, check_same_thread=False)
        try:
            for pragma in (*_PRAGMAS, f"PRAGMA max_page_count = {self._pages_max}"):
                db.execute(pragma)
            db.execute(_TABLE)
        except sqlite3.Error:
            db.close()
            raise
        return db


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise UnavailableError("spool", error) from error
