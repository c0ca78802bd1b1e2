"""Writers that meet at one call in MongoDB lose nothing, whichever of them is first."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from softphone_calllog.calls import INDEXES, MongoCallStore
from softphone_calllog.record import Fact
from softphone_common.stores.mongo import Mongo
from softphone_testing.real_servers import RealServer
from support.bus.buses import bus_settings
from support.stack.installation import database as database_url
from support.stack.installation import drop
from support.store_contracts.calls import fact, stored


class OvertakenStore(MongoCallStore):
    """A store that another writer overtakes between its read and its write."""

    overtake: Callable[[], Awaitable[None]] | None = None

    async def _writes(self, by_key: dict[str, list[Fact]]) -> list[Any]:
        writes = await super()._writes(by_key)
        overtake, self.overtake = self.overtake, None
        if overtake is not None:
            await overtake()
        return writes


@pytest.fixture
async def calls(mongodb: RealServer) -> AsyncIterator[OvertakenStore]:
    url = database_url(mongodb.url, f"test-{uuid4().hex[:12]}")
    mongo = Mongo(bus_settings("nowhere://", mongo_url=url), INDEXES)
    yield OvertakenStore(mongo.database)
    await drop(url)
    await mongo.stop()


async def test_writer_that_was_overtaken_folds_again(calls: OvertakenStore) -> None:
    await calls.add([fact("ringing", 0)])
    calls.overtake = lambda: calls.add([fact("ringing", 1, extension="22")])
    await calls.add([fact("ringing", 1, extension="23")])
    assert (await stored(calls)).extensions == ("21", "22", "23")


async def test_writer_that_lost_the_insert_folds_again(calls: OvertakenStore) -> None:
    calls.overtake = lambda: calls.add([fact("ringing", 0)])
    await calls.add([fact("ringing", 1, extension="22")])
    assert (await stored(calls)).extensions == ("21", "22")


async def test_call_of_a_batch_is_not_written_over(calls: OvertakenStore) -> None:
    """One call of the batch was overtaken: the others are written, and that one folds again."""
    await calls.add([fact("ringing", 0), fact("ringing", 0, call="c2")])
    calls.overtake = lambda: calls.add([fact("connected", 5)])
    await calls.add([fact("ended", 65), fact("missed", 9, call="c2")])
    first, second = await stored(calls), await stored(calls, "c2")
    assert (first.json().phase, first.json().talk_seconds) == ("ended", 60)
    assert second.json().phase == "missed"
