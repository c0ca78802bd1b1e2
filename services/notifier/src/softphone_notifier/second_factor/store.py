"""Stores the second factors of users in MongoDB."""

from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from softphone_common.stores.documents import from_optional, to_document
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "second_factors"
INDEXES = {COLLECTION: [IndexModel([("tenant", ASCENDING)])]}


class SecondFactor(BaseModel):
    """The second factor of the user with this id; it counts once it is `confirmed`.

    `last_step` is the time step of the last code that was accepted: no code of it or an earlier one
    is accepted again. `recovery` has the hashes of the recovery codes that are left.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: str
    secret_sealed: str
    created_at: datetime
    confirmed: bool = False
    last_step: int = 0
    recovery: tuple[str, ...] = ()


class SecondFactorStore(Protocol):
    """Second factors of all users. Every method may raise UnavailableError."""

    async def get(self, user: str) -> SecondFactor | None:
        """The second factor of the user, confirmed or not."""

    async def begin(self, factor: SecondFactor) -> bool:
        """Stores a factor in place of one that was not confirmed; False if there is another."""

    async def confirm(self, user: str, step: int, recovery: list[str]) -> bool:
        """Confirms the factor by the code of a step; False if it was confirmed or removed."""

    async def use_step(self, user: str, step: int, sealed: str) -> bool:
        """Uses the code of a step and stores the secret as sealed now; True once for each step."""

    async def use_recovery(self, user: str, recovery: str) -> bool:
        """Uses the recovery code with this hash; True once for each code."""

    async def remove(self, user: str) -> bool:
        """Removes the factor; False if there is none."""

    async def confirmed(self, tenant: str) -> set[str]:
        """The ids of the tenant's users with a confirmed factor."""


class MongoSecondFactorStore:
    """Second factors in MongoDB; a `SecondFactorStore`."""

    def __init__(self, database: Database) -> None:
        self._factors = database[COLLECTION]

    async def get(self, user: str) -> SecondFactor | None:
        with reaching():
            document = await self._factors.find_one({"_id": user})
        return from_optional(SecondFactor, document)

    async def begin(self, factor: SecondFactor) -> bool:
        query = {"_id": factor.id, "confirmed": False}
        try:
            with reaching():
                await self._factors.replace_one(query, to_document(factor), upsert=True)
        except DuplicateKeyError:  # a confirmed factor has this id
            return False
        return True

    async def confirm(self, user: str, step: int, recovery: list[str]) -> bool:
        query = {"_id": user, "confirmed": False}
        changes = {"confirmed": True, "last_step": step, "recovery": recovery}
        return await self._update(query, {"$set": changes})

    async def use_step(self, user: str, step: int, sealed: str) -> bool:
        query = {"_id": user, "confirmed": True, "last_step": {"$lt": step}}
        return await self._update(query, {"$set": {"last_step": step, "secret_sealed": sealed}})

    async def use_recovery(self, user: str, recovery: str) -> bool:
        query = {"_id": user, "confirmed": True, "recovery": recovery}
        return await self._update(query, {"$pull": {"recovery": recovery}})

    async def remove(self, user: str) -> bool:
        with reaching():
            return (await self._factors.delete_one({"_id": user})).deleted_count == 1

    async def confirmed(self, tenant: str) -> set[str]:
        query = {"tenant": tenant, "confirmed": True}
        with reaching():
            return {document["_id"] async for document in self._factors.find(query, {"_id": 1})}

    async def _update(self, query: Document, update: dict[str, Any]) -> bool:
        with reaching():
            return (await self._factors.update_one(query, update)).matched_count == 1
