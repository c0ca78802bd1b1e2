"""The one reader of tenants for all services; only ingest writes them."""

from collections.abc import Iterable
from functools import partial

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import TenantChanged
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document, from_optional
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "tenants"


class Tenants(CollectionCache[Tenant]):
    """All tenants in memory, kept fresh by TenantChanged."""

    def __init__(self, database: Database, bus: Bus, seconds: float) -> None:
        super().__init__("tenants", self._read_all, partial(from_document, Tenant), seconds)
        self._tenants = database[COLLECTION]
        bus.subscribe(TenantChanged, self.on_tenant_changed, on_reconnect=self.refresh)

    def require(self, tenant: str) -> Tenant:
        """The tenant with this id. Raises UnavailableError while it is not known here."""
        found = self.get(tenant)
        if found is None:
            raise UnavailableError(self.name, f"{tenant} is not known here yet")
        return found

    async def _read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._tenants.find().to_list(None)

    async def on_tenant_changed(self, message: TenantChanged) -> None:
        """Takes the tenant as it is in the message, unless a newer version is cached."""
        self.apply(message.settings)


class TenantReader:
    """Tenants from the store, for what must not be decided by an older one."""

    def __init__(self, database: Database) -> None:
        self._tenants = database[COLLECTION]

    async def get(self, tenant: str) -> Tenant | None:
        """The tenant with this id as it is stored now."""
        with reaching():
            document = await self._tenants.find_one({"_id": tenant})
        return from_optional(Tenant, document)
