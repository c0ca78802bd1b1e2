"""Stores the sessions of signed-in browsers in MongoDB."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from pymongo import ASCENDING, IndexModel

from softphone_common.stores.mongo import Database, reaching

COLLECTION = "sessions"
INDEXES = {
    COLLECTION: [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user", ASCENDING)]),
    ]
}


class LoginSessions(Protocol):
    """Sessions of all users. Every method may raise UnavailableError."""

    lifetime: timedelta

    async def begin(self, tenant: str, user: str, now: datetime) -> str:
        """Stores a new session and returns its secret."""

    async def owner(self, secret: str, now: datetime) -> tuple[str, str] | None:
        """Tenant and user of a session; None if it has expired or ended."""

    async def end(self, secret: str) -> None:
        """Ends one session; does nothing for an unknown secret."""

    async def end_all(self, user: str) -> None:
        """Ends all sessions of a user."""


class MongoLoginSessions:
    """Sessions in MongoDB, each under the hash of the secret in the browser's cookie.

    The secret itself is not stored, so that a copy of the database opens no session.
    """

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._sessions = database[COLLECTION]
        self.lifetime = lifetime

    async def begin(self, tenant: str, user: str, now: datetime) -> str:
        secret = secrets.token_urlsafe(32)
        document = {
            "_id": session_key(secret),
            "tenant": tenant,
            "user": user,
            "expires_at": now + self.lifetime,
        }
        with reaching():
            await self._sessions.insert_one(document)
        return secret

    async def owner(self, secret: str, now: datetime) -> tuple[str, str] | None:
        # MongoDB removes expired documents about once a minute, so `expires_at` is compared too
        query = {"_id": session_key(secret), "expires_at": {"$gt": now}}
        with reaching():
            document = await self._sessions.find_one(query)
        return None if document is None else (document["tenant"], document["user"])

    async def end(self, secret: str) -> None:
        with reaching():
            await self._sessions.delete_one({"_id": session_key(secret)})

    async def end_all(self, user: str) -> None:
        with reaching():
            await self._sessions.delete_many({"user": user})


def session_key(secret: str) -> str:
    """The `_id` of the session that a cookie's secret opens."""
    # no salt and one round: the secret is 256 random bits, which nobody can guess
    return hashlib.sha256(secret.encode()).hexdigest()
