"""Sealed values are read with any key of the list, and written with the first."""

import pytest
from pydantic import SecretStr

from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.resealing import Resealed, reseal
from softphone_ingest.devices.sealing import Seal
from softphone_testing.memory.devices import MemoryDeviceStore

OLD = "the secret of an earlier release long enough"
NEW = "a key of today that is long enough too"
LOST = "a key that nobody has any more and who knows why"


def seal(*keys: str) -> Seal:
    return Seal(SecretStr(",".join(keys)))


def test_first_key_encrypts_and_every_key_decrypts() -> None:
    before = seal(OLD).encrypt("secret")
    both = seal(NEW, OLD)
    assert both.decrypt(before) == "secret"
    after = both.encrypt("secret")
    assert seal(NEW).decrypt(after) == "secret"
    assert seal(OLD).decrypt(after) is None
    assert seal(NEW).decrypt(before) is None


@pytest.fixture
async def store() -> MemoryDeviceStore:
    """Devices sealed with each of the keys, and one that was removed."""
    store = MemoryDeviceStore()
    for name, key in (("old", OLD), ("new", NEW), ("lost", LOST), ("removed", OLD)):
        sealed = seal(key).encrypt(f"the key of {name}")
        fields = {"key_sealed": sealed, "active": name != "removed", "key_hash": name}
        secret = {"secret_sealed": seal(key).encrypt("a secret")} if name == "old" else {}
        await store.add(StoredDevice(id=name, tenant="acme", name=name, **fields, **secret))
    return store


async def test_resealed_devices_need_the_first_key_only(store: MemoryDeviceStore) -> None:
    stored = {document["_id"]: document for document in await store.read_all()}
    assert await reseal(store, seal(NEW, OLD)) == Resealed(renewed=2, unreadable=1)
    renewed = {document["_id"]: document for document in await store.read_all()}
    for name in ("old", "new", "removed"):
        assert seal(NEW).decrypt(renewed[name]["key_sealed"]) == f"the key of {name}"
    assert seal(NEW).decrypt(renewed["old"]["secret_sealed"]) == "a secret"
    assert [name for name in stored if renewed[name] == stored[name]] == ["new", "lost"]
    assert await reseal(store, seal(NEW)) == Resealed(unreadable=1)


async def test_device_changed_while_resealed_keeps_the_change(store: MemoryDeviceStore) -> None:
    fresh = seal(OLD).encrypt("a key made meanwhile")
    documents = list(await store.read_all())
    await store.edit("acme", "old", {"key_sealed": fresh})

    async def read_before_the_change() -> list[dict[str, object]]:
        return documents

    store.read_all = read_before_the_change  # type: ignore[method-assign]
    result = await reseal(store, seal(NEW, OLD))
    assert (result.renewed, result.changed) == (1, 1)
    assert (await store.require("acme", "old")).key_sealed == fresh
