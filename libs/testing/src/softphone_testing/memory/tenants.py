"""Tenants in memory: a `TenantStore` and a `TenantReader`."""

from typing import Any

from softphone_common.contracts.entities import Tenant
from softphone_common.stores.documents import from_optional, to_document
from softphone_common.stores.mongo import Document
from softphone_testing.memory.collection import MemoryCollection


class MemoryTenantStore:
    """Tenants in memory, which this one object writes and reads."""

    def __init__(self) -> None:
        self._tenants = MemoryCollection()

    async def add(self, tenant: Tenant) -> bool:
        return self._tenants.insert(to_document(tenant))

    async def get(self, tenant: str) -> Tenant | None:
        return from_optional(Tenant, self._tenants.get(tenant))

    async def edit(
        self, tenant: str, changes: dict[str, Any], version: int | None = None
    ) -> Tenant | None:
        def is_newer(document: Document) -> bool:
            if version not in {None, document["version"]}:
                return False
            activation = document["activation"]
            if "activation" not in changes or activation is None:
                return True
            return bool(activation["issued_at"] <= changes["activation"]["issued_at"])

        return from_optional(Tenant, self._tenants.update(tenant, is_newer, changes, version=1))
