"""Stores the sessions of signed-in browsers in MongoDB."""

import hashlib
import secrets
from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel

from softphone_common.stores.mongo import Database, reaching

COLLECTION = "sessions"
INDEXES = {
    COLLECTION: [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user", ASCENDING)]),
    ]
}


class LoginSessions:
    """Sessions, each found by the hash of the secret in the browser's cookie.

    The secret itself is not stored, so that a copy of the database opens no session.
    """

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._sessions = database[COLLECTION]
        self.lifetime = lifetime

    async def begin(self, tenant: str, user: str, now: datetime) -> str:
        """Stores a new session and returns its secret."""
        secret = secrets.token_urlsafe(32)
        document = {
            "_id": _hash(secret),
            "tenant": tenant,
            "user": user,
            "expires_at": now + self.lifetime,
        }
        with reaching():
            await self._sessions.insert_one(document)
        return secret

    async def owner(self, secret: str, now: datetime) -> tuple[str, str] | None:
        """Tenant and user of a session; None if it has expired or ended."""
        # MongoDB removes expired documents about once a minute, so `expires_at` is compared too
        query = {"_id": _hash(secret), "expires_at": {"$gt": now}}
        with reaching():
            document = await self._sessions.find_one(query)
        return None if document is None else (document["tenant"], document["user"])

    async def end(self, secret: str) -> None:
        """Ends one session; does nothing for an unknown secret."""
        with reaching():
            await self._sessions.delete_one({"_id": _hash(secret)})

    async def end_all(self, user: str) -> None:
        """Ends all sessions of a user."""
        with reaching():
            await self._sessions.delete_many({"user": user})


def _hash(secret: str) -> str:
    # no salt and one round: the secret is 256 random bits, which nobody can guess
    return hashlib.sha256(secret.encode()).hexdigest()
