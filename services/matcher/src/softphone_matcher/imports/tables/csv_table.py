"""Reads CSV (RFC 4180) as spreadsheets and databases write it, with their separators and faults."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from softphone_matcher.imports.rows.imported_row import ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.imports.tables.encodings import choose_encoding
from softphone_matcher.imports.tables.table import (
    SAMPLE_ROWS,
    Table,
    TableRow,
    count_headings,
    find_header,
    make_table,
    strip_cell,
)

SEPARATORS = (";", "\t", ",", "|")
_SEP_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?[\r\n]*", re.I)
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')


_AGAIN_MAX = 1_000_000
"""Lines of one file that may be read again behind damaged quotes."""


class _RecordTooLongError(Exception):
    """Raised where a row has more lines than rows may have."""


class _Lines(Iterator[str]):
    """The lines of a text, with those of the record that is being read; they can be put back."""

    def __init__(self, lines: Iterator[str], record_max: int) -> None:
        self._numbered = enumerate(lines, 1)
        self._record_max = record_max
        self._again: deque[tuple[int, str]] = deque()
        self._count_again = 0
        self.record: list[tuple[int, str]] = []

    def __next__(self) -> str:
        if len(self.record) >= self._record_max:
            raise _RecordTooLongError
        line = self._again.popleft() if self._again else next(self._numbered)
        self.record.append(line)
        return line[1]

    def put_back(self) -> tuple[int, str]:
        """Removes the first line of the record, and has all others read again.

        Raises ImportFileError `file-damaged` if that happens too often.
        """
        first, *others = self.record
        self._count_again += len(others)
        if self._count_again > _AGAIN_MAX:
            raise ImportFileError("file-damaged", reason="quotes")
        self._again.extendleft(reversed(others))
        return first


@dataclass(frozen=True, slots=True)
class _Csv:
    data: bytes
    encoding: str
    separator: str
    limits: ImportLimits

    def records(self) -> Iterator[TableRow | Rejection]:
        """All rows of the file. A row with damaged quotes is rejected, and the next line is read
        as a row of its own."""
        text = io.TextIOWrapper(
            io.BytesIO(self.data), encoding=self.encoding, errors="replace", newline=""
        )
        lines = _Lines(iter(text), self.limits.record_lines_max)
        if _has_sep_line(self.data, self.encoding):
            next(lines)
        reader = csv.reader(lines, delimiter=self.separator, strict=True, skipinitialspace=True)
        while True:
            lines.record.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _RecordTooLongError):
                row, line = lines.put_back()
                yield Rejection(row, "quotes-damaged", text=line)
                continue
            yield TableRow(lines.record[0][0], [_cell(cell) for cell in cells])

    def sample(self) -> list[TableRow]:
        records = islice(self.records(), SAMPLE_ROWS)
        return [record for record in records if isinstance(record, TableRow)]


def open_csv(
    data: bytes, limits: ImportLimits, encoding: str | None = None, separator: str | None = None
) -> Table:
    """The table of a CSV; without an encoding or a separator, those that fit best.

    Raises ImportFileError `file-empty`, `file-damaged`, `columns-too-many` or `encoding-unknown`.
    """
    encoding = choose_encoding(data, encoding)
    separator = separator or _find_separator(data, encoding, limits)
    source = _Csv(data, encoding, separator, limits)
    table = make_table(source.sample(), source.records, limits, pads=True)
    return replace(table, encoding=encoding, separator=separator)


def _first_line(data: bytes, encoding: str) -> str:
    text = data[:64].decode(encoding, errors="replace")
    return re.split(r"[\r\n]", text, maxsplit=1)[0]


def _has_sep_line(data: bytes, encoding: str) -> bool:
    return _SEP_LINE.fullmatch(_first_line(data, encoding)) is not None


def _find_separator(data: bytes, encoding: str, limits: ImportLimits) -> str:
    """The separator of Excel's line `sep=;`, or the one that gives the most regular table."""
    line = _SEP_LINE.fullmatch(_first_line(data, encoding))
    if line:
        return line[1]

    def score(separator: str) -> tuple[int, int, int]:
        rows = [r for r in _Csv(data, encoding, separator, limits).sample() if any(r.cells)]
        header = rows[find_header(rows) or 0] if rows else TableRow(0, [])
        width = len(header.cells)
        if width < 2:
            return count_headings(header.cells), 0, 0
        return count_headings(header.cells), sum(len(row.cells) == width for row in rows), width

    return max(SEPARATORS, key=score)


def _cell(text: str) -> str:
    """The text of a cell; `="0899"` is how a formula keeps the zero in front of a number."""
    formula = _TEXT_FORMULA.fullmatch(text.strip()) if text.lstrip().startswith("=") else None
    return strip_cell(formula[1].replace('""', '"') if formula else text)
