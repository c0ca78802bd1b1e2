"""What an instance hears of what is said to all: whatever the moment, the number and the broker."""

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


class Hearing:
    """A listener of many tenants; counts what it hears, and the gaps."""

    def __init__(self, url: str, **more: Any) -> None:
        self.bus = Bus(bus_settings(url, **more), "test")
        self.heard: list[str] = []
        self.gaps = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.bus.subscribe(CallChanged, self._hear, on_reconnect=self._on_gap, bound_only=True)

    async def _hear(self, message: CallChanged) -> None:
        await self.may_go_on.wait()
        self.heard.append(message.tenant)

    def _on_gap(self) -> None:
        self.gaps += 1


def changed(tenant: str) -> CallChanged:
    return CallChanged(
        tenant=tenant, call_id=uuid4().hex, extensions=("21",), deleted_at=None, deleted_by=None
    )


async def test_a_tenant_that_is_bound_at_any_moment_of_a_start_is_heard(
    rabbitmq: RealServer,
) -> None:
    hearing = Hearing(rabbitmq.url)
    tenants: list[str] = []
    await hearing.bus.start()
    while not hearing.bus.is_connected:
        tenants.append(f"t{len(tenants)}")
        await hearing.bus.bind(tenants[-1], [CallChanged])
        for _ in tenants:  # however long it takes, they are not too many
            await asyncio.sleep(0)
    await until(lambda: hearing.gaps == 1, what="the connection")
    await hearing.bus.publish(*(changed(tenant) for tenant in tenants))
    await until(lambda: len(hearing.heard) >= len(tenants), what="all that was said")
    assert set(hearing.heard) == set(tenants)
    assert len(tenants) > 10
    await hearing.bus.stop()


async def test_a_broker_that_answers_late_is_connected_to_whatever_is_listened_to(
    rabbitmq: RealServer,
) -> None:
    way = Proxy(rabbitmq.url)
    await way.start()
    way.slow(0.1)
    hearing = Hearing(way.url)
    for queue in topology.work_queues():
        hearing.bus.consume_raw(queue.name, _keep_nothing)
    for number in range(200):
        await hearing.bus.bind(f"t{number}", [CallChanged])
    await hearing.bus.start()
    try:
        await until(lambda: hearing.gaps > 0, what="the connection")
        await hearing.bus.publish(changed("t0"), changed("t199"))
        await until(lambda: len(hearing.heard) >= 2, what="what was said")
    finally:
        await hearing.bus.stop()
        await way.cut()


async def _keep_nothing(_: Sequence[Envelope]) -> None:
    """Nothing comes."""


async def test_who_hears_too_slowly_is_told_of_a_gap(rabbitmq: RealServer) -> None:
    hearing, speaking = Hearing(rabbitmq.url, listener_max=50, prefetch=5), Hearing(rabbitmq.url)
    await hearing.bus.bind("acme", [CallChanged])
    for one in (hearing, speaking):
        await one.bus.start()
        await until_ready(one.bus)
    await until(lambda: hearing.gaps == 1, what="the connection")
    hearing.may_go_on.clear()
    await speaking.bus.publish(*(changed("acme") for _ in range(200)))
    hearing.may_go_on.set()
    await until(lambda: hearing.gaps == 2, what="the gap")
    hearing.heard.clear()
    await speaking.bus.publish(changed("acme"))
    await until(lambda: "acme" in hearing.heard, what="what is said after it")
    for one in (hearing, speaking):
        await one.bus.stop()


async def test_as_many_messages_as_there_are_can_be_published(rabbitmq: RealServer) -> None:
    """Each is confirmed in time, though all together take several times as long."""
    bus = Bus(bus_settings(rabbitmq.url, publish_seconds=3), "test")
    await bus.start()
    await until_ready(bus)
    await bus.publish(*(changed("acme") for _ in range(10_000)))
    await bus.stop()
