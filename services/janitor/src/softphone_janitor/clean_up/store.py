"""The sweeps in MongoDB: which were asked for and what became of them, one a tenant and night."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pymongo import DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "sweeps"
INDEXES = {COLLECTION: [IndexModel([("requested_at", DESCENDING), ("_id", DESCENDING)])]}


class Sweep(BaseModel):
    """One run of the clean-up; `moved` and `finished_at` are null while it runs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: str
    requested_by: str
    requested_at: datetime
    told: bool = False
    moved: int | None = None
    finished_at: datetime | None = None


class Scheduled(BaseModel):
    """When an active tenant is swept next."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    next_at: datetime


class SweepStore:
    """Sweeps of all tenants."""

    def __init__(self, database: Database) -> None:
        self._sweeps = database[COLLECTION]

    async def add(self, sweep: Sweep) -> bool:
        """Stores a new sweep; False if there is one with this id, asked for by whomever."""
        try:
            with reaching():
                await self._sweeps.insert_one(to_document(sweep))
        except DuplicateKeyError:
            return False
        return True

    async def untold(self) -> list[Sweep]:
        """Those the bus has not confirmed yet."""
        with reaching():
            found = self._sweeps.find({"told": False}).limit(1000)
            return [from_document(Sweep, document) async for document in found]

    async def mark_told(self, sweep: str) -> None:
        """The bus has it."""
        with reaching():
            await self._sweeps.update_one({"_id": sweep}, {"$set": {"told": True}})

    async def finish(self, sweep: str, moved: int, finished_at: datetime) -> None:
        """It is done."""
        fields = {"moved": moved, "finished_at": finished_at}
        with reaching():
            await self._sweeps.update_one({"_id": sweep}, {"$set": fields})

    async def latest(self, size: int) -> list[Sweep]:
        """The latest, newest first."""
        with reaching():
            found = self._sweeps.find().sort([("requested_at", -1), ("_id", -1)]).limit(size)
            return [from_document(Sweep, document) async for document in found]
