"""The store of announcements: which records calls hide before their restriction is stored.

The answer to the write of a record may be lost, or the process may end in front of it. Calls then
follow a change that is not stored, or miss the second message about one that is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pymongo import ASCENDING, IndexModel

from softphone_common.stores.mongo import Database, reaching

COLLECTION = "announcements"
INDEXES = {COLLECTION: [IndexModel([("at", ASCENDING)])]}


@dataclass(frozen=True, slots=True)
class Announcement:
    """That calls were to hide a record at this time."""

    tenant: str
    record: str
    at: datetime


class Announcements(Protocol):
    """One announcement for each record. Every method may raise UnavailableError."""

    async def add(self, announcement: Announcement) -> None:
        """Stores an announcement in place of an earlier one of its record."""

    async def settle(self, tenant: str, record: str, at: datetime) -> None:
        """Removes the announcement of a record, unless it was made after this time."""

    async def unsettled(self, before: datetime, size: int) -> list[Announcement]:
        """Up to `size` announcements from before this time, earliest first."""


class MongoAnnouncements:
    """Keeps announcements in MongoDB; an `Announcements`."""

    def __init__(self, database: Database) -> None:
        self._announcements = database[COLLECTION]

    async def add(self, announcement: Announcement) -> None:
        tenant, record, at = announcement.tenant, announcement.record, announcement.at
        change = {"$set": {"tenant": tenant, "record": record}, "$max": {"at": at}}
        with reaching():
            key = {"_id": announcement_key(tenant, record)}
            await self._announcements.update_one(key, change, upsert=True)

    async def settle(self, tenant: str, record: str, at: datetime) -> None:
        with reaching():
            key = announcement_key(tenant, record)
            await self._announcements.delete_one({"_id": key, "at": {"$lte": at}})

    async def unsettled(self, before: datetime, size: int) -> list[Announcement]:
        with reaching():
            found = self._announcements.find({"at": {"$lt": before}}).sort("at", ASCENDING)
            documents = await found.limit(size).to_list(None)
        return [Announcement(each["tenant"], each["record"], each["at"]) for each in documents]


def announcement_key(tenant: str, record: str) -> str:
    """The `_id` of the announcement of a record."""
    return f"{tenant}/{record}"
