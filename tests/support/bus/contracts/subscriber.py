"""Subscriptions of the bus, tested on RabbitMQ and in memory alike."""

import asyncio
from dataclasses import replace

from softphone_common.bus.bus import Bus
from softphone_common.bus.envelope import REASON_HEADER, pack
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.events import (
    CallChanged,
    UserChanged,
)
from softphone_testing.until import until
from support.bus.buses import BrokerSite, running
from support.bus.contracts.handlers import (
    QUEUE,
    Handler,
    Subscription,
    changed,
    consumer,
    finished,
    sent_sample,
)


class SubscriberContract:
    """Messages for every instance: bindings, reconnects and gaps."""

    async def test_tenant_bound_during_a_start_is_received(self, site: BrokerSite) -> None:
        subscription = Subscription(site.bus())
        bus, tenants = subscription.bus, list[str]()
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
        assert tenants
        await bus.stop()

    async def test_only_bound_tenants_are_received(self, site: BrokerSite) -> None:
        subscription = Subscription(site.bus())
        bus = subscription.bus
        async with running(bus):
            await bus.bind("acme", [CallChanged])
            await bus.bind("left", [CallChanged])
            await bus.unbind("left", [CallChanged])
            await bus.publish(changed("other"), changed("left"), changed("acme"))
            await until(lambda: subscription.tenants, what="the message")
            await bus.publish(changed("acme"))
            await until(lambda: len(subscription.tenants) == 2, what="the next message")
        assert subscription.tenants == ["acme", "acme"]

    async def test_every_instance_receives_a_message(self, site: BrokerSite) -> None:
        seen: list[str] = []
        buses = [site.bus("notifier"), site.bus("notifier")]
        for bus in buses:

            async def on_user_changed(message: UserChanged, bus: Bus = bus) -> None:
                seen.append(bus.instance)

            bus.subscribe(UserChanged, on_user_changed)
        async with running(*buses):
            await buses[0].publish(sent_sample(UserChanged))
            await until(lambda: len(seen) == 2, what="both instances")
        assert set(seen) == {bus.instance for bus in buses}

    async def test_message_under_a_foreign_key_is_not_handled(self, site: BrokerSite) -> None:
        """A service may lack the right to the own key, such as calllog that of a user: the message
        is dropped by subscribers and a dead letter in a work queue."""
        seen: list[str] = []

        async def on_user_changed(message: UserChanged) -> None:
            seen.append(message.tenant)

        handler, user, sweep = Handler(), sent_sample(UserChanged), finished()
        bus = consumer(site, handler)
        bus.subscribe(UserChanged, on_user_changed)
        await bus.bind("acme", [CallChanged])
        async with running(bus):
            for message, of in (user, changed("acme")), (finished(), finished("other")):
                forged = replace(pack(message, "test"), routing_key=of.routing_key)
                await bus.publish_envelope(EXCHANGE, forged)
            await bus.publish(user, sweep)  # later and for the same tenant, so handled later
            await until(lambda: seen and handler.has_done(sweep), what="those under their keys")
            assert len(seen) == 1
            assert handler.tries == {sweep.sweep: 1}
            letter = await site.next_dead(QUEUE)
        assert letter.headers[REASON_HEADER].endswith("to key 'calls.cleaned-up.other'")

    async def test_failing_subscriber_gets_the_next_message(self, site: BrokerSite) -> None:
        seen: list[str] = []

        async def on_call_changed(message: CallChanged) -> None:
            seen.append(message.tenant)
            raise ValueError("unexpected")

        bus = site.bus()
        bus.subscribe(CallChanged, on_call_changed)
        async with running(bus):
            await bus.publish(changed("first"))
            await until(lambda: seen == ["first"], what="the first message")
            await bus.publish(changed("second"))
            await until(lambda: seen == ["first", "second"], what="the second, and no retry")

    async def test_reconnect_is_notified_and_bindings_are_kept(self, site: BrokerSite) -> None:
        subscription = Subscription(site.bus())
        bus = subscription.bus
        async with running(bus):
            await bus.bind("acme", [CallChanged])
            await site.stop()
            await until(lambda: not bus.is_connected, what="the lost connection")
            await site.start()
            await until(lambda: subscription.reconnects == 2, what="the reconnect")
            await bus.publish(changed("acme"))
            await until(lambda: subscription.tenants == ["acme"], what="the message")

    async def test_slow_subscriber_is_notified_of_a_gap(self, site: BrokerSite) -> None:
        slow = Subscription(site.bus(listener_max=50, prefetch=5))
        sender = site.bus()
        await slow.bus.bind("acme", [CallChanged])
        async with running(slow.bus, sender):
            await until(lambda: slow.reconnects == 1, what="the connection")
            slow.may_go_on.clear()
            await sender.publish(*(changed("acme") for _ in range(200)))
            slow.may_go_on.set()
            await until(lambda: slow.reconnects == 2, what="the gap")
            slow.tenants.clear()
            await sender.publish(changed("acme"))
            await until(lambda: "acme" in slow.tenants, what="a message after the gap")

    async def test_many_messages_are_each_confirmed_in_time(self, site: BrokerSite) -> None:
        """All together take longer than one may, which is long enough for a busy machine."""
        bus = site.bus(publish_seconds=8)
        async with running(bus):
            await bus.publish(*(changed("acme") for _ in range(60_000)))
