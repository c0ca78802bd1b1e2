"""Seals what ingest must be able to read again but nobody else: device keys, senders' secrets."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

_PURPOSE = b"softphone ingest device secrets"


class Seal:
    """Encrypts with a key derived from the installation's secret: a copy of the store alone opens
    nothing."""

    def __init__(self, auth_secret: SecretStr) -> None:
        derive = HKDF(SHA256(), 32, salt=None, info=_PURPOSE)
        key = derive.derive(auth_secret.get_secret_value().encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, text: str) -> str:
        """The text, sealed."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The text; None if nothing was sealed, or with another secret than today's."""
        if not sealed:
            return None
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
