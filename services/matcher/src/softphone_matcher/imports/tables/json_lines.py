"""Reads the records of a source, which are kept as lines of JSON objects whose values are texts."""

import io
import json
from collections.abc import Iterator
from itertools import islice

from softphone_matcher.imports.rows.imported_row import ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.imports.tables.table import SAMPLE_ROWS, Table, TableRow, strip_cell


def open_json_lines(data: bytes, limits: ImportLimits) -> Table:
    """The table of these lines; its columns are the keys of the first lines.

    Raises ImportFileError `file-empty`, `file-too-large` or `columns-too-many`.
    """
    if not data.strip():
        raise ImportFileError("file-empty")
    if len(data) > limits.bytes_max:
        raise ImportFileError("file-too-large", limit=limits.bytes_max)
    columns = tuple(
        dict.fromkeys(key for line in islice(_lines(data), SAMPLE_ROWS) for key in line)
    )
    if len(columns) > limits.columns_max:
        raise ImportFileError("columns-too-many", limit=limits.columns_max)

    most = limits.cell_max

    def records() -> Iterator[TableRow | Rejection]:
        for number, line in enumerate(_lines(data), 1):
            cells = [strip_cell(line.get(column, "")) for column in columns]
            large = next((c for c, t in zip(columns, cells, strict=True) if len(t) > most), None)
            if large is not None:
                yield Rejection(number, "text-too-long", column=large, limit=most)
            elif any(cells):
                yield TableRow(number, cells)
            else:  # an item that is no object has none of the columns; it may be any record
                yield Rejection(number, "line-unreadable")

    sample = [row for row in islice(records(), SAMPLE_ROWS) if isinstance(row, TableRow)]
    return Table(
        columns=columns,
        header_row=0,
        preamble=(),
        sample=tuple(sample),
        records=records,
        is_padded=False,
        keeps_zeros=True,  # no spreadsheet has had these texts
        encoding="utf-8",
    )


def _lines(data: bytes) -> Iterator[dict[str, str]]:
    return (json.loads(line) for line in io.BytesIO(data) if line.strip())
