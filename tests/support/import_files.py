"""Makes files of contacts for the tests of their readers, and reads them."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.imported_row import ImportedRow, Rejection

PROFILE = NumberProfile(area_code="89")


def read_rows(
    data: bytes | str, mapping: ColumnMapping | None = None, **choices: Any
) -> list[ImportedRow | Rejection]:
    """All rows and rejections of a file, with the proposed mapping if there is no other."""
    content = data.encode() if isinstance(data, str) else data
    return list(read_import(content, **choices).rows(PROFILE, mapping, source="list"))


def read_records(data: bytes | str, **choices: Any) -> list[ImportedRow]:
    """All rows of a file without a rejection."""
    rows = read_rows(data, **choices)
    rejections = [row for row in rows if isinstance(row, Rejection)]
    assert rejections == []
    return [row for row in rows if isinstance(row, ImportedRow)]


def read_codes(data: bytes | str, **choices: Any) -> list[tuple[int, str, str]]:
    """Row, code and column of each rejection of a file."""
    rows = read_rows(data, **choices)
    return [(row.row, row.code, row.column) for row in rows if isinstance(row, Rejection)]


def workbook(
    sheets: Mapping[str, Iterable[Sequence[Any]]], formats: Mapping[str, str] | None = None
) -> bytes:
    """A workbook with these rows; `formats` are number formats by cell, of the last sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cell, code in (formats or {}).items():
            sheet[cell].number_format = code
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with another content of one of its parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def sheet_xml(rows: str) -> bytes:
    """The part of a sheet with these rows, as XML."""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'.encode()
