"""Work queues of the bus, tested on RabbitMQ and in memory alike."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from softphone_common.bus import topology
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.envelope import (
    ATTEMPT_HEADER,
    MESSAGE_MAX,
    REASON_HEADER,
    Envelope,
    pack,
)
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import (
    CallMatched,
    CleanUpFinished,
    CommentSaved,
    Message,
)
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_testing.until import until
from support.bus.buses import BrokerSite, running, until_ready
from support.bus.contracts.handlers import (
    QUEUE,
    Handler,
    consumer,
    finished,
    has_counts,
    has_retried,
    sent_sample,
)


class WorkQueueContract:
    """Batches, retries, dead letters, outages and the circuit breaker."""

    async def test_failing_message_waits_longer_each_time_then_is_dead(
        self, site: BrokerSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(topology, "RETRY_SECONDS", (1, 2))
        bad = finished()
        handler = Handler(ValueError("the sweep is upside down"), [bad.sweep])
        bus = consumer(site, handler)
        async with running(bus):
            begun = site.now()
            await bus.publish(bad)
            for seconds in topology.RETRY_SECONDS:
                await site.pass_retry_delay(seconds)
            letter = await site.next_dead(QUEUE)
        assert site.now() - begun >= 3
        assert handler.tries[bad.sweep] == 3
        assert letter.headers[ATTEMPT_HEADER] == 2
        assert letter.headers[REASON_HEADER] == "ValueError: the sweep is upside down"
        assert letter.headers["cloudEvents_type"] == CleanUpFinished.type

    async def test_batch_with_one_bad_message_dead_letters_only_that(
        self, site: BrokerSite
    ) -> None:
        good, bad = [finished() for _ in range(5)], finished()
        handler = Handler(PoisonError("never"), [bad.sweep])
        bus = consumer(site, handler)
        async with running(bus):
            await bus.publish(*good[:2], bad, *good[2:])
            letter = await site.next_dead(QUEUE)
            await until(lambda: len(handler.done) == len(good), what="the good ones")
        assert sorted(handler.done) == sorted(m.sweep for m in good)
        assert letter.headers[REASON_HEADER] == "PoisonError: never"

    async def test_unreadable_message_is_dead_lettered_at_once(self, site: BrokerSite) -> None:
        bus = consumer(site, Handler())
        async with running(bus):
            await bus.publish_envelope(topology.QUEUES, Envelope(b"{", {}, QUEUE))
            letter = await site.next_dead(QUEUE)
        assert letter.headers[REASON_HEADER] == "PoisonError: unknown message type ''"
        assert letter.body == b"{"

    async def test_outage_of_a_store_counts_no_attempt(self, site: BrokerSite) -> None:
        message = finished()
        handler = Handler(UnavailableError("MongoDB"), [message.sweep])
        bus = consumer(site, handler)
        async with running(bus):
            await bus.publish(message)
            await until(lambda: handler.tries.get(message.sweep, 0) >= 3, what="three tries")
            handler.refused.clear()
            await until(lambda: handler.has_done(message), what="the handling")
            await until(partial(has_counts, site, 0, 1), what="an empty queue")
        assert await site.counts(topology.dead(QUEUE)) == (0, 0)

    async def test_long_outage_gives_messages_back_until_it_is_over(self, site: BrokerSite) -> None:
        """Also over a reconnect. Messages delivered again and again would be dead in the end."""
        messages = [finished() for _ in range(3)]
        handler = Handler(UnavailableError("MongoDB"), [m.sweep for m in messages])
        bus = consumer(site, handler, batch=1, hold_seconds=0.5, watchdog_seconds=0.1)
        async with running(bus):
            await bus.publish(*messages)
            await until(partial(has_counts, site, 3, 0), what="messages given back")
            await site.stop()
            await until(lambda: not bus.is_connected, what="the lost connection")
            await site.start()
            await bus.publish(finished())
            await until(partial(has_counts, site, 4, 0), what="all to wait")
            assert await bus.queue_lengths() == {QUEUE: 4}
            tried = dict(handler.tries)
            await until(lambda: handler.tries != tried, what="one more try of what it has")
            assert len(handler.tries) == 1
            handler.refused.clear()
            await until(lambda: len(set(handler.done)) == 4, what="the handling")
            await until_ready(bus)
            await until(partial(has_counts, site, 0, 1), what="an empty queue")

    async def test_unroutable_message_fails_until_the_topology_is_back(
        self, site: BrokerSite
    ) -> None:
        handler, message = Handler(), finished()
        bus = consumer(site, handler, publish_seconds=2)
        async with running(bus):
            envelope = pack(finished(), "test")
            stray = Envelope(envelope.body, envelope.headers, "no.such.key")
            with pytest.raises(UnavailableError, match=r"no\.such\.key"):
                await bus.publish_envelope(EXCHANGE, stray)
            await until_ready(bus)
            await site.delete_queue(QUEUE)
            await bus.publish(message)
            await until(lambda: handler.has_done(message), what="the handling")

    async def test_bus_that_may_not_declare_waits_for_the_queues(self, site: BrokerSite) -> None:
        async with running(site.bus()):
            await site.delete_queue(QUEUE)
        bus = site.bus("janitor", declare_topology=False)
        await bus.start()

        async def reason() -> str:
            with pytest.raises(UnavailableError) as failure:
                await bus.ping()
            return str(failure.value) if QUEUE in str(failure.value) else ""

        assert "`softphone setup`" in await until(reason, what="the missing queue")
        async with running(site.bus()):
            await until_ready(bus)
        await bus.stop()

    async def test_cancelled_consumer_is_noticed_and_replaced(self, site: BrokerSite) -> None:
        handler, message = Handler(), finished()
        bus = consumer(site, handler, watchdog_seconds=0.1)
        async with running(bus):
            await site.delete_queue(QUEUE)
            await until(lambda: not bus.is_connected, what="the watchdog")
            await bus.publish(message)
            await until(lambda: handler.has_done(message), what="the handling")

    async def test_stop_gives_back_what_is_unsettled(self, site: BrokerSite) -> None:
        stuck, pending = finished(), finished()
        handler = Handler(UnavailableError("MongoDB"), [stuck.sweep])
        bus = consumer(site, handler, batch=1)
        async with running(bus):
            await bus.publish(stuck)
            await until(lambda: handler.tries, what="the first try")
            await bus.publish(pending)
        after = Handler()
        async with running(consumer(site, after)):
            await until(lambda: len(after.done) == 2, what="both after the restart")
        assert set(after.done) == {stuck.sweep, pending.sweep}

    async def test_failures_in_a_row_pause_the_consumer(self, site: BrokerSite) -> None:
        messages, most = [finished() for _ in range(60)], 5
        handler = Handler(PoisonError("never"), [m.sweep for m in messages])
        bus = consumer(site, handler, batch=20, failures_max=most)
        async with running(bus):
            await bus.publish(*messages)
            for _ in range(most):
                await site.next_dead(QUEUE)
            with pytest.raises(UnavailableError, match="paused after 5 failures in a row, Poison"):
                await bus.ping()
        after = Handler()
        async with running(consumer(site, after)):
            await until(lambda: len(after.done) >= len(messages) - most, what="all that was left")
        assert len(set(after.done)) == len(messages) - most

    async def test_failures_of_one_call_pause_nothing(self, site: BrokerSite) -> None:
        call, other = finished(), finished()
        handler = Handler(PoisonError("never"), [call.sweep])
        bus = consumer(site, handler, failures_max=3)
        async with running(bus):
            await bus.publish(*[call] * 6, other)
            for _ in range(6):
                await site.next_dead(QUEUE)
            await until(lambda: handler.has_done(other), what="the other call")

    async def test_failures_of_one_tenant_pause_no_other(self, site: BrokerSite) -> None:
        ours, theirs = [finished("acme") for _ in range(6)], [finished("bolt") for _ in range(2)]
        handler = Handler(PoisonError("never"), [m.sweep for m in ours])
        bus = consumer(site, handler, failures_max=3)
        async with running(bus):
            await bus.publish(theirs[0])
            await until(lambda: handler.has_done(theirs[0]), what="a call of another tenant")
            await bus.publish(*ours, theirs[1])
            for _ in ours:
                await site.next_dead(QUEUE)
            await until(lambda: handler.has_done(theirs[1]), what="the next one")

    async def test_failures_of_two_tenants_pause_the_consumer(self, site: BrokerSite) -> None:
        messages = [finished(tenant) for tenant in ("acme", "bolt") * 10]
        handler = Handler(PoisonError("never"), [m.sweep for m in messages])
        bus = consumer(site, handler, failures_max=5)
        async with running(bus):
            await bus.publish(*messages)
            for _ in range(5):
                await site.next_dead(QUEUE)
            with pytest.raises(UnavailableError, match="paused after 5 failures in a row, Poison"):
                await bus.ping()

    async def test_message_over_the_limit_is_refused_alone(self, site: BrokerSite) -> None:
        handler, message = Handler(), finished()
        bus = consumer(site, handler)
        async with running(bus):
            large = message.model_copy(update={"sweep": "x" * MESSAGE_MAX})
            with pytest.raises(PoisonError, match="is over 1048576"):
                await bus.publish(large)
            assert bus.is_connected
            await bus.publish(message)
            await until(lambda: handler.has_done(message), what="the next message")

    async def test_paused_consumer_gives_its_messages_back(self, site: BrokerSite) -> None:
        """It neither copies nor dead-letters them meanwhile, however often it fails."""
        messages, most = [finished() for _ in range(20)], 3
        handler = Handler(ValueError("never"), [m.sweep for m in messages])
        waits = {"failures_max": most, "pause_seconds": 0.3, "hold_seconds": 0.4}
        paused = consumer(site, handler, batch=20, watchdog_seconds=0.1, **waits)
        sender = site.bus()
        async with running(paused, sender):
            await sender.publish(*messages)
            await until(partial(has_retried, site, len(messages), 0), what="messages given back")
            tried = sum(handler.tries.values())
            await until(lambda: sum(handler.tries.values()) > tried + 2, what="further tries")
            handler.refused.clear()
            await until(partial(has_retried, site, 0, 1), what="an empty queue")
            await until(lambda: len(set(handler.done)) == len(messages), what="the handling")

    async def test_one_success_closes_the_breaker(self, site: BrokerSite) -> None:
        messages, most = [finished() for _ in range(12)], 2
        handler = Handler(PoisonError("never"), [m.sweep for m in messages])
        bus = consumer(site, handler, batch=4, failures_max=most, pause_seconds=0.5)
        async with running(bus):
            await bus.publish(*messages)
            for _ in range(most + 1):
                await site.next_dead(QUEUE)
            handler.refused.clear()
            await until(lambda: len(handler.done) >= len(messages) - most - 2, what="the others")
            await until_ready(bus)

    async def test_raw_consumer_gets_every_message_as_it_is(self, site: BrokerSite) -> None:
        dead = topology.dead(QUEUE)
        letters = [Envelope(body, {"of": "nobody"}, dead) for body in (b"\xff{", b"")]
        kept: list[Envelope] = []
        failures = [KeyError("a bug"), UnavailableError("MongoDB")]

        async def keep(envelopes: Sequence[Envelope]) -> None:
            if failures:
                raise failures.pop()
            kept.extend(envelopes)

        bus = site.bus()
        bus.consume_raw(dead, keep)
        async with running(bus):
            for letter in letters:
                await bus.publish_envelope(topology.QUEUES, letter)
            await until(lambda: len(kept) >= len(letters), what="the letters")
        assert [(letter.body, letter.headers) for letter in kept] == [
            (letter.body, letter.headers) for letter in letters
        ]

    async def test_two_types_of_a_queue_reach_one_handler(self, site: BrokerSite) -> None:
        sent = [sent_sample(CallMatched), sent_sample(CommentSaved)]
        batches: list[Message] = []

        async def handle(messages: Sequence[CallMatched | CommentSaved]) -> None:
            batches.extend(messages)

        bus = site.bus()
        bus.consume("ingest.match", (CallMatched, CommentSaved), handle, BatchPolicy(10, 0.2))
        async with running(bus):
            for message in sent:
                envelope = pack(message, "test")
                await bus.publish_envelope(
                    topology.QUEUES, Envelope(envelope.body, envelope.headers, "ingest.match")
                )
            await until(lambda: len(batches) == 2, what="both types")
        assert batches == sent

    async def test_message_of_another_type_is_acknowledged(self, site: BrokerSite) -> None:
        handler, message = Handler(), finished()
        bus = consumer(site, handler)
        stray = pack(sent_sample(CallMatched), "test")
        async with running(bus):
            await bus.publish_envelope(topology.QUEUES, Envelope(stray.body, stray.headers, QUEUE))
            await bus.publish(message)
            await until(lambda: handler.has_done(message), what="the expected type")
            await until(partial(has_counts, site, 0, 1), what="an empty queue")
        assert list(handler.tries) == [message.sweep]
        assert await site.counts(topology.dead(QUEUE)) == (0, 0)

    async def test_full_queue_refuses_and_publishing_is_unavailable(self, site: BrokerSite) -> None:
        await site.delete_queue(QUEUE)
        bus, refusals = site.bus(queue_max=3), list[str]()
        async with running(bus):

            async def is_refused() -> bool:
                try:
                    await bus.publish(finished())
                except UnavailableError as error:
                    refusals.append(str(error))
                return bool(refusals)

            await until(is_refused, what="a refusal")
            assert bus.is_connected
        assert "is full" in refusals[0]
        await site.delete_queue(QUEUE)

    async def test_publish_waits_for_a_reconnect(self, site: BrokerSite) -> None:
        handler, message = Handler(), finished()
        bus = consumer(site, handler, publish_seconds=20)
        async with running(bus):
            await site.stop()
            publishing = asyncio.create_task(bus.publish(message))
            await until(lambda: not bus.is_connected, what="the lost connection")
            assert not publishing.done()
            await site.start()
            await publishing
            await until(lambda: handler.has_done(message), what="the handling")

    async def test_publish_without_a_broker_is_unavailable(self, site: BrokerSite) -> None:
        bus = site.bus(publish_seconds=0.3)
        async with running(bus):
            await site.stop()
            with pytest.raises(UnavailableError):
                await bus.publish(finished())
            await bus.try_publish(finished())
            with pytest.raises(UnavailableError):
                await bus.ping()
            await site.start()
