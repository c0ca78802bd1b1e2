"""The sign-ins in MongoDB: what a renewal cookie stands for, kept as a hash, until it expires."""

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


class SessionStore:
    """Sign-ins of all users."""

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._sessions = database[COLLECTION]
        self.lifetime = lifetime

    async def begin(self, tenant: str, user: str, now: datetime) -> str:
        """The secret that stands for a new sign-in."""
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

    async def whose(self, secret: str, now: datetime) -> tuple[str, str] | None:
        """Tenant and user of a sign-in that has not ended."""
        query = {"_id": _hash(secret), "expires_at": {"$gt": now}}
        with reaching():
            document = await self._sessions.find_one(query)
        return None if document is None else (document["tenant"], document["user"])

    async def end(self, secret: str) -> None:
        """Ends one sign-in."""
        with reaching():
            await self._sessions.delete_one({"_id": _hash(secret)})

    async def end_all(self, user: str) -> None:
        """Ends every sign-in of a user."""
        with reaching():
            await self._sessions.delete_many({"user": user})


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
