"""The mapping that is proposed for the headings of usual exports."""

from collections.abc import Mapping

import pytest

from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.imports.rows.headings import recognise
from softphone_matcher.imports.rows.imported_row import ImportFileError
from support.import_files import PROFILE, read_rows

EXPORTS: Mapping[str, tuple[str, ColumnMapping, str]] = {
    "outlook-de": (
        "Anrede,Vorname,Weitere Vornamen,Nachname,Firma,Straße geschäftlich,Ort geschäftlich,"
        "Postleitzahl geschäftlich,Land/Region geschäftlich,Straße privat,Fax geschäftlich,"
        "Telefon geschäftlich,Telefon geschäftlich 2,Telefon privat,Mobiltelefon,"
        "Telefon Assistent,E-Mail-Adresse,E-Mail 2: Adresse,Kategorien,Notizen",
        ColumnMapping(
            name=("Vorname", "Weitere Vornamen", "Nachname"),
            numbers=(
                NumberColumn("Fax geschäftlich", "fax"),
                NumberColumn("Telefon geschäftlich", "work"),
                NumberColumn("Telefon geschäftlich 2", "work"),
                NumberColumn("Telefon privat", "home"),
                NumberColumn("Mobiltelefon", "mobile"),
                NumberColumn("Telefon Assistent", "assistant"),
            ),
            organization="Firma",
            emails=("E-Mail-Adresse", "E-Mail 2: Adresse"),
            address=(
                ("Straße geschäftlich",),
                ("Postleitzahl geschäftlich", "Ort geschäftlich"),
                ("Land/Region geschäftlich",),
            ),
            note=("Notizen",),
            tags=("Kategorien",),
        ),
        "Anrede,Straße privat",
    ),
    "google": (
        "First Name,Last Name,Organization Name,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Address 1 - Street,Address 1 - City,"
        "Address 1 - Postal Code,Website 1 - Value",
        ColumnMapping(
            name=("First Name", "Last Name"),
            numbers=(NumberColumn("Phone 1 - Value", label_column="Phone 1 - Label"),),
            organization="Organization Name",
            emails=("E-mail 1 - Value",),
            address=(("Address 1 - Street",), ("Address 1 - Postal Code", "Address 1 - City")),
            note=("Notes",),
            tags=("Labels",),
        ),
        "E-mail 1 - Label,Website 1 - Value",
    ),
    "exchange-en": (
        "FirstName,LastName,Company,Mobile,Mobile 2,Home,Business,Email,Other,Business Fax,Pager",
        ColumnMapping(
            name=("FirstName", "LastName"),
            numbers=(
                NumberColumn("Mobile", "mobile"),
                NumberColumn("Mobile 2", "mobile"),
                NumberColumn("Home", "home"),
                NumberColumn("Business", "work"),
                NumberColumn("Other", "other"),
                NumberColumn("Business Fax", "fax"),
                NumberColumn("Pager", "pager"),
            ),
            organization="Company",
            emails=("Email",),
        ),
        "",
    ),
    "crm": (
        "Contact Id,First Name,Last Name,Organization Name,Office Phone,Mobile,Primary Email,"
        "Assigned To,Mailing Street,Mailing City,Mailing Zip,Mailing Country,Description,"
        "Lead Source",
        ColumnMapping(
            name=("First Name", "Last Name"),
            numbers=(NumberColumn("Office Phone", "work"), NumberColumn("Mobile", "mobile")),
            organization="Organization Name",
            emails=("Primary Email",),
            address=(("Mailing Street",), ("Mailing Zip", "Mailing City"), ("Mailing Country",)),
            note=("Description",),
            owner="Assigned To",
            host_id="Contact Id",
        ),
        "Lead Source",
    ),
    "list-de": (
        "Name,Vorname,Telefon,Handy,Straße,Hausnummer,PLZ,Ort,Bemerkung,Kundennummer,Typ",
        ColumnMapping(
            name=("Vorname", "Name"),
            numbers=(NumberColumn("Telefon"), NumberColumn("Handy", "mobile")),
            address=(("Straße", "Hausnummer"), ("PLZ", "Ort")),
            note=("Bemerkung",),
        ),
        "Kundennummer,Typ",
    ),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_headings_of_an_export_propose_its_mapping(export: str) -> None:
    headings, mapping, unread = EXPORTS[export]
    file = read_import(f"{headings}\n{','.join('1' for _ in headings.split(','))}\n".encode())
    assert file.proposal == mapping
    assert ",".join(file.unread_columns()) == unread


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("TELEFON (PRIVAT)", "home"),
        ("Telefon_geschaeftlich", "work"),
        ("Tel.-Nr.", ""),
        ("  Handy-Nr. 2 ", "mobile"),
        ("mobilePhone1", "mobile"),
        ("HOME_PHONE", "home"),
    ],
)
def test_heading_is_known_in_any_spelling(heading: str, label: str) -> None:
    recognised = recognise(heading)
    assert recognised is not None
    assert (recognised.field, recognised.detail) == ("number", label)


@pytest.mark.parametrize(
    "heading", ["", "-", "Kundennummer", "Geburtstag", "Webseite", "Tag", "123"]
)
def test_heading_of_no_field_is_not_known(heading: str) -> None:
    assert recognise(heading) is None


def test_column_without_any_digit_is_no_number() -> None:
    file = read_import(b"Nachname,Telefon,Privat\nHuber,089 99998001,Falsch\n")
    assert file.proposal.numbers == (NumberColumn("Telefon"),)
    assert file.unread_columns() == ("Privat",)


def test_mapping_of_the_caller_is_used() -> None:
    mapping = ColumnMapping(
        name=("a",), numbers=(NumberColumn("b", "direct"),), record_type="supplier"
    )
    [row] = read_rows("a;b;Name\nHuber;089 99998001;Maier\n", mapping)
    assert getattr(row, "type", "") == "supplier"
    assert getattr(row, "name", "") == "Huber"


def test_mapping_to_an_unknown_column_is_refused() -> None:
    file = read_import(b"Name;Telefon\nHuber;08999998001\n")
    with pytest.raises(ImportFileError) as error:
        file.rows(PROFILE, ColumnMapping(name=("Firma",)))
    assert (error.value.code, error.value.params) == ("column-unknown", {"column": "Firma"})
