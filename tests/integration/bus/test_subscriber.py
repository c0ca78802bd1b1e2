"""Subscribers receive every message, or are notified of a gap, over any start and broker."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from softphone_common.bus import topology
from softphone_common.bus.bus import Bus
from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.events import CallChanged
from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.buses import bus_settings, until_ready


class CountingSubscriber:
    """A subscriber for many tenants that counts messages and gaps."""

    def __init__(self, url: str, **more: Any) -> None:
        self.bus = Bus(bus_settings(url, **more), "test")
        self.received: list[str] = []
        self.gaps = 0
        self.is_unblocked = asyncio.Event()
        self.is_unblocked.set()
        self.bus.subscribe(CallChanged, self._receive, on_reconnect=self._on_gap, bound_only=True)

    async def _receive(self, message: CallChanged) -> None:
        await self.is_unblocked.wait()
        self.received.append(message.tenant)

    def _on_gap(self) -> None:
        self.gaps += 1


def changed(tenant: str) -> CallChanged:
    return CallChanged(
        tenant=tenant, call_id=uuid4().hex, extensions=("21",), deleted_at=None, deleted_by=None
    )


async def test_tenant_bound_during_the_start_is_received(
    rabbitmq: RealServer,
) -> None:
    subscriber = CountingSubscriber(rabbitmq.url)
    tenants: list[str] = []
    await subscriber.bus.start()
    while not subscriber.bus.is_connected:
        tenants.append(f"t{len(tenants)}")
        await subscriber.bus.bind(tenants[-1], [CallChanged])
        for _ in tenants:  # limits the number of tenants on a slow machine
            await asyncio.sleep(0)
    await until(lambda: subscriber.gaps == 1, what="the connection")
    await subscriber.bus.publish(*(changed(tenant) for tenant in tenants))
    await until(lambda: len(subscriber.received) >= len(tenants), what="all messages")
    assert set(subscriber.received) == set(tenants)
    assert len(tenants) > 10
    await subscriber.bus.stop()


async def test_slow_broker_with_many_bindings_is_connected_to(
    rabbitmq: RealServer,
) -> None:
    way = Proxy(rabbitmq.url)
    await way.start()
    way.slow(0.1)
    subscriber = CountingSubscriber(way.url)
    for queue in topology.work_queues():
        subscriber.bus.consume_raw(queue.name, _keep_nothing)
    for number in range(200):
        await subscriber.bus.bind(f"t{number}", [CallChanged])
    await subscriber.bus.start()
    try:
        await until(lambda: subscriber.gaps > 0, what="the connection")
        await subscriber.bus.publish(changed("t0"), changed("t199"))
        await until(lambda: len(subscriber.received) >= 2, what="both messages")
    finally:
        await subscriber.bus.stop()
        await way.cut()


async def _keep_nothing(_: Sequence[Envelope]) -> None:
    """No message arrives in this test."""


async def test_slow_subscriber_is_notified_of_a_gap(rabbitmq: RealServer) -> None:
    subscriber, publisher = (
        CountingSubscriber(rabbitmq.url, listener_max=50, prefetch=5),
        CountingSubscriber(rabbitmq.url),
    )
    await subscriber.bus.bind("acme", [CallChanged])
    for one in (subscriber, publisher):
        await one.bus.start()
        await until_ready(one.bus)
    await until(lambda: subscriber.gaps == 1, what="the connection")
    subscriber.is_unblocked.clear()
    await publisher.bus.publish(*(changed("acme") for _ in range(200)))
    subscriber.is_unblocked.set()
    await until(lambda: subscriber.gaps == 2, what="the gap")
    subscriber.received.clear()
    await publisher.bus.publish(changed("acme"))
    await until(lambda: "acme" in subscriber.received, what="the message after the gap")
    for one in (subscriber, publisher):
        await one.bus.stop()


async def test_many_messages_at_once_are_all_published(rabbitmq: RealServer) -> None:
    """Each is confirmed in time, although all together take several times as long."""
    bus = Bus(bus_settings(rabbitmq.url, publish_seconds=3), "test")
    await bus.start()
    await until_ready(bus)
    await bus.publish(*(changed("acme") for _ in range(10_000)))
    await bus.stop()
