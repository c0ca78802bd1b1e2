"""The store of marks: up to which time each user has seen the missed calls."""

from datetime import datetime
from typing import Protocol

from pymongo.errors import DuplicateKeyError

from softphone_common.stores.mongo import Database, reaching

COLLECTION = "missed_marks"


class MissedMarks(Protocol):
    """One mark of each user. Every method may raise UnavailableError."""

    async def seen_until(self, tenant: str, user: str) -> datetime | None:
        """The time up to which the user has seen the missed calls; None before the first mark."""

    async def mark(self, tenant: str, user: str, until: datetime) -> None:
        """Moves the mark to this time, but never back."""


class MongoMissedMarks:
    """Keeps the marks in MongoDB; a `MissedMarks`."""

    def __init__(self, database: Database) -> None:
        self._marks = database[COLLECTION]

    async def seen_until(self, tenant: str, user: str) -> datetime | None:
        with reaching():
            document = await self._marks.find_one({"_id": mark_key(tenant, user)})
        seen_until: datetime | None = document["seen_until"] if document else None
        return seen_until

    async def mark(self, tenant: str, user: str, until: datetime) -> None:
        change = {"$max": {"seen_until": until}, "$setOnInsert": {"tenant": tenant}}
        key = {"_id": mark_key(tenant, user)}
        try:
            with reaching():
                await self._marks.update_one(key, change, upsert=True)
        except DuplicateKeyError:  # another request of the user has inserted the mark meanwhile
            with reaching():
                await self._marks.update_one(key, change)


def mark_key(tenant: str, user: str) -> str:
    """The `_id` of the mark of a user."""
    return f"{tenant}/{user}"
