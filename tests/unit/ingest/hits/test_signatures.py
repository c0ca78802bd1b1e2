"""A signed request is taken only from who knows the secret; the examples are the makers' own."""

import gzip
import hmac
from base64 import b64encode
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.hits.signatures import verified
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.reader import DeviceConfig, Reader
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping

PRESETS = load_all()
FORM = {"content-type": "application/x-www-form-urlencoded"}

PLACETEL = (
    b"call_id=f4591ba315d81671d7a06c2a3b4f963dafd119de39cb26edd8a6476676b2f447&direction=in"
    b"&event=IncomingCall&from=08999998001&to=08999998000"
)
PLACETEL_SIGNED = "6de0f512a8ad7c7497f50743295eeddaa6bec6949c6000d5277d7f0563fc4813"

TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO = urlencode(
    {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
).encode()
TWILIO_SIGNED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def reader(preset: str, body: bytes = b"", query: str = "", **headers: str) -> Reader:
    named = {**FORM, **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = HitRequest("POST", "", query, named, body, "")
    mapping = Mapping.model_validate(PRESETS[preset].mapping)
    return Reader(request, DeviceConfig(mapping, NumberProfile()))


def test_a_body_signed_in_hex() -> None:
    signed = reader("placetel", PLACETEL, x_placetel_signature=PLACETEL_SIGNED)
    assert verified(signed, "12345", "")
    assert verified(
        reader("placetel", PLACETEL, x_placetel_signature=PLACETEL_SIGNED.upper()), "12345", ""
    )
    assert not verified(signed, "12346", "")
    forged = PLACETEL.replace(b"08999998001", b"08999998002")
    assert not verified(
        reader("placetel", forged, x_placetel_signature=PLACETEL_SIGNED), "12345", ""
    )
    assert not verified(reader("placetel", PLACETEL), "12345", "")


@pytest.mark.parametrize("over", ["body", "{header.X-At}.{body}"])
@pytest.mark.parametrize("sign_packed", [False, True])
def test_a_packed_body_is_signed_either_way(over: str, sign_packed: bool) -> None:
    packed = gzip.compress(PLACETEL)
    signed = packed if sign_packed else PLACETEL
    signed = signed if over == "body" else b"7." + signed
    headers = {"x-signed": hmac.digest(b"12345", signed, "sha256").hex(), "x-at": "7"}
    request = HitRequest("POST", "", "", headers, PLACETEL, "", packed)
    rule = {"method": "hmac", "in": "header.X-Signed", "over": over}
    config = DeviceConfig(Mapping.model_validate({"verify": rule}), NumberProfile())
    assert verified(Reader(request, config), "12345", "")
    assert not verified(Reader(request, config), "12346", "")
    forged = replace(request, body=PLACETEL + b"1", packed=gzip.compress(PLACETEL + b"1"))
    assert not verified(Reader(forged, config), "12345", "")


def test_an_address_and_form_signed_in_base64() -> None:
    signed = reader("twilio", TWILIO, x_twilio_signature=TWILIO_SIGNED)
    assert verified(signed, "12345", TWILIO_URL)
    assert not verified(signed, "12345", TWILIO_URL + "x")
    assert not verified(signed, "54321", TWILIO_URL)
    assert not verified(
        reader("twilio", TWILIO + b"&More=1", x_twilio_signature=TWILIO_SIGNED), "12345", TWILIO_URL
    )


@pytest.mark.parametrize(("sent", "right"), [("s3cret", True), ("s3cre", False), ("", False)])
def test_a_secret_that_is_sent_along(sent: str, right: bool) -> None:
    assert verified(reader("vtiger", query=f"vtigersignature={sent}"), "s3cret", "") is right


@pytest.mark.parametrize(
    ("header", "right"),
    [
        (f"Basic {b64encode(b'phone:s3cret').decode()}", True),
        (f"Basic {b64encode(b's3cret:').decode()}", False),
        ("Basic %%%", False),
        ("Bearer s3cret", False),
        ("", False),
    ],
)
def test_a_password_in_the_address(header: str, right: bool) -> None:
    assert verified(reader("sipgate", authorization=header), "s3cret", "") is right


def test_a_sender_that_signs_nothing_has_nothing_to_prove() -> None:
    assert verified(reader("snom"), "s3cret", "")


@pytest.mark.parametrize("verdict", [True, False])
@pytest.mark.parametrize("secret", ["12345", "12346"], ids=["right", "wrong"])
def test_nothing_but_a_comparison_in_constant_time_decides(
    verdict: bool, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hmac, "compare_digest", lambda _given, _right: verdict)
    basic = f"Basic {b64encode(b'phone:12345').decode()}"
    for sent in (
        reader("placetel", PLACETEL, x_placetel_signature=PLACETEL_SIGNED),
        reader("twilio", TWILIO, x_twilio_signature=TWILIO_SIGNED),
        reader("vtiger", query="vtigersignature=12345"),
        reader("sipgate", authorization=basic),
    ):
        assert verified(sent, secret, TWILIO_URL) is verdict


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://pbx.example.de/hit/k", "https://pbx.example.de:443/hit/k"),
        ("https://pbx.example.de:443/hit/k", "https://pbx.example.de/hit/k"),
        ("http://pbx.example.de/hit/k", "http://pbx.example.de:80/hit/k"),
    ],
)
def test_signed_address_with_or_without_its_usual_port(configured: str, signed: str) -> None:
    signature = b64encode(hmac.digest(b"s", signed.encode(), "sha1")).decode()
    assert verified(reader("twilio", x_twilio_signature=signature), "s", configured)
    other = configured.replace("pbx.example.de", "pbx.example.de:8443")
    assert not verified(reader("twilio", x_twilio_signature=signature), "s", other)


def test_template_is_signed() -> None:
    verify = {"method": "hmac", "in": "header.x-sig", "over": "v0:{header.x-time}:{body}"}
    mapping = Mapping.model_validate({"verify": verify})
    config = DeviceConfig(mapping, NumberProfile())
    signature = hmac.digest(b"s", b"v0:17:\xff", "sha256").hex()
    for time, right in (("17", True), ("18", False)):
        headers = {"x-sig": signature, "x-time": time}
        request = HitRequest("POST", "", "", headers, b"\xff", "")
        assert verified(Reader(request, config), "s", "") is right
