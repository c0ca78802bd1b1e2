"""SIGKILL in the middle of a merge: the matcher that starts next ends it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from softphone_common.process.clock import utc_now
from softphone_common.stores.mongo import Mongo
from softphone_matcher.directory.store import COLLECTION
from softphone_matcher.merging.store import Merge, merging_of
from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.buses import bus_settings
from support.product import bearer
from support.tenant.company import company_of
from support.web_client import web_client

RECORDS = "/api/directory/records"


@pytest.fixture
async def fleet(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer, tmp_path: Path
) -> AsyncIterator[ServiceFleet]:
    services = ServiceFleet(rabbitmq.url, mongodb.url, redis_server.url, tmp_path)
    async with services.running():
        yield services


async def test_merge_of_a_killed_matcher_is_ended_by_the_next(
    fleet: ServiceFleet, tmp_path: Path
) -> None:
    async with company_of(fleet) as company, web_client(timeout=30) as client:
        headers, first = bearer(company.admin.token), fleet["matcher"]

        async def add(name: str, number: str) -> str:
            body = {"type": "contact", "name": name, "numbers": [{"number": number}]}
            made = await client.post(f"{first.url}{RECORDS}", headers=headers, json=body)
            return str(made.raise_for_status().json()["id"])

        kept, other = await add("Huber", "089 99998061"), await add("Huber, E.", "089 99998062")
        await first.kill()
        # as the write of the record that stays leaves it
        tenant, user, login = company.tenant, company.admin.id, company.admin.login
        merge = Merge(tenant, kept, other, 1, user, login, utc_now())
        mongo = Mongo(bus_settings("nowhere://", mongo_url=fleet.env["SOFTPHONE_MONGO_URL"]), {})
        change: dict[str, Any] = {"$set": {"merging": merging_of(merge)}, "$inc": {"version": 1}}
        await mongo.database[COLLECTION].update_one({"_id": kept}, change)
        await mongo.stop()
        second = ServiceProcess("matcher", fleet.env, tmp_path, log="other-matcher")
        await second.start()
        try:

            async def has_ended() -> bool:
                path = f"{second.url}{RECORDS}/{other}"
                answer = await client.get(path, headers=headers)
                return answer.status_code == 200 and answer.json()["id"] == kept

            await until(has_ended, what="the end of the merge")
            binned = await client.get(f"{second.url}/api/directory/recycle-bin", headers=headers)
            assert [each["merged_into"] for each in binned.json()["items"]] == [kept]
        finally:
            await second.stop()
