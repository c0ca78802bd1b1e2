"""The folder several processes spool to: each has one file, and leaves it to others if it dies."""

from itertools import count
from pathlib import Path

from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_ingest.spool.file import SpoolFile


class SpoolFolder:
    """Finds and locks the files of a folder. Blocks: call it from a thread."""

    def __init__(self, path: Path, bytes_max: int) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._unreadable: set[Path] = set()

    def take_own(self) -> SpoolFile:
        """The first file that no process has and that can be opened, or a new one.

        Raises OSError or UnavailableError if the folder can't be used.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self.path / f"{number}.sqlite" for number in count()):
            existed = path.exists()
            try:
                file = SpoolFile.take(path, self._bytes_max)
            except UnavailableError as error:
                if not existed:  # then no later number will do better
                    raise
                self.pass_over(path, error)
            else:
                if file is not None:
                    return file
        raise AssertionError("numbers have no end")

    def others(self, own: SpoolFile) -> list[Path]:
        """All files but this one, whether their processes live or not."""
        return [path for path in self.path.glob("*.sqlite") if path != own.path]

    def take(self, path: Path) -> SpoolFile | None:
        """A file whose process has died, else None. Raises UnavailableError if it can't be read."""
        return SpoolFile.take(path, self._bytes_max)

    def pass_over(self, path: Path, error: UnavailableError) -> None:
        """Logs that a file can't be read, once until `read` says that it could be."""
        if path not in self._unreadable:
            self._unreadable.add(path)
            log.error("spool file can't be read", path=str(path), error=str(error))

    def read(self, path: Path) -> None:
        """Notes that a file could be read."""
        self._unreadable.discard(path)
