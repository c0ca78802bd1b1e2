"""CSV of spreadsheets and databases, with their encodings, separators, quotes and headers."""

import pytest

from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.rows.imported_row import ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.imports.tables.encodings import detect_encoding
from support.import_files import PROFILE, read_codes, read_records, read_rows

GERMAN = "Name;Telefon;Notiz\nJörg Müller;08999998001;grüßt Österreich – sehr höflich\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp850", "mac_roman"],
)
def test_umlauts_in_any_encoding_are_read(encoding: str) -> None:
    text = GERMAN if encoding != "cp850" else GERMAN.replace("–", "-")
    [row] = read_records(text.encode(encoding))
    assert row.name == "Jörg Müller"
    assert row.note.startswith("grüßt Österreich")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Renée", "cp1252"),
        ("Renée", "cp850"),
        ("Renée", "mac_roman"),
        ("MÜLLER", "cp1252"),
        ("Ümit Çelik", "cp1252"),
        ("„Huber“ – Straße", "cp1252"),
        ("10 € §", "cp1252"),
    ],
)
def test_encoding_of_one_name_is_recognised(name: str, encoding: str) -> None:
    assert detect_encoding(f"Name;Telefon\n{name};08999998001\n".encode(encoding)) == encoding


def test_encoding_of_the_first_letters_counts() -> None:
    rows = "Huber;08999998001\n" * 80_000
    for encoding in ("utf-8", "cp850"):
        data = f"Name;Telefon\n{rows}Müller;\n".encode(encoding)
        assert read_import(data).encoding == encoding


def test_encoding_of_the_caller_is_used() -> None:
    data = "Name;Telefon\nñ;08999998001\n".encode("cp850")
    assert read_records(data, encoding="cp850")[0].name == "ñ"


@pytest.mark.parametrize("chosen", ["utf-16", "utf-16-le"])
@pytest.mark.parametrize("written", ["utf-16", "utf-16-le"])
def test_byte_order_mark_may_be_there_or_not(chosen: str, written: str) -> None:
    data = '"Name";Telefon\nHuber;08999998001\n'.encode(written)
    assert [row.name for row in read_records(data, encoding=chosen)] == ["Huber"]


def test_encoding_that_is_no_text_is_refused() -> None:
    with pytest.raises(ImportFileError) as error:
        read_import(b"Name\nx\n", encoding="punycode")
    assert error.value.code == "encoding-unknown"


def test_broken_character_of_utf8_rejects_its_row_only() -> None:
    data = "Name;Telefon\nMüller;08999998001\nJäger;08999998002\n".encode()
    data += b"H\xfcber;08999998003\n"
    assert read_import(data).encoding == "utf-8"
    assert read_codes(data) == [(4, "text-damaged", "Name")]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_recognised(separator: str, line_end: str) -> None:
    rows = [["Name", "Telefon", "Notiz"], ["Huber", "089 99998001", "a"], ["Maier", "", "b"]]
    text = line_end.join(separator.join(row) for row in rows)
    records = read_records(text)
    assert [(row.row, row.name, row.note) for row in records] == [
        (2, "Huber", "a"),
        (3, "Maier", "b"),
    ]


def test_separator_is_not_taken_from_texts() -> None:
    text = "Name;Telefon\n" + "".join(f"Huber, Erika {i};08999998{i:03}\n" for i in range(9))
    assert read_import(text.encode()).table.separator == ";"  # type: ignore[union-attr]


def test_sep_line_of_excel_decides_the_separator() -> None:
    [row] = read_records("\ufeffsep=|\r\nName|Telefon\r\nHuber; GmbH|08999998001\r\n")
    assert (row.row, row.name) == (3, "Huber; GmbH")


def test_quoted_cells_keep_separators_quotes_and_lines() -> None:
    [row, after] = read_records(
        'Name;Telefon;Notiz\n"Huber; ""Eri""";08999998001;"Zeile 1\nZeile 2"\nMaier;;\n'
    )
    assert (row.name, row.note) == ('Huber; "Eri"', "Zeile 1\nZeile 2")
    assert (row.row, after.row) == (2, 4)


def test_header_below_title_and_comments_is_used() -> None:
    text = "# Stand 1.1.2026\n\nUnsere Kontakte;;\n\nName;Telefon;Notiz\nHuber;08999998001;x\n"
    file = read_import(text.encode())
    assert file.table is not None
    assert file.table.header_row == 5
    assert file.table.preamble == ("# Stand 1.1.2026", "Unsere Kontakte")
    assert [row.row for row in file.rows(PROFILE)] == [6]


def test_unknown_headings_are_a_header_above_data() -> None:
    file = read_import(b"Wer;Wo\nHuber;089 99998001\nMaier;089 99998002\n")
    assert file.columns == ("Wer", "Wo")
    assert file.unread_columns() == ("Wer", "Wo")


def test_file_without_header_keeps_its_first_row() -> None:
    file = read_import(b"Huber;089 99998001\nMaier;089 99998002\n")
    assert file.columns == ("column 1", "column 2")
    assert [row.row for row in file.rows(PROFILE)] == [1, 2]


def test_columns_of_one_name_are_distinguished() -> None:
    file = read_import(b"Name;Telefon;Telefon;\nHuber;08999998001;08999998002;x\n")
    assert file.columns == ("Name", "Telefon", "Telefon (2)", "column 4")
    assert file.unread_columns() == ("column 4",)


def test_short_rows_of_a_ragged_file_are_read() -> None:
    records = read_records("Name;Telefon;Notiz\nHuber;08999998001\nMaier;08999998002;x\n")
    assert [row.note for row in records] == ["", "x"]


def test_short_row_of_a_padded_file_is_rejected() -> None:
    whole = "".join(f"Huber;08999998{i:03};\n" for i in range(20))
    assert read_codes(f"Name;Telefon;Notiz\n{whole}Maier;0899999") == [(22, "row-too-short", "")]


def test_unclosed_quote_rejects_its_line_only() -> None:
    text = 'Name;Telefon\n"Huber;08999998001\nMaier;08999998002\n"Kurz";08999998003\n'
    rows = read_rows(text)
    assert [(row.row, getattr(row, "name", "")) for row in rows] == [
        (2, ""),
        (3, "Maier"),
        (4, "Kurz"),
    ]


def test_quote_open_for_too_many_lines_is_rejected() -> None:
    text = 'Name;Telefon\nHuber;"\n' + "Maier;08999998002\n" * 600 + 'Kurz;"\n'
    rows = read_rows(text)
    assert [row.row for row in rows if isinstance(row, Rejection)] == [2, 603]
    assert len(rows) == 602


def test_quotes_that_never_end_well_are_given_up() -> None:
    with pytest.raises(ImportFileError) as error:
        read_codes("Name;Telefon\n" + 'a";"\n' * 3000)
    assert error.value.params == {"reason": "quotes"}


def test_rows_over_the_limit_are_reported_once() -> None:
    text = "Name\n" + "Huber\n" * 5
    assert read_codes(text, limits=ImportLimits(rows_max=3)) == [(5, "rows-too-many", "")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "file-empty"),
        (b";;;\n;;;\n", "file-empty"),
        (b"Name\n" + b"x" * 200, "file-too-large"),
        (b"a;" * 90, "columns-too-many"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file-kind-unknown"),
        (b"<html><table><tr><td>Name</td></tr></table>", "file-kind-unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "file-encrypted"),
    ],
)
def test_file_that_is_no_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ImportFileError) as error:
        read_import(data, limits=ImportLimits(bytes_max=190, columns_max=80))
    assert error.value.code == code
