"""Password hashes (argon2id), made and checked beside the event loop; knows no user."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_AT_ONCE = asyncio.Semaphore(2)
_NOBODY = _hasher.hash("the password of a user there is not")


async def hash_password(password: str) -> str:
    """What to store of the password."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; takes as long where there is no user and so no hash."""
    async with _AT_ONCE:
        right = await asyncio.to_thread(_verify, password, password_hash or _NOBODY)
    return right and password_hash is not None


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
