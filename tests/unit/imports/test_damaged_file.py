"""One file with many kinds of damage, and the whole report of it."""

from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.rows.imported_row import ImportedRow, Rejection
from support.import_files import PROFILE

LINES = (
    "sep=;",
    "Kundenliste, Stand Januar",
    "",
    "ID;Name;Firma;Telefon;Mobil;E-Mail;Notiz;Geburtstag",
    "1;Huber;;08999998001;;huber@example.com;gut;1970-01-01",
    "2;Maier;;4,98989E+11;;;Ziffern verloren;",
    "3;Kurz;;-99998041;;;als Formel gerechnet;",
    "4;Lang;;#NV;;;Fehlerwert;",
    '5;Groß;;="08999998002";0171 3920044;;repariert;',
    "6;;;08999998003;;;ohne Namen;",
    "7;Klein;;08999998004;;klein(at)example.com;E-Mail kaputt;",
    "8;M\ufffdller;;08999998005;;;Zeichen kaputt;",
    "1;Doppelt;;08999998006;;;Kennung doppelt;",
    "9;Zu;viele;08999998007;;;Trennzeichen;im;Text",
    "10;Zu wenige;;0899999",
    '11;"Offen;;08999998008;;;Anführungszeichen;',
    "12;Weber;;4,98999998009E+11;'08999998010;;repariert;",
    f"13;{'x' * 201};;;;;Name zu lang;",
    "14;;Weber GmbH;08999998011;;;\"zwei\nZeilen\";",
    ";;;;;;;",
    "15;Letzter;;08999998012;k.A.;;Schluss;",
    *(f"{n};Nummer {n};;08999998{n};;;;" for n in range(100, 120)),
)  # fmt: skip


def test_report_of_a_damaged_file_names_every_row() -> None:
    file = read_import("\r\n".join(LINES).encode())
    rows = list(file.rows(PROFILE, source="list"))
    assert file.unread_columns() == ("Geburtstag",)
    assert file.table is not None
    assert file.table.preamble == ("Kundenliste, Stand Januar",)
    rejections = [row for row in rows if isinstance(row, Rejection)]
    assert rejections == [
        Rejection(6, "number-rounded", "numbers", "Telefon", "4,98989E+11", host_id="2"),
        Rejection(7, "number-computed", "numbers", "Telefon", "-99998041", host_id="3"),
        Rejection(8, "formula-error", "numbers", "Telefon", "#NV", host_id="4"),
        Rejection(10, "name-missing", "name", host_id="6"),
        Rejection(11, "email-invalid", "emails", "E-Mail", "klein(at)example.com", host_id="7"),
        Rejection(12, "text-damaged", "name", "Name", "M\ufffdller", host_id="8"),
        Rejection(13, "host-id-repeated", "host_id", "ID", "1", host_id="1"),
        Rejection(14, "row-too-long", text="Text"),
        Rejection(15, "row-too-short", text="10 Zu wenige  0899999"),
        Rejection(16, "quotes-damaged", text='11;"Offen;;08999998008;;;Anführungszeichen;'),
        Rejection(18, "text-too-long", "name", "Name", "x" * 200, limit=200, host_id="13"),
    ]
    records = [row for row in rows if isinstance(row, ImportedRow)]
    assert [(row.row, row.name) for row in records[:4]] == [
        (5, "Huber"),
        (9, "Groß"),
        (17, "Weber"),
        (19, "Weber GmbH"),
    ]
    assert [n.number for n in records[1].numbers] == ["08999998002", "0171 3920044"]
    assert [n.number for n in records[2].numbers] == ["498999998009", "08999998010"]
    assert records[3].note == "zwei\nZeilen"
    # 19 has two lines, and 21 is empty
    assert [(row.row, row.name) for row in records[4:6]] == [(22, "Letzter"), (23, "Nummer 100")]
    assert len(records) == 25
