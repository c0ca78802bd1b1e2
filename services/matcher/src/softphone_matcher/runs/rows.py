"""Reads the stored file of a run from its beginning, batch by batch."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.imports.import_file import ImportFile, open_cards, open_lines
from softphone_matcher.imports.rows.imported_row import ImportedRow, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.runs.run import StoredRun

Row = ImportedRow | Rejection


class RunRows:
    """The rows of a file. They are read in threads, since calls are matched meanwhile.

    The id of a row that has none in the file may depend on the rows before it, so a run that was
    interrupted reads these again.
    """

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.host_ids: set[str] = set()
        """The ids of all rows that were read so far, but for those that were rejected."""
        self.rejected_ids: set[str] = set()
        self.unknown = 0
        """Rejected rows whose ids are not known, so that each may be any record."""

    @classmethod
    async def open(
        cls, run: StoredRun, data: bytes, profile: NumberProfile, limits: ImportLimits
    ) -> "RunRows":
        """The rows of the file with the choices of its sender. Raises ImportFileError."""

        def open_file() -> Iterator[Row]:
            # a source that leaves out the id of a record still has the record
            needs_ids = run.source_id != ""
            file = _file(run, data, limits)
            return file.rows(profile, run.mapping, run.source, needs_ids=needs_ids)

        return cls(await asyncio.to_thread(open_file))

    async def take(self, size: int) -> list[Row]:
        """The next rows, up to `size`. Raises ImportFileError."""
        rows = await asyncio.to_thread(lambda: list(islice(self._rows, size)))
        self.host_ids.update(row.host_id for row in rows if isinstance(row, ImportedRow))
        for row in rows:
            if isinstance(row, Rejection) and row.host_id:
                self.rejected_ids.add(row.host_id)
            elif isinstance(row, Rejection):
                self.unknown += 1
        return rows

    async def skip(self, count: int) -> int:
        """Reads up to this many rows again that are done, some thousands at once.

        Returns how many are left, none at the end of the file. Raises ImportFileError.
        """
        return count - (len(await self.take(min(count, _SKIPPED))) or count)


_SKIPPED = 2000


def _file(run: StoredRun, data: bytes, limits: ImportLimits) -> ImportFile:
    """The file of a run. One that was fetched has no limit of its own: its source had one."""
    if run.fetch is None:
        return run.choices.open(data, limits)
    limits = replace(limits, bytes_max=max(limits.bytes_max, len(data)))
    return open_cards(data, limits) if run.kind == "vcard" else open_lines(data, limits)
