"""A device that an earlier release stored above the limits of this one goes on over HTTP."""

import json

from httpx import Response
from pymongo import AsyncMongoClient

from softphone_common.domain.numbers.profile import RANGES_MAX
from softphone_ingest.mapping.budget import DECODE_MAX
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company

RING = "GET /hit/KEY/ringing?extension=21&number=089%2099998041&call_id=try HTTP/1.1\r\n\r\n"


async def test_device_stored_above_the_limits_goes_on(
    installation: Installation, company: Company
) -> None:
    token = company.admin.token
    device = await installation.post("/api/devices", token, {"name": "Desk"})
    path = f"/api/devices/{device['id']}"
    steps = {"fields": {"name": {"from": "query.name", "decode": ["trim"] * (DECODE_MAX + 1)}}}
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        devices = client.get_default_database()["devices"]
        await devices.update_one({"_id": device["id"]}, {"$set": {"mapping": json.dumps(steps)}})
    renamed = await installation.ask("PATCH", path, token, {"name": "Lobby", "mapping": steps})
    assert renamed.json()["name"] == "Lobby"
    await installation.phone(device["key"]).post_hits(
        "ringing", extension="21", number="089 99998041", call_id="old", name=" Eva "
    )
    (hit,) = (await installation.get(f"{path}/hits", token))["items"]
    assert (hit["outcome"], hit["events"][0]["name"]) == ("accepted", "Eva")
    tried = await installation.post(f"{path}/try", token, {"request": RING, "mapping": steps})
    assert tried["outcome"] == "accepted"
    changed = {"mapping": {**steps, "separator": ","}}
    answer = await installation.ask("PATCH", path, token, changed)
    assert [error["field"] for error in answer.json()["errors"]] == ["mapping.fields.name.0.decode"]


async def test_tenant_with_too_many_ranges_names_them(
    installation: Installation, company: Company
) -> None:
    async def change(count: int) -> Response:
        numbers = {"numbers": {"extension_ranges": ["21"] * count}}
        return await installation.ask("PATCH", "/api/tenant", company.admin.token, numbers)

    assert (await change(RANGES_MAX)).status_code == 200
    refused = await change(RANGES_MAX + 1)
    assert (refused.status_code, refused.json()["code"]) == (422, "extension-ranges-too-many")
    assert [error["field"] for error in refused.json()["errors"]] == ["numbers.extension_ranges"]
