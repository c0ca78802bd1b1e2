"""Checks an ID token as OpenID Connect Core 1.0, section 3.1.3.7, asks a client to."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

import jwt

from softphone_common.http.auth import SKEW_SECONDS

ALGORITHMS = frozenset(
    {
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "EdDSA"),
    }
)
"""Signatures with a key that the provider alone has. `none` and the HS algorithms are not among
them: with those, everybody who knows the public key or the client secret could write a token."""

OLDEST_SECONDS = 600
"""Age of a token at most: the provider makes it when it gets the code."""

_VERIFIER = jwt.PyJWT(options={"enforce_minimum_key_length": True})

Claims = dict[str, Any]
Key = Mapping[str, Any]


class IdTokenError(Exception):
    """The token is not for this sign-in. The text names the check, and no value of the token."""


class UnknownKeyError(IdTokenError):
    """None of the keys is the one that the token names; the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The values that a token of this sign-in has."""

    issuer: str
    client_id: str
    nonce: str


def checked(token: str, keys: Sequence[Key], expected: Expected, now: datetime) -> Claims:
    """The claims of the token, all checks passed. Raises IdTokenError."""
    claims = _signed(token, keys, expected)
    seconds = now.timestamp()
    if _time(claims, "exp") <= seconds - SKEW_SECONDS:
        raise IdTokenError("has expired")
    issued_at = _time(claims, "iat")
    if not seconds - OLDEST_SECONDS <= issued_at <= seconds + SKEW_SECONDS:
        raise IdTokenError("was not issued just now")
    if "nbf" in claims and _time(claims, "nbf") > seconds + SKEW_SECONDS:
        raise IdTokenError("is not valid yet")
    audience = claims["aud"]
    is_shared = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if is_shared else expected.client_id) != expected.client_id:
        raise IdTokenError("was issued to another client")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode("utf-8", "replace"), expected.nonce.encode()
    ):
        raise IdTokenError("is of another sign-in")
    subject = claims["sub"]
    # 255 ASCII characters at most (OpenID Connect Core 1.0, section 2)
    if not (isinstance(subject, str) and subject.isascii() and 1 <= len(subject.strip()) <= 255):
        raise IdTokenError("names nobody")
    return claims


def _signed(token: str, keys: Sequence[Key], expected: Expected) -> Claims:
    """The claims, with signature, issuer and audience checked."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        # the list is ours, and the token only chooses from it (RFC 8725, section 3.1)
        if algorithm not in ALGORITHMS:
            raise IdTokenError("has an algorithm that is not accepted")
        key = _key(keys, header.get("kid"), algorithm)
        claims: Claims = _VERIFIER.decode(
            token,
            key,
            [algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            # PyJWT would use the system's clock; ours can be set in tests
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    # PyJWT lets through what a header or a key of another form raises
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IdTokenError(type(error).__name__) from error
    return claims


def _key(keys: Sequence[Key], kid: Any, algorithm: str) -> jwt.PyJWK:
    """The key that signed. Without a key id there may be only one that fits."""
    fitting = [
        key
        for key in keys
        if key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and key.get("kty") == _KEY_TYPES[algorithm[:2]]
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise UnknownKeyError("names a key that the provider does not publish")
    return jwt.PyJWK(dict(fitting[0]), algorithm)


_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def _time(claims: Claims, name: str) -> float:
    value = claims[name]
    # JSON as Python reads it has NaN, which is neither before nor after any time
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise IdTokenError(f"has no time in {name}")
    return float(value)
