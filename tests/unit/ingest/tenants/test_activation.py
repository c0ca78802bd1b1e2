"""An activation code holds for one tenant, signed by a known key, until it expires; else never."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from softphone_common.contracts.entities import Activation, Tenant
from softphone_common.http.problem import ProblemError
from softphone_common.process.ed25519 import (
    PrivateKey,
    decode_private_key,
    decode_public_keys,
    encode_private_key,
    encode_public_key,
)
from softphone_common.process.settings import load
from softphone_ingest.settings import IngestSettings
from softphone_ingest.tenants.activation import (
    ActivationCodes,
    ActivationError,
    issue,
    read_unverified,
    require_active,
)
from softphone_testing.installation_keys import KEYS

KEY, OTHER_KEY = PrivateKey.generate(), PrivateKey.generate()
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
END = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CODES = ActivationCodes(encode_public_key(KEY))
CLAIMS: dict[str, Any] = {
    "tenant": "acme",
    "seats": 25,
    "iat": int(NOW.timestamp()),
    "exp": int(END.timestamp()),
    "jti": "1",
}


def url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(header: dict[str, Any], claims: dict[str, Any] = CLAIMS) -> str:
    return f"{url64(json.dumps(header).encode())}.{url64(json.dumps(claims).encode())}"


def refused(
    code: str, now: datetime = NOW, tenant: str = "acme", codes: ActivationCodes = CODES
) -> ActivationError:
    """The reason the code does not hold."""
    with pytest.raises(ActivationError) as error:
        codes.verify(code, tenant, now)
    return error.value


def test_a_code_says_what_was_issued() -> None:
    code = issue(KEY, "acme", 25, NOW, END)
    activation = CODES.verify(code, "acme", NOW)
    assert (activation.seats, activation.issued_at, activation.expires_at) == (25, NOW, END)
    assert activation.id != CODES.verify(issue(KEY, "acme", 25, NOW, END), "acme", NOW).id
    assert read_unverified(code).activation() == activation


def test_a_code_holds_until_its_last_second() -> None:
    code = issue(KEY, "acme", 25, NOW, END)
    assert CODES.verify(code, "acme", END - SECOND).seats == 25
    refusal = refused(code, END)
    assert (refusal.code, refusal.params) == ("activation-code-expired", {"date": "2027-12-31"})


def test_a_code_is_for_one_tenant() -> None:
    code = issue(KEY, "acme", 25, NOW, END)
    refusal = refused(code, tenant="acme-2")
    assert (refusal.code, refusal.params) == ("activation-code-misplaced", {"tenant": "acme-2"})


def test_any_of_several_keys_may_have_signed() -> None:
    both = ActivationCodes(f"{encode_public_key(OTHER_KEY)}, {encode_public_key(KEY)}")
    for key in (KEY, OTHER_KEY):
        assert both.verify(issue(key, "acme", 25, NOW, END), "acme", NOW).seats == 25
    assert refused(issue(OTHER_KEY, "acme", 25, NOW, END)).code == "activation-code-unsigned"


def test_without_a_key_every_code_is_refused_and_the_log_says_so() -> None:
    with capture_logs() as logged:
        codes = ActivationCodes("")
    assert [(line["log_level"], line["set"]) for line in logged] == [
        ("warning", "SOFTPHONE_ACTIVATION_PUBLIC_KEY")
    ]
    why = str(refused(issue(KEY, "acme", 25, NOW, END), codes=codes))
    assert "set SOFTPHONE_ACTIVATION_PUBLIC_KEY" in why


def test_a_code_that_was_changed_is_refused() -> None:
    header, _, signature = issue(KEY, "acme", 25, NOW, END).split(".")
    more = url64(json.dumps({**CLAIMS, "seats": 2500}).encode())
    assert refused(f"{header}.{more}.{signature}").code == "activation-code-unsigned"


@pytest.mark.parametrize("algorithm", ["none", "None", "", None, ["EdDSA"], "ES256"])
def test_a_code_without_our_kind_of_signature_is_refused(algorithm: object) -> None:
    for signature in ("", url64(b"x" * 64)):
        code = f"{unsigned({'alg': algorithm, 'typ': 'JWT'})}.{signature}"
        assert refused(code).code == "activation-code-invalid"


def test_the_public_key_is_nobodys_secret() -> None:
    raw = KEY.public_key().public_bytes_raw()
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims_ = unsigned({"alg": "HS256", "typ": "JWT"})
    for secret in (raw, pem, encode_public_key(KEY).encode()):
        signature = hmac.new(secret, claims_.encode(), hashlib.sha256).digest()
        assert refused(f"{claims_}.{url64(signature)}").code == "activation-code-invalid"


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        ("tenant", [None, "", "Acme", 7, ["acme"]]),
        ("seats", [None, 0, -1, 2.5, "25", True]),
        ("exp", [None, "2027-12-31", -1, 10**12]),
        ("iat", [None, "now", 10**12]),
        ("jti", [None, ""]),
    ],
)
def test_a_signed_code_that_does_not_say_enough_is_refused(claim: str, values: list[Any]) -> None:
    for value in values:
        code = jwt.encode({**CLAIMS, claim: value}, KEY, "EdDSA")
        assert refused(code).params["claim"] == claim, value
    less = jwt.encode({k: v for k, v in CLAIMS.items() if k != claim}, KEY, "EdDSA")
    assert refused(less).params["claim"] == claim


@pytest.mark.parametrize(("tenant", "seats"), [("Acme", 25), ("", 25), ("acme", 0), ("acme", -5)])
def test_no_code_is_issued_that_could_not_hold(tenant: str, seats: int) -> None:
    with pytest.raises(ActivationError):
        issue(KEY, tenant, seats, NOW, END)


@given(st.text() | st.from_regex(r"[\w-]+\.[\w-]*\.[\w-]*", fullmatch=True))
@example(f"{url64(b'[' * 700)}..")
@example(f"{unsigned({'alg': 'EdDSA', 'crit': ['b64'], 'b64': False})}.")
@example("\ud800..")
def test_what_is_no_code_is_refused(text: str) -> None:
    assert refused(text).code


def test_keys_are_read_as_they_are_written() -> None:
    assert encode_private_key(decode_private_key(encode_private_key(KEY))) == encode_private_key(
        KEY
    )
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert encode_private_key(decode_private_key(pem)) == encode_private_key(KEY)
    assert decode_public_keys(f" {encode_public_key(KEY)}=\n,") == (KEY.public_key(),)
    assert decode_public_keys("") == ()


def test_what_is_no_key_is_named() -> None:
    rsa = generate_private_key(65537, 2048)
    pem = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text, why in (
        ("", "43 characters"),
        (encode_public_key(KEY)[1:], "43 characters"),
        (f"{encode_public_key(KEY)[1:]}+", "43 characters"),
        (pem, "none of Ed25519"),
        (pem[:200], "not a PEM private key"),
    ):
        with pytest.raises(ValueError, match=why):
            decode_private_key(text)


def test_a_wrong_public_key_stops_the_start_and_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: Any = {f"{kind}_url": "x://" for kind in ("amqp", "mongo", "redis")}
    monkeypatch.setenv("SOFTPHONE_ACTIVATION_PUBLIC_KEY", f"{encode_public_key(KEY)},short")
    with pytest.raises(SystemExit):
        load(IngestSettings, **{**KEYS, **given})
    assert "SOFTPHONE_ACTIVATION_PUBLIC_KEY" in capsys.readouterr().err


CODE = Activation(id="1", seats=25, issued_at=NOW, expires_at=END)


@pytest.mark.parametrize(
    ("active", "activation", "now", "state", "why"),
    [
        (True, CODE, NOW, "active", None),
        (True, CODE, END - SECOND, "active", None),
        (True, CODE, END, "expired", "its activation code expired on 2027-12-31"),
        (True, None, NOW, "no-code", "it has no activation code"),
        (False, CODE, NOW, "switched-off", "an operator has switched it off"),
        (False, None, NOW, "switched-off", "an operator has switched it off"),
    ],
)
def test_tenant_is_active_with_a_valid_code_if_switched_on(
    active: bool, activation: Activation | None, now: datetime, state: str, why: str | None
) -> None:
    tenant = Tenant(id="acme", name="Acme", active=active, activation=activation)
    assert tenant.state_at(now) == state
    assert tenant.is_active(now) == (why is None)
    if why is None:
        require_active(tenant, now)
        return
    with pytest.raises(ProblemError) as refusal:
        require_active(tenant, now)
    assert refusal.value.status == 403
    assert refusal.value.detail == f"This tenant is not active: {why}"
