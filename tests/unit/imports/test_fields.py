"""The damage in texts of a row that is repaired, and the damage that rejects the row."""

import pytest

from softphone_common.domain.matching import number_keys
from softphone_matcher.imports.rows.imported_row import ImportedNumber
from softphone_matcher.imports.rows.limits import FIELD_MAX
from support.import_files import PROFILE, read_codes, read_records, workbook


def _row(**fields: str) -> str:
    return f"Name;{';'.join(fields)}\nHuber;{';'.join(fields.values())}\n"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('="08999998001"', "08999998001"),
        ('"=""08999998001"""', "08999998001"),
        ("'08999998001", "08999998001"),
        ("4,98999998001E+11", "498999998001"),
        ("4.98999998001e+11", "498999998001"),
        ("+4,98999998001E+11", "+498999998001"),
        ("8,999998001E+9", "8999998001"),
        ("498999998001", "498999998001"),
        ("8999998001", "8999998001"),
        ("498999998001.0", "498999998001.0"),
        ("\u00a0089 99998001\u200b", "089 99998001"),
    ],
)
def test_damage_with_all_digits_is_repaired(text: str, number: str) -> None:
    [row] = read_records(_row(Telefon=text))
    assert row.numbers == (ImportedNumber(number),)
    assert number_keys(number, PROFILE).keys == ("+498999998001",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("4,98989E+11", "number-rounded"),
        ("4.99E+11", "number-rounded"),
        ("5E+11", "number-rounded"),
        ("8,99999800E+9", "number-rounded"),
        ("4,989999980015E+11", "number-rounded"),
        ("5e-05", "number-rounded"),
        ("4.98999998001000E+18", "number-rounded"),
        ("-9998041", "number-computed"),
        ("#NV", "formula-error"),
        ("#REF!", "formula-error"),
        ("########", "formula-error"),
        ("089\x0099998001", "text-damaged"),
        ("9" * 129, "text-too-long"),
    ],
)
def test_number_that_lost_digits_is_rejected(text: str, code: str) -> None:
    assert read_codes(_row(Telefon=text)) == [(2, code, "Telefon")]


@pytest.mark.parametrize("text", ["94123456", "431234567", "99998001"])
def test_number_that_may_lack_its_zero_is_rejected(text: str) -> None:
    # a number of Munich, or one of Regensburg or Kiel without its zero
    assert read_codes(_row(Telefon=text)) == [(2, "number-zero-lost", "Telefon")]
    table = workbook({"a": [["Name", "Telefon"], ["Huber", int(text)]]})
    assert read_codes(table) == [(2, "number-zero-lost", "Telefon")]


def test_number_that_never_had_a_zero_is_kept() -> None:
    of_text = workbook({"a": [["Name", "Telefon"], ["Huber", "99998001"]]})
    assert read_records(of_text)[0].numbers == (ImportedNumber("99998001"),)
    # the code of a town shows that no spreadsheet has removed zeros
    [row, _] = read_records("Name;Telefon;PLZ\nHuber;99998001;\nMaier;;01067\n")
    assert row.numbers == (ImportedNumber("99998001"),)
    [card] = read_records("BEGIN:VCARD\nFN:Huber\nTEL:99998001\nEND:VCARD\n")
    assert card.numbers == (ImportedNumber("99998001"),)


def test_labels_of_numbers_are_taken_from_their_columns() -> None:
    [row] = read_records(
        "Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
        "Huber,* Mobile,0171 3920044 ::: 089 99998001,,089 99998002\n"
    )
    assert row.numbers == (
        ImportedNumber("0171 3920044", "Mobile"),
        ImportedNumber("089 99998001", "Mobile"),
        ImportedNumber("089 99998002"),
    )


def test_company_behind_the_module_of_a_crm_is_read() -> None:
    [row] = read_records("Last Name,Organization Name\nHuber,Accounts::::Huber GmbH\n")
    assert row.organization == "Huber GmbH"


@pytest.mark.parametrize("text", ["", "-", "--", "n/a", "k.A.", "keine", "NULL", "(null)", "/"])
def test_word_for_no_number_gives_none(text: str) -> None:
    assert read_records(_row(Telefon=text, Mobil="0171 3920044"))[0].numbers == (
        ImportedNumber("0171 3920044", "mobile"),
    )


def test_two_rows_with_one_id_are_not_both_read() -> None:
    text = "ID;Name\n7;Huber\n8;Maier\n7;Kurz\n"
    assert read_codes(text) == [(4, "host-id-repeated", "ID")]


def test_rows_without_id_are_known_by_their_names() -> None:
    first = read_records("Name;Firma;Telefon\nHuber;;08999998001\nMaier;;\nHuber;;\nHuber;A;\n")
    ids = [row.host_id for row in first]
    assert len(set(ids)) == 4
    again = read_records("Name;Telefon\nMaier;08999998009\nhuber;08999998008\n")
    assert [row.host_id for row in again] == [ids[1], ids[0]]


def test_rounded_id_is_rejected() -> None:
    assert read_codes("ID;Name\n4,98E+11;Huber\n5E12;Maier\n") == [(2, "number-rounded", "ID")]


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("erika@example.com", ["erika@example.com"]),
        ("mailto:erika@example.com", ["erika@example.com"]),
        ('"Huber, Erika <erika@example.com>"', ["erika@example.com"]),
        ('"a@example.com; b@example.com"', ["a@example.com", "b@example.com"]),
        ("a@example.com ::: a@example.com", ["a@example.com"]),
    ],
)
def test_email_addresses_are_taken_from_their_cell(text: str, emails: list[str]) -> None:
    assert list(read_records(_row(Telefon="", Mail=text))[0].emails) == emails


@pytest.mark.parametrize(
    ("heading", "text", "code"),
    [
        ("E-Mail", "erika at example.com", "email-invalid"),
        ("E-Mail", "/o=Exchange/ou=Huber", "email-invalid"),
        ("URL", "javascript:alert(1)", "url-invalid"),
        ("URL", "//evil.example.com", "url-invalid"),
        ("Inaktiv", "vielleicht", "flag-unreadable"),
        ("Firma", "x" * 201, "text-too-long"),
        ("Firma", "#NAME?", "formula-error"),
        ("Notiz", "x" * 2001, "text-too-long"),
        ("Notiz", "a\ufffdb", "text-damaged"),
        ("Kategorien", "x" * (FIELD_MAX["tag"] + 1), "text-too-long"),
    ],
)
def test_field_that_cannot_be_saved_is_named(heading: str, text: str, code: str) -> None:
    assert read_codes(f"Name;Telefon;{heading}\nHuber;;{text}\n") == [(2, code, heading)]


def test_row_with_too_many_values_is_rejected() -> None:
    numbers = " ::: ".join(f"089 99998{i:03}" for i in range(51))
    assert read_codes(_row(Telefon=numbers)) == [(2, "items-too-many", "Telefon")]
    emails = " ".join(f"n{i}@example.com" for i in range(21))
    assert read_codes(f"Name,Mail\nHuber,{emails}\n") == [(2, "items-too-many", "")]
    tags = ",".join(f"t{i}" for i in range(51))
    assert read_codes(f"Name;Tags\nHuber;{tags}\n") == [(2, "items-too-many", "")]


def test_row_without_any_name_is_rejected() -> None:
    assert read_codes("Name;Firma;Telefon\n;;08999998001\n") == [(2, "name-missing", "")]


def test_company_without_person_is_an_organization() -> None:
    [company, person] = read_records("Name;Firma\n;Huber GmbH\nErika;Huber GmbH\n")
    assert (company.type, company.name) == ("organization", "Huber GmbH")
    assert (person.type, person.name) == ("contact", "Erika")


@pytest.mark.parametrize(
    ("text", "type_"),
    [("Lieferant", "supplier"), ("Lead", "lead"), ("Firma", "organization"), ("", "contact")],
)
def test_word_for_a_type_is_read(text: str, type_: str) -> None:
    assert read_records(f"Name;Typ\nHuber;{text}\nMaier;Partner\n")[0].type == type_


def test_further_fields_of_a_row_are_read() -> None:
    [row] = read_records(
        "Name;URL;Kategorien;Betreuer;Team;Inaktiv;PLZ;Ort;Straße\n"
        "Huber;www.example.com/7;VIP, Kunde;anna;Vertrieb;ja;80331;München;Weg 1\n"
    )
    assert row.item() == {
        "source": "list",
        "host_id": row.host_id,
        "type": "contact",
        "name": "Huber",
        "numbers": [],
        "organization": "",
        "emails": [],
        "address": "Weg 1, 80331 München",
        "note": "",
        "url": "https://www.example.com/7",
        "tags": ["VIP", "Kunde"],
        "owner": "anna",
        "team": "Vertrieb",
        "inactive": True,
    }
