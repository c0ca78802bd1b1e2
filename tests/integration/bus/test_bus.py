"""The bus on a real broker: retries, dead letters, outages, lost topology, and stopping."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractChannel

from softphone_common.bus import topology
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.envelope import ATTEMPT_HEADER, REASON_HEADER, Envelope, pack
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.broker import broker_channel, next_dead
from support.stack.buses import bus_settings, until_ready

QUEUE = "janitor.sweep"


def finished(tenant: str = "acme", sweep: str | None = None) -> CleanUpFinished:
    return CleanUpFinished(
        tenant=tenant, sweep=sweep or uuid4().hex, moved=1, finished_at=datetime.now(UTC)
    )


class Handling:
    """A handler that raises for some messages and records all that it receives."""

    def __init__(self, refusal: Exception, refused: Sequence[str]) -> None:
        self.refusal = refusal
        self.refused = set(refused)
        self.tries: dict[str, int] = {}
        self.done: list[str] = []

    async def __call__(self, messages: Sequence[CleanUpFinished]) -> None:
        sweeps = [m.sweep for m in messages]
        for sweep in sweeps:
            self.tries[sweep] = self.tries.get(sweep, 0) + 1
        if self.refused.intersection(sweeps):
            raise self.refusal
        self.done += sweeps


@asynccontextmanager
async def consuming(
    url: str, handling: Handling, batch: int = 10, **more: Any
) -> AsyncIterator[Bus]:
    """A bus that hands `janitor.sweep` to this handler."""
    bus = Bus(bus_settings(url, **more), "test")
    bus.consume(QUEUE, CleanUpFinished, handling, BatchPolicy(batch_size=batch, batch_seconds=0.2))
    await bus.start()
    await until_ready(bus)
    try:
        yield bus
    finally:
        await bus.stop()


async def test_failing_message_is_retried_and_then_a_dead_letter(
    rabbitmq: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "RETRY_SECONDS", (1, 2))
    bad = finished()
    handling = Handling(ValueError("the sweep is upside down"), [bad.sweep])
    async with consuming(rabbitmq.url, handling) as bus, broker_channel(rabbitmq.url) as channel:
        begun = asyncio.get_running_loop().time()
        await bus.publish(bad)
        letter = await next_dead(channel, QUEUE)
        waited = asyncio.get_running_loop().time() - begun
        for name in ("softphone.retry.2s",):
            await channel.queue_delete(name)
            await channel.exchange_delete(name)
    assert handling.tries[bad.sweep] == 3
    assert waited >= 3
    assert letter.headers[ATTEMPT_HEADER] == 2
    assert letter.headers[REASON_HEADER] == "ValueError: the sweep is upside down"
    assert letter.headers["cloudEvents_type"] == CleanUpFinished.type


async def test_batch_with_a_bad_message_retries_that_one_only(rabbitmq: RealServer) -> None:
    good, bad = [finished() for _ in range(5)], finished()
    handling = Handling(PoisonError("never"), [bad.sweep])
    async with consuming(rabbitmq.url, handling) as bus, broker_channel(rabbitmq.url) as channel:
        await bus.publish(*good[:2], bad, *good[2:])
        letter = await next_dead(channel, QUEUE)
        await until(lambda: len(handling.done) == len(good), what="the good ones")
    assert sorted(handling.done) == sorted(m.sweep for m in good)
    assert letter.headers[REASON_HEADER] == "PoisonError: never"


async def test_message_during_an_outage_is_retried_without_end(rabbitmq: RealServer) -> None:
    message = finished()
    handling = Handling(UnavailableError("MongoDB"), [message.sweep])
    async with consuming(rabbitmq.url, handling) as bus:
        await bus.publish(message)
        await until(lambda: handling.tries.get(message.sweep, 0) >= 3, what="three tries")
        handling.refused.clear()
        await until(lambda: handling.done == [message.sweep], what="the handling")


async def test_long_outage_returns_messages_and_resumes_afterwards(
    rabbitmq: RealServer,
) -> None:
    """Holds over a lost connection, too. Redelivery without end would make dead letters."""
    messages = [finished() for _ in range(3)]
    handling = Handling(UnavailableError("MongoDB"), [m.sweep for m in messages])
    way = Proxy(rabbitmq.url)
    await way.start()
    quick = {"hold_seconds": 0.5, "watchdog_seconds": 0.1}
    async with (
        consuming(way.url, handling, batch=1, **quick) as bus,
        broker_channel(rabbitmq.url) as channel,
    ):
        await bus.publish(*messages)
        await until(partial(_queue_holds, channel, len(messages)), what="messages given back")
        await way.cut()
        await until(lambda: not bus.is_connected, what="the lost connection")
        await way.start()
        await bus.publish(finished())
        await until(partial(_queue_holds, channel, len(messages) + 1), what="all to wait")
        tried = dict(handling.tries)
        await until(lambda: handling.tries != tried, what="one more try of what it knows")
        assert len(handling.tries) == 1
        handling.refused.clear()
        await until(lambda: len(set(handling.done)) == len(messages) + 1, what="the handling")
        await until_ready(bus)
        await until(partial(_queue_holds, channel, 0, consumers=1), what="an empty queue")
    await way.cut()


async def _queue_holds(channel: AbstractChannel, messages: int, consumers: int = 0) -> bool:
    """Whether the queue holds this many ready messages and has this many consumers."""
    queue = await channel.declare_queue(QUEUE, passive=True)
    result = queue.declaration_result
    return (result.message_count, result.consumer_count) == (messages, consumers)


async def test_unroutable_message_is_an_error_until_queues_are_back(
    rabbitmq: RealServer,
) -> None:
    handling = Handling(ValueError(), [])
    async with consuming(rabbitmq.url, handling) as bus, broker_channel(rabbitmq.url) as channel:
        stray = replace(pack(finished(), "test"), routing_key="no.such.key")
        with pytest.raises(UnavailableError, match=r"no\.such\.key"):
            await bus.publish_envelope(EXCHANGE, stray)
        await until_ready(bus)
        await channel.queue_delete(QUEUE)
        message = finished()
        await bus.publish(message)
        await until(lambda: handling.done == [message.sweep], what="the handling")


async def test_queue_of_an_older_release_is_kept_and_used(rabbitmq: RealServer) -> None:
    older: dict[str, Any] = {"x-queue-type": "quorum"}
    handling = Handling(ValueError(), [])
    async with broker_channel(rabbitmq.url) as channel:
        await channel.queue_delete(QUEUE)
        await channel.declare_queue(QUEUE, durable=True, arguments=older)
        async with consuming(rabbitmq.url, handling) as bus:
            message = finished()
            await bus.publish(message)
            await until(lambda: handling.done == [message.sweep], what="the handling")
        await channel.declare_queue(
            QUEUE, durable=True, arguments=older
        )  # raises if the arguments have changed
        await channel.queue_delete(QUEUE)


async def test_stopped_bus_returns_messages_not_yet_handled(rabbitmq: RealServer) -> None:
    stuck, waiting = finished(), finished()
    handling = Handling(UnavailableError("MongoDB"), [stuck.sweep])
    async with consuming(rabbitmq.url, handling, batch=1) as bus:
        await bus.publish(stuck)
        await until(lambda: handling.tries, what="the first try")
        await bus.publish(waiting)
    again = Handling(ValueError(), [])
    async with consuming(rabbitmq.url, again):
        await until(lambda: len(again.done) == 2, what="both after the restart")
    assert set(again.done) == {stuck.sweep, waiting.sweep}


async def test_bus_with_several_nodes_moves_to_another(rabbitmq: RealServer) -> None:
    ways = [Proxy(rabbitmq.url), Proxy(rabbitmq.url), Proxy(rabbitmq.url)]
    for way in ways[:2]:
        await way.start()
    handling = Handling(ValueError(), [])
    async with consuming(", ".join(way.url for way in ways), handling) as bus:
        for way in ways[:2]:
            message = finished()
            await way.cut()
            await bus.publish(message)
            heard = partial(handling.done.__contains__, message.sweep)
            await until(heard, what="the handling")
            await way.start()
    for way in ways[:2]:
        await way.cut()


async def test_consumer_that_always_fails_pauses_and_keeps_the_queue(
    rabbitmq: RealServer,
) -> None:
    messages, most = [finished() for _ in range(60)], 5
    handling = Handling(PoisonError("never"), [m.sweep for m in messages])
    async with broker_channel(rabbitmq.url) as channel:
        async with consuming(rabbitmq.url, handling, batch=20, failures_max=most) as bus:
            await bus.publish(*messages)
            for _ in range(most):
                await next_dead(channel, QUEUE)
            with pytest.raises(UnavailableError, match="paused after 5 failures in a row, Poison"):
                await bus.ping()
        again = Handling(ValueError(), [])
        async with consuming(rabbitmq.url, again):
            await until(lambda: len(again.done) >= len(messages) - most, what="all that was left")
    assert len(set(again.done)) == len(messages) - most


async def test_paused_consumer_returns_unacknowledged_messages(rabbitmq: RealServer) -> None:
    """Repeated failures neither copy the messages nor turn them into dead letters."""
    messages, most = [finished() for _ in range(20)], 3
    handling = Handling(ValueError("never"), [m.sweep for m in messages])
    limits = {"failures_max": most, "pause_seconds": 0.3, "hold_seconds": 0.4}
    async with (
        consuming(rabbitmq.url, handling, batch=20, watchdog_seconds=0.1, **limits),
        broker_channel(rabbitmq.url) as channel,
    ):
        async with asyncio.TaskGroup() as group:
            bus = Bus(bus_settings(rabbitmq.url), "test")
            await bus.start()
            group.create_task(bus.publish(*messages))
        await bus.stop()
        await until(partial(_queue_holds, channel, len(messages)), what="messages given back")
        tried = sum(handling.tries.values())
        await until(lambda: sum(handling.tries.values()) > tried + 2, what="further tries")
        handling.refused.clear()
        await until(lambda: len(set(handling.done)) == len(messages), what="the handling")
        await until(partial(_queue_holds, channel, 0, consumers=1), what="an empty queue")


async def test_open_breaker_closes_after_one_success(rabbitmq: RealServer) -> None:
    messages = [finished() for _ in range(12)]
    handling = Handling(PoisonError("never"), [m.sweep for m in messages])
    most = 2
    async with (
        consuming(rabbitmq.url, handling, batch=4, failures_max=most, pause_seconds=0.5) as bus,
        broker_channel(rabbitmq.url) as channel,
    ):
        await bus.publish(*messages)
        for _ in range(most + 1):
            await next_dead(channel, QUEUE)
        handling.refused.clear()
        await until(lambda: len(handling.done) >= len(messages) - most - 2, what="the others")
        await until_ready(bus)


async def test_raw_consumer_receives_any_message(rabbitmq: RealServer) -> None:
    letters = [Envelope(body, {"of": "nobody"}, topology.dead(QUEUE)) for body in (b"\xff{", b"")]
    kept: list[Envelope] = []
    failures = [KeyError("a bug"), UnavailableError("MongoDB")]

    async def keep(envelopes: Sequence[Envelope]) -> None:
        if failures:
            raise failures.pop()
        kept.extend(envelopes)

    bus = Bus(bus_settings(rabbitmq.url), "test")
    bus.consume_raw(topology.dead(QUEUE), keep)
    await bus.start()
    try:
        for letter in letters:
            await bus.publish_envelope("", letter)
        await until(lambda: len(kept) >= len(letters), what="the letters")
    finally:
        await bus.stop()
    assert [(letter.body, letter.headers) for letter in kept] == [
        (letter.body, letter.headers) for letter in letters
    ]


async def test_bus_stopped_while_connecting_stops_quietly(
    rabbitmq: RealServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Stops the bus after 0, 4, 8 ... turns of the event loop, until it was connected.

    No library may log a warning meanwhile.
    """
    for turns in count(step=4):
        bus = Bus(bus_settings(rabbitmq.url), "test")
        await bus.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        connected = bus.is_connected
        async with asyncio.timeout(60):
            await bus.stop()
        if connected:
            break
    assert [record.getMessage() for record in caplog.records if record.name != "softphone"] == []
