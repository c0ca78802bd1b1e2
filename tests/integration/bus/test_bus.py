"""The bus on a real broker: tries, dead letters, outages, a topology that vanished, stopping."""

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
    """A handler that refuses what it is told to and notes what it was given."""

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


async def test_what_fails_waits_longer_each_time_and_is_dead_after_the_last_try(
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


async def test_only_the_bad_message_of_a_batch_is_tried_again(rabbitmq: RealServer) -> None:
    good, bad = [finished() for _ in range(5)], finished()
    handling = Handling(PoisonError("never"), [bad.sweep])
    async with consuming(rabbitmq.url, handling) as bus, broker_channel(rabbitmq.url) as channel:
        await bus.publish(*good[:2], bad, *good[2:])
        letter = await next_dead(channel, QUEUE)
        await until(lambda: len(handling.done) == len(good), what="the good ones")
    assert sorted(handling.done) == sorted(m.sweep for m in good)
    assert letter.headers[REASON_HEADER] == "PoisonError: never"


async def test_an_outage_is_no_messages_fault(rabbitmq: RealServer) -> None:
    message = finished()
    handling = Handling(UnavailableError("MongoDB"), [message.sweep])
    async with consuming(rabbitmq.url, handling) as bus:
        await bus.publish(message)
        await until(lambda: handling.tries.get(message.sweep, 0) >= 3, what="three tries")
        handling.refused.clear()
        await until(lambda: handling.done == [message.sweep], what="the handling")


async def test_a_long_outage_gives_the_messages_back_and_takes_them_up_when_it_is_over(
    rabbitmq: RealServer,
) -> None:
    """Over a lost connection too. What is handed over and over would be dead in the end."""
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
        await until(partial(_all_wait, channel, len(messages)), what="messages given back")
        await way.cut()
        await until(lambda: not bus.is_connected, what="the lost connection")
        await way.start()
        await bus.publish(finished())
        await until(partial(_all_wait, channel, len(messages) + 1), what="all to wait")
        tried = dict(handling.tries)
        await until(lambda: handling.tries != tried, what="one more try of what it knows")
        assert len(handling.tries) == 1
        handling.refused.clear()
        await until(lambda: len(set(handling.done)) == len(messages) + 1, what="the handling")
        await until_ready(bus)
        await until(partial(_all_wait, channel, 0, consumers=1), what="an empty queue")
    await way.cut()


async def _all_wait(channel: AbstractChannel, messages: int, consumers: int = 0) -> bool:
    """Whether so many wait in the queue, in no consumer's hands."""
    queue = await channel.declare_queue(QUEUE, passive=True)
    told = queue.declaration_result
    return (told.message_count, told.consumer_count) == (messages, consumers)


async def test_what_no_queue_takes_is_an_error_until_the_topology_is_back(
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


async def test_a_queue_an_older_release_made_is_kept_and_used(rabbitmq: RealServer) -> None:
    older: dict[str, Any] = {"x-queue-type": "quorum"}
    handling = Handling(ValueError(), [])
    async with broker_channel(rabbitmq.url) as channel:
        await channel.queue_delete(QUEUE)
        await channel.declare_queue(QUEUE, durable=True, arguments=older)
        async with consuming(rabbitmq.url, handling) as bus:
            message = finished()
            await bus.publish(message)
            await until(lambda: handling.done == [message.sweep], what="the handling")
        await channel.declare_queue(QUEUE, durable=True, arguments=older)  # or this raises
        await channel.queue_delete(QUEUE)


async def test_stopping_gives_back_what_is_only_in_line(rabbitmq: RealServer) -> None:
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


async def test_of_several_nodes_another_takes_over(rabbitmq: RealServer) -> None:
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


async def test_a_release_that_fails_on_everything_leaves_the_queue_as_it_is(
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


async def test_what_a_paused_consumer_has_in_hand_is_given_back_too(rabbitmq: RealServer) -> None:
    """And neither copied nor buried meanwhile, however often it fails."""
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
        await until(partial(_all_wait, channel, len(messages)), what="messages given back")
        tried = sum(handling.tries.values())
        await until(lambda: sum(handling.tries.values()) > tried + 2, what="further tries")
        handling.refused.clear()
        await until(lambda: len(set(handling.done)) == len(messages), what="the handling")
        await until(partial(_all_wait, channel, 0, consumers=1), what="an empty queue")


async def test_one_message_that_works_closes_the_breaker(rabbitmq: RealServer) -> None:
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


async def test_what_is_collected_is_collected_whatever_it_is(rabbitmq: RealServer) -> None:
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


async def test_it_stops_at_whatever_point_of_connecting_it_is(
    rabbitmq: RealServer, caplog: pytest.LogCaptureFixture
) -> None:
    """At every fourth turn of the loop that connecting takes; and nothing is complained of, not by
    the broker either, which whoever has stopped it would read."""
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
