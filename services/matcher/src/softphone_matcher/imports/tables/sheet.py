"""Reads the cells of one sheet of a workbook as texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import IO
from xml.etree.ElementTree import Element

from softphone_matcher.imports.rows.imported_row import Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.imports.tables.number_format import PLAIN, NumberFormat, show_number
from softphone_matcher.imports.tables.table import TableRow, strip_cell
from softphone_matcher.imports.tables.xml_parts import elements, joined_text, unescape

_ROWS_MAX = 1_048_576
"""Rows that a sheet of Excel can have, empty ones among them."""

_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")


@dataclass(frozen=True, slots=True)
class CellTexts:
    """The parts of a workbook that cells refer to: shared strings, and the formats of styles."""

    strings: list[str]
    formats: list[NumberFormat]
    since_1904: bool

    def read(self, cell: Element) -> tuple[str, bool]:
        """The text that a cell shows, of a formula that of its stored value; and whether it is a
        number without zeros or a sign in front.

        Raises ValueError or IndexError for a cell that is damaged.
        """
        kind = cell.get("t", "n")
        value = inline = None
        for child in cell:
            name = child.tag.rpartition("}")[2]
            if name == "v":
                value = child.text
            elif name == "is":
                inline = joined_text(child)
        if inline is not None:
            return unescape(inline), False
        if not value:
            return "", False
        if kind == "s":
            return self.strings[_index(value)], False
        if kind == "n":
            style = cell.get("s")
            shape = self.formats[_index(style)] if style and self.formats else PLAIN
            return show_number(value, shape, since_1904=self.since_1904), shape == PLAIN
        return unescape(value), False


def read_sheet(
    stream: IO[bytes], texts: CellTexts, limits: ImportLimits
) -> Iterator[TableRow | Rejection]:
    """The rows of a sheet; a row with a damaged cell, or one far to the right, is rejected.

    Raises ParseError and ValueError for damage that is not in a cell.
    """
    number = 0
    for _, row in elements(stream, "row", until="sheetData"):
        before, number = number, _index(row.get("r") or str(number + 1))
        if not before < number <= _ROWS_MAX:
            raise ValueError("rows out of order")
        try:
            yield _row(number, row, texts, limits.columns_max)
        except (ValueError, IndexError) as error:
            yield Rejection(number, "cell-unreadable", text=str(error))


def _row(number: int, row: Element, texts: CellTexts, columns_max: int) -> TableRow:
    cells: list[str] = []
    numbers: list[int] = []
    for cell in row:
        reference = cell.get("r")
        place = _column(reference) if reference else len(cells)
        text, is_number = texts.read(cell)
        if not strip_cell(text):
            continue
        if not len(cells) <= place < columns_max:
            raise ValueError(reference)
        cells.extend([""] * (place - len(cells)))
        cells.append(strip_cell(text))
        if is_number:
            numbers.append(place)
    return TableRow(number, cells, frozenset(numbers))


@cache
def _letters(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _column(reference: str) -> int:
    """The place of the column that a reference such as `AB12` names, from 0."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    return _letters(match[1])


def _index(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)
