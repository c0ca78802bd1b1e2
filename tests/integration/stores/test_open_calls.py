"""Calls without an end are counted by how long nothing was heard of them."""

from datetime import timedelta

from softphone_calllog.calls import INCOMPLETE, INDEXES, MongoCallStore
from softphone_calllog.history.open_calls import OpenCalls, open_query
from softphone_common.contracts.entities import Tenant
from softphone_testing.real_servers import RealServer
from support.observations import at
from support.stack.indexed import indexed
from support.store_contracts.calls import MATCH, fact, matched

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_call_is_open_until_it_ends_or_is_deleted(mongodb: RealServer) -> None:
    async with indexed(mongodb.url, INDEXES) as mongo:
        store, now = MongoCallStore(mongo.database), at(0)
        tenants = [Tenant(id=name, name=name) for name in ("acme", "other")]
        open_calls = OpenCalls(mongo.database, tenants, lambda: now)
        assert await open_calls.count() == {"hour": 0, "day": 0, "week": 0}
        ages = {"rings": HOUR / 2, "talks": 2 * HOUR, "forgotten": 3 * DAY, "old": 8 * DAY}
        for call, age in ages.items():
            await store.add([fact("ringing", -age.total_seconds(), call=call)])
        await store.add([fact("ringing", -60, call="theirs", tenant="other")])
        await store.add([fact("ringing", -60, call="strange", tenant="unknown")])
        await store.add([fact("ringing", -60, call="ended"), fact("ended", -30, call="ended")])
        await store.add([fact("ringing", -60, call="deleted")])
        await store.delete("acme", "deleted", "anna", at(0))
        await store.add([matched(-60, MATCH, call="only-matched")])
        assert await open_calls.count() == {"hour": 2, "day": 1, "week": 1}


def test_index_has_all_that_open_calls_are_counted_by() -> None:
    assert list(INCOMPLETE.document["key"]) == list(open_query(["acme"], {"$gt": at(0)}))
