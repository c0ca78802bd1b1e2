"""A signed request is taken only from who knows the secret; the examples are the makers' own."""

import hmac
from base64 import b64encode
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
