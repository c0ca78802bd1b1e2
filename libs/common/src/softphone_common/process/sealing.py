"""Encrypts secrets before they are stored, with keys that one service alone has."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

KEY_MIN = 32
"""Characters of a key. Any random text is a key, as the secrets of earlier releases were."""


def sealing_keys(text: str) -> tuple[str, ...]:
    """The keys in a comma-separated list. Raises ValueError if one is short or there is none."""
    keys = tuple(filter(None, (part.strip() for part in text.split(","))))
    if not keys or any(len(key) < KEY_MIN for key in keys):
        raise ValueError(f"has a key of fewer than {KEY_MIN} characters, or none")
    return keys


class Seal:
    """Encrypts with the first of comma-separated keys, and decrypts with any of them.

    A copy of the store alone is of no use, because the keys are not in it. A text that was sealed
    for one purpose cannot be read for another.
    """

    def __init__(self, keys: SecretStr, purpose: bytes) -> None:
        first, *others = (_fernet(key, purpose) for key in sealing_keys(keys.get_secret_value()))
        self._first = first
        self._all = MultiFernet([first, *others])

    def encrypt(self, text: str) -> str:
        """The text as a Fernet token."""
        return self._first.encrypt(text.encode()).decode()

    def decrypt(self, sealed: str) -> str | None:
        """The text; None for an empty text and for one encrypted under another key."""
        if not sealed:
            return None
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def renew(self, sealed: str) -> str | None:
        """The text encrypted with the first key, or as it is if it was; None like `decrypt`."""
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            text = self.decrypt(sealed)
            return None if text is None else self.encrypt(text)
        return sealed


def _fernet(key: str, purpose: bytes) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=purpose).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
