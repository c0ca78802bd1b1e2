"""The store of picks: which record each user took for a number that several records have."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pymongo import ASCENDING, IndexModel

from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "picks"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("key", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("user", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("record", ASCENDING)]),
    ]
}
PICKS_MAX = 500
"""Latest picks of a number that are counted."""
USERS_MAX = 50
"""Latest picks of a number whose users are named, so that messages stay small."""


@dataclass(frozen=True, slots=True)
class RecordPicks:
    """How many users have picked a record for a number, and the ids of the latest ones."""

    count: int
    users: tuple[str, ...]


PicksOfNumber = dict[str, RecordPicks]
"""The picks of one number, by the id of the record."""


class PickStore(Protocol):
    """One pick for each user and number. Every method may raise UnavailableError."""

    async def pick(self, tenant: str, user: str, key: str, record: str, at: datetime) -> None:
        """Remembers the record for the number, in place of the user's pick before."""

    async def forget(self, tenant: str, user: str, key: str) -> None:
        """Removes the user's pick for the number, if there is one."""

    async def forget_user(self, tenant: str, user: str) -> set[str]:
        """Removes all picks of a user. Returns the numbers that they were for."""

    async def move(self, tenant: str, record: str, into: str) -> None:
        """Has users who took a record have taken the one that it was merged into."""

    async def of(self, tenant: str, keys: Collection[str]) -> dict[str, PicksOfNumber]:
        """The picks for these numbers; numbers without any are left out."""


class MongoPickStore:
    """Keeps the picks in MongoDB; a `PickStore`."""

    def __init__(self, database: Database) -> None:
        self._picks = database[COLLECTION]

    async def pick(self, tenant: str, user: str, key: str, record: str, at: datetime) -> None:
        with reaching():
            await self._picks.replace_one(
                {"_id": pick_key(tenant, user, key)},
                pick_document(tenant, user, key, record, at),
                upsert=True,
            )

    async def forget(self, tenant: str, user: str, key: str) -> None:
        with reaching():
            await self._picks.delete_one({"_id": pick_key(tenant, user, key)})

    async def forget_user(self, tenant: str, user: str) -> set[str]:
        query = {"tenant": tenant, "user": user}
        with reaching():
            keys = {*await self._picks.distinct("key", query)}
            await self._picks.delete_many(query)
        return keys

    async def move(self, tenant: str, record: str, into: str) -> None:
        query = {"tenant": tenant, "record": record}
        with reaching():
            await self._picks.update_many(query, {"$set": {"record": into}})

    async def of(self, tenant: str, keys: Collection[str]) -> dict[str, PicksOfNumber]:
        # $topN keeps few of them in the server's memory, whatever the number of picks
        latest = {
            "n": PICKS_MAX,
            "sortBy": {"at": -1, "_id": 1},
            "output": {"record": "$record", "user": "$user"},
        }
        steps: list[Document] = [
            {"$match": {"tenant": tenant, "key": {"$in": list(keys)}}},
            {"$group": {"_id": "$key", "latest": {"$topN": latest}}},
        ]
        with reaching():
            rows = await self._picks.aggregate(steps).to_list(None)
        return {row["_id"]: picks_of(row["latest"]) for row in rows}


def pick_key(tenant: str, user: str, key: str) -> str:
    """The `_id` of a user's pick for a number."""
    return f"{tenant}/{user}/{key}"


def pick_document(tenant: str, user: str, key: str, record: str, at: datetime) -> Document:
    """A pick as it is stored."""
    own = {"tenant": tenant, "user": user, "key": key, "record": record, "at": at}
    return {"_id": pick_key(tenant, user, key), **own}


def picks_of(latest: Iterable[Document]) -> PicksOfNumber:
    """The picks among these documents of one number, the latest first."""
    count: dict[str, int] = defaultdict(int)
    users: dict[str, list[str]] = defaultdict(list)
    for place, pick in enumerate(latest):
        count[pick["record"]] += 1
        if place < USERS_MAX:
            users[pick["record"]].append(pick["user"])
    return {record: RecordPicks(n, tuple(users[record])) for record, n in count.items()}
