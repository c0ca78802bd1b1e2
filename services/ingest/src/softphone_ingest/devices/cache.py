"""All devices in memory, so that a hit finds its device without a database."""

from collections.abc import Iterable
from typing import Protocol

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Device
from softphone_common.contracts.events import DeviceChanged
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.process.error_text import error_text
from softphone_common.process.secret_hash import hash_secret
from softphone_common.process.telemetry import log
from softphone_common.stores.cache import CollectionCache, Stored
from softphone_ingest.devices.device import StoredDevice


class DeviceSource(Protocol):
    """A store of devices, as far as the cache needs it. Reads raise UnavailableError."""

    async def read_all(self) -> Iterable[Stored]:
        """Every device of every tenant as stored, inactive ones as well."""
        ...

    async def read_one(self, device: str) -> Stored | None:
        """One device as stored, or None if there never was one with this id."""
        ...

    def parse(self, stored: Stored) -> StoredDevice:
        """The device in a stored document. Raises an exception for one it can't read."""
        ...


class DeviceCache(CollectionCache[StoredDevice]):
    """All devices by id and by key. A resource of the service."""

    def __init__(self, source: DeviceSource, bus: Bus, seconds: float) -> None:
        super().__init__("devices", source.read_all, source.parse, seconds)
        self._source = source
        self._by_hash: dict[str, StoredDevice] = {}
        bus.subscribe(DeviceChanged, self.on_device_changed, on_reconnect=self.refresh)

    def apply(self, item: StoredDevice) -> bool:
        """Takes a newer device and forgets the key of its older version."""
        older = self.get(item.id)
        if not super().apply(item):
            return False
        if older is not None:
            # even if the key is the same: the entry must be that of the newer version
            self._by_hash.pop(older.key_hash, None)
        self._by_hash[item.key_hash] = item
        return True

    def by_key(self, key: str) -> StoredDevice | None:
        """The active device with this key."""
        device = self._by_hash.get(hash_secret(key))
        return device if device is not None and device.active else None

    def require(self, key: str) -> StoredDevice:
        """The active device with this key.

        Raises ProblemError 404 for an unknown key, 503 until devices have been loaded once.
        """
        device = self.by_key(key)
        if device is not None:
            return device
        if not self.loaded:
            raise ProblemError("devices-loading", headers=RETRY_AFTER)
        raise ProblemError("device-key-unknown")

    async def on_device_changed(self, message: DeviceChanged) -> None:
        """Reads a changed device from the store, unless this version is cached already.

        The message has nothing sealed, and signatures are checked with the sealed secret. So it
        serves as a notice only, also where a device of an older release still carries more.
        """
        device = message.device
        cached = self.get(device.id)
        if cached is not None and cached.version >= device.version:
            return
        # before the read, which may take long, fail, or find a document this release can't parse
        self._revoke(device)
        try:
            stored = await self._source.read_one(device.id)
        except Exception as error:
            # Not raised, whether the store is away or refuses: the subscriber would try this
            # message again and hold up all behind it, among them those that end tokens.
            log.warning("changed device not read yet", device=device.id, error=error_text(error))
            self.refresh()
            return
        if stored is not None:
            self._take(stored)

    def _revoke(self, device: Device) -> None:
        """Refuses a key that was replaced or removed."""
        cached = self.get(device.id)
        if cached is not None and (not device.active or cached.key_hash != device.key_hash):
            self._by_hash.pop(cached.key_hash, None)
