"""Cards of address books are reduced to what is imported, and damaged ones stay damaged."""

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.imports.address_book import CARD_MAX, reduced_card, too_large_card
from softphone_matcher.imports.import_file import open_cards
from softphone_matcher.imports.multistatus import read_multistatus
from softphone_matcher.imports.rows.imported_row import ImportedRow, Rejection

HREF = "/book/a.vcf"


def card(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD", ""])


def read(data: bytes) -> list[ImportedRow | Rejection]:
    return [*open_cards(data).rows(NumberProfile())]


def test_card_keeps_what_is_imported_alone() -> None:
    text = card(
        "UID:urn:uuid:7", "FN:Anna", "item1.TEL:089 99998001", "item1.X-ABLabel:Büro",
        "BDAY:19700101", "PHOTO:data:image/jpeg;base64,QUJD", " QUJD", "NOTE:a long", "  note",
    )  # fmt: skip
    reduced = reduced_card(text, HREF)
    assert b"BDAY" not in reduced
    assert b"QUJD" not in reduced
    (row,) = read(reduced)
    assert isinstance(row, ImportedRow)
    assert (row.host_id, row.name, row.note) == ("7", "Anna", "a long note")
    assert [(n.number, n.label) for n in row.numbers] == [("089 99998001", "Büro")]


@pytest.mark.parametrize("uid", [[], ["UID:"], ["UID;VALUE=text: "]])
def test_card_without_a_uid_has_its_address(uid: list[str]) -> None:
    (row,) = read(reduced_card(card("FN:Anna", *uid), HREF))
    assert isinstance(row, ImportedRow)
    assert row.host_id == HREF
    (row,) = read(reduced_card(card("FN:Anna", *uid), "/book/" + "ä" * 300))
    assert isinstance(row, ImportedRow)
    assert len(row.host_id) == 64


@pytest.mark.parametrize("kind", ["KIND:group", "X-ADDRESSBOOKSERVER-KIND:group"])
def test_group_of_a_book_is_left_out(kind: str) -> None:
    assert reduced_card(card("FN:All", kind), HREF) == b""


def test_damaged_card_is_rejected_with_its_reason() -> None:
    damaged = {
        "line-unreadable": card("FN:Anna", "what is this"),
        "card-outside": "FN:Anna",
        "card-unended": "BEGIN:VCARD\r\nFN:Anna\r\n",
        "card-too-large": card("FN:Anna", "NOTE:" + "x" * CARD_MAX),
    }
    for code, text in damaged.items():
        (row,) = read(reduced_card(text, HREF))
        assert isinstance(row, Rejection)
        assert row.code == code
    (row,) = read(too_large_card(HREF))
    assert isinstance(row, Rejection)
    assert (row.code, row.text, row.host_id) == ("card-too-large", f"SOURCE:{HREF}", "")


@pytest.mark.parametrize(
    ("uids", "host_id"),
    [
        (["UID:urn:uuid:7"], "7"),
        (["item1.UID;VALUE=text:a\\,", " b"], "a,b"),
        ([], HREF),
        (["UID:7", "UID:8"], ""),
        (["UID:" + "7" * 201], ""),
        (["UID:4\\,98E+11"], ""),
    ],
)
def test_card_that_is_too_large_keeps_its_uid(uids: list[str], host_id: str) -> None:
    (row,) = read(reduced_card(card("NOTE:" + "x" * CARD_MAX, *uids), HREF))
    assert isinstance(row, Rejection)
    assert (row.code, row.text) == ("card-too-large", f"SOURCE:{HREF}")
    assert row.host_id == host_id


def test_lines_behind_a_large_picture_are_kept() -> None:
    picture = "PHOTO;ENCODING=b:" + "QUJD" * 600_000
    (row,) = read(reduced_card(card("FN:Anna", picture, "UID:7", "TEL:089 99998001"), HREF))
    assert isinstance(row, ImportedRow)
    assert (row.host_id, len(row.numbers)) == ("7", 1)


def test_multistatus_has_resources_of_any_namespace_prefix() -> None:
    body = b"""<?xml version="1.0"?><x:multistatus xmlns:x="DAV:" xmlns:c="urn:c">
    <x:response><x:href> /a.vcf </x:href>
      <x:propstat><x:prop><x:getetag>"1"</x:getetag><c:address-data><![CDATA[BEGIN]]>:VCARD
</c:address-data></x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat>
      <x:propstat><x:prop><c:other/></x:prop><x:status>HTTP/1.1 404</x:status></x:propstat>
    </x:response>
    <x:response><x:href>/b.vcf</x:href><x:href>/c.vcf</x:href><x:status>HTTP/1.1 404 No</x:status>
    </x:response><x:sync-token>t</x:sync-token></x:multistatus>"""
    multistatus = read_multistatus(body)
    first, *gone = multistatus.resources
    assert (first.href, first.status, first.etag) == ("/a.vcf", 200, '"1"')
    assert first.card == "BEGIN:VCARD\n"
    assert [(each.href, each.status) for each in gone] == [("/b.vcf", 404), ("/c.vcf", 404)]
    assert multistatus.token == "t"


@pytest.mark.parametrize(
    "body", [b"", b"text", b"<a>", b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', b"<a>&e;</a>"]
)
def test_text_that_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"no XML|document type"):
        read_multistatus(body)
