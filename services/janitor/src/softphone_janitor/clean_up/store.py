"""The store of sweeps: one for each tenant and night, and those that operators started."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field
from pymongo import DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "sweeps"
INDEXES = {COLLECTION: [IndexModel([("requested_at", DESCENDING), ("_id", DESCENDING)])]}
UNPUBLISHED_MAX = 1000
"""Sweeps that are published in one look at the schedule; the next look takes the rest."""


class Sweep(BaseModel):
    """One run of the clean-up; `moved` and `finished_at` are null until it has finished.

    The field `told` of the API and of stored sweeps is `is_published` here.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str
    tenant: str
    requested_by: str
    requested_at: datetime
    is_published: bool = Field(
        False, alias="told", description="Whether the request has reached the message broker"
    )
    moved: int | None = Field(None, description="Calls moved to the recycle bin")
    finished_at: datetime | None = None


class Scheduled(BaseModel):
    """The time of a tenant's next nightly sweep."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    next_at: datetime


class SweepStore(Protocol):
    """Sweeps of all tenants. Every method may raise UnavailableError."""

    async def add(self, sweep: Sweep) -> bool:
        """Stores a sweep; False, and nothing changes, if there is one with its id."""

    async def list_unpublished(self) -> list[Sweep]:
        """Sweeps whose request the bus has not confirmed yet, at most UNPUBLISHED_MAX."""

    async def mark_published(self, sweep_id: str) -> None:
        """Notes that the bus has confirmed the request."""

    async def finish(self, sweep_id: str, moved: int, finished_at: datetime) -> None:
        """Notes the result; an unknown sweep is ignored."""

    async def list_latest(self, size: int) -> list[Sweep]:
        """Up to `size` sweeps, those requested last first."""

    async def finished_among(self, sweeps: Collection[str]) -> set[str]:
        """Which of these sweeps have finished, by id."""


class MongoSweepStore:
    """Keeps the sweeps in MongoDB; a `SweepStore`."""

    def __init__(self, database: Database) -> None:
        self._sweeps = database[COLLECTION]

    async def add(self, sweep: Sweep) -> bool:
        try:
            with reaching():
                await self._sweeps.insert_one(to_document(sweep))
        except DuplicateKeyError:
            return False
        return True

    async def list_unpublished(self) -> list[Sweep]:
        with reaching():
            documents = (
                await self._sweeps.find({"told": False}).limit(UNPUBLISHED_MAX).to_list(None)
            )
        return [from_document(Sweep, document) for document in documents]

    async def mark_published(self, sweep_id: str) -> None:
        with reaching():
            await self._sweeps.update_one({"_id": sweep_id}, {"$set": {"told": True}})

    async def finish(self, sweep_id: str, moved: int, finished_at: datetime) -> None:
        fields = {"moved": moved, "finished_at": finished_at}
        with reaching():
            await self._sweeps.update_one({"_id": sweep_id}, {"$set": fields})

    async def list_latest(self, size: int) -> list[Sweep]:
        latest_first = [("requested_at", -1), ("_id", -1)]
        with reaching():
            documents = await self._sweeps.find().sort(latest_first).limit(size).to_list(None)
        return [from_document(Sweep, document) for document in documents]

    async def finished_among(self, sweeps: Collection[str]) -> set[str]:
        query = {"_id": {"$in": [*sweeps]}, "finished_at": {"$ne": None}}
        with reaching():
            documents = await self._sweeps.find(query, {"_id": 1}).to_list(None)
        return {document["_id"] for document in documents}
