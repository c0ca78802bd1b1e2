"""Reads and writes the Ed25519 keys of settings: raw 32 bytes in base64url without padding, or PEM.

Tokens of users and activation codes are signed with such keys (RFC 8037).
"""

import base64
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PrivateKey = Ed25519PrivateKey
PublicKey = Ed25519PublicKey

ALGORITHM = "EdDSA"
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


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


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    plain = text.strip().rstrip("=")
    if not _KEY.fullmatch(plain):
        raise ValueError("is not a key of 32 bytes in base64url: 43 characters")
    return base64.urlsafe_b64decode(f"{plain}=")
