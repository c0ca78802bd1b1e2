"""The cache of devices: messages are notices only, and a key that was replaced ends at once."""

from collections.abc import Iterable

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import DeviceChanged
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_common.process.secret_hash import hash_secret
from softphone_common.stores.cache import Stored
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.device import StoredDevice
from support.bus.buses import bus_settings

DEVICE = StoredDevice(id="d1", tenant="acme", name="Desk", key_hash=hash_secret("old"))


class Source:
    """A store of one device that can be out of reach."""

    def __init__(self) -> None:
        self.stored = DEVICE
        self.reads = 0
        self.is_away = False

    async def read_all(self) -> Iterable[Stored]:
        return [await self.read_one(self.stored.id)]

    async def read_one(self, device: str) -> Stored:
        self.reads += 1
        if self.is_away:
            raise UnavailableError("MongoDB", "is away")
        return {**self.stored.model_dump(), "_id": device}

    def parse(self, stored: Stored) -> StoredDevice:
        return StoredDevice.model_validate(stored)

    def edit(self, **changes: object) -> DeviceChanged:
        """Changes the device and gives the message of it."""
        version = self.stored.version + 1
        self.stored = self.stored.model_copy(update={**changes, "version": version})
        return DeviceChanged(tenant=self.stored.tenant, device=self.stored.published())


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(source: Source) -> DeviceCache:
    devices = DeviceCache(source, Bus(bus_settings("amqp://nowhere"), "ingest"), seconds=30)
    devices.apply(DEVICE)
    return devices


async def test_changed_device_comes_with_its_sealed_secret(
    source: Source, cache: DeviceCache
) -> None:
    await cache.on_device_changed(source.edit(secret_sealed="sealed"))
    device = cache.by_key("old")
    assert device is not None
    assert device.secret_sealed == "sealed"


async def test_new_key_replaces_the_old_at_once(source: Source, cache: DeviceCache) -> None:
    await cache.on_device_changed(source.edit(key_hash=hash_secret("new")))
    assert cache.by_key("old") is None
    assert cache.require("new").version == 2


@pytest.mark.parametrize("changes", [{"key_hash": hash_secret("new")}, {"active": False}])
async def test_old_key_ends_though_the_store_is_away(
    source: Source, cache: DeviceCache, changes: dict[str, object]
) -> None:
    source.is_away = True
    message = source.edit(**changes)
    await cache.on_device_changed(message)
    assert cache.by_key("old") is None
    source.is_away = False
    await cache.on_device_changed(message)
    assert cache.get("d1") == source.stored


async def test_old_key_ends_though_the_device_cannot_be_parsed(
    source: Source, cache: DeviceCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(stored: Stored) -> StoredDevice:
        raise ValueError("written by a later release")

    monkeypatch.setattr(cache, "_parse", refuse)
    await cache.on_device_changed(source.edit(key_hash=hash_secret("new")))
    assert cache.by_key("old") is None


async def test_device_stays_when_its_store_is_away(source: Source, cache: DeviceCache) -> None:
    source.is_away = True
    await cache.on_device_changed(source.edit(name="Reception"))
    assert cache.require("old") == DEVICE


def test_key_of_an_older_version_is_forgotten(cache: DeviceCache) -> None:
    """As when the store is read again because the message was missed."""
    cache.apply(DEVICE.model_copy(update={"key_hash": hash_secret("new"), "version": 2}))
    assert cache.by_key("old") is None
    assert cache.require("new").version == 2


def test_key_of_a_removed_device_is_refused(cache: DeviceCache) -> None:
    assert cache.by_key("old") == DEVICE
    cache.apply(DEVICE.model_copy(update={"active": False, "version": DEVICE.version + 1}))
    assert cache.by_key("old") is None


async def test_known_version_is_not_read_again(source: Source, cache: DeviceCache) -> None:
    message = source.edit(name="Reception")
    cache.apply(source.stored)
    await cache.on_device_changed(message)
    assert source.reads == 0


def test_unknown_key_is_refused_once_devices_are_loaded(cache: DeviceCache) -> None:
    for loaded, status in ((False, 503), (True, 404)):
        cache.loaded = loaded
        with pytest.raises(ProblemError) as refused:
            cache.require("strange")
        assert refused.value.status == status
