"""Finds the header of a table and names its columns."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from softphone_matcher.imports.rows.headings import recognise
from softphone_matcher.imports.rows.imported_row import ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import TEXT_MAX, ImportLimits

SAMPLE_ROWS = 200
"""Rows from which the header, the columns and the separator are found."""

_HEADER_ROWS = 30
_AROUND = " \t\r\n\xa0\ufeff\u200b"
_WITH_ZERO = re.compile(r"0[0-9]{2,}")
_DATA = re.compile(r"@|(?:[0-9][\s()/.+-]*){5}")


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row, and its number in the file; `cells` are stripped.

    `numbers`: the places of cells that a workbook has as numbers, which have no zeros in front.
    """

    row: int
    cells: list[str]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts.

    - `header_row`: 0 if the table has none; its columns are then called `column 1` and so on
    - `preamble`: the beginning of each line above the header
    - `encoding` and `separator` of a CSV; the `sheet` of a workbook and the names of all its sheets
    - `is_padded`: almost all rows have all cells
    - `keeps_zeros`: numbers in a CSV have zeros in front, so no spreadsheet has removed them
    - `records` begins to read the file anew, from its first row
    """

    columns: tuple[str, ...]
    header_row: int
    preamble: tuple[str, ...]
    sample: tuple[TableRow, ...]
    records: Callable[[], Iterator[TableRow | Rejection]]
    is_padded: bool
    keeps_zeros: bool
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    def rows(self) -> Iterator[TableRow | Rejection]:
        """The rows behind the header that have any text, each with a cell for each column.

        A row with texts in further cells, or with too few cells in a file that has all cells in
        other rows, is rejected: its cells may be in the wrong columns.
        """
        for record in self.records():
            if record.row <= self.header_row:
                continue
            if isinstance(record, Rejection):
                yield record
            elif any(record.cells):
                yield self._fitted(record)

    def _fitted(self, record: TableRow) -> TableRow | Rejection:
        cells, width = record.cells, len(self.columns)
        if any(cells[width:]):
            return Rejection(record.row, "row-too-long", text=" ".join(cells[width:]))
        if len(cells) < width and self.is_padded:
            return Rejection(record.row, "row-too-short", text=" ".join(cells))
        padded = [*cells[:width], *[""] * (width - len(cells))]
        return TableRow(record.row, padded, record.numbers)

    def may_lack_zero(self, row: TableRow, place: int) -> bool:
        """Whether a spreadsheet may have removed the zero in front of the digits in a cell."""
        return place in row.numbers if self.sheet else not self.keeps_zeros


def strip_cell(text: str) -> str:
    """The text without blanks and invisible marks around it."""
    return text.strip(_AROUND)


def find_header(rows: Sequence[TableRow]) -> int | None:
    """The place of the header in the first rows of a table; None if they are all data.

    The header is the row with the most known headings, or the first one whose width is that of the
    table, and which has neither numbers nor addresses although other rows have them.
    """
    if not rows:
        return None
    counts = [count_headings(row.cells) for row in rows[:_HEADER_ROWS]]
    best = max(counts)
    place = counts.index(best)
    if best >= 2 or (best == 1 and not _is_data(rows[place].cells)):
        return place
    width = Counter(_width(row.cells) for row in rows).most_common(1)[0][0]
    place = next(i for i, row in enumerate(rows) if _width(row.cells) == width)
    cells = rows[place].cells
    is_header = (
        not _is_data(cells)
        and not cells[0].startswith("#")
        and any(_is_data(row.cells) for row in rows[place + 1 :])
    )
    return place if is_header else None


def count_headings(cells: Sequence[str]) -> int:
    """The number of cells that are headings of a field."""
    return sum(recognise(cell) is not None for cell in cells if cell)


def _width(cells: Sequence[str]) -> int:
    return sum(map(bool, cells))


def _is_data(cells: Sequence[str]) -> bool:
    return any(_DATA.search(cell) for cell in cells)


def make_table(
    sample: Sequence[TableRow],
    records: Callable[[], Iterator[TableRow | Rejection]],
    limits: ImportLimits,
    *,
    pads: bool,
) -> Table:
    """The table of these records, whose first rows are the sample.

    `pads`: whether a row may be rejected for missing cells. Raises ImportFileError `file-empty` or
    `columns-too-many`.
    """
    filled = [row for row in sample if any(row.cells)]
    if not filled:
        raise ImportFileError("file-empty")
    place = find_header(filled)
    header = TableRow(0, []) if place is None else filled[place]
    before = filled[: place or 0]
    data = filled[place + 1 :] if place is not None else filled
    width = len(header.cells) or Counter(len(row.cells) for row in data).most_common(1)[0][0]
    if width > limits.columns_max:
        raise ImportFileError("columns-too-many", limit=limits.columns_max)
    whole = sum(len(row.cells) >= width for row in data)
    return Table(
        columns=_names([*header.cells, *[""] * (width - len(header.cells))]),
        header_row=header.row,
        preamble=tuple(" ".join(filter(None, row.cells))[:TEXT_MAX] for row in before),
        sample=tuple(data),
        records=records,
        is_padded=pads and whole >= 0.9 * len(data),
        keeps_zeros=any(_WITH_ZERO.fullmatch(cell) for row in data for cell in row.cells),
    )


def _names(header: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns, each of them once."""
    names: dict[str, None] = {}
    for place, cell in enumerate(header, 1):
        name = " ".join(cell.split())[:TEXT_MAX] or f"column {place}"
        again = 2
        while name in names:
            name, again = f"{' '.join(cell.split())[:TEXT_MAX]} ({again})", again + 1
        names[name] = None
    return tuple(names)
