"""vCards of phones, Outlook, Apple and Google, in their three versions and with their faults."""

import pytest

from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.rows.imported_row import ImportedNumber, ImportedRow, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from support.import_files import read_codes, read_records, read_rows


def _card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def _read(*lines: str, version: str = "3.0") -> ImportedRow:
    [row] = read_records(_card(*lines, version=version))
    return row


def test_card_of_version_4_is_read() -> None:
    row = _read(
        "FN:Dr. Erika Huber",
        "N:Huber;Erika;;Dr.;",
        "ORG:Huber GmbH;Einkauf",
        'TEL;VALUE=uri;PREF=1;TYPE="voice,work":tel:+49-89-99998001;ext=12',
        "TEL;TYPE=cell:0171 3920044",
        "EMAIL;TYPE=work:erika@example.com",
        "ADR;TYPE=work:;;Musterweg 1;München;Bayern;80331;Deutschland",
        "NOTE:Zeile 1\\nZeile 2\\, Ende",
        "URL:https://example.com/7",
        "CATEGORIES:Kunde,VIP",
        "UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        version="4.0",
    )
    assert row == ImportedRow(
        row=1,
        source="list",
        host_id="4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        type="contact",
        name="Dr. Erika Huber",
        numbers=(
            ImportedNumber("+49-89-99998001;ext=12", "work"),
            ImportedNumber("0171 3920044", "mobile"),
        ),
        organization="Huber GmbH, Einkauf",
        emails=("erika@example.com",),
        address="Musterweg 1, 80331 München, Bayern, Deutschland",
        note="Zeile 1\nZeile 2, Ende",
        url="https://example.com/7",
        tags=("Kunde", "VIP"),
    )


def test_card_of_an_old_phone_is_read() -> None:
    row = _read(
        "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg;;;",
        "TEL;CELL;PREF:0171 3920044",
        "TEL;WORK;FAX:089 99998002",
        "NOTE;ENCODING=QUOTED-PRINTABLE:Zeile 1=0D=0A=",
        "Zeile 2 mit = Zeichen=3B=",
        " Ende",
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ",
        " SkZJRg==",
        "AQEASABI",
        "",
        version="2.1",
    )
    assert row.name == "Jörg Müller"
    assert row.numbers == (
        ImportedNumber("0171 3920044", "mobile"),
        ImportedNumber("089 99998002", "work fax"),
    )
    assert row.note == "Zeile 1\nZeile 2 mit = Zeichen; Ende"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_cards_in_any_encoding_are_read(encoding: str) -> None:
    [row] = read_records(_card("FN:Jörg Müller", "TEL:089 99998001").encode(encoding))
    assert row.name == "Jörg Müller"


def test_fold_within_a_character_is_joined() -> None:
    data = _card("FN:Jörg Müller").encode().replace(b"\xc3\xbc", b"\xc3\r\n \xbc")
    [row] = read_records(data)
    assert row.name == "Jörg Müller"


def test_fold_of_version_2_keeps_its_blank() -> None:
    assert _read("FN:Erika", " Huber", version="2.1").name == "Erika Huber"
    assert _read("FN:Erika Hu", " ber", version="3.0").name == "Erika Huber"


def test_apple_labels_name_the_use_of_numbers() -> None:
    row = _read(
        "FN:Erika",
        "item1.TEL;type=pref:089 99998001",
        "item1.X-ABLabel:_$!<Mobile>!$_",
        "item2.TEL:089 99998002",
        "item2.X-ABLabel:Ferienhaus",
    )
    assert [number.label for number in row.numbers] == ["mobile", "Ferienhaus"]


def test_number_with_pause_and_escape_is_kept() -> None:
    assert _read("FN:Erika", "TEL:089 99998001\\,\\,12").numbers[0].number == "089 99998001,,12"


@pytest.mark.parametrize("charset", ["idna", "punycode", "zip", "nowhere", "utf-7"])
def test_charset_that_is_none_is_not_used(charset: str) -> None:
    row = _read(f"FN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:J=C3=B6rg", version="2.1")
    assert row.name == "Jörg"


def test_quoted_text_after_a_byte_order_mark_is_read() -> None:
    text = _card("FN;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg", version="2.1")
    for encoding in ("utf-8-sig", "utf-16"):
        assert read_records(text.encode(encoding))[0].name == "Jörg"


def test_company_card_is_an_organization() -> None:
    assert _read("FN:Huber GmbH", "KIND:org", version="4.0").type == "organization"
    assert _read("FN:Huber GmbH", "X-ABShowAs:COMPANY").type == "organization"
    assert _read("FN:", "ORG:Huber GmbH").type == "organization"


def test_further_urls_are_kept_in_the_note() -> None:
    row = _read("FN:Erika", "URL:https://example.com/1", "URL:https://example.com/2")
    assert (row.url, row.note) == ("https://example.com/1", "https://example.com/2")


def test_properties_that_are_not_read_are_named() -> None:
    file = read_import(_card("FN:Erika", "TITLE:Leiterin", "item1.BDAY:1970-01-01").encode())
    assert file.columns == ("FN", "TITLE", "BDAY")
    assert file.unread_columns() == ("TITLE", "BDAY")


def test_damaged_cards_are_rejected_and_others_kept() -> None:
    good = _card("FN:Erika", "TEL:089 99998001")
    data = (
        good
        + "what is this?\r\nand this?\r\n"
        + _card("FN:Ohne Doppelpunkt", "TEL 089 99998002")
        + "BEGIN:VCARD\r\nFN:Abgeschnitten\r\nTEL:089 9999\r\n"
        + _card("TEL:089 99998003")
        + _card("FN:Gruppe", "KIND:group", "MEMBER:urn:uuid:1")
        + _card("FN:Rund", "TEL:4\\,98E+11")
        + _card("FN:Bild", "PHOTO;ENCODING=b:" + "A" * 3000)
        + good.replace("Erika", "Hans")
        + "BEGIN:VCARD\r\nFN:Ende"
    )
    rows = read_rows(data, limits=ImportLimits(card_bytes_max=2000))
    assert [row.name for row in rows if isinstance(row, ImportedRow)] == ["Erika", "Hans"]
    assert read_codes(data, limits=ImportLimits(card_bytes_max=2000)) == [
        (6, "card-outside", ""),
        (8, "line-unreadable", ""),
        (13, "card-unended", ""),
        (16, "name-missing", ""),
        (20, "card-is-group", "KIND"),
        (26, "number-rounded", "TEL"),
        (31, "card-too-large", ""),
        (41, "card-unended", ""),
    ]


@pytest.mark.parametrize(
    ("lines", "host_id"),
    [
        (["UID:7", "FN:Anna"], "7"),
        # the rest of its last line may be missing
        (["FN:Anna", "UID:7"], ""),
        (["UID:7", "FN:Anna", "UID:8", "FN:Hans"], ""),
        (["FN:Anna", "TEL:089"], ""),
    ],
)
def test_damaged_card_has_the_id_of_its_whole_lines(lines: list[str], host_id: str) -> None:
    unended = "\r\n".join(["BEGIN:VCARD", *lines])
    large = _card(*lines, "PHOTO:" + "A" * 3000)
    for data in (unended, large):
        [row] = read_rows(data, limits=ImportLimits(card_bytes_max=2000))
        assert isinstance(row, Rejection)
        assert row.host_id == host_id


def test_lines_outside_of_cards_have_no_id() -> None:
    [_, row] = read_rows(_card("FN:Hans") + "UID:7\r\nFN:Anna\r\nTEL:089\r\n")
    assert isinstance(row, Rejection)
    assert (row.code, row.host_id) == ("card-outside", "")
