"""Devices in MongoDB."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument

from softphone_common.http.problem import ProblemError
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_ingest.devices.device import StoredDevice

COLLECTION = "devices"
INDEXES = {
    COLLECTION: [
        IndexModel([("key_hash", ASCENDING)], unique=True),
        IndexModel([("tenant", ASCENDING), ("name", ASCENDING)]),
    ]
}
_AS_TEXT = frozenset({"extensions", "mapping", "numbers"})
"""Fields stored as JSON text: senders choose their keys, and MongoDB refuses some, such as `$x`."""


class DeviceStore:
    """Devices in MongoDB. A removed one stays, inactive, so that its version goes on counting."""

    def __init__(self, database: Database) -> None:
        self._devices = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        """Every device of every tenant as stored, removed ones as well."""
        with reaching():
            return await self._devices.find().to_list(None)

    async def read_one(self, device: str) -> Document | None:
        """One device of any tenant as stored, removed or not."""
        with reaching():
            return await self._devices.find_one({"_id": device})

    def parse(self, stored: Document) -> StoredDevice:
        """The device in a stored document. Raises ValueError for a document it can't read."""
        decoded = {name: json.loads(stored[name]) for name in _AS_TEXT if name in stored}
        return from_document(StoredDevice, stored, **decoded)

    async def list(self, tenant: str) -> Sequence[StoredDevice]:
        """The tenant's devices by name, without removed ones."""
        with reaching():
            documents = self._devices.find({"tenant": tenant, "active": True}).sort("name")
            return [self.parse(document) async for document in documents]

    async def require(self, tenant: str, device: str) -> StoredDevice:
        """The tenant's device. Raises ProblemError 404 if the tenant has no such device."""
        with reaching():
            document = await self._devices.find_one(_of_tenant(tenant, device))
        return self._require(document)

    async def add(self, device: StoredDevice) -> None:
        """Stores a new device."""
        with reaching():
            await self._devices.insert_one(_encoded(to_document(device)))

    async def edit(self, tenant: str, device: str, changes: dict[str, Any]) -> StoredDevice:
        """Returns the device with these fields changed. Raises ProblemError 404 like `require`."""
        change = {"$set": _encoded(changes), "$inc": {"version": 1}}
        with reaching():
            document = await self._devices.find_one_and_update(
                _of_tenant(tenant, device), change, return_document=ReturnDocument.AFTER
            )
        return self._require(document)

    def _require(self, document: Document | None) -> StoredDevice:
        if document is None:
            raise ProblemError("device-unknown")
        return self.parse(document)


def _of_tenant(tenant: str, device: str) -> dict[str, Any]:
    return {"_id": device, "tenant": tenant, "active": True}


def _encoded(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(v) if name in _AS_TEXT else v for name, v in fields.items()}
