"""Records that 0.1.0 stored: they are found and changed at once, and listed once they were read."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Tenant
from softphone_common.process.clock import utc_now
from softphone_common.stores.mongo import Database, Mongo
from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import Record
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.store import COLLECTION, MongoDirectory
from softphone_matcher.matching.rereading import Rereading
from softphone_testing.memory.directory import MemoryAnnouncements
from softphone_testing.real_servers import RealServer
from support.bus.buses import bus_settings, memory_bus
from support.stack.installation import database as database_url
from support.stack.installation import drop
from support.store_contracts.directory import KEY, NOW

STORED: dict[str, Any] = {
    "_id": "r1",
    "tenant": "acme",
    "type": "contact",
    "name": "Huber, Maria",
    "sort_name": "huber, maria",
    "company": "Huber GmbH",
    "email": "maria@huber.example",
    "note": "",
    "url": "",
    "host_id": "",
    "numbers": [{"number": "089 99998001", "label": ""}],
    "keys": [KEY],
}


@pytest.fixture
async def database(mongodb: RealServer) -> AsyncIterator[Database]:
    url = database_url(mongodb.url, f"test-{uuid4().hex[:12]}")
    mongo = Mongo(bus_settings("nowhere://", mongo_url=url), {})
    await mongo.database[COLLECTION].insert_one(STORED)
    yield mongo.database
    await drop(url)
    await mongo.stop()


@pytest.fixture
def directory(database: Database) -> MongoDirectory:
    return MongoDirectory(database, 50)


async def stored(directory: MongoDirectory) -> Record:
    record = await directory.get("acme", "r1")
    assert record is not None
    return record


async def listed(directory: MongoDirectory, *typed: str) -> list[Record]:
    return (await directory.list_records(Filter("acme", typed), None, 50)).items


async def test_record_is_found_with_its_company(directory: MongoDirectory) -> None:
    (match,) = (await directory.find("acme", [KEY]))[KEY]
    assert match.organization == "Huber GmbH"
    record = await stored(directory)
    assert (record.organization, record.emails) == ("Huber GmbH", ("maria@huber.example",))


async def test_record_is_read_once_and_listed(directory: MongoDirectory) -> None:
    rematching = Rematching(directory, MemoryAnnouncements(), memory_bus(MemoryBroker()), utc_now)
    rereading = Rereading(directory, [], rematching, seconds=60)
    assert await rereading.reread(Tenant(id="acme", name="Acme")) == 1
    assert await rereading.reread(Tenant(id="acme", name="Acme")) == 0
    (record,) = await listed(directory, "huber", "maria")
    assert record.numbers[0].keys == (KEY,)
    assert len((await directory.find("acme", [KEY]))[KEY]) == 1


async def test_cleared_company_is_gone(directory: MongoDirectory) -> None:
    fields = fields_of(await stored(directory)) | {"organization": ""}
    assert await directory.replace("acme", await stored(directory), fields)
    (record,) = await listed(directory)
    assert (record.organization, record.version) == ("", 2)


async def test_reading_does_not_bring_a_deleted_record_back(directory: MongoDirectory) -> None:
    before = await stored(directory)
    await directory.remove("acme", "r1", "clara", NOW)
    assert await directory.write_reading("acme", [(before, fields_of(before))]) == 0
    assert await directory.replace("acme", before, fields_of(before)) is None
    deleted = await directory.get("acme", "r1", deleted=True)
    assert deleted is not None
    assert await directory.replace("acme", deleted, fields_of(deleted))
    assert [record.id for record in await listed(directory)] == ["r1"]
