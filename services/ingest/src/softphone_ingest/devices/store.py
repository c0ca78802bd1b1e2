"""Stores the devices of all tenants."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

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


class DeviceStore(Protocol):
    """Devices of all tenants. Every method may raise UnavailableError.

    A removed device stays as an inactive document, so that its version keeps growing.
    """

    async def read_all(self) -> Iterable[Document]:
        """Every device of every tenant as stored, removed ones as well."""

    async def read_one(self, device: str) -> Document | None:
        """One device of any tenant as stored, removed or not."""

    def parse(self, stored: Document) -> StoredDevice:
        """The device in a stored document. Raises ValueError for a document it can't read."""

    async def list(self, tenant: str) -> Sequence[StoredDevice]:
        """The tenant's devices by name, without removed ones."""

    async def require(self, tenant: str, device: str) -> StoredDevice:
        """The tenant's device. Raises ProblemError 404 if the tenant has no such device."""

    async def add(self, device: StoredDevice) -> None:
        """Stores a new device."""

    async def edit(self, tenant: str, device: str, changes: dict[str, Any]) -> StoredDevice:
        """Returns the device with these fields changed. Raises ProblemError 404 like `require`."""

    async def replace_sealed(
        self, device: str, before: dict[str, str], after: dict[str, str]
    ) -> bool:
        """Replaces sealed values if they are still those of `before`, and returns whether it did.
        The device keeps its version, since what the values mean is the same."""


class MongoDeviceStore:
    """Keeps the devices in MongoDB; a `DeviceStore`."""

    def __init__(self, database: Database) -> None:
        self._devices = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._devices.find().to_list(None)

    async def read_one(self, device: str) -> Document | None:
        with reaching():
            return await self._devices.find_one({"_id": device})

    def parse(self, stored: Document) -> StoredDevice:
        return device_of(stored)

    async def list(self, tenant: str) -> Sequence[StoredDevice]:
        with reaching():
            documents = self._devices.find({"tenant": tenant, "active": True}).sort("name")
            return [self.parse(document) async for document in documents]

    async def require(self, tenant: str, device: str) -> StoredDevice:
        with reaching():
            document = await self._devices.find_one(_of_tenant(tenant, device))
        return self._require(document)

    async def add(self, device: StoredDevice) -> None:
        with reaching():
            await self._devices.insert_one(encoded(to_document(device)))

    async def edit(self, tenant: str, device: str, changes: dict[str, Any]) -> StoredDevice:
        change = {"$set": encoded(changes), "$inc": {"version": 1}}
        with reaching():
            document = await self._devices.find_one_and_update(
                _of_tenant(tenant, device), change, return_document=ReturnDocument.AFTER
            )
        return self._require(document)

    async def replace_sealed(
        self, device: str, before: dict[str, str], after: dict[str, str]
    ) -> bool:
        with reaching():
            result = await self._devices.update_one({"_id": device, **before}, {"$set": after})
        return bool(result.matched_count)

    def _require(self, document: Document | None) -> StoredDevice:
        if document is None:
            raise ProblemError("device-unknown")
        return self.parse(document)


def device_of(stored: Document) -> StoredDevice:
    """The device in a stored document. Raises ValueError for a document it can't read."""
    decoded = {name: json.loads(stored[name]) for name in _AS_TEXT if name in stored}
    return from_document(StoredDevice, stored, **decoded)


def _of_tenant(tenant: str, device: str) -> dict[str, Any]:
    return {"_id": device, "tenant": tenant, "active": True}


def encoded(fields: dict[str, Any]) -> Document:
    """The fields in the form in which they are stored."""
    return {name: json.dumps(v) if name in _AS_TEXT else v for name, v in fields.items()}
