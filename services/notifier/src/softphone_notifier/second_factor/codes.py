"""One-time passwords by time (RFC 6238) and recovery codes."""

import base64
import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from softphone_common.process.secret_hash import hash_secret

STEP_SECONDS = 30
DIGITS = 6
ISSUER = "Softphone Connector"
RECOVERY_CODES = 10
_DRIFT = (-1, 0, 1)
"""Steps that the clock of a phone may be behind or ahead (RFC 6238, section 5.2, allows this)."""


def new_secret() -> str:
    """A secret of 160 random bits in base32, as RFC 4226, section 4, recommends."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key in a secret."""
    return base64.b32decode(secret)


def otpauth_url(secret: str, account: str) -> str:
    """The address that an authenticator app reads from a QR code."""
    # SHA-1, since some apps ignore the algorithm in the address (RFC 6238 permits it)
    totp = TOTP(secret_bytes(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
    return totp.get_provisioning_uri(account, ISSUER)


def step_of(secret: str, code: str, seconds: float) -> int | None:
    """The step near this time, in seconds since 1970, whose code this is; None for other codes."""
    hotp = HOTP(secret_bytes(secret), DIGITS, SHA1())  # noqa: S303
    present = int(seconds) // STEP_SECONDS
    found = None
    for step in (present + drift for drift in _DRIFT):
        same = hmac.compare_digest(hotp.generate(step), code.encode(errors="surrogatepass"))
        if same:
            found = step
    return found


def plain(code: str) -> str:
    """The code without the blanks and hyphens in which people type it."""
    return "".join(code.split()).replace("-", "").lower()


def new_recovery_codes() -> list[str]:
    """Codes of 80 random bits in groups of four characters."""
    codes = (base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES))
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)).lower() for code in codes]


def recovery_hash(code: str) -> str:
    """The hash to store for a recovery code, however it is typed."""
    return hash_secret(plain(code))
