"""The bus where only RabbitMQ matters: old queues, several nodes, slow answers, early stops."""

import asyncio
import gc
from collections.abc import Sequence
from itertools import count
from typing import Any

import aiormq
import pytest

from softphone_common.bus import topology
from softphone_common.bus.bus import Bus
from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import CallChanged
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.bus.buses import bus_settings, running
from support.bus.contracts.handlers import (
    QUEUE,
    Handler,
    Subscription,
    changed,
    finished,
    hand_to,
)
from support.stack.proxied import proxied


async def test_queue_of_an_older_release_is_kept_and_used(rabbitmq: RealServer) -> None:
    older: dict[str, Any] = {"x-queue-type": "quorum"}
    handler, message = Handler(), finished()
    bus = hand_to(Bus(bus_settings(rabbitmq.url), "test"), handler)
    async with broker_channel(rabbitmq.url) as channel:
        await channel.queue_delete(QUEUE)
        await channel.declare_queue(QUEUE, durable=True, arguments=older)
        async with running(bus):
            await bus.publish(message)
            await until(lambda: handler.done == [message.sweep], what="the handling")
        # raises if the queue now had other arguments
        await channel.declare_queue(QUEUE, durable=True, arguments=older)
        await channel.queue_delete(QUEUE)


async def test_lost_node_is_replaced_by_another(rabbitmq: RealServer) -> None:
    nodes = [FaultProxy(rabbitmq.url), FaultProxy(rabbitmq.url), FaultProxy(rabbitmq.url)]
    for node in nodes[:2]:
        await node.start()
    handler = Handler()
    urls = ", ".join(node.url for node in nodes)
    bus = hand_to(Bus(bus_settings(urls), "test"), handler)
    async with running(bus):
        for node in nodes[:2]:
            message = finished()
            await node.cut()
            await bus.publish(message)
            await until(lambda: handler.has_done(message), what="the handling")  # noqa: B023
            await node.start()
    for node in nodes[:2]:
        await node.cut()


async def test_tenant_bound_at_any_moment_of_a_start_is_received(rabbitmq: RealServer) -> None:
    subscription = Subscription(Bus(bus_settings(rabbitmq.url), "test"))
    tenants: list[str] = []
    bus = subscription.bus
    await bus.start()
    while not bus.is_connected:
        tenants.append(f"t{len(tenants)}")
        await bus.bind(tenants[-1], [CallChanged])
        for _ in tenants:  # however long connecting takes, they are not too many
            await asyncio.sleep(0)
    await until(lambda: subscription.reconnects == 1, what="the connection")
    await bus.publish(*(changed(tenant) for tenant in tenants))
    await until(lambda: len(subscription.tenants) >= len(tenants), what="all messages")
    assert set(subscription.tenants) == set(tenants)
    assert len(tenants) > 10
    await bus.stop()


async def test_slow_broker_is_connected_with_many_bindings(rabbitmq: RealServer) -> None:
    proxy = FaultProxy(rabbitmq.url)
    await proxy.start()
    proxy.slow(0.1)
    subscription = Subscription(Bus(bus_settings(proxy.url), "test"))
    bus = subscription.bus
    for queue in topology.work_queues():
        bus.consume_raw(queue.name, _ignore)
    for number in range(200):
        await bus.bind(f"t{number}", [CallChanged])
    await bus.start()
    try:
        await until(lambda: subscription.reconnects > 0, what="the connection")
        await bus.publish(changed("t0"), changed("t199"))
        await until(lambda: len(subscription.tenants) >= 2, what="both messages")
    finally:
        await bus.stop()
        await proxy.cut()


async def test_stop_at_any_point_of_connecting_is_clean(
    rabbitmq: RealServer, caplog: pytest.LogCaptureFixture
) -> None:
    """At every fourth turn of the loop that connecting takes; neither a library nor the broker
    complains, for an operator who stopped the service would read that, and no connection stays."""
    others = _open_connections()
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
    # a broker that is busy with a declaration answers the close late
    await until(lambda: _open_connections() <= others, what="the end of all connections")
    assert [record.getMessage() for record in caplog.records if record.name != "softphone"] == []


async def test_message_does_not_wait_for_a_check_of_the_connection(rabbitmq: RealServer) -> None:
    async with proxied(rabbitmq.url) as proxy:
        bus = Bus(bus_settings(proxy.url, watchdog_seconds=0.1, heartbeat_seconds=60), "test")
        async with running(bus):
            proxy.freeze()
            await until(lambda: proxy.holds(EXCHANGE), what="a check")
            message = changed("t0")
            publishing = asyncio.create_task(bus.publish(message))
            await until(lambda: proxy.holds("call.changed.t0"), what="the message behind it")
            proxy.thaw()
            await publishing


def _open_connections() -> set[aiormq.Connection]:
    """The AMQP connections that this process holds open."""
    gc.collect()
    # by type: isinstance would follow weak proxies, whose objects may be gone
    connections = [o for o in gc.get_objects() if issubclass(type(o), aiormq.Connection)]
    return {connection for connection in connections if connection.is_opened}


async def _ignore(_: Sequence[Envelope]) -> None:
    """Nothing is sent to the queues."""
