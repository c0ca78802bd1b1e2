"""Workbooks: what their cells show, their sheets, and files that are made to do harm."""

import datetime
import io
import re
import zipfile

import pytest

from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.rows.imported_row import ImportedRow, ImportFileError
from softphone_matcher.imports.rows.limits import ImportLimits
from support.import_files import (
    PROFILE,
    read_codes,
    read_records,
    read_rows,
    sheet_xml,
    with_part,
    workbook,
)

SHEET = "xl/worksheets/sheet1.xml"
HEADER = (
    '<row><c t="inlineStr"><is><t>Name</t></is></c>'
    '<c t="inlineStr"><is><t>Telefon</t></is></c></row>'
)


def _of_xml(rows: str) -> bytes:
    return with_part(workbook({"a": [["x"]]}), SHEET, sheet_xml(rows))


@pytest.mark.parametrize(
    ("value", "format_code", "number"),
    [
        (498999998001, "General", "498999998001"),
        (8999998001, "00000000000", "08999998001"),
        (8999998001, '"0"#', "08999998001"),
        (8999998001, "0000 00000\\-00", "08999998001"),
        (498999998001, '"+"0', "+498999998001"),
        (498999998001, "\\+#", "+498999998001"),
        (498999998001, "[<=99999]0;0", "498999998001"),
        (498999998001.0, "0.00", "498999998001"),
        (498999998001, "0.00E+00", "498999998001"),
        ("08999998001", "@", "08999998001"),
    ],
)
def test_number_is_read_as_its_cell_shows_it(
    value: float | str, format_code: str, number: str
) -> None:
    data = workbook({"a": [["Name", "Telefon"], ["Huber", value]]}, {"B2": format_code})
    assert [each.number for each in read_records(data)[0].numbers] == [number]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (4989999980010000000, "number-rounded"),
        (0.0000498, "number-rounded"),
        (-99998041, "number-computed"),
        ("#N/A", "formula-error"),
    ],
)
def test_number_that_was_computed_is_rejected(value: object, code: str) -> None:
    data = workbook({"a": [["Name", "Telefon"], ["Huber", value]]})
    assert read_codes(data) == [(2, code, "Telefon")]


def test_dates_times_and_truths_become_texts() -> None:
    moment = datetime.datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001 - a workbook has no time zones
    values = [datetime.date(2026, 1, 2), moment, datetime.time(3, 4), True, 0.5]
    data = workbook({"a": [["Name", "Notiz"], *[["Huber", value] for value in values]]})
    notes = [row.note for row in read_records(data)]
    assert notes == ["2026-01-02", "2026-01-02 03:04:00", "03:04:00", "1", "0.5"]


def test_formula_gives_the_value_stored_with_it() -> None:
    formula = '<c t="str"><f>A1&amp;"x"</f><v>Huber</v></c><c><f>1+1</f><v>8999998001</v></c>'
    [row] = read_records(_of_xml(f"{HEADER}<row>{formula}</row>"))
    assert (row.name, row.numbers[0].number) == ("Huber", "8999998001")


def test_text_with_runs_and_readings_is_joined() -> None:
    runs = "<r><t>Hu</t></r><r><t>ber_x000D_</t></r><rPh><t>reading</t></rPh>"
    data = _of_xml(f'{HEADER}<row><c t="inlineStr"><is>{runs}</is></c></row>')
    assert read_records(data)[0].name == "Huber"


@pytest.mark.parametrize("half", ["_xD800_", "_xDE00_", "_xD83D_ _xDE00_"])
def test_half_a_character_is_damage(half: str) -> None:
    rows = [["Huber _xD83D__xDE00_", "089 99998001"], [f"Maier {half}", "089 99998002"]]
    data = workbook({"a": [["Name", "Telefon"], *rows]})
    first = read_rows(data)[0]
    assert isinstance(first, ImportedRow)
    assert first.name == "Huber \N{GRINNING FACE}"
    assert read_codes(data) == [(3, "text-damaged", "Name")]
    heading = workbook({"a": [["Name", half], ["Huber", "x"]]})
    assert all(column.encode() for column in read_import(heading).columns)


def test_first_sheet_with_a_header_is_read() -> None:
    data = workbook(
        {
            "Deckblatt": [["Kontakte der Huber GmbH"]],
            "Liste": [[], ["Stand", "heute"], [], ["Name", "Telefon"], ["Huber", "089 99998001"]],
            "Alt": [["Name", "Telefon"], ["Maier", "089 99998002"]],
        }
    )
    file = read_import(data)
    assert file.table is not None
    assert (file.table.sheet, file.table.sheets) == ("Liste", ("Deckblatt", "Liste", "Alt"))
    assert [(row.row, row.name) for row in read_records(data)] == [(5, "Huber")]
    assert [row.name for row in read_records(data, sheet="Alt")] == ["Maier"]


def test_hidden_and_repeated_sheets_are_left_out() -> None:
    data = workbook({"a": [["Name"], ["Huber"]], "b": [["Name"], ["Maier"]]})
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        main = package.read("xl/workbook.xml").decode()
    first = re.search(r"<sheet [^>]*/>", main)
    assert first is not None
    again = first[0].replace('name="a"', 'name="c"').replace('sheetId="1"', 'sheetId="3"')
    hidden = main.replace('name="b"', 'name="b" hidden="1"').replace(first[0], first[0] + again)
    hidden = re.sub(r'(name="b"[^>]*state=)"visible"', r'\1"hidden"', hidden)
    file = read_import(with_part(data, "xl/workbook.xml", hidden.encode()))
    assert file.table is not None
    assert file.table.sheets == ("a",)


def test_unknown_sheet_is_refused() -> None:
    with pytest.raises(ImportFileError) as error:
        read_import(workbook({"a": [["Name"]]}), sheet="b")
    assert (error.value.code, error.value.params) == ("sheet-unknown", {"names": "a"})


def test_columns_without_heading_are_named() -> None:
    data = workbook({"a": [["Name", "Telefon"], ["Huber", "089 99998001", None, "x"]]})
    assert read_import(data).unread_columns() == ("column 3", "column 4")


@pytest.mark.parametrize(
    "cell",
    [
        '<c t="s"><v>99</v></c>',
        '<c t="s"><v>-1</v></c>',
        "<c><v>12x</v></c>",
        "<c><v>1E400</v></c>",
        '<c r="B2"><v>1</v></c><c r="A2"><v>2</v></c>',
        '<c r="XFD2"><v>1</v></c>',
        '<c r="?"><v>1</v></c>',
    ],
)
def test_damaged_cell_rejects_its_row_only(cell: str) -> None:
    after = '<row><c t="inlineStr"><is><t>Maier</t></is></c></row>'
    assert read_codes(_of_xml(f"{HEADER}<row>{cell}</row>{after}")) == [(2, "cell-unreadable", "")]


def _codes_of(data: bytes, limits: ImportLimits | None = None) -> str:
    with pytest.raises(ImportFileError) as error:
        list(read_import(data, limits=limits or ImportLimits()).rows(PROFILE))
    return error.value.code


def test_package_that_unpacks_too_large_is_refused() -> None:
    data = with_part(workbook({"a": [["Name"]]}), "docProps/app.xml", bytes(3_000_000))
    assert len(data) < 100_000
    assert _codes_of(data, ImportLimits(unpacked_max=2_000_000)) == "file-too-large"


def test_document_type_is_refused() -> None:
    for encoding in ("utf-8", "utf-16"):
        text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE worksheet [<!ENTITY a "b">]>'
        part = (text + sheet_xml(HEADER).decode()).encode(encoding)
        assert _codes_of(with_part(workbook({"a": [["x"]]}), SHEET, part)) == "file-damaged"


@pytest.mark.parametrize(
    "rows",
    [
        "<row>" + "<c/>" * 200_001 + "</row>",
        "<row>" + "<x>" * 200 + "</x>" * 200 + "</row>",
        '<row r="3"/><row r="2"/>',
        '<row r="1048577"/>',
        "<row><c>",
    ],
)
def test_sheet_without_end_or_order_is_refused(rows: str) -> None:
    assert _codes_of(_of_xml(HEADER + rows)) == "file-damaged"


def test_cell_at_the_far_end_costs_no_memory() -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert read_codes(_of_xml(HEADER + far)) == [(1048576, "cell-unreadable", "")]


def test_package_that_is_cut_or_foreign_is_refused() -> None:
    data = workbook({"a": [["Name", "Telefon"], ["Huber", "089 99998001"]]})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as other:
        other.writestr("word/document.xml", "<document/>")
    assert _codes_of(data[: len(data) // 2]) == "file-damaged"
    assert _codes_of(stream.getvalue()) in {"file-damaged", "file-kind-unknown"}
    assert _codes_of(with_part(data, "xl/workbook.xml", b"<workbook/>")) == "file-empty"
    assert _codes_of(with_part(data, SHEET, b"")) == "file-damaged"
