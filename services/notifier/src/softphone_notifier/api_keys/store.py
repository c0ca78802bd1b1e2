"""Stores API keys in MongoDB."""

from datetime import datetime
from typing import Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from softphone_common.access.api_keys import COLLECTION, ApiKeyReader, MongoApiKeyReader
from softphone_common.contracts.entities import ApiKey
from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.mongo import Database, reaching

_REMOVED_SECONDS = 30 * 86_400
"""How long a removed key is kept, for services that were cut off when it was removed."""
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("created_at", DESCENDING)]),
        IndexModel([("removed_at", ASCENDING)], expireAfterSeconds=_REMOVED_SECONDS),
    ]
}


class StoredApiKey(ApiKey):
    """An API key with the time of its last use, which services report a minute apart."""

    used_at: datetime | None = None


class ApiKeyStore(ApiKeyReader, Protocol):
    """API keys of all tenants. Every method may raise UnavailableError.

    A removed key stays as an inactive document for 30 days, so that caches learn of its removal.
    """

    async def of(self, tenant: str) -> list[StoredApiKey]:
        """The active keys of the tenant, newest first; expired ones are active until removed."""

    async def count(self, tenant: str) -> tuple[int, int]:
        """The active keys of the tenant, and all that are stored of it."""

    async def add(self, key: ApiKey) -> None:
        """Stores a new key."""

    async def remove(self, tenant: str, key: str, now: datetime) -> ApiKey | None:
        """The key, which is inactive from now on; None if the tenant has no active key of this id.

        The version of the returned key is above that of any message before.
        """

    async def note_used(self, tenant: str, key: str, used_at: datetime) -> None:
        """Notes a use of the key; an earlier time than the noted one changes nothing."""


class MongoApiKeyStore(MongoApiKeyReader):
    """API keys in MongoDB; an `ApiKeyStore`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._keys = database[COLLECTION]

    async def of(self, tenant: str) -> list[StoredApiKey]:
        query = {"tenant": tenant, "active": True}
        with reaching():
            documents = await self._keys.find(query).sort("created_at", DESCENDING).to_list(None)
        return [from_document(StoredApiKey, document) for document in documents]

    async def count(self, tenant: str) -> tuple[int, int]:
        with reaching():
            active = await self._keys.count_documents({"tenant": tenant, "active": True})
            return active, await self._keys.count_documents({"tenant": tenant})

    async def add(self, key: ApiKey) -> None:
        with reaching():
            await self._keys.insert_one(to_document(key))

    async def remove(self, tenant: str, key: str, now: datetime) -> ApiKey | None:
        with reaching():
            document = await self._keys.find_one_and_update(
                {"_id": key, "tenant": tenant, "active": True},
                {"$set": {"active": False, "removed_at": now}, "$inc": {"version": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return from_optional(ApiKey, document)

    async def note_used(self, tenant: str, key: str, used_at: datetime) -> None:
        with reaching():
            await self._keys.update_one(
                {"_id": key, "tenant": tenant}, {"$max": {"used_at": used_at}}
            )
