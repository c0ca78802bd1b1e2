"""Devices in memory: a `DeviceStore`."""

from collections.abc import Iterable, Sequence
from typing import Any

from softphone_common.http.problem import ProblemError
from softphone_common.stores.documents import to_document
from softphone_common.stores.mongo import Document
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.store import device_of, encoded
from softphone_testing.memory.collection import MemoryCollection


class MemoryDeviceStore:
    """Devices in memory, with their sealed keys."""

    def __init__(self) -> None:
        self._devices = MemoryCollection()

    async def read_all(self) -> Iterable[Document]:
        return self._devices.find(lambda _: True)

    async def read_one(self, device: str) -> Document | None:
        return self._devices.get(device)

    def parse(self, stored: Document) -> StoredDevice:
        return device_of(stored)

    async def list(self, tenant: str) -> Sequence[StoredDevice]:
        documents = self._devices.find(lambda d: d["tenant"] == tenant and d["active"])
        return sorted(map(device_of, documents), key=lambda device: device.name)

    async def require(self, tenant: str, device: str) -> StoredDevice:
        document = self._devices.get(device)
        if document is None or document["tenant"] != tenant or not document["active"]:
            raise ProblemError("device-unknown")
        return device_of(document)

    async def add(self, device: StoredDevice) -> None:
        assert self._devices.insert(encoded(to_document(device)))

    async def edit(self, tenant: str, device: str, changes: dict[str, Any]) -> StoredDevice:
        await self.require(tenant, device)
        document = self._devices.update(device, lambda _: True, encoded(changes), version=1)
        assert document is not None
        return device_of(document)

    async def replace_sealed(
        self, device: str, before: dict[str, str], after: dict[str, str]
    ) -> bool:
        def is_unchanged(document: Document) -> bool:
            return before.items() <= document.items()

        return self._devices.update(device, is_unchanged, after) is not None
