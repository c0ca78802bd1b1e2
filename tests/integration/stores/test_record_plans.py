"""Look-ups, searches and lists of records read an index, and hardly more records than they find."""

from collections.abc import AsyncIterator

import pytest

from softphone_common.search.keys import search_terms
from softphone_common.stores.mongo import Collection, Document
from softphone_matcher.directory.documents import keys_of_calls
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.store import COLLECTION, INDEXES, MongoDirectory
from softphone_testing.real_servers import RealServer
from support.stack.indexed import indexed
from support.store_contracts.directory import add

COUNT = 60
BY_KEY, BY_TERMS, BY_NAME = (index.document["name"] for index in INDEXES[COLLECTION][:3])
NUMBER = "+498999990007"


@pytest.fixture
async def records(mongodb: RealServer) -> AsyncIterator[Collection]:
    """The records of two tenants, 60 of each, with the same numbers and names."""
    async with indexed(mongodb.url, INDEXES) as mongo:
        directory = MongoDirectory(mongo.database, 50)
        for n in range(COUNT):
            for tenant in ("acme", "other"):
                key, tags = f"+4989999900{n:02d}", ["door"] if n < 3 else []
                await add(directory, f"Huber {n:02d}", key, tenant=tenant, tags=tags)
        yield mongo.database[COLLECTION]


async def examined(
    records: Collection, query: Document, index: str, sort: str = ""
) -> tuple[int, int]:
    """The records that a query reads, and those that it finds. No query scans the collection."""
    found = records.find(query)
    if sort:
        found = found.sort([(sort, 1), ("_id", 1)])
    # SecantusDB needs the hint for a query with fields that its index does not have
    plan = await found.hint(index).explain()
    stage = plan["queryPlanner"]["winningPlan"]
    while stage:
        assert stage["stage"] != "COLLSCAN", plan
        stage = stage.get("inputStage")
    return plan["executionStats"]["totalDocsExamined"], plan["executionStats"]["nReturned"]


async def test_look_up_reads_the_records_of_the_number(records: Collection) -> None:
    keys = list(keys_of_calls([NUMBER]))
    assert len(keys) > 1, "direct lines are looked up, too"
    query = {"tenant": "acme", "keys": {"$in": keys}}
    assert await examined(records, query, BY_KEY) == (1, 1)


@pytest.mark.parametrize(
    ("text", "found"), [("huber 07", 1), ("hub", COUNT), ("9999 0007", 1), ("nobody", 0)]
)
async def test_search_reads_the_records_it_finds(
    records: Collection, text: str, found: int
) -> None:
    query = Filter("acme", typed=search_terms(text)).query()
    read, returned = await examined(records, query, BY_TERMS, "sort_name")
    assert (read <= found + 1, returned) == (True, found)


async def test_list_reads_no_record_of_others(records: Collection) -> None:
    query = Filter("acme").query()
    assert await examined(records, query, BY_NAME, "sort_name") == (COUNT, COUNT)
    query = Filter("acme", tag="door").query()
    assert await examined(records, query, BY_TERMS, "sort_name") == (3, 3)
    seen = Filter("acme", tag="door", sights=("all",)).query()
    read, _ = await examined(records, seen, BY_TERMS, "sort_name")
    assert read <= 3
