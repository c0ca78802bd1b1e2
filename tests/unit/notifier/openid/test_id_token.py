"""The checks of an ID token, each with a token that differs from a good one in one point."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from softphone_notifier.openid.id_token import (
    Expected,
    IdTokenError,
    Key,
    UnknownKeyError,
    checked,
)

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
EXPECTED = Expected("https://id.example", "softphone", "nonce of this sign-in")
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example",
    "sub": "248289761001",
    "aud": "softphone",
    "exp": SECONDS + 300,
    "iat": SECONDS,
    "nonce": "nonce of this sign-in",
}
RSA = rsa.generate_private_key(65537, 2048)
SHORT_RSA = rsa.generate_private_key(65537, 1024)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def published(kid: str, more: Key | None = None) -> Key:
    """The public key of this name, as a provider publishes it."""
    key: Any = {"rsa": RSA, "short": SHORT_RSA, "ec": EC, "ed": ED, "other": EC}[kid]
    algorithm: Any = {"rsa": RSAAlgorithm, "short": RSAAlgorithm, "ed": OKPAlgorithm}.get(
        kid, ECAlgorithm
    )
    fields = json.loads(algorithm.to_jwk(key.public_key()))
    return {**{k: v for k, v in fields.items() if k != "key_ops"}, "kid": kid, **(more or {})}


KEYS = [published("rsa"), published("ec"), published("ed")]


def token(algorithm: str = "RS256", key: Any = RSA, kid: str | None = "rsa", **more: Any) -> str:
    """A token of the provider with these claims in place of good ones; None leaves one out."""
    claims = {name: value for name, value in {**CLAIMS, **more}.items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims, key, algorithm, headers)


def refusal(text: str, keys: list[Key] = KEYS) -> str:
    with pytest.raises(IdTokenError) as error:
        checked(text, keys, EXPECTED, NOW)
    return str(error.value)


@pytest.mark.parametrize(
    ("algorithm", "key", "kid"),
    [
        ("RS256", RSA, "rsa"),
        ("RS512", RSA, "rsa"),
        ("PS256", RSA, "rsa"),
        ("ES256", EC, "ec"),
        ("EdDSA", ED, "ed"),
    ],
)
def test_token_of_the_provider_is_accepted(algorithm: str, key: Any, kid: str) -> None:
    assert checked(token(algorithm, key, kid), KEYS, EXPECTED, NOW) == CLAIMS


def test_key_without_an_id_is_the_only_one_that_fits() -> None:
    assert checked(token("ES256", EC, None), KEYS, EXPECTED, NOW) == CLAIMS
    both = [published("ec"), published("other")]
    assert "does not publish" in refusal(token("ES256", EC, None), both)


def test_unsigned_token_is_refused() -> None:
    unsigned = jwt.encode(CLAIMS, "", "none", {"kid": "rsa"})
    assert refusal(unsigned) == "has an algorithm that is not accepted"


def test_token_signed_with_a_shared_secret_is_refused() -> None:
    for secret in ("the secret of the client, which it knows", "x" * 64):
        forged = token("HS256", secret, "rsa")
        assert refusal(forged) == "has an algorithm that is not accepted"


def test_key_for_another_use_or_algorithm_is_no_key() -> None:
    for more in ({"use": "enc"}, {"alg": "PS256"}, {"kid": "older"}, {"kty": "EC"}):
        with pytest.raises(UnknownKeyError):
            checked(token(), [published("rsa", more)], EXPECTED, NOW)
    assert (
        checked(token(), [published("rsa", {"use": "sig", "alg": "RS256"})], EXPECTED, NOW)
        == CLAIMS
    )


def test_token_with_another_signature_is_refused() -> None:
    other = rsa.generate_private_key(65537, 2048)
    assert refusal(token(key=other)) == "InvalidSignatureError"
    head, _, signature = token().split(".")
    changed = token(sub="somebody else").split(".")[1]
    assert refusal(f"{head}.{changed}.{signature}") == "InvalidSignatureError"


def test_short_key_is_refused() -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        signed = token("RS256", SHORT_RSA, "short")
    assert refusal(signed, [published("short")]) == "InvalidKeyError"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://id.example/"}, "InvalidIssuerError"),
        ({"iss": None}, "MissingRequiredClaimError"),
        ({"aud": "another client"}, "InvalidAudienceError"),
        ({"aud": ["another client", "a third"]}, "InvalidAudienceError"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"aud": ["softphone", "another client"]}, "was issued to another client"),
        ({"azp": "another client"}, "was issued to another client"),
        ({"exp": SECONDS - 61}, "has expired"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"exp": "never"}, "has no time in exp"),
        ({"exp": float("nan")}, "has no time in exp"),
        ({"iat": True}, "has no time in iat"),
        ({"iat": SECONDS + 61}, "was not issued just now"),
        ({"iat": SECONDS - 601}, "was not issued just now"),
        ({"iat": None}, "MissingRequiredClaimError"),
        ({"nbf": SECONDS + 61}, "is not valid yet"),
        ({"nonce": "nonce of another sign-in"}, "is of another sign-in"),
        ({"nonce": None}, "is of another sign-in"),
        ({"nonce": 17}, "is of another sign-in"),
        ({"sub": None}, "MissingRequiredClaimError"),
        ({"sub": ""}, "names nobody"),
        ({"sub": "ä"}, "names nobody"),
        ({"sub": "x" * 256}, "names nobody"),
    ],
)
def test_token_that_differs_in_one_claim_is_refused(claims: dict[str, Any], why: str) -> None:
    assert refusal(token(**claims)) == why


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["softphone"]},
        {"aud": ["softphone", "another client"], "azp": "softphone"},
        {"exp": SECONDS - 59},
        {"iat": SECONDS + 59},
        {"nbf": SECONDS},
    ],
)
def test_token_with_a_permitted_difference_is_accepted(claims: dict[str, Any]) -> None:
    assert checked(token(**claims), KEYS, EXPECTED, NOW) == {**CLAIMS, **claims}


@pytest.mark.parametrize("text", ["", "a.b.c", "....", "e30.e30.", "\ud800"])
def test_text_that_is_no_token_is_refused(text: str) -> None:
    assert refusal(text)


def test_header_or_key_of_another_form_is_refused() -> None:
    listed = jwt.encode(CLAIMS, RSA, "RS256", {"kid": "rsa"}).split(".")
    header = urlsafe_b64encode(b'{"alg": ["RS256"], "kid": "rsa"}').rstrip(b"=").decode()
    assert refusal(".".join([header, *listed[1:]]))
    odd: list[Key] = [published("rsa", {"n": 5}), published("rsa", {"e": None}), {"kty": "RSA"}]
    for key in odd:
        assert refusal(token(), [{**key, "kid": "rsa"}])
