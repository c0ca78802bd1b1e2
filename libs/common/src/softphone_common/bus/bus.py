"""The bus of one service: publishes, consumes, and connects anew whenever a connection breaks."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any, TypeVar, overload
from uuid import uuid4

from softphone_common.bus.aiormq_compat import BROKEN, connection_errors, raise_if_cancelled
from softphone_common.bus.connection import Connect, Connection
from softphone_common.bus.consumer import (
    BatchPolicy,
    Handler,
    MessageConsumer,
    QueueConsumer,
    RawConsumer,
    RawHandler,
)
from softphone_common.bus.envelope import Envelope, log_ids, pack
from softphone_common.bus.rabbitmq import RabbitConnection
from softphone_common.bus.subscriber import Subscriber, SubscriberHandler
from softphone_common.contracts.catalogue import BY_TYPE, EXCHANGE
from softphone_common.contracts.events import Message
from softphone_common.process import metrics
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import utc_now
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.process.telemetry import log

_CONCURRENT_MAX = 200
"""Messages published concurrently: with more, the last would not be confirmed in time."""

_BACKOFF_SECONDS = (0.2, 0.5, 1, 2, 3)

A = TypeVar("A", bound=Message)
B = TypeVar("B", bound=Message)


class Bus:
    """Publishes and consumes for one service. A resource of `service.run`.

    Consumers and subscriptions are registered before `start`; `consumed` and `subscribed` list
    them, so that a test can compare them with the catalogue.
    """

    name = "RabbitMQ"

    def __init__(
        self,
        settings: Settings,
        service: str,
        *,
        essential: bool = True,
        connect: Connect = RabbitConnection.connect,
    ) -> None:
        self.essential = essential
        self.service = service
        self.instance = f"{service}.{uuid4().hex[:12]}"
        self.consumed: dict[str, tuple[type[Message], ...]] = {}
        self.task = BackgroundTask(self._stay_connected, "bus")
        self._settings = settings
        self._connect = connect
        urls = [url.strip() for url in settings.amqp_url.get_secret_value().split(",")]
        # instances begin at different nodes, or all would crowd on the first
        self._urls = cycle(random.sample(urls, len(urls)))
        self._consumers: list[QueueConsumer] = []
        self._subscriber = Subscriber(service)
        self._connection: Connection | None = None
        self._connected = asyncio.Event()
        self._failure = "not connected yet"

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection that is not known to be broken."""
        return self._connected.is_set()

    @property
    def subscribed(self) -> frozenset[type[Message]]:
        """The messages every instance of this service gets."""
        return self._subscriber.messages

    @overload
    def consume(
        self, queue: str, message: type[A], handler: Handler[A], policy: BatchPolicy | None = None
    ) -> None: ...

    @overload
    def consume(
        self,
        queue: str,
        message: tuple[type[A], type[B]],
        handler: Handler[A | B],
        policy: BatchPolicy | None = None,
    ) -> None: ...

    def consume(
        self,
        queue: str,
        message: type[Message] | tuple[type[Message], ...],
        handler: Callable[[Sequence[Any]], Awaitable[None]],
        policy: BatchPolicy | None = None,
    ) -> None:
        """Hands batches of this work queue's messages, of one type or two, to `handler`."""
        s = self._settings
        messages = message if isinstance(message, tuple) else (message,)
        own = replace(
            policy or BatchPolicy(),
            failures_max=s.failures_max,
            pause_seconds=s.pause_seconds,
            hold_seconds=s.hold_seconds,
        )
        self.consumed[queue] = messages
        self._consumers.append(MessageConsumer(queue, messages, handler, own))

    def consume_raw(
        self, queue: str, handler: RawHandler, policy: BatchPolicy | None = None
    ) -> None:
        """Hands this queue's messages to `handler` undecoded; none is retried or dead-lettered."""
        own = replace(policy or BatchPolicy(), hold_seconds=self._settings.hold_seconds)
        self._consumers.append(RawConsumer(queue, handler, own))

    def subscribe(
        self,
        message: type[A],
        handler: SubscriberHandler[A],
        *,
        on_reconnect: Callable[[], None] | None = None,
        bound_only: bool = False,
    ) -> None:
        """Hands each such message to `handler` in every instance of this service.

        `on_reconnect` is called after each connect, since earlier messages were missed. With
        `bound_only` only messages of tenants given to `bind` arrive.
        """
        self._subscriber.add_handler(message, handler)
        if on_reconnect is not None:
            self._subscriber.on_reconnect(on_reconnect)
        if not bound_only:
            self._subscriber.add_patterns("*", [message])

    async def bind(self, tenant: str, messages: Iterable[type[Message]]) -> None:
        """Begins to receive these messages of one tenant.

        Raises UnavailableError; the binding is remembered and made with the next connection.
        """
        keys = self._subscriber.add_patterns(tenant, messages)
        connection = self._connection
        if keys and connection is not None and self._connected.is_set():
            try:
                async with self._deadline():
                    await connection.bind(keys)
            except UnavailableError:
                connection.mark_broken(f"binding {tenant} failed")
                raise

    async def unbind(self, tenant: str, messages: Iterable[type[Message]]) -> None:
        """Stops receiving these messages of one tenant. Raises UnavailableError; the binding is
        forgotten and gone with the next connection."""
        for key in self._subscriber.remove_patterns(tenant, messages):
            async with self._deadline():
                if self._connection is not None and self._connected.is_set():
                    await self._connection.unbind(key)

    async def queue_lengths(self) -> dict[str, int]:
        """The messages that wait in each queue this service consumes. Raises UnavailableError."""
        connection = self._connection
        if connection is None or not self._connected.is_set():
            raise UnavailableError(self.name, self._failure)
        async with self._deadline():
            return await connection.lengths([consumer.queue for consumer in self._consumers])

    async def queue_ages(self) -> dict[str, float]:
        """Seconds since the oldest message of each queue was packed that is here and not settled.

        RabbitMQ knows no times of the messages of a quorum queue. It delivers them in order, so
        the oldest one is at a consumer, unless all have enough.
        """
        now = utc_now()
        ages = {c.queue: c.oldest and (now - c.oldest).total_seconds() for c in self._consumers}
        return {queue: max(0.0, age or 0.0) for queue, age in ages.items()}

    async def publish(self, *messages: Message) -> None:
        """Returns when the broker has every message on disk in all queues it belongs to.

        After a reconnect a message is sent again, so a queue may get it twice. Raises
        UnavailableError after SOFTPHONE_PUBLISH_SECONDS; some messages may have been sent.
        """
        for first in range(0, len(messages), _CONCURRENT_MAX):
            chunk = messages[first : first + _CONCURRENT_MAX]
            await asyncio.gather(*(self._publish(message) for message in chunk))

    async def try_publish(self, message: Message) -> None:
        """Publishes a change that is stored already, or logs that the broker is not available:
        caches then learn of it when they read the store again."""
        try:
            await self.publish(message)
        except UnavailableError as error:
            ids = log_ids(message.type, message.tenant, message.subject)
            log.warning("change not published", type=message.type, error=str(error), **ids)

    async def publish_envelope(
        self, exchange: str, envelope: Envelope, *, mandatory: bool = True
    ) -> None:
        """Publishes one packed message like `publish`; `mandatory`: some queue has to take it."""
        async with self._deadline() as failures:
            while True:
                await self._connected.wait()
                connection = self._connection
                assert connection is not None
                if await connection.publish(exchange, envelope, mandatory=mandatory):
                    return
                failures.append(connection.failure)
                # without this the loop would spin until the other task notices `broken`
                if connection is self._connection:
                    self._connected.clear()

    async def start(self) -> None:
        """Begins connecting and never gives up; does not wait for the first success."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError while disconnected or while a consumer is paused."""
        if not self._connected.is_set():
            raise UnavailableError(self.name, self._failure)
        for consumer in self._consumers:
            breaker = consumer.breaker
            if breaker.is_open:
                failures = f"{breaker.failures} failures in a row, {breaker.reason}"
                raise UnavailableError(self.name, f"{consumer.queue} is paused after {failures}")

    async def stop(self) -> None:
        """Cancels the consumers, settles their current batches, then closes."""
        if self._connection is not None:
            with contextlib.suppress(*BROKEN), connection_errors():
                async with asyncio.timeout(self._settings.ping_seconds):
                    await self._connection.cancel()
        # the HTTP server had half of the time before us, and closing takes some too
        seconds = self._settings.shutdown_seconds / 4
        drained = await asyncio.gather(*(c.drain(seconds) for c in self._all_consumers))
        if not all(drained):
            log.warning("stopped with unacknowledged messages; the broker delivers them again")
        await self.task.stop()

    @property
    def _all_consumers(self) -> list[QueueConsumer]:
        return [*self._consumers, self._subscriber.consumer]

    async def _publish(self, message: Message) -> None:
        # a message only subscribers want is unroutable while none of them is connected
        mandatory = bool(BY_TYPE[message.type].queues)
        await self.publish_envelope(EXCHANGE, pack(message, self.service), mandatory=mandatory)
        metrics.PUBLISHED.labels(message.type).inc()

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[list[str]]:
        """Turns every failure and a missed deadline into UnavailableError.

        The list collects failures met on the way; the last is reported if the time is up.
        """
        failures = ["does not answer in time"]
        try:
            with connection_errors():
                async with asyncio.timeout(self._settings.publish_seconds):
                    yield failures
        except BROKEN as error:
            raise UnavailableError(self.name, self._failure or failures[-1]) from error

    async def _stay_connected(self) -> None:
        failures = 0
        async with asyncio.TaskGroup() as group:
            for consumer in self._all_consumers:
                group.create_task(consumer.run())
            while True:
                try:
                    with connection_errors():
                        self._failure = await self._run_connection()
                    failures = 0
                except BROKEN as error:
                    self._failure = str(error) or "does not answer in time"
                    failures += 1
                raise_if_cancelled()
                log.warning("broker connection lost", reason=self._failure)
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])

    async def _run_connection(self) -> str:
        """Connects to the next node and returns why the connection broke, once it did."""
        s = self._settings
        connection = await self._connect(
            next(self._urls),
            self.instance,
            seconds=s.publish_seconds,
            heartbeat=s.heartbeat_seconds,
            prefetch=s.prefetch,
            queue_max=s.queue_max if s.declare_topology else None,
        )
        self._connection = connection
        try:
            await connection.run_or_close(self._begin(connection), s.publish_seconds)
            log.info("broker connected")
            self._subscriber.notify_reconnect()
            await self._watch(connection)
        finally:
            self._connected.clear()
            for consumer in self._all_consumers:
                consumer.discard_pending()
            await connection.close(s.ping_seconds)
        return connection.failure

    async def _begin(self, connection: Connection) -> None:
        # a new name each time: the broker may still hold the last connection's exclusive queue
        queue = f"{self.instance}.{uuid4().hex[:8]}"
        subscriber = self._subscriber
        await asyncio.gather(
            connection.subscribe(queue, subscriber.consumer, self._settings.listener_max),
            *(connection.consume(c, self.publish_envelope) for c in self._consumers),
        )
        bound = subscriber.patterns
        await connection.bind(bound)
        self._failure = ""
        self._connected.set()
        # from here on `bind` binds by itself; patterns it added during the round trip are left
        if added := subscriber.patterns - bound:
            await connection.bind(added)

    async def _watch(self, connection: Connection) -> None:
        while not connection.broken.is_set():
            raise_if_cancelled()
            try:
                async with asyncio.timeout(self._settings.watchdog_seconds):
                    await connection.broken.wait()
            except TimeoutError:
                # a busy broker answers late, and a new connection would only add to its load
                async with asyncio.timeout(self._settings.heartbeat_seconds):
                    await connection.check()
