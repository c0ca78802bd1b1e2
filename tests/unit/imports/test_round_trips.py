"""Any table that is written as CSV or XLSX comes back as it was, and no bytes break the readers."""

import csv
import io
from functools import cache
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.rows.imported_row import ImportFileError, Rejection
from softphone_matcher.imports.tables.encodings import ENCODINGS
from softphone_matcher.imports.tables.table import TableRow, strip_cell
from support.import_files import read_rows, workbook

HEADER = ["Name", "Telefon", "Notiz"]
WRITTEN = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t;,\"'|"),
    max_size=20,
).map(strip_cell)
CELLS = WRITTEN.filter(lambda text: not text.startswith("="))
TABLES = st.lists(st.tuples(CELLS.filter(bool), CELLS, CELLS), min_size=1, max_size=8)


def _cells(data: bytes) -> list[tuple[str, ...]]:
    table = read_import(data).table
    assert table is not None
    assert list(table.columns) == HEADER
    rows = list(table.rows())
    assert not any(isinstance(row, Rejection) for row in rows)
    return [tuple(row.cells) for row in rows if isinstance(row, TableRow)]


@given(
    TABLES,
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_table_written_as_csv_comes_back(
    rows: list[tuple[str, str, str]], separator: str, line_end: str, encoding: str, quoting: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([HEADER, *rows])
    assert _cells(text.getvalue().encode(encoding)) == rows


@given(TABLES.filter(lambda rows: not any("_x" in cell for row in rows for cell in row)))
def test_table_written_as_workbook_comes_back(rows: list[tuple[str, str, str]]) -> None:
    # openpyxl writes _x000D_ as it is, and a spreadsheet shows the character that it stands for
    assert _cells(workbook({"a": [HEADER, *rows]})) == rows


@given(st.lists(st.integers(-(10**14), 10**15 - 1), min_size=1, max_size=8))
def test_whole_numbers_of_a_workbook_keep_their_digits(numbers: list[int]) -> None:
    data = workbook({"a": [HEADER, *[("Huber", number, "x") for number in numbers]]})
    assert [cells[1] for cells in _cells(data)] == [str(number) for number in numbers]


@given(st.binary(max_size=300), st.sampled_from([None, *ENCODINGS]))
@example(b"PK\x03\x04", None)
@example(b"BEGIN:VCARD\nTEL;;;:;\nEND:VCARD", None)
@example(b'BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET="x":=\nEND:VCARD', None)
def test_any_bytes_are_read_or_refused(data: bytes, encoding: str | None) -> None:
    for head in (b"", b"Name;Telefon\n", b"BEGIN:VCARD\nFN:"):
        assert _refusal(head + data, encoding=encoding).startswith(("", "file-", "columns-"))


def _refusal(data: bytes, **choices: Any) -> str:
    """The code with which a file is refused; empty if it is read to its end."""
    try:
        read_rows(data, **choices)
    except ImportFileError as error:
        return error.code
    return ""


@cache
def _small_workbook() -> bytes:
    return workbook({"a": [HEADER, ("Huber", "089 99998001", "x")]})


@given(st.data())
def test_any_damage_of_a_workbook_is_refused(data: st.DataObject) -> None:
    content = bytearray(_small_workbook())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] ^= data.draw(st.integers(1, 255))
    assert _refusal(bytes(content)) in {"", "file-damaged", "file-empty", "file-kind-unknown"} | {
        "file-encrypted",
        "file-too-large",
    }
