"""Signs and verifies activation codes, offline and only with the keys of the settings.

A code is a JWT (RFC 7519) signed with Ed25519 (alg EdDSA, RFC 8037), with the claims `tenant`,
`seats`, `exp`, `iat` and `jti`. A key is its raw 32 bytes in base64url without padding.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from softphone_common.contracts.entities import Activation, Tenant, TenantId
from softphone_common.contracts.problem_codes import text_of
from softphone_common.http.problem import ProblemError
from softphone_common.process.ed25519 import (
    ALGORITHM,
    PrivateKey,
    PublicKey,
    decode_public_keys,
)
from softphone_common.process.telemetry import log

CODE_MAX = 1000
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
    return jwt.encode(_checked(claims).model_dump(), key, ALGORITHM)


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
            # fixed, and never taken from the code, which an attacker writes (RFC 8725, section 3.1)
            [ALGORITHM],
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
