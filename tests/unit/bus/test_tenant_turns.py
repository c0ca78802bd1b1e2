"""A tenant with many messages in a queue delays the messages of other tenants by one at a time."""

import asyncio
from collections.abc import Sequence

import pytest

from softphone_common.bus.consumer import BatchPolicy, MessageConsumer
from softphone_common.bus.delivery import TransientDelivery
from softphone_common.bus.envelope import pack
from softphone_common.contracts.events import CleanUpFinished
from softphone_testing.until import until
from support.bus.contracts.handlers import QUEUE, finished

FLOOD = 300


class Queue:
    """A consumer with deliveries that wait, and the messages in the order it handled them."""

    def __init__(self, policy: BatchPolicy) -> None:
        self.handled: list[CleanUpFinished] = []
        self.batches: list[list[str]] = []
        self.consumer = MessageConsumer(QUEUE, (CleanUpFinished,), self._handle, policy)

    async def _handle(self, messages: Sequence[CleanUpFinished]) -> None:
        self.handled += messages
        self.batches.append([message.tenant for message in messages])

    def deliver(self, tenant: str) -> CleanUpFinished:
        message = finished(tenant)
        self.consumer.enqueue(TransientDelivery(pack(message, "test"), self._acknowledge))
        return message

    async def _acknowledge(self) -> None:
        pass

    async def run(self, messages: int) -> None:
        running = asyncio.create_task(self.consumer.run())
        await until(lambda: len(self.handled) == messages, what="all messages")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_message_behind_a_flood_is_handled_next() -> None:
    queue = Queue(BatchPolicy())
    flood = [queue.deliver("loud") for _ in range(FLOOD)]
    quiet = queue.deliver("quiet")
    await queue.run(FLOOD + 1)
    assert queue.handled.index(quiet) == 1
    assert [message for message in queue.handled if message != quiet] == flood


@pytest.mark.parametrize("tenants", [("quiet",), ("quiet", "calm")])
async def test_batch_has_messages_of_every_tenant(tenants: tuple[str, ...]) -> None:
    queue = Queue(BatchPolicy(batch_size=10, batch_seconds=5))
    for _ in range(FLOOD):
        queue.deliver("loud")
    for tenant in (*tenants, *tenants):
        queue.deliver(tenant)
    await queue.run(FLOOD + 2 * len(tenants))
    first = queue.batches[0]
    assert [first.count(tenant) for tenant in tenants] == [2] * len(tenants)
    assert len(first) == 10


async def test_discarded_deliveries_are_not_handled() -> None:
    queue = Queue(BatchPolicy())
    queue.deliver("loud")
    queue.consumer.discard_pending()
    kept = queue.deliver("quiet")
    await queue.run(1)
    assert queue.handled == [kept]
