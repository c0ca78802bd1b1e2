"""The behaviour of ingest's stores, tested on MongoDB or Redis and in memory alike."""

from datetime import datetime
from typing import Any

import pytest

from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.entities import Tenant
from softphone_common.http.problem import ProblemError
from softphone_ingest.click_to_call.idempotency import EarlierClick, IdempotencyKeys
from softphone_ingest.click_to_call.links import DialLinks
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.tenants.store import TenantStore
from support.observations import at


def activation(id_: str, issued_at: datetime) -> dict[str, Any]:
    return {"id": id_, "seats": 3, "issued_at": issued_at, "expires_at": at(90_000)}


class TenantStoreContract:
    """Needs a fixture `tenants` with an empty store."""

    async def test_a_tenant_is_stored_once(self, tenants: TenantStore) -> None:
        acme = Tenant(id="acme", name="Huber GmbH")
        assert await tenants.add(acme)
        assert not await tenants.add(acme.model_copy(update={"name": "Other"}))
        assert await tenants.get("acme") == acme
        assert await tenants.get("unknown") is None

    async def test_an_edit_counts_the_version(self, tenants: TenantStore) -> None:
        await tenants.add(Tenant(id="acme", name="Huber GmbH"))
        await tenants.add(Tenant(id="other", name="Other"))
        edited = await tenants.edit("acme", {"name": "Huber AG", "active": False})
        assert edited == Tenant(id="acme", name="Huber AG", active=False, version=2)
        assert await tenants.get("acme") == edited
        assert await tenants.get("other") == Tenant(id="other", name="Other")
        assert await tenants.edit("unknown", {"name": "x"}) is None

    async def test_edit_of_an_outdated_version_changes_nothing(self, tenants: TenantStore) -> None:
        await tenants.add(Tenant(id="acme", name="Huber GmbH"))
        edited = await tenants.edit("acme", {"name": "Huber AG"}, version=1)
        assert edited == Tenant(id="acme", name="Huber AG", version=2)
        assert await tenants.edit("acme", {"name": "Huber KG"}, version=1) is None
        assert await tenants.get("acme") == edited

    async def test_an_older_activation_changes_nothing(self, tenants: TenantStore) -> None:
        await tenants.add(Tenant(id="acme", name="Huber GmbH"))
        for id_, issued_at, is_taken in (
            ("first", at(10), True),
            ("older", at(9), False),
            ("again", at(10), True),
            ("newer", at(11), True),
        ):
            changes = {"activation": activation(id_, issued_at), "name": id_}
            edited = await tenants.edit("acme", changes)
            assert (edited is not None) == is_taken, id_
        tenant = await tenants.get("acme")
        assert tenant is not None
        assert tenant.activation is not None
        assert (tenant.name, tenant.activation.id, tenant.version) == ("newer", "newer", 4)
        assert await tenants.edit("acme", {"name": "later"}) is not None


def device(id_: str, name: str = "Desk", tenant: str = "acme", **fields: Any) -> StoredDevice:
    return StoredDevice(id=id_, tenant=tenant, name=name, key_hash=f"hash of {id_}", **fields)


class DeviceStoreContract:
    """Needs a fixture `devices` with an empty store."""

    async def test_a_device_is_stored_with_any_names(self, devices: DeviceStore) -> None:
        # senders choose these keys, and MongoDB takes neither all of them nor all as they are
        words = {"$where": "1", "a.b": "2", "": "3"}
        desk = device("d1", extensions=words, mapping={"rules": [words]}, numbers={"region": "AT"})
        await devices.add(desk)
        assert await devices.require("acme", "d1") == desk
        document = await devices.read_one("d1")
        assert document is not None
        assert devices.parse(document) == desk
        assert await devices.read_one("unknown") is None

    async def test_an_edit_counts_the_version(self, devices: DeviceStore) -> None:
        await devices.add(device("d1"))
        edited = await devices.edit("acme", "d1", {"name": "Hall", "mapping": {"$x": 1}})
        assert edited == device("d1", "Hall", mapping={"$x": 1}, version=2)
        assert await devices.require("acme", "d1") == edited

    async def test_devices_belong_to_their_tenant(self, devices: DeviceStore) -> None:
        await devices.add(device("d1"))
        for attempt in (devices.require("other", "d1"), devices.edit("other", "d1", {"name": "x"})):
            with pytest.raises(ProblemError) as problem:
                await attempt
            assert problem.value.status == 404
        assert await devices.list("other") == []
        assert (await devices.require("acme", "d1")).name == "Desk"

    async def test_a_removed_device_stays_stored(self, devices: DeviceStore) -> None:
        await devices.add(device("d1"))
        removed = await devices.edit("acme", "d1", {"active": False})
        assert (removed.active, removed.version) == (False, 2)
        assert await devices.list("acme") == []
        for attempt in (devices.require("acme", "d1"), devices.edit("acme", "d1", {"name": "x"})):
            with pytest.raises(ProblemError):
                await attempt
        assert [devices.parse(one) for one in await devices.read_all()] == [removed]

    async def test_devices_are_sorted_by_name(self, devices: DeviceStore) -> None:
        for id_, name in (("d1", "Lobby"), ("d2", "Desk"), ("d3", "Hall")):
            await devices.add(device(id_, name))
        await devices.add(device("d4", "Attic", "other"))
        assert [one.id for one in await devices.list("acme")] == ["d2", "d3", "d1"]
        assert {document["_id"] for document in await devices.read_all()} == {
            "d1",
            "d2",
            "d3",
            "d4",
        }

    async def test_sealed_values_are_replaced_if_unchanged(self, devices: DeviceStore) -> None:
        await devices.add(device("one", key_sealed="old", secret_sealed="s"))
        assert await devices.replace_sealed("one", {"key_sealed": "old"}, {"key_sealed": "new"})
        assert not await devices.replace_sealed("one", {"key_sealed": "old"}, {"key_sealed": "x"})
        stored = await devices.require("acme", "one")
        assert (stored.key_sealed, stored.secret_sealed, stored.version) == ("new", "s", 1)


class DialLinksContract:
    """Needs a fixture `links` with an empty store."""

    async def test_a_user_has_one_link(self, links: DialLinks) -> None:
        assert await links.get("acme", "anna") is None
        await links.put("acme", "anna", DialLink(link="sip:{number}@pbx.example.de"))
        await links.put("acme", "anna", DialLink(spelling="national"))
        await links.put("other", "anna", DialLink())
        assert await links.get("acme", "anna") == DialLink(spelling="national")
        assert await links.get("other", "anna") == DialLink()
        assert await links.get("acme", "bert") is None

    async def test_a_link_is_removed_once(self, links: DialLinks) -> None:
        await links.put("acme", "anna", DialLink())
        assert not await links.remove("other", "anna")
        assert await links.remove("acme", "anna")
        assert not await links.remove("acme", "anna")
        assert await links.get("acme", "anna") is None


class IdempotencyKeysContract:
    """Needs a fixture `keys` with a store in which these tenants and calls are unknown."""

    async def test_the_first_click_counts(self, keys: IdempotencyKeys) -> None:
        assert await keys.claim("acme", "c1", "first") is None
        assert await keys.claim("acme", "c1", "second") == EarlierClick("first", None)
        assert await keys.claim("acme", "c1", "third") == EarlierClick("first", None)

    async def test_a_repeated_click_gets_the_link(self, keys: IdempotencyKeys) -> None:
        await keys.claim("acme", "c2", "first")
        await keys.complete("acme", "c2", "first", "tel:+498999998001")
        assert await keys.claim("acme", "c2", "first") == EarlierClick("first", "tel:+498999998001")
        await keys.complete("acme", "c2", "first", "sip:+498999998001@pbx", "12")
        repeated = await keys.claim("acme", "c2", "first")
        assert repeated == EarlierClick("first", "sip:+498999998001@pbx", "12")

    async def test_tenants_do_not_share_keys(self, keys: IdempotencyKeys) -> None:
        await keys.claim("acme", "c3", "ours")
        assert await keys.claim("other", "c3", "theirs") is None
        assert await keys.claim("acme", "c4", "ours") is None
