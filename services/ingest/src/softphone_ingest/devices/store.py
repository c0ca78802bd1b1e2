"""The devices of all tenants: their keys (only hashes are kept), their store and their mirror."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Device
from softphone_common.contracts.events import DeviceChanged
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "devices"
INDEXES = {
    COLLECTION: [
        IndexModel([("key_hash", ASCENDING)], unique=True),
        IndexModel([("tenant", ASCENDING), ("name", ASCENDING)]),
    ]
}
_AS_TEXT = frozenset({"extensions", "mapping", "numbers"})


def new_key() -> str:
    """A key of 22 characters for a device's URL: 128 random bits."""
    return secrets.token_urlsafe(16)


def hash_key(key: str) -> str:
    """What is stored of a key. Plain SHA-256 will do: a random key can't be guessed from it."""
    return hashlib.sha256(key.encode()).hexdigest()


class DeviceCache(CollectionCache[Device]):
    """All devices in memory, found by key."""

    def __init__(self, store: "DeviceStore", bus: Bus, seconds: float) -> None:
        super().__init__("devices", store.read_all, _device, seconds)
        self._by_hash: dict[str, Device] = {}
        bus.subscribe(DeviceChanged, self.on_device_changed, on_reconnect=self.refresh)

    def apply(self, item: Device) -> bool:
        """Takes a newer device and forgets the key it had before."""
        known = self.get(item.id)
        if not super().apply(item):
            return False
        if known is not None:
            self._by_hash.pop(known.key_hash, None)
        self._by_hash[item.key_hash] = item
        return True

    def by_key(self, key: str) -> Device | None:
        """The active device with this key."""
        device = self._by_hash.get(hash_key(key))
        return device if device is not None and device.active else None

    def require(self, key: str) -> Device:
        """The active device with this key. Raises ProblemError 404, or 503 until devices are
        loaded."""
        device = self.by_key(key)
        if device is not None:
            return device
        if not self.loaded:
            raise ProblemError("devices-loading", headers=RETRY_AFTER)
        raise ProblemError("device-key-unknown")

    async def on_device_changed(self, message: DeviceChanged) -> None:
        """Takes the device as it is in the message, unless a newer version is cached."""
        self.apply(message.device)


class DeviceStore:
    """Devices in MongoDB. Removing one makes it inactive, so that its edits stay countable."""

    def __init__(self, database: Database) -> None:
        self._devices = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        """Every device of every tenant as it is stored, removed ones too."""
        with reaching():
            return await self._devices.find().to_list(None)

    async def of(self, tenant: str) -> list[Device]:
        """The tenant's devices by name."""
        with reaching():
            found = self._devices.find({"tenant": tenant, "active": True}).sort("name")
            return [_device(document) async for document in found]

    async def require(self, tenant: str, device: str) -> Device:
        """The tenant's device. Raises ProblemError 404 if it has no such device."""
        wanted = {"_id": device, "tenant": tenant, "active": True}
        with reaching():
            document = await self._devices.find_one(wanted)
        return _known(document)

    async def add(self, device: Device) -> None:
        """Stores a new device."""
        with reaching():
            await self._devices.insert_one(_stored(to_document(device)))

    async def edit(self, tenant: str, device: str, changes: dict[str, Any]) -> Device:
        """The device with these fields changed. Raises ProblemError 404 like `require`."""
        wanted = {"_id": device, "tenant": tenant, "active": True}
        change = {"$set": _stored(changes), "$inc": {"version": 1}}
        with reaching():
            document = await self._devices.find_one_and_update(
                wanted, change, return_document=ReturnDocument.AFTER
            )
        return _known(document)


def _known(document: dict[str, Any] | None) -> Device:
    if document is None:
        raise ProblemError("device-unknown")
    return _device(document)


def _stored(fields: dict[str, Any]) -> dict[str, Any]:
    """As text what has senders' own words for keys: a store takes not every one."""
    return {k: json.dumps(v) if k in _AS_TEXT else v for k, v in fields.items()}


def _device(document: dict[str, Any]) -> Device:
    said = {k: json.loads(document[k]) for k in _AS_TEXT if k in document}
    return from_document(Device, document, **said)
