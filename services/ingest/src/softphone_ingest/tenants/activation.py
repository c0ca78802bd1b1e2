"""Activation codes: signs and reads them offline; trusts no key but those it is told.

A code is a JWT (RFC 7519) signed with Ed25519 (alg EdDSA, RFC 8037), with the claims `tenant`,
`seats`, `exp`, `iat` and `jti`. A key is its raw 32 bytes in base64url without padding.
"""

import base64
import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from softphone_common.contracts.entities import Activation, Tenant, TenantId
from softphone_common.contracts.problem_codes import text_of
from softphone_common.http.problem import ProblemError
from softphone_common.process.telemetry import log

PrivateKey = Ed25519PrivateKey
PublicKey = Ed25519PublicKey

CODE_MAX = 1000
_ALGORITHM = "EdDSA"
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_DAY = "%Y-%m-%d"

_Seconds = Annotated[int, Field(ge=0, le=int(datetime.max.replace(tzinfo=UTC).timestamp()))]


class ActivationError(Exception):
    """An activation code that does not hold, with a code of the table of problems."""

    def __init__(self, code: str, /, **params: str) -> None:
        super().__init__(f"The code {text_of(code, params)}")
        self.code = code
        self.params: dict[str, Any] = params


class Claims(BaseModel):
    """What a code says; times are seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    tenant: TenantId
    seats: int = Field(ge=1)
    iat: _Seconds
    exp: _Seconds
    jti: str = Field(min_length=1)

    def activation(self) -> Activation:
        """The same as the tenant keeps it."""
        return Activation(
            id=self.jti,
            seats=self.seats,
            issued_at=datetime.fromtimestamp(self.iat, UTC),
            expires_at=datetime.fromtimestamp(self.exp, UTC),
        )


class Codes:
    """Checks codes against the public keys the installation trusts, comma-separated."""

    def __init__(self, public_keys: str) -> None:
        self._keys = read_public_keys(public_keys)
        if not self._keys:
            log.warning("no activation code can be taken", set="SOFTPHONE_ACTIVATION_PUBLIC_KEY")

    def check(self, code: str, tenant: str, now: datetime) -> Activation:
        """What the code allows this tenant. Raises ActivationError saying why it does not hold."""
        claims = self._signed(code)
        if claims.tenant != tenant:
            raise ActivationError("activation-code-misplaced", tenant=tenant)
        activation = claims.activation()
        if activation.expires_at <= now:
            raise ActivationError("activation-code-expired", date=f"{activation.expires_at:{_DAY}}")
        return activation

    def _signed(self, code: str) -> Claims:
        if not self._keys:
            raise ActivationError("activation-unavailable")
        for key in self._keys:
            try:
                return _claims(code, key)
            except jwt.InvalidSignatureError:
                continue
        raise ActivationError("activation-code-unsigned")


def issue(
    key: PrivateKey, tenant: str, seats: int, issued_at: datetime, expires_at: datetime
) -> str:
    """A code for this tenant. Raises ActivationError if it would say what no code can say."""
    given = {
        "tenant": tenant,
        "seats": seats,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": str(uuid4()),
    }
    return jwt.encode(_checked(given).model_dump(), key, _ALGORITHM)


def unchecked(code: str) -> Claims:
    """What the code says, whoever signed it. Raises ActivationError if it is none."""
    return _claims(code, None)


def require_active(tenant: Tenant, now: datetime) -> None:
    """Raises ProblemError 403 saying why, unless the tenant is active now."""
    state = tenant.state_at(now)
    if state == "active":
        return
    if state == "no-code":
        raise ProblemError("tenant-code-missing")
    if state == "expired" and tenant.activation is not None:
        date = f"{tenant.activation.expires_at:{_DAY}}"
        raise ProblemError("tenant-code-expired", date=date)
    raise ProblemError("tenant-switched-off")


def private_text(key: PrivateKey) -> str:
    """The private key as settings have it."""
    return _text(key.private_bytes_raw())


def public_text(key: PrivateKey) -> str:
    """The public key of this private one, as settings have it."""
    return _text(key.public_key().public_bytes_raw())


def read_private_key(text: str) -> PrivateKey:
    """From base64url, or from PEM as openssl writes it. Raises ValueError saying what it is not."""
    if "-----BEGIN" not in text:
        return PrivateKey.from_private_bytes(_bytes(text))
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("is not a PEM private key without a password") from error
    if not isinstance(key, PrivateKey):
        raise ValueError("is a private key, but none of Ed25519")
    return key


def read_public_keys(text: str) -> tuple[PublicKey, ...]:
    """From base64url, comma-separated. Raises ValueError saying what one of them is not."""
    parts = [part.strip() for part in text.split(",")]
    return tuple(PublicKey.from_public_bytes(_bytes(part)) for part in parts if part)


def _claims(code: str, key: PublicKey | None) -> Claims:
    """Times are left to the caller: they are to be held against a clock that can be moved."""
    if not code.isascii():
        raise ActivationError("activation-code-invalid")
    try:
        given = jwt.decode(
            code,
            key or "",
            [_ALGORITHM],
            options={
                "verify_signature": key is not None,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise
    except jwt.InvalidTokenError as error:
        raise ActivationError("activation-code-invalid") from error
    return _checked(given)


def _checked(given: dict[str, object]) -> Claims:
    try:
        return Claims.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_input=False)[0]
        name = str(wrong["loc"][0])
        raise ActivationError(
            "activation-claim-invalid", claim=name, reason=wrong["msg"]
        ) from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    plain = text.strip().rstrip("=")
    if not _KEY.fullmatch(plain):
        raise ValueError("is not a key of 32 bytes in base64url: 43 characters")
    return base64.urlsafe_b64decode(f"{plain}=")
