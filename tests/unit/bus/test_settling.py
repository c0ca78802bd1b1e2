"""A message is acknowledged last: after its handling, or after its copy is confirmed elsewhere."""

import asyncio
from collections.abc import Sequence

import pytest

from softphone_common.bus import topology
from softphone_common.bus.consumer import (
    BatchPolicy,
    MessageConsumer,
    QueueConsumer,
    RawConsumer,
)
from softphone_common.bus.delivery import QueuedDelivery, TransientDelivery
from softphone_common.bus.envelope import Envelope, pack
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_testing.until import until
from support.bus.buses import memory_bus, running, until_ready
from support.bus.contracts.handlers import QUEUE, finished


class Desk:
    """One message of a queue, and the order in which things happen to it."""

    def __init__(self, outages: int = 0) -> None:
        self.steps: list[str] = []
        self.settled = asyncio.Event()
        self._outages = outages
        self.envelope = pack(finished(), "test")

    async def acknowledge(self) -> None:
        self.steps.append("acknowledged")
        self.settled.set()

    async def send(self, exchange: str, envelope: Envelope) -> None:
        if self._outages:
            self._outages -= 1
            self.steps.append("not confirmed")
            raise UnavailableError("RabbitMQ", "away")
        place = envelope.routing_key if exchange == topology.QUEUES else exchange
        self.steps.append(f"confirmed in {place}")

    def delivery(self) -> QueuedDelivery:
        transient = TransientDelivery(self.envelope, self.acknowledge)
        return QueuedDelivery(transient, QUEUE, self.send, lambda: False)

    async def settle(self, consumer: QueueConsumer) -> None:
        """Has the consumer handle the message until it is acknowledged."""
        consumer.enqueue(self.delivery())
        running = asyncio.create_task(consumer.run())
        await self.settled.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_retried_message_is_confirmed_before_its_ack() -> None:
    desk = Desk(outages=2)
    assert await desk.delivery().retry("broken")
    retry = topology.retry_exchange(0)
    assert desk.steps == [*["not confirmed"] * 2, f"confirmed in {retry}", "acknowledged"]


async def test_dead_message_is_confirmed_before_its_ack() -> None:
    desk = Desk(outages=2)
    await desk.delivery().dead_letter("broken")
    dead = topology.dead(QUEUE)
    assert desk.steps == [*["not confirmed"] * 2, f"confirmed in {dead}", "acknowledged"]


async def test_dead_letter_is_kept_before_its_ack() -> None:
    desk, failures = Desk(), [KeyError("a bug"), UnavailableError("MongoDB")]

    async def keep(envelopes: Sequence[Envelope]) -> None:
        if failures:
            desk.steps.append("not kept")
            raise failures.pop()
        desk.steps.append("kept")

    await desk.settle(RawConsumer(QUEUE, keep, BatchPolicy(outage_first_seconds=0)))
    assert desk.steps == ["not kept", "not kept", "kept", "acknowledged"]


async def test_message_is_handled_before_its_ack() -> None:
    desk, outages = Desk(), [UnavailableError("MongoDB")]

    async def handle(messages: Sequence[CleanUpFinished]) -> None:
        if outages:
            desk.steps.append("not handled")
            raise outages.pop()
        desk.steps.append("handled")

    policy = BatchPolicy(outage_first_seconds=0)
    await desk.settle(MessageConsumer(QUEUE, (CleanUpFinished,), handle, policy))
    assert desk.steps == ["not handled", "handled", "acknowledged"]


@pytest.mark.parametrize("failure", [PoisonError("never"), ValueError("a bug")])
async def test_message_that_fails_is_moved_before_its_ack(failure: Exception) -> None:
    desk = Desk(outages=1)

    async def handle(messages: Sequence[CleanUpFinished]) -> None:
        raise failure

    await desk.settle(MessageConsumer(QUEUE, (CleanUpFinished,), handle, BatchPolicy()))
    assert desk.steps[0] == "not confirmed"
    assert desk.steps[1].startswith("confirmed in")
    assert desk.steps[2:] == ["acknowledged"]


async def test_failing_batch_is_settled_message_by_message() -> None:
    desks = [Desk(), Desk(), Desk()]
    bad = desks[1].envelope.body

    async def handle(messages: Sequence[CleanUpFinished]) -> None:
        if any(message.model_dump_json().encode() == bad for message in messages):
            raise PoisonError("never")

    policy = BatchPolicy(batch_size=3, batch_seconds=60)
    consumer = MessageConsumer(QUEUE, (CleanUpFinished,), handle, policy)
    for desk in desks[:2]:
        consumer.enqueue(desk.delivery())
    await desks[2].settle(consumer)
    moved = f"confirmed in {topology.dead(QUEUE)}"
    assert desks[0].steps == desks[2].steps == ["acknowledged"]
    assert desks[1].steps == [moved, "acknowledged"]


async def test_unreadable_message_is_moved_before_its_ack() -> None:
    desk = Desk()
    desk.envelope = Envelope(b"{", {}, QUEUE)

    async def handle(messages: Sequence[CleanUpFinished]) -> None:
        raise AssertionError("unreadable")

    await desk.settle(MessageConsumer(QUEUE, (CleanUpFinished,), handle, BatchPolicy()))
    assert desk.steps == [f"confirmed in {topology.dead(QUEUE)}", "acknowledged"]


async def test_message_no_queue_takes_is_sent_again() -> None:
    """The next connection declares the queue anew, and only then the message is confirmed."""
    broker = MemoryBroker()
    bus = memory_bus(broker, publish_seconds=20)
    async with running(bus):
        broker.delete_queue(QUEUE)
        await bus.publish(finished())
        assert broker.ready(QUEUE) == 1


async def test_bus_notifies_of_each_connection() -> None:
    broker, reads = MemoryBroker(), list[str]()
    bus = memory_bus(broker)

    async def handle(message: CleanUpFinished) -> None:
        raise AssertionError("the queue of no subscriber gets this message")

    bus.subscribe(CleanUpFinished, handle, on_reconnect=lambda: reads.append("read"))
    async with running(bus):
        broker.stop()
        await until(lambda: not bus.is_connected, what="the lost connection")
        broker.start()
        await until_ready(bus)
    assert reads == ["read", "read"]
