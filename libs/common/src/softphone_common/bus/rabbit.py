"""The bus on RabbitMQ: one connection that is rebuilt whole whenever any part of it is in doubt.

It keeps no half-restored state: a lost connection, a consumer the broker cancelled, an unroutable
message or an acknowledgement that fails all end the connection, and the next one declares the
topology, the consumers and the bindings again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any
from uuid import uuid4

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue

from softphone_common import metrics
from softphone_common.bus import topology
from softphone_common.bus.consumers import Consumer, Hearer, Listener
from softphone_common.bus.dispatch import Delivery, Dispatcher, Handler, Limits
from softphone_common.bus.envelope import ATTEMPT_HEADER, REASON_HEADER, Envelope, pack
from softphone_common.contracts.catalogue import BY_TYPE, EXCHANGE
from softphone_common.contracts.events import Message
from softphone_common.errors import UnavailableError
from softphone_common.settings import Settings
from softphone_common.telemetry import log

_BROKEN = (aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError)
_BACKOFF_SECONDS = (0.2, 0.5, 1, 2, 3)


class Bus:
    """Publishes and consumes for one service. A resource of `service.run`."""

    name = "RabbitMQ"
    essential = True

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        self.service = service
        self.instance = f"{service}.{uuid4().hex[:12]}"
        self._consumers: list[Consumer] = []
        self._listener = Listener(self.instance)
        self._connection: aio_pika.abc.AbstractConnection | None = None
        self._publisher: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}
        self._queues: list[tuple[AbstractChannel, AbstractQueue, str]] = []
        self._own: AbstractQueue | None = None
        self._ready = asyncio.Event()
        self._lost = asyncio.Event()
        self._trouble = "not connected yet"
        self.task: asyncio.Task[None] | None = None

    def consume(self, queue: str, handler: Handler, limits: Limits | None = None) -> None:
        """Hands this work queue's messages to `handler`, from the next connection on."""
        self._consumers.append(Consumer(queue, handler, limits or Limits()))

    def listen(
        self,
        hearer: Hearer,
        messages: Iterable[type[Message]],
        on_gap: Callable[[], None],
        tenant: str = "*",
    ) -> None:
        """Hands these messages to every instance that is connected when they are sent.

        `on_gap` is called after each connect: what was said before was not heard. With an empty
        `tenant` nothing is heard but what `bind` asks for.
        """
        self._listener.register(hearer, messages)
        self._listener.on_gap(on_gap)
        if tenant:
            self._listener.add(tenant, messages)

    @property
    def _dispatchers(self) -> list[Dispatcher]:
        return [*(c.dispatcher for c in self._consumers), self._listener.dispatcher]

    async def bind(self, tenant: str, messages: Iterable[type[Message]]) -> None:
        """Listens to one tenant too. Raises UnavailableError, and is remembered all the same."""
        keys = self._listener.add(tenant, messages)
        async with self._reaching():
            if self._own is not None:
                for key in keys:
                    await self._own.bind(EXCHANGE, key, timeout=self._settings.publish_seconds)

    async def unbind(self, tenant: str, messages: Iterable[type[Message]]) -> None:
        """Stops listening to it. Raises UnavailableError, and is forgotten all the same."""
        keys = self._listener.remove(tenant, messages)
        async with self._reaching():
            if self._own is not None:
                for key in keys:
                    await self._own.unbind(EXCHANGE, key, timeout=self._settings.publish_seconds)

    async def publish(self, *messages: Message) -> None:
        """Returns when the broker has every message on disk in all queues that must have it.

        Raises UnavailableError where that can't be had in time; any of them may have got through.
        """
        await asyncio.gather(*(self._publish(message) for message in messages))

    async def _publish(self, message: Message) -> None:
        mandatory = bool(BY_TYPE[message.type].queues)
        await self._send(EXCHANGE, pack(message, self.service), mandatory=mandatory)
        metrics.PUBLISHED.labels(message.type).inc()

    async def start(self) -> None:
        """Begins connecting and never stops trying; does not wait for the first success."""
        self.task = asyncio.create_task(self._stay_connected(), name="bus")

    async def ping(self) -> None:
        """Raises UnavailableError with what is wrong, a lost consumer included."""
        if not self._ready.is_set():
            raise UnavailableError(self.name, self._trouble)

    async def stop(self) -> None:
        """Takes no more messages, settles those in hand, then closes."""
        with contextlib.suppress(*_BROKEN):
            for _, queue, tag in self._queues:
                await queue.cancel(tag, timeout=self._settings.ping_seconds)
        patience = self._settings.shutdown_seconds / 2
        drained = await asyncio.gather(*(d.drain(patience) for d in self._dispatchers))
        if not all(drained):
            log.warning("stopped with messages in hand; the broker keeps them")
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _send(self, exchange: str, envelope: Envelope, *, mandatory: bool = True) -> None:
        async with self._reaching():
            await self._ready.wait()
            assert self._publisher is not None
            try:
                await self._exchanges[exchange].publish(
                    aio_pika.Message(
                        envelope.body,
                        headers=envelope.headers,
                        content_type="application/json",
                        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                        message_id=envelope.id or None,
                        type=envelope.type or None,
                    ),
                    envelope.routing_key,
                    mandatory=mandatory,
                )
            except aiormq.exceptions.PublishError:
                self.doubt(f"no queue takes {envelope.routing_key}")
                raise

    @contextlib.asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        """Whatever the broker does not do in time is one error."""
        try:
            async with asyncio.timeout(self._settings.publish_seconds):
                yield
        except _BROKEN as error:
            raise UnavailableError(self.name, repr(error)) from error

    def doubt(self, why: str) -> None:
        """Ends this connection; the next one starts clean."""
        self._trouble = why
        self._ready.clear()
        self._lost.set()

    async def _stay_connected(self) -> None:
        failures = 0
        async with asyncio.TaskGroup() as group:
            for dispatcher in self._dispatchers:
                group.create_task(dispatcher.run())
            while True:
                try:
                    await self._live_once()
                    failures = 0
                except _BROKEN as error:
                    self._trouble = repr(error)
                    failures += 1
                log.warning("broker lost", why=self._trouble)
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])

    async def _live_once(self) -> None:
        """One connection's whole life; returns when it is in doubt."""
        s = self._settings
        self._lost.clear()
        connection = await aio_pika.connect(
            s.amqp_url.get_secret_value(),
            timeout=s.publish_seconds,
            heartbeat=s.heartbeat_seconds,
            client_properties={"connection_name": self.instance},
        )
        connection.close_callbacks.add(lambda _, error: self.doubt(f"closed: {error!r}"))
        try:
            self._connection = connection
            async with asyncio.timeout(s.publish_seconds * 4):
                await self._build(connection)
            log.info("broker connected")
            self._ready.set()
            self._listener.tell_gap()
            await self._watch()
        finally:
            self._ready.clear()
            self._queues, self._own, self._publisher = [], None, None
            for dispatcher in self._dispatchers:
                dispatcher.forget_waiting()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(s.ping_seconds):
                    await connection.close()

    async def _build(self, connection: aio_pika.abc.AbstractConnection) -> None:
        self._publisher = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await self._declare(self._publisher)
        for consumer in self._consumers:
            channel = await connection.channel()
            queue = await channel.get_queue(consumer.queue, ensure=False)
            await self._take(channel, queue, consumer.dispatcher.offer)
        channel = await connection.channel()
        self._own = await channel.declare_queue(
            self._listener.queue,
            exclusive=True,
            auto_delete=True,
            arguments={"x-max-length": self._settings.listener_max},
        )
        for key in self._listener.keys:
            await self._own.bind(EXCHANGE, key)
        await self._take(channel, self._own, self._listener.dispatcher.offer, _Heard)

    async def _declare(self, channel: AbstractChannel) -> None:
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        self._exchanges = {EXCHANGE: exchange, "": channel.default_exchange}
        for name, waiting in topology.retry_queues():
            fanout = await channel.declare_exchange(name, "fanout", durable=True)
            self._exchanges[name] = fanout
            queue = await channel.declare_queue(
                waiting.name, durable=True, arguments=waiting.arguments
            )
            await queue.bind(fanout)
        for work in topology.work_queues():
            queue = await channel.declare_queue(work.name, durable=True, arguments=work.arguments)
            for key in work.bindings:
                await queue.bind(exchange, key)

    async def _take(
        self,
        channel: AbstractChannel,
        queue: AbstractQueue,
        offer: Callable[[Delivery], None],
        delivery: type["_Delivery"] | None = None,
    ) -> None:
        await channel.set_qos(prefetch_count=self._settings.prefetch)

        async def on_message(message: AbstractIncomingMessage) -> None:
            offer((delivery or _Delivery)(self, queue.name, message))

        tag = await queue.consume(on_message)
        self._queues.append((channel, queue, tag))

    async def _watch(self) -> None:
        """Until in doubt: asks the broker, not only ourselves, whether our consumers still live."""
        while not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.watchdog_seconds):
                    await self._lost.wait()
                return
            async with asyncio.timeout(self._settings.ping_seconds):
                assert self._publisher is not None
                await self._publisher.declare_exchange(EXCHANGE, "topic", durable=True)
                for channel, queue, tag in self._queues:
                    underlay: Any = await channel.get_underlay_channel()
                    alive = tag in underlay.consumers
                    held = await channel.declare_queue(queue.name, passive=True)
                    if not alive or not held.declaration_result.consumer_count:
                        self.doubt(f"the broker cancelled the consumer of {queue.name}")


class _Delivery:
    """A message of a queue; settling it after its connection is gone does nothing."""

    def __init__(self, bus: Bus, queue: str, message: AbstractIncomingMessage) -> None:
        self._bus, self._queue, self._message = bus, queue, message
        self.envelope = Envelope(message.body, dict(message.headers), message.routing_key or "")

    async def done(self) -> None:
        """Acknowledges."""
        try:
            await self._message.ack()
        except _BROKEN as error:
            self._bus.doubt(f"acknowledging failed: {error!r}")

    async def again(self, reason: str) -> bool:
        """Puts a copy into the waiting queue, then acknowledges; both or neither are seen."""
        attempt = self.envelope.attempt
        exchange = topology.retry_exchange(attempt)
        if exchange is None:
            await self.bury(reason)
            return False
        await self._move(exchange, self._queue, {ATTEMPT_HEADER: attempt + 1})
        return True

    async def bury(self, reason: str) -> None:
        """Puts a copy into the dead letter queue with the reason, then acknowledges."""
        headers = {REASON_HEADER: reason[:2000], "softphone-queue": self._queue}
        await self._move("", topology.dead(self._queue), headers)

    async def _move(self, exchange: str, key: str, headers: dict[str, Any]) -> None:
        copy = Envelope(self.envelope.body, {**self.envelope.headers, **headers}, key)
        try:
            await self._bus._send(exchange, copy)
        except UnavailableError as error:
            self._bus.doubt(f"moving a message of {self._queue} failed: {error}")
            return
        await self.done()


class _Heard(_Delivery):
    """A message to a listener: what it makes of it lives in memory, so there is no second try."""

    async def again(self, reason: str) -> bool:
        """Acknowledges: what could not be handled is made good by the next reading of the store."""
        await self.done()
        return False

    async def bury(self, reason: str) -> None:
        """Acknowledges; the reason is in the log."""
        await self.done()
