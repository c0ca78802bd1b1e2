"""Hashes and verifies passwords with argon2id, in threads so that the event loop stays free."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_CONCURRENCY = asyncio.Semaphore(2)
"""Each hash takes a core and 64 MiB for a while; more at once would only delay everything else."""

_HASH_OF_NOBODY = _hasher.hash("the password of no user")


async def hash_password(password: str) -> str:
    """The hash to store for the password."""
    async with _CONCURRENCY:
        return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password has this hash; without a hash False, after the same time."""
    async with _CONCURRENCY:
        right = await asyncio.to_thread(_verify, password, password_hash or _HASH_OF_NOBODY)
    return right and bool(password_hash)


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
