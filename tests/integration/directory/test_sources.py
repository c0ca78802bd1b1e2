"""Sources at a running installation, on MongoDB, with a CRM of somebody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient

from softphone_testing.servers.ports import free_port
from softphone_testing.until import until
from support.crm import PASSWORD, USER, Crm, contacts, settings
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company

PATH = "/api/directory/sources"
PORT = free_port()
SETTINGS = {
    "source_hosts": f"127.0.0.1:{PORT}",
    "source_retry_seconds": 0.1,
    "import_check_seconds": 0.1,
}
SECRET = {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD}


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    """A CRM that asks for a password."""
    made = Crm(PORT)
    made.password = PASSWORD
    await made.start()
    yield made
    await made.stop()


async def ended(installation: Installation, company: Company, count: int) -> list[Json]:
    """The imports of the source, the latest first, when this many of them have ended."""

    async def all_ended() -> list[Json] | None:
        page = await installation.get("/api/directory/imports", installation.token(company.tenant))
        runs = [run for run in page["items"] if run["source"] == "crm"]
        have_ended = all(run["finished_at"] for run in runs)
        return runs if len(runs) == count and have_ended else None

    return await until(all_ended, what=f"the end of {count} imports")


async def test_source_is_read_now_and_by_its_schedule(
    installation: Installation, crm: Crm, real_clock_afterwards: None
) -> None:
    company = await installation.make_company()
    token = company.admin.token
    crm.records = contacts(250)
    order = settings(crm, "/next", schedule={"every_minutes": 15}, **SECRET)
    source = (await installation.post(PATH, token, order))["id"]
    await installation.post(f"{PATH}/{source}/run", token)
    (first,) = await ended(installation, company, 1)
    assert (first["state"], first["created"], first["fetched"]) == ("finished", 250, 250)
    found = await installation.get("/api/directory/matches", token, number="08999990017")
    assert [match["name"] for match in found["matches"]] == ["Huber 17"]
    crm.records = [*contacts(240), *contacts(1, 251)]
    installation.clock.move(timedelta(minutes=16))
    second = (await ended(installation, company, 2))[0]
    assert (second["state"], second["created"], second["removed"]) == ("finished", 1, 10)
    assert second["requested_by"] == "crm"


async def test_source_that_is_away_is_visible_and_removes_nothing(
    installation: Installation, crm: Crm
) -> None:
    company = await installation.make_company()
    token = company.admin.token
    crm.records = contacts(20)
    source = (await installation.post(PATH, token, settings(crm, **SECRET)))["id"]
    await installation.post(f"{PATH}/{source}/run", token)
    await ended(installation, company, 1)
    await crm.stop()
    await installation.post(f"{PATH}/{source}/run", token)
    failed = (await ended(installation, company, 2))[0]
    assert (failed["state"], failed["code"]) == ("failed", "source-unreachable")
    found = await installation.get("/api/directory/records", token, source="crm", limit="50")
    assert len(found["items"]) == 20


async def test_requests_at_once_begin_one_run(installation: Installation, crm: Crm) -> None:
    company = await installation.make_company()
    token = company.admin.token
    crm.records = contacts(20)
    source = (await installation.post(PATH, token, settings(crm, **SECRET)))["id"]
    path = f"{PATH}/{source}/run"
    answers = await asyncio.gather(*(installation.ask("POST", path, token) for _ in range(8)))
    runs = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len(await ended(installation, company, 1)) == len(runs) == 1


async def test_secret_is_stored_sealed(installation: Installation, crm: Crm) -> None:
    company = await installation.make_company()
    await installation.post(PATH, company.admin.token, settings(crm, name="other", **SECRET))
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        stored = client.get_default_database()["sources"]
        documents = await stored.find({"tenant": company.tenant, "name": "other"}).to_list()
    assert len(documents) == 1
    assert documents[0]["sealed"]
    assert PASSWORD not in str(documents)
