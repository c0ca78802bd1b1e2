"""The search reads an index and few calls, and soon finds the calls of earlier releases."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from softphone_calllog import comments as comment_store
from softphone_calllog.calls import BY_KEY, COLLECTION, INDEXES, MongoCallStore
from softphone_calllog.comments import MongoCommentStore
from softphone_calllog.key_filling import BATCH, KeyFilling
from softphone_calllog.record import CallRecord
from softphone_calllog.search.filter import CallFilter, query_of
from softphone_calllog.search.keys import record_keys_for
from softphone_calllog.sharings import COLLECTION as SHARINGS
from softphone_calllog.sharings import MongoRecordSharings
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import RecordShared
from softphone_common.domain.records.visibility import Viewer, matches_for
from softphone_common.search.keys import search_terms
from softphone_common.stores.mongo import Database, Mongo
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.observations import at
from support.stack.indexed import indexed
from support.store_contracts.calls import MATCH, fact, listed, matched

OLD = dict.fromkeys(
    ("keys", "keys_version", "comment_keys", "outcome", "answerers", "records", "lookups"), ""
)
"""The fields that 0.1.0 does not store."""


@pytest.fixture(scope="module")
async def mongo(mongodb: RealServer) -> AsyncIterator[Mongo]:
    async with indexed(mongodb.url, INDEXES | comment_store.INDEXES) as made:
        yield made


@pytest.fixture
async def database(mongo: Mongo) -> Database:
    for name in (COLLECTION, comment_store.COLLECTION, SHARINGS):
        await mongo.database[name].delete_many({})
    return mongo.database


def stages(plan: dict[str, Any]) -> list[str]:
    inner = plan.get("inputStage")
    return [plan["stage"], *(stages(inner) if inner else [])]


async def test_search_reads_the_calls_it_finds_only(database: Database) -> None:
    calls = MongoCallStore(database)
    await calls.add([fact("missed", second, call=f"c{second}") for second in range(60)])
    await calls.add([matched(2, MATCH, call=f"c{second}") for second in (7, 30, 50)])
    for text, found in (("hub", 3), ("erika huber", 3), ("nobody", 0), ("hub 9999", 3)):
        query = query_of(CallFilter("acme", terms=search_terms(text)))
        found_calls = database[COLLECTION].find(query).sort([("started_at", -1), ("_id", -1)])
        # without the hint SecantusDB reads all for a query with fields that its index does not have
        plan = await found_calls.hint(BY_KEY.document["name"]).explain()
        assert "COLLSCAN" not in stages(plan["queryPlanner"]["winningPlan"]), text
        # all 60 have the number, so the rarer key has to be the one of the index
        assert plan["executionStats"]["totalDocsExamined"] <= max(found, 1) * 2, text
        assert plan["executionStats"]["nReturned"] == found


async def test_calls_of_a_record_are_read_from_the_index(database: Database) -> None:
    calls = MongoCallStore(database)
    await calls.add([fact("missed", second, call=f"c{second}") for second in range(60)])
    await calls.add([matched(2, MATCH, call=f"c{second}") for second in (7, 30, 50)])
    for viewer in (Viewer("anna", frozenset({"Sales", "Support"})), Viewer(sees_all=True)):
        query = query_of(CallFilter("acme", record_keys=record_keys_for(viewer, MATCH.record)))
        found = database[COLLECTION].find(query).sort([("started_at", -1), ("_id", -1)])
        # with the hint for the reason above
        plan = await found.hint(BY_KEY.document["name"]).explain()
        assert "COLLSCAN" not in stages(plan["queryPlanner"]["winningPlan"])
        assert plan["executionStats"]["totalDocsExamined"] <= 6
        assert plan["executionStats"]["nReturned"] == 3


async def test_calls_with_earlier_keys_get_those_of_their_records(database: Database) -> None:
    calls, comments = MongoCallStore(database), MongoCommentStore(database)
    await calls.add([fact("missed", 0), matched(2, MATCH), fact("missed", 1, call="c2")])
    await database[COLLECTION].update_many({}, {"$set": {"keys": [], "keys_version": 1}})
    key = record_keys_for(Viewer(), MATCH.record)
    assert await listed(calls, record_keys=key) == []
    assert await KeyFilling(calls, comments, MongoRecordSharings(database), 60).fill() == 2
    assert await listed(calls, record_keys=key) == ["c1"]
    assert await KeyFilling(calls, comments, MongoRecordSharings(database), 60).fill() == 0


async def test_list_reads_no_deleted_call_and_none_of_others(database: Database) -> None:
    calls = MongoCallStore(database)
    for tenant, prefix, count in (("other", "o", 60), ("acme", "d", 60), ("acme", "c", 20)):
        named = [(second, f"{prefix}{second}") for second in range(count)]
        await calls.add([fact("missed", at_, call=call, tenant=tenant) for at_, call in named])
    for second in range(60):
        await calls.delete("acme", f"d{second}", "boss", at(90))
    for filter_ in (CallFilter("acme"), CallFilter("acme", started_from=at(0))):
        found = database[COLLECTION].find(query_of(filter_)).sort([("started_at", -1), ("_id", -1)])
        plan = await found.explain()
        assert "COLLSCAN" not in stages(plan["queryPlanner"]["winningPlan"])
        assert plan["executionStats"]["totalDocsExamined"] == 20
        assert len(await listed(calls, started_from=filter_.started_from)) == 20
    assert len(await listed(calls, started_from=at(5))) == 15
    assert len(await listed(calls, started_from=at(5.0005))) == 15
    assert len(await listed(calls, started_before=at(5))) == 5


async def test_calls_of_an_earlier_release_get_their_keys(database: Database) -> None:
    calls, comments = MongoCallStore(database), MongoCommentStore(database)
    rows = [(second, f"c{second}") for second in range(BATCH + 3)]
    await calls.add([fact("missed", second, call=call) for second, call in rows])
    await calls.add([matched(2, MATCH, call="c5"), matched(2, MATCH, call="early")])
    comment = Comment(id="k", call="c6", text="Bittet um Rückruf", author="anna", at=at(9))
    await comments.add("acme", comment)
    await database[COLLECTION].update_many({}, {"$unset": OLD})
    assert await listed(calls, terms=("huber",)) == []
    filling = KeyFilling(calls, comments, MongoRecordSharings(database), 60)
    await filling.start()

    async def is_filled() -> bool:
        return not await calls.list_without_keys(1)

    await until(is_filled, what="all keys")
    await filling.stop()
    assert await listed(calls, terms=("huber",)) == ["c5"]
    assert await listed(calls, terms=("ruckruf",)) == ["c6"]
    assert await filling.fill() == 0


async def test_records_restricted_before_the_filling_are_hidden(database: Database) -> None:
    """No call of 0.1.0 is found by its records, so no message hides them there."""
    calls, comments = MongoCallStore(database), MongoCommentStore(database)
    other = replace(MATCH, record="r2", name="Weber")
    for call, tenant in (("c1", "acme"), ("c2", "acme"), ("c1", "other")):
        named: dict[str, Any] = {"call": call, "tenant": tenant}
        await calls.add([fact("missed", 0, **named), matched(2, MATCH, other, **named)])
    await database[COLLECTION].update_many({}, {"$unset": OLD})
    sharings = MongoRecordSharings(database)
    shared: dict[str, Any] = {"tenant": "acme", "record": MATCH.record, "visible_to": "admins"}
    await sharings.add(RecordShared(**shared, at=at(20)))
    assert await calls.list_with_record("acme", MATCH.record, "", 9) == []
    assert await KeyFilling(calls, comments, sharings, 60).fill() == 3

    async def shown(call: str, tenant: str = "acme") -> list[str]:
        record = await calls.get(tenant, call)
        assert record is not None
        return [match.record for match in matches_for(Viewer("bert"), record.matches)]

    assert [await shown("c1"), await shown("c2")] == [["r2"], ["r2"]]
    assert await shown("c1", "other") == ["r1", "r2"]
    assert await listed(calls, terms=("huber",)) == []
    assert await listed(calls, terms=("weber",)) == ["c2", "c1"]
    assert len(await calls.list_with_record("acme", MATCH.record, "", 9)) == 2


async def test_record_restricted_during_the_filling_is_hidden(database: Database) -> None:
    calls, comments = MongoCallStore(database), MongoCommentStore(database)
    await calls.add([fact("missed", 0), matched(2, MATCH)])
    await database[COLLECTION].update_many({}, {"$unset": OLD})
    sharings = MongoRecordSharings(database)
    message = RecordShared(tenant="acme", record=MATCH.record, visible_to="admins", at=at(20))
    write_keys = calls.write_keys

    async def restrict_first(calls: Sequence[CallRecord]) -> int:
        await sharings.add(message)
        return await write_keys(calls)

    calls.write_keys = restrict_first  # type: ignore[method-assign]
    assert await KeyFilling(calls, comments, sharings, 60).fill() == 1
    record = await calls.get("acme", "c1")
    assert record is not None
    assert matches_for(Viewer("bert"), record.matches) == ()


async def test_interrupted_filling_goes_on(database: Database) -> None:
    calls, comments = MongoCallStore(database), MongoCommentStore(database)
    await calls.add([fact("missed", second, call=f"c{second}") for second in range(5)])
    await database[COLLECTION].update_many({}, {"$unset": OLD})
    first = await calls.list_without_keys(2)
    assert await calls.write_keys(first) == 2
    await calls.add([fact("ringing", 1, call="c4", extension="22")])
    assert await KeyFilling(calls, comments, MongoRecordSharings(database), 60).fill() == 2
    assert await calls.count_calls(CallFilter("acme", terms=("#9999",)), 10) == 5


async def test_filling_leaves_a_call_written_meanwhile(database: Database) -> None:
    calls = MongoCallStore(database)
    await calls.add([fact("ringing", 0)])
    await database[COLLECTION].update_many({}, {"$unset": OLD})
    (read,) = await calls.list_without_keys(5)
    await calls.add([matched(2, MATCH)])
    assert await calls.write_keys([read]) == 0
    assert await listed(calls, terms=("huber",)) == ["c1"]
