"""Tenants as all services read them; only ingest writes them."""

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import TenantChanged
from softphone_common.http.auth import Caller
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document, from_optional
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "tenants"


class Tenants(CollectionCache[Tenant]):
    """Caches all tenants; TenantChanged keeps them fresh."""

    def __init__(self, database: Database, bus: Bus, seconds: float) -> None:
        super().__init__("tenants", self._read_all, partial(from_document, Tenant), seconds)
        self._tenants = database[COLLECTION]
        bus.subscribe(TenantChanged, self.on_tenant_changed, on_reconnect=self.refresh)

    def require(self, tenant: str) -> Tenant:
        """The tenant with this id. Raises UnavailableError while it is not cached."""
        cached = self.get(tenant)
        if cached is None:
            raise UnavailableError(self.name, f"{tenant} is not known here yet")
        return cached

    def find(self, tenant: str) -> Tenant | None:
        """The tenant with this id, None if there is none. Raises UnavailableError until the store
        was read once."""
        cached = self.get(tenant)
        if cached is None and not self.loaded:
            raise UnavailableError(self.name, "not read from the store yet")
        return cached

    def token_refusal(self, caller: Caller) -> str | None:
        """`tenant-switched-off` if an operator has switched the tenant of the token off.

        A tenant that is not cached counts as switched on, so that an outage of MongoDB refuses
        nobody. Operators are never refused: they belong to the installation, and one of them has
        to be able to switch the tenant on again.
        """
        tenant = self.get(caller.tenant)
        is_off = tenant is not None and not tenant.active
        return "tenant-switched-off" if is_off and not caller.may("operator") else None

    async def _read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._tenants.find().to_list(None)

    async def on_tenant_changed(self, message: TenantChanged) -> None:
        """Takes the tenant as it is in the message, unless a newer version is cached."""
        self.apply(message.settings)


class TenantReader(Protocol):
    """Reads tenants from the store, for decisions that an outdated cache must not make."""

    async def get(self, tenant: str) -> Tenant | None:
        """The tenant with this id. Raises UnavailableError."""


class MongoTenantReader:
    """Reads tenants in MongoDB; a `TenantReader`."""

    def __init__(self, database: Database) -> None:
        self._tenants = database[COLLECTION]

    async def get(self, tenant: str) -> Tenant | None:
        with reaching():
            document = await self._tenants.find_one({"_id": tenant})
        return from_optional(Tenant, document)
