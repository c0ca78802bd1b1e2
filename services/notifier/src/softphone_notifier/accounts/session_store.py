"""Stores the sessions of signed-in browsers in MongoDB, and which tokens are refused."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING, IndexModel, UpdateOne

from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.mongo import Database, reaching
from softphone_common.stores.revoked_tokens import COLLECTION as REVOCATIONS
from softphone_common.stores.revoked_tokens import Revocation

COLLECTION = "sessions"
INDEXES = {
    COLLECTION: [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user", ASCENDING)]),
    ],
    REVOCATIONS: [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)],
}


class RetiredSecret(BaseModel):
    """The hash of a secret that was replaced, and the salt that leads from it to the next one.

    Without a salt the next one was not derived from it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    secret: str | None
    salt: str | None
    retired_at: datetime


class LoginSession(BaseModel):
    """A sign-in of a user at one browser; `secret` is the hash of its cookie's present secret.

    `used` says whether a browser has sent the present cookie, so that its answer was not lost.
    `password_version` is that of the user whose password opened the session.
    Documents of 0.1.0 have only an id, tenant, user and end.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: str
    user: str
    expires_at: datetime
    created_at: datetime | None = None
    used_at: datetime | None = None
    network: str = ""
    browser: str = ""
    secret: str | None = None
    used: bool = True
    password_version: int = 0
    retired: tuple[RetiredSecret, ...] = ()


class SessionStore(Protocol):
    """Sessions of all users. Every method may raise UnavailableError."""

    async def add(self, session: LoginSession) -> None:
        """Stores a new session."""

    async def get(self, session: str, now: datetime) -> LoginSession | None:
        """The session with this id; None if it has expired or ended."""

    async def of(self, user: str, now: datetime) -> list[LoginSession]:
        """The sessions of the user, the one that was used last first."""

    async def change(self, session: str, secret: str | None, changes: dict[str, Any]) -> bool:
        """Changes these fields; False if the session ended or its secret is no longer this one."""

    async def end(self, sessions: Collection[str]) -> None:
        """Removes the sessions; ignores those that are gone."""

    async def revoke(self, revocations: Collection[Revocation], expires_at: datetime) -> None:
        """Stores the revocations until this time; may be repeated, and no version goes back."""


class MongoSessionStore:
    """Sessions in MongoDB; a `SessionStore`."""

    def __init__(self, database: Database) -> None:
        self._sessions = database[COLLECTION]
        self._revocations = database[REVOCATIONS]

    async def add(self, session: LoginSession) -> None:
        with reaching():
            await self._sessions.insert_one(to_document(session))

    async def get(self, session: str, now: datetime) -> LoginSession | None:
        # MongoDB removes expired documents about once a minute, so `expires_at` is compared too
        query = {"_id": session, "expires_at": {"$gt": now}}
        with reaching():
            document = await self._sessions.find_one(query)
        return from_optional(LoginSession, document)

    async def of(self, user: str, now: datetime) -> list[LoginSession]:
        query = {"user": user, "expires_at": {"$gt": now}}
        with reaching():
            documents = self._sessions.find(query).sort([("used_at", -1), ("_id", 1)])
            return [from_document(LoginSession, document) async for document in documents]

    async def change(self, session: str, secret: str | None, changes: dict[str, Any]) -> bool:
        # a condition of None is met by a document without the field, too
        query = {"_id": session, "secret": secret}
        with reaching():
            result = await self._sessions.update_one(query, {"$set": changes})
        return result.matched_count == 1

    async def end(self, sessions: Collection[str]) -> None:
        with reaching():
            await self._sessions.delete_many({"_id": {"$in": list(sessions)}})

    async def revoke(self, revocations: Collection[Revocation], expires_at: datetime) -> None:
        updates = [
            UpdateOne(
                {"_id": each.id},
                {"$max": {"version": each.version, "expires_at": expires_at}},
                upsert=True,
            )
            for each in revocations
        ]
        with reaching():
            await self._revocations.bulk_write(updates, ordered=False)
