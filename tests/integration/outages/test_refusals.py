"""A MongoDB that answers and refuses, or has what can't be read: calls go on, the rest is known."""

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from softphone_testing.until import until
from support.browser_socket import opened
from support.installation import Company, Installation, Json

SETTINGS = {"mirror_seconds": 0.2}
NOT_KEPT = "softphone_hits_not_kept_total"
SAID = {"extension": "21", "number": "089 99998001"}
UNREADABLE = {"_id": "0-of-another-release", "tenant": 17, "active": "perhaps"}
COLLECTIONS = ("tenants", "devices", "users")

Stored = AsyncDatabase[Json]


@pytest.fixture
async def company(office: Installation) -> Company:
    return await office.make_company()


@pytest.fixture
async def stored(office: Installation) -> AsyncIterator[Stored]:
    """What the services have in MongoDB."""
    client: AsyncMongoClient[Json] = AsyncMongoClient(office.mongo)
    async with client:
        yield client.get_default_database()


async def not_kept(office: Installation) -> float:
    lines = (await office.client.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith(NOT_KEPT)).split()[-1])


async def validated(stored: Stored, collection: str, validator: Json) -> None:
    """From now on it takes nothing that is not so."""
    await stored.command("collMod", collection, validator=validator)


async def test_hits_the_store_refuses_are_counted_and_the_next_are_kept(
    office: Installation, company: Company, stored: Stored
) -> None:
    device = await office.make_device(company.tenant)
    path = f"/api/devices/{device.id}/hits"
    await office.told(device.key, "ringing", call_id="before", **SAID)

    async def kept(*calls: str) -> bool:
        items = (await office.get(path, company.admin))["items"]
        assert [hit["events"][0]["call_id"] for hit in items] == list(calls)
        return True

    await until(lambda: kept("before"), what="the first hit")
    counted = await not_kept(office)
    await validated(stored, "hits", {"never": {"$exists": True}})
    call = await office.told(device.key, "ringing", call_id="refused", **SAID)

    async def refused() -> bool:
        return await not_kept(office) == counted + 1

    await until(refused, what="the hit in the count of those not kept")
    await validated(stored, "hits", {})
    await office.told(device.key, "ringing", call_id="after", **SAID)
    await until(lambda: kept("after", "before"), what="the hit after the refused one")
    await office.logged(company.admin, call, phase="ringing")


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_one_that_cannot_be_read_hides_no_other(
    office: Installation, stored: Stored, collection: str
) -> None:
    """What was changed in the store, and never told on the bus, is seen all the same."""
    await stored[collection].insert_one(UNREADABLE)  # it is read before the others
    company = await office.make_company()
    user = await office.make_user(company.tenant)
    device = await office.make_device(company.tenant)
    ids = {"tenants": company.tenant, "devices": device.id, "users": user.id}
    change = {"$set": {"active": False}, "$inc": {"version": 1}}
    await stored[collection].update_one({"_id": ids[collection]}, change)

    async def seen() -> bool:
        if collection == "users":
            return not await welcome(office, user.token)
        answer = await office.hit(device.key, "ringing", call_id="of nobody", **SAID)
        return answer.status_code == {"tenants": 403, "devices": 404}[collection]

    try:
        await until(seen, what="the change")
    finally:
        await stored[collection].delete_one({"_id": UNREADABLE["_id"]})


async def welcome(office: Installation, token: str) -> bool:
    """Whether whoever has this token gets in."""
    async with opened(office.url) as browser:
        await browser.say({"type": "hello", "token": token})
        await until(lambda: browser.frames or browser.ended, what="an answer")
        return bool(browser.frames)
