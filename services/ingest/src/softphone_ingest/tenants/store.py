"""Stores tenants. Other services read the collection and never write it."""

from typing import Any, Protocol

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from softphone_common.contracts.entities import Tenant
from softphone_common.stores.documents import from_optional, to_document
from softphone_common.stores.mongo import Document, reaching
from softphone_common.stores.tenants import MongoTenantReader, TenantReader


class TenantStore(TenantReader, Protocol):
    """Writes tenants, which are never deleted, only deactivated."""

    async def add(self, tenant: Tenant) -> bool:
        """Stores a new tenant. Returns False if there is one with this id."""

    async def edit(
        self, tenant: str, changes: dict[str, Any], version: int | None = None
    ) -> Tenant | None:
        """Changes fields and returns the tenant, or None if there is no tenant with this id.

        An activation that was issued before the tenant's present one also returns None and changes
        nothing, so that an old code cannot take back seats. With a `version` a tenant that has
        another one by now is not changed either.
        """


class MongoTenantStore(MongoTenantReader):
    """Writes tenants in MongoDB; a `TenantStore`."""

    async def add(self, tenant: Tenant) -> bool:
        try:
            with reaching():
                await self._tenants.insert_one(to_document(tenant))
        except DuplicateKeyError:
            return False
        return True

    async def edit(
        self, tenant: str, changes: dict[str, Any], version: int | None = None
    ) -> Tenant | None:
        query: Document = {"_id": tenant}
        if version is not None:
            query["version"] = version
        if "activation" in changes:
            not_older = {"$lte": changes["activation"]["issued_at"]}
            query["$or"] = [{"activation": None}, {"activation.issued_at": not_older}]
        # `version` orders changes: a cache ignores a message that is older than what it has.
        with reaching():
            document = await self._tenants.find_one_and_update(
                query,
                {"$set": changes, "$inc": {"version": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return from_optional(Tenant, document)
