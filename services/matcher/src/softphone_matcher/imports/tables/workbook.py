"""Opens workbooks (XLSX, ECMA-376) and chooses the sheet that has the contacts."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

from softphone_matcher.imports.rows.imported_row import ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.imports.tables.number_format import PLAIN, NumberFormat
from softphone_matcher.imports.tables.sheet import CellTexts, read_sheet
from softphone_matcher.imports.tables.table import (
    SAMPLE_ROWS,
    Table,
    TableRow,
    count_headings,
    find_header,
    make_table,
)
from softphone_matcher.imports.tables.xml_parts import elements, joined_text, unescape

_PARTS_MAX = 2000
_BROKEN = (zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, OSError, EOFError)
_BROKEN_TOO = (NotImplementedError, RuntimeError)
"""Raised by zipfile for methods of compression it does not know, and for parts with a password."""


@dataclass(frozen=True, slots=True)
class _Workbook:
    package: zipfile.ZipFile
    limits: ImportLimits
    sheets: dict[str, str]
    """The paths of the sheets that are not hidden, by their names."""

    cells: CellTexts

    def records(self, sheet: str) -> Iterator[TableRow | Rejection]:
        """The rows of a sheet. Raises ImportFileError `file-damaged`."""
        try:
            with self.package.open(self.sheets[sheet]) as part:
                yield from read_sheet(part, self.cells, self.limits)
        except (*_BROKEN, *_BROKEN_TOO) as error:
            raise ImportFileError("file-damaged", reason=type(error).__name__) from None

    def sample(self, sheet: str) -> list[TableRow]:
        records = islice(self.records(sheet), SAMPLE_ROWS)
        return [record for record in records if isinstance(record, TableRow)]


def open_workbook(data: bytes, limits: ImportLimits, sheet: str | None = None) -> Table:
    """The table of a sheet; without a name that of the first one with a header.

    Raises ImportFileError `file-damaged`, `file-encrypted`, `file-too-large`, `file-kind-unknown`,
    `file-empty`, `columns-too-many` or `sheet-unknown`.
    """
    try:
        book = _open(data, limits)
    except (*_BROKEN, *_BROKEN_TOO) as error:
        raise ImportFileError("file-damaged", reason=type(error).__name__) from None
    if sheet is not None and sheet not in book.sheets:
        raise ImportFileError("sheet-unknown", names=", ".join(book.sheets))
    name = sheet if sheet is not None else _choose_sheet(book)
    table = make_table(_wide(book.sample(name)), partial(book.records, name), limits, pads=False)
    return replace(table, sheet=name, sheets=tuple(book.sheets))


def _choose_sheet(book: _Workbook) -> str:
    """The first sheet with two known headings in a row; without any, the first one with text."""
    first = ""
    for name in book.sheets:
        rows = [row for row in book.sample(name) if any(row.cells)]
        place = find_header(rows)
        if place is not None and count_headings(rows[place].cells) >= 2:
            return name
        first = first or (name if rows else "")
    if not first:
        raise ImportFileError("file-empty")
    return first


def _wide(rows: list[TableRow]) -> list[TableRow]:
    """The rows with as many cells as the widest has: a sheet may have columns without a heading."""
    width = max((len(row.cells) for row in rows), default=0)
    return [replace(row, cells=[*row.cells, *[""] * (width - len(row.cells))]) for row in rows]


def _open(data: bytes, limits: ImportLimits) -> _Workbook:
    package = zipfile.ZipFile(io.BytesIO(data))
    parts = package.infolist()
    # zipfile reads no more of a part than the size that is declared for it
    if len(parts) > _PARTS_MAX or sum(part.file_size for part in parts) > limits.unpacked_max:
        raise ImportFileError("file-too-large", limit=limits.unpacked_max)
    if any(part.flag_bits & 1 for part in parts):
        raise ImportFileError("file-encrypted")
    names = {part.filename for part in parts}
    main = _target(package, "", "officeDocument")
    if main is None or not main.endswith("workbook.xml"):
        raise ImportFileError("file-kind-unknown")
    targets = _relations(package, main)
    since_1904, sheets = _read_main(package, main)
    # each part once, however many names it has
    names_by_path = {targets[relation]: name for name, relation in reversed(sheets.items())}
    strings = _target(package, main, "sharedStrings")
    styles = _target(package, main, "styles")
    cells = CellTexts(
        strings=_read_strings(package, strings) if strings in names else [],
        formats=_read_formats(package, styles) if styles in names else [],
        since_1904=since_1904,
    )
    paths = {name: path for path, name in reversed(names_by_path.items()) if path in names}
    return _Workbook(package, limits, paths, cells)


def _relations_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relations(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    return {id_: path for id_, _, path in _relation_list(package, part)}


def _target(package: zipfile.ZipFile, part: str, kind: str) -> str | None:
    """The path of the first part that this one refers to as a part of this kind."""
    relations = _relation_list(package, part)
    return next((path for _, type_, path in relations if type_.endswith(f"/{kind}")), None)


def _relation_list(package: zipfile.ZipFile, part: str) -> list[tuple[str, str, str]]:
    with package.open(_relations_part(part)) as stream:
        return [
            (
                element.get("Id", ""),
                element.get("Type", ""),
                posixpath.normpath(
                    posixpath.join("/", posixpath.dirname(part), element.get("Target", ""))
                ).lstrip("/"),
            )
            for _, element in elements(stream, "Relationship")
        ]


def _read_main(package: zipfile.ZipFile, main: str) -> tuple[bool, dict[str, str]]:
    """Whether dates count from 1904, and the relations of all sheets that are not hidden."""
    since_1904, sheets = False, {}
    with package.open(main) as stream:
        for name, element in elements(stream, "workbookPr", "sheet"):
            if name == "workbookPr":
                since_1904 = element.get("date1904") in {"1", "true"}
            elif element.get("state", "visible") == "visible":
                relation = next(v for k, v in element.attrib.items() if k.endswith("}id"))
                sheets[element.get("name", "")] = relation
    return since_1904, sheets


def _read_strings(package: zipfile.ZipFile, part: str) -> list[str]:
    with package.open(part) as stream:
        return [unescape(joined_text(element)) for _, element in elements(stream, "si")]


def _read_formats(package: zipfile.ZipFile, part: str) -> list[NumberFormat]:
    """The number format of each style that a cell can have."""
    codes: dict[int, str] = {}
    formats: list[NumberFormat] = []
    with package.open(part) as stream:
        for name, element in elements(stream, "numFmt", "cellXfs"):
            if name == "numFmt":
                codes[int(element.get("numFmtId", 0))] = element.get("formatCode", "")
            else:
                formats = [_format(xf, codes) for xf in element]
    return formats


def _format(xf: Element, codes: dict[int, str]) -> NumberFormat:
    number = int(xf.get("numFmtId", 0))
    code = codes.get(number, "")
    return NumberFormat.of(number, code) if number in codes or number else PLAIN
