"""Hashes random secrets, by which they are found without being stored."""

import hashlib


def hash_secret(secret: str) -> str:
    """The SHA-256 of a secret in hex.

    No salt and one round: all these secrets have 80 random bits or more, which nobody can guess. A
    password, which people choose, needs a slow hash instead.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
