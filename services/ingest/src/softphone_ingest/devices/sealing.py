"""Encrypts the keys of devices and the secrets of senders, which ingest alone reads again."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

_PURPOSE = b"softphone ingest device secrets"


class Seal:
    """Encrypts with a key derived from SOFTPHONE_AUTH_SECRET.

    A copy of the store alone is of no use, because the secret is not in it.
    """

    def __init__(self, auth_secret: SecretStr) -> None:
        derive = HKDF(SHA256(), 32, salt=None, info=_PURPOSE)
        key = derive.derive(auth_secret.get_secret_value().encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def encrypt(self, text: str) -> str:
        """The text as a Fernet token."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, sealed: str) -> str | None:
        """The text; None for an empty text and for one encrypted under another secret."""
        if not sealed:
            return None
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
