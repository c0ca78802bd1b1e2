"""The age of a queue is that of the oldest message that a consumer has and has not settled."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.envelope import Envelope, pack
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import CleanUpFinished
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.bus.contracts.handlers import QUEUE, finished


def packed(tenant: str, age: timedelta) -> Envelope:
    envelope = pack(finished(tenant), "test")
    time = (datetime.now(UTC) - age).isoformat()
    return replace(envelope, headers={**envelope.headers, "cloudEvents_time": time})


async def test_queue_is_as_old_as_its_oldest_unsettled_message() -> None:
    bus, begun, may_end = memory_bus(MemoryBroker()), list[str](), asyncio.Event()

    async def handle(messages: Sequence[CleanUpFinished]) -> None:
        begun.extend(message.tenant for message in messages)
        await may_end.wait()

    bus.consume(QUEUE, CleanUpFinished, handle, BatchPolicy())
    async with running(bus):
        assert await bus.queue_ages() == {QUEUE: 0}
        for tenant, hours in (("a", 1), ("b", 3), ("a", 2)):
            await bus.publish_envelope(EXCHANGE, packed(tenant, timedelta(hours=hours)))
        await until(lambda: begun, what="the first message")

        async def is_oldest() -> bool:
            age = timedelta(seconds=(await bus.queue_ages())[QUEUE])
            return timedelta(hours=3) <= age < timedelta(hours=4)

        await until(is_oldest, what="the age of the message of the other tenant")
        may_end.set()
        await until(lambda: len(begun) == 3, what="all messages")

        async def is_empty() -> bool:
            return await bus.queue_ages() == {QUEUE: 0}

        await until(is_empty, what="no age")


def test_message_without_a_usable_time_has_no_age() -> None:
    for time in ("", "yesterday", "2026-03-02T10:00:00"):
        assert Envelope(b"", {"cloudEvents_time": time}).time is None
