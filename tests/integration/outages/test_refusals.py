"""MongoDB refuses writes or holds unreadable documents: calls go on, and losses are counted."""

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.browser import open_socket
from support.tenant.company import Company

SETTINGS = {"mirror_seconds": 0.2}
FIELDS = {"extension": "21", "number": "089 99998001"}
UNREADABLE = {"_id": "0-of-another-release", "tenant": 17, "active": "perhaps"}
COLLECTIONS = ("tenants", "devices", "users")

Stored = AsyncDatabase[Json]


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


@pytest.fixture
async def stored(installation: Installation) -> AsyncIterator[Stored]:
    """The database of the services."""
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        yield client.get_default_database()


async def not_kept(installation: Installation) -> float:
    return await installation.metric("softphone_hits_not_kept_total")


async def set_validator(stored: Stored, collection: str, validator: Json) -> None:
    """Sets a validator, so that the collection refuses other documents from now on."""
    await stored.command("collMod", collection, validator=validator)


async def test_hits_refused_by_mongodb_are_counted_as_not_kept(
    installation: Installation, company: Company, stored: Stored
) -> None:
    device = await installation.make_phone(company.tenant)
    path = f"/api/devices/{device.id}/hits"
    await device.post_hits("ringing", call_id="before", **FIELDS)

    async def kept(*calls: str) -> bool:
        items = (await installation.get(path, company.admin.token))["items"]
        assert [hit["events"][0]["call_id"] for hit in items] == list(calls)
        return True

    await until(lambda: kept("before"), what="the first hit")
    counted = await not_kept(installation)
    await set_validator(stored, "hits", {"never": {"$exists": True}})
    call = await device.post_hits("ringing", call_id="refused", **FIELDS)

    async def refused() -> bool:
        return await not_kept(installation) == counted + 1

    await until(refused, what="the hit in the count of those not kept")
    await set_validator(stored, "hits", {})
    await device.post_hits("ringing", call_id="after", **FIELDS)
    await until(lambda: kept("after", "before"), what="the hit after the refused one")
    await installation.logged(company.admin.token, call, phase="ringing")


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_unreadable_document_hides_no_other(
    installation: Installation, stored: Stored, collection: str
) -> None:
    """Changes made in MongoDB alone reach the caches without a message on the bus."""
    await stored[collection].insert_one(UNREADABLE)  # its id sorts first
    company = await installation.make_company()
    user = await installation.make_user(company.tenant)
    device = await installation.make_phone(company.tenant)
    ids = {"tenants": company.tenant, "devices": device.id, "users": user.id}
    change = {"$set": {"active": False}, "$inc": {"version": 1}}
    await stored[collection].update_one({"_id": ids[collection]}, change)

    async def seen() -> bool:
        if collection == "users":
            return not await welcome(installation, user.token)
        answer = await device.hit("ringing", call_id="of nobody", **FIELDS)
        return answer.status_code == {"tenants": 403, "devices": 404}[collection]

    try:
        await until(seen, what="the change")
    finally:
        await stored[collection].delete_one({"_id": UNREADABLE["_id"]})


async def welcome(installation: Installation, token: str) -> bool:
    """Whether a socket with this token is welcomed."""
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": token})
        await until(lambda: browser.frames or browser.is_closed, what="an answer")
        return bool(browser.frames)
