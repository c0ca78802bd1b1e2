"""A page of a list that takes the server too long ends there, and the connections stay."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pymongo.errors import ExecutionTimeout

from softphone_common.process.errors import UnavailableError
from softphone_common.stores import keyset
from softphone_common.stores.keyset import Keyset
from softphone_common.stores.mongo import Collection, Document, Mongo
from softphone_testing.real_servers import RealServer
from support.bus.buses import bus_settings
from support.stack.installation import database as database_url
from support.stack.installation import drop

ROWS = 200
SUM = {
    "$reduce": {"input": {"$range": [0, 1000]}, "initialValue": 0, "in": {"$add": [1, "$$value"]}}
}
SLOW: Document = {"$expr": {"$eq": [SUM, 1000]}}
"""True of each row, and no server finds it out of all of them within a millisecond."""


@pytest.fixture
async def rows(mongodb: RealServer) -> AsyncIterator[Collection]:
    url = database_url(mongodb.url, f"test-{uuid4().hex[:12]}")
    mongo = Mongo(bus_settings("nowhere://", mongo_url=url), {})
    collection = mongo.database["rows"]
    await collection.insert_many([{"name": f"row {number % 7}"} for number in range(ROWS)])
    yield collection
    await drop(url)
    await mongo.stop()


async def page(rows: Collection, query: Document) -> list[Document]:
    by_name: Keyset[str] = Keyset("name")
    return (await by_name.page(rows, query, None, 2, lambda row: row)).items


async def test_page_ends_at_the_server_in_time(
    rows: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as shorter:
        shorter.setattr(keyset, "READ_MILLIS", 1)
        with pytest.raises(UnavailableError) as refused:
            await page(rows, SLOW)
    assert isinstance(refused.value.__cause__, ExecutionTimeout)
    assert len(await page(rows, {})) == 2
