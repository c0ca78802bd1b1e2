"""The content of a body decides how it is read, whatever its content type and its encoding."""

import gzip
import zlib
from codecs import BOM_UTF8, BOM_UTF16_LE, BOM_UTF32_BE

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest, unpacked
from softphone_ingest.mapping.schema import Mapping

GENERIC = load_all()["generic"].mapping
TYPES = [
    "",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "text/plain; charset=utf-8",
]
NUMBER = "08999998821"
FORM = f"event=ringing&extension=31&number={NUMBER}&call_id=b12"
JSON = f'{{"event": "ringing", "extension": 31, "number": "{NUMBER}", "call_id": "b12"}}'
XML = (
    "<call><event>ringing</event><extension>31</extension>"
    f"<number>{NUMBER}</number><call_id>b12</call_id></call>"
)
DISPOSED = "Content-Disposition: form-data; name="
PARTS = "".join(
    f"--b\r\n{DISPOSED}{name}\r\n\r\n{value}\r\n"
    for name, value in (pair.split("=") for pair in FORM.split("&"))
)
BODIES: dict[str, bytes] = {
    "form": FORM.encode(),
    "JSON": JSON.encode(),
    "JSON behind a mark": BOM_UTF8 + JSON.encode(),
    "XML": XML.encode(),
    "XML behind a mark": BOM_UTF8 + b"<?xml version='1.0' encoding='utf-8'?>" + XML.encode(),
    "multipart": f"{PARTS}--b--".encode(),
    "form in UTF-16": FORM.encode("utf-16"),
    "JSON in UTF-16": BOM_UTF16_LE + JSON.encode("utf-16-le"),
    "JSON in UTF-16 without a mark": JSON.encode("utf-16-be"),
    "JSON in UTF-32": BOM_UTF32_BE + JSON.encode("utf-32-be"),
    "JSON in UTF-32 without a mark": JSON.encode("utf-32-le"),
    "XML in UTF-16": f"<?xml version='1.0' encoding='UTF-16'?>{XML}".encode("utf-16"),
}


def event(body: bytes, **headers: str) -> ParsedEvent:
    """The event that a device of the preset `generic` reads in a body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    plain = unpacked(body, named.get("content-encoding", ""))
    request = HitRequest("POST", "", "", named, plain, "192.0.2.21")
    config = DeviceConfig(Mapping.model_validate(GENERIC), NumberProfile(area_code="89"))
    (only,) = interpret(request, config).events
    return only


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_with_any_content_type_is_read(kind: str, content_type: str) -> None:
    read = event(BODIES[kind], content_type=content_type)
    assert (read.phase, read.extension, read.number) == ("ringing", "31", NUMBER)
    assert read.external_id == "b12"


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (JSON[:-1], "json-invalid"),
        (f"[{JSON}", "json-invalid"),
        (XML[:-1], "xml-invalid"),
    ],
)
def test_a_broken_body_is_named_by_its_content(body: str, code: str, content_type: str) -> None:
    with pytest.raises(HitError) as caught:
        event(body.encode(), content_type=content_type)
    assert (caught.value.field, caught.value.code) == ("body", code)


@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0' encoding='ISO-8859-1'?>"])
def test_xml_in_latin_1_is_read(declaration: str) -> None:
    body = declaration + XML.replace("</call>", "<name>Müller</name></call>")
    assert event(body.encode("latin-1")).name == "Müller"


DEFLATE = zlib.compress(FORM.encode())
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
PACKED = {
    "gzip": gzip.compress(FORM.encode()),
    "deflate": DEFLATE,
    "Deflate": BARE.compress(FORM.encode()) + BARE.flush(),
}


@pytest.mark.parametrize("coding", PACKED)
def test_a_packed_body_is_read(coding: str) -> None:
    assert event(PACKED[coding], content_encoding=coding).number == NUMBER


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_plain_body_said_to_be_packed_is_read(coding: str) -> None:
    latin = f"{FORM}&name=Müller".encode("latin-1")
    assert event(latin, content_encoding=coding).name == "Müller"


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", PACKED["Deflate"]), ("deflate", DEFLATE[:-6])],
    ids=["br", "deflate"],
)
def test_an_unreadable_coding_is_named(coding: str, body: bytes) -> None:
    with pytest.raises(HitError) as caught:
        event(body, content_encoding=coding)
    assert caught.value.code == "content-coding-unreadable"
    assert caught.value.params == {"coding": coding}


def test_half_a_character_of_utf_16_is_named() -> None:
    with pytest.raises(HitError) as caught:
        event(JSON.encode("utf-16")[:-1])
    assert (caught.value.code, caught.value.params) == ("encoding-invalid", {"encoding": "UTF-16"})


@pytest.mark.parametrize(
    ("body", "id_"),
    [
        ('{"event":"ringing","extension":31,"number":"1","call_id":41.0}', "41"),
        ('{"event":"ringing","extension":31,"number":"1","call_id":41}', "41"),
        ("event=ringing&extension=31&number=1&call_id=41.00", "41"),
        ('{"event":"ringing","extension":31,"number":"1","call_id":41.10}', "41.10"),
    ],
)
def test_an_id_of_a_whole_number_has_no_decimals(body: str, id_: str) -> None:
    assert event(body.encode()).external_id == id_


# soft hyphen, no-break space and middle dot group the digits of a number
GROUPING = {0xA0, 0xAD, 0xB7}


@pytest.mark.parametrize("byte", sorted({*range(0x80, 0x100)} - GROUPING))
@pytest.mark.parametrize("form", ["encoded", "raw"])
def test_a_byte_that_is_no_text_makes_no_number(byte: int, form: str) -> None:
    middle = b"%%%02X" % byte if form == "encoded" else bytes([byte])
    read = event(b"event=ringing&extension=31&number=%2B4989999" + middle + b"821")
    assert read.remote is not None
    assert read.remote.e164 is None
    assert [(note.field, note.code) for note in read.notes] == [("number", "number-unreadable")]


def test_a_control_character_in_a_number_makes_none() -> None:
    read = event(rb'{"event":"ringing","extension":31,"number":"+4989999\u0000821"}')
    assert read.remote is not None
    assert read.remote.kind == "invalid"
