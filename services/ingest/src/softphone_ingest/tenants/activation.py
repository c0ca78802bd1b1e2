"""Signs and verifies activation codes, offline and only with the keys of the settings.

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
# The algorithm is fixed and never taken from the code, which an attacker writes (RFC 8725, section
# 3.1).
_ALGORITHM = "EdDSA"
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_DAY = "%Y-%m-%d"

_Seconds = Annotated[int, Field(ge=0, le=int(datetime.max.replace(tzinfo=UTC).timestamp()))]


class ActivationError(Exception):
    """An activation code that is not valid, with a code of the table of problems."""

    def __init__(self, code: str, /, **params: str) -> None:
        super().__init__(f"The code {text_of(code, params)}")
        self.code = code
        self.params: dict[str, Any] = params


class Claims(BaseModel):
    """The content of a code. Times are seconds since 1970."""

    # Strict, so that "25" or 25.0 as seats is refused and not converted.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    tenant: TenantId
    seats: int = Field(ge=1)
    iat: _Seconds
    exp: _Seconds
    jti: str = Field(min_length=1)

    def activation(self) -> Activation:
        """The content in the form in which a tenant stores it."""
        return Activation(
            id=self.jti,
            seats=self.seats,
            issued_at=datetime.fromtimestamp(self.iat, UTC),
            expires_at=datetime.fromtimestamp(self.exp, UTC),
        )


class ActivationCodes:
    """Verifies codes with the public keys of the installation, comma-separated."""

    def __init__(self, public_keys: str) -> None:
        self._keys = decode_public_keys(public_keys)
        if not self._keys:
            log.warning("no activation code can be verified", set="SOFTPHONE_ACTIVATION_PUBLIC_KEY")

    def verify(self, code: str, tenant: str, now: datetime) -> Activation:
        """The activation of this tenant. Raises ActivationError with the reason if not valid."""
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
        # While keys are rotated there are two, so a wrong signature means: try the next key.
        for key in self._keys:
            try:
                return _claims(code, key)
            except jwt.InvalidSignatureError:
                continue
        raise ActivationError("activation-code-unsigned")


def issue(
    key: PrivateKey, tenant: str, seats: int, issued_at: datetime, expires_at: datetime
) -> str:
    """A signed code for this tenant. Raises ActivationError for values no code may have."""
    claims = {
        "tenant": tenant,
        "seats": seats,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": str(uuid4()),
    }
    return jwt.encode(_checked(claims).model_dump(), key, _ALGORITHM)


def read_unverified(code: str) -> Claims:
    """The content without a check of the signature. Raises ActivationError if it is no code."""
    return _claims(code, None)


def require_active(tenant: Tenant, now: datetime) -> None:
    """Raises ProblemError 403 with the reason unless the tenant is active now."""
    state = tenant.state_at(now)
    if state == "active":
        return
    if state == "no-code":
        raise ProblemError("tenant-code-missing")
    if state == "expired" and tenant.activation is not None:
        date = f"{tenant.activation.expires_at:{_DAY}}"
        raise ProblemError("tenant-code-expired", date=date)
    raise ProblemError("tenant-switched-off")


def encode_private_key(key: PrivateKey) -> str:
    """The private key in the form the settings expect: base64url without padding."""
    return _text(key.private_bytes_raw())


def encode_public_key(key: PrivateKey) -> str:
    """The public key of this private key, in base64url without padding."""
    return _text(key.public_key().public_bytes_raw())


def decode_private_key(text: str) -> PrivateKey:
    """Reads base64url, or PEM as openssl writes it. Raises ValueError with the reason."""
    if "-----BEGIN" not in text:  # the first line of PEM (RFC 7468)
        return PrivateKey.from_private_bytes(_bytes(text))
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("is not a PEM private key without a password") from error
    if not isinstance(key, PrivateKey):
        raise ValueError("is a private key, but none of Ed25519")
    return key


def decode_public_keys(text: str) -> tuple[PublicKey, ...]:
    """Reads base64url keys, comma-separated. Raises ValueError with the reason."""
    parts = [part.strip() for part in text.split(",")]
    return tuple(PublicKey.from_public_bytes(_bytes(part)) for part in parts if part)


def _claims(code: str, key: PublicKey | None) -> Claims:
    # PyJWT compares times with the system clock; the caller compares them with the clock of the
    # service, which tests can move.
    # JSON allows lone surrogates, for which PyJWT raises UnicodeEncodeError.
    if not code.isascii():
        raise ActivationError("activation-code-invalid")
    try:
        claims = jwt.decode(
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
    return _checked(claims)


def _checked(claims: dict[str, object]) -> Claims:
    try:
        return Claims.model_validate(claims)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0])
        raise ActivationError(
            "activation-claim-invalid", claim=name, reason=first["msg"]
        ) from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    plain = text.strip().rstrip("=")
    if not _KEY.fullmatch(plain):
        raise ValueError("is not a key of 32 bytes in base64url: 43 characters")
    return base64.urlsafe_b64decode(f"{plain}=")
