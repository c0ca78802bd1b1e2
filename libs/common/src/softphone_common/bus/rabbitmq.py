"""Two connections to RabbitMQ with the topology declared; broken once means broken for good.

Nothing is repaired in part. A lost connection, a consumer the broker cancelled, an unroutable
message and a failed acknowledgement each break the whole, and the bus connects anew.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import aio_pika
import aiormq
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
)

from softphone_common.bus import topology
from softphone_common.bus.aiormq_compat import (
    BROKEN,
    bind_all,
    close_within,
    connection_errors,
    has_consumer,
    is_blocked,
    message_count,
    open_rabbit,
)
from softphone_common.bus.consumer import QueueConsumer
from softphone_common.bus.delivery import Delivery, QueuedDelivery, Send, TransientDelivery
from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

_SETUP_FACTOR = 4
"""The set-up of a connection may take this many times as long as one answer: the first declaration
of a quorum queue elects its leader, and a step may have to wait for another step's answer."""


class RabbitConnection:
    """One connection to publish and one to consume, from the first declaration to `broken`.

    There are two because a broker short of disk or memory stops reading from publishers, and
    acknowledgements have to reach it all the same.
    """

    def __init__(
        self, publishing: AbstractConnection, consuming: AbstractConnection, prefetch: int
    ) -> None:
        self._publishing = publishing
        self._consuming = consuming
        self._prefetch = prefetch
        self._checker: AbstractChannel
        self._subscriber_queue: AbstractQueue
        self._exchanges: dict[str, AbstractExchange] = {}
        self._registrations: list[_Registration] = []
        self._suspended: list[QueueConsumer] = []
        self.failure = ""
        self.broken = asyncio.Event()
        for connection in (publishing, consuming):
            connection.close_callbacks.add(lambda _, error: self.mark_broken(f"closed: {error!r}"))

    @classmethod
    async def connect(
        cls,
        url: str,
        name: str,
        *,
        seconds: float,
        heartbeat: int,
        prefetch: int,
        queue_max: int | None,
    ) -> "RabbitConnection":
        """Connects and declares the whole topology, whichever queues this service consumes.

        A service that never ran yet so loses none of the messages sent to it. With `queue_max` None
        nothing is declared, and connecting fails while something is missing.
        """
        publishing = await open_rabbit(url, f"{name} publishes", heartbeat, seconds)
        try:
            consuming = await open_rabbit(url, f"{name} consumes", heartbeat, seconds)
        except BaseException:
            await close_within(publishing, seconds)
            raise
        rabbit = cls(publishing, consuming, prefetch)
        await rabbit.run_or_close(
            rabbit._require_topology(name.partition(".")[0])
            if queue_max is None
            else rabbit._declare(queue_max),
            seconds,
        )
        return rabbit

    async def run_or_close(self, steps: Coroutine[Any, Any, None], seconds: float) -> None:
        """Runs set-up steps, see `Connection`."""
        # Shielded, and cancelled only after the close: aiormq closes the channel of a cancelled
        # call (mosquito/aiormq#56), even one that is closing already, and the broker logs that
        # as an error.
        running = asyncio.create_task(steps)
        try:
            async with asyncio.timeout(seconds * _SETUP_FACTOR):
                await asyncio.shield(running)
        except BaseException:
            await self.close(seconds)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise

    def mark_broken(self, failure: str) -> None:
        """Sets `broken`; keeps the first failure, see `Connection`."""
        self.failure = self.failure or failure
        self.broken.set()

    async def publish(self, exchange: str, envelope: Envelope, *, mandatory: bool) -> bool:
        """Returns whether the broker confirmed the message, see `Connection`."""
        message = aio_pika.Message(
            envelope.body,
            headers=envelope.headers,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=envelope.id or None,
            type=envelope.type or None,
        )
        key = envelope.routing_key
        try:
            with connection_errors():
                await self._exchanges[exchange].publish(message, key, mandatory=mandatory)
        except aiormq.exceptions.PublishError:
            # the topology was deleted under us; the next connection declares it again
            self.mark_broken(f"no queue takes {key}")
        except aiormq.exceptions.DeliveryError as error:
            raise UnavailableError("RabbitMQ", f"a queue of {key} is full") from error
        except BROKEN as error:
            self.mark_broken(f"publishing failed: {error!r}")
        else:
            return True
        return False

    async def consume(self, consumer: QueueConsumer, send: Send) -> None:
        """Consumes a durable queue, unless its consumer is paused for long."""
        if consumer.is_paused_long:
            self._suspended.append(consumer)
            return
        channel = await self._consuming.channel()
        queue = await channel.get_queue(consumer.queue, ensure=False)
        registration = _Registration(channel, queue, consumer)

        def is_lost() -> bool:
            return registration.is_suspended or self.broken.is_set()

        await self._consume(
            registration,
            lambda transient: QueuedDelivery(transient, consumer.queue, send, is_lost),
        )

    async def subscribe(self, queue: str, consumer: QueueConsumer, messages_max: int) -> None:
        """Consumes an exclusive queue; one message more than it holds breaks the connection.

        RabbitMQ drops the oldest message of a full queue and notifies nobody, so the dropped
        message goes to an overflow queue, and its arrival there is the signal.
        """
        channel = await self._consuming.channel()
        overflow = f"{queue}.overflow"
        arguments: dict[str, Any] = {
            "x-max-length": messages_max,
            "x-dead-letter-exchange": topology.QUEUES,
            "x-dead-letter-routing-key": overflow,
        }
        self._subscriber_queue = await channel.declare_queue(
            queue, exclusive=True, auto_delete=True, arguments=arguments
        )
        dropped = await channel.declare_queue(
            overflow, exclusive=True, auto_delete=True, arguments={"x-max-length": 1}
        )
        await dropped.bind(topology.QUEUES, overflow)

        async def on_overflow(_: AbstractIncomingMessage) -> None:
            self.mark_broken(f"{queue} overflowed: it holds {messages_max} messages")

        await dropped.consume(on_overflow, no_ack=True)
        await self._consume(
            _Registration(channel, self._subscriber_queue, consumer), lambda transient: transient
        )

    async def bind(self, keys: Iterable[str]) -> None:
        """Binds the subscriber's queue to these topic patterns, in one round trip."""
        queue = self._subscriber_queue
        await bind_all(queue.channel, queue.name, EXCHANGE, list(keys))

    async def unbind(self, key: str) -> None:
        """Removes a binding of the subscriber's queue."""
        await self._subscriber_queue.unbind(EXCHANGE, key)

    async def cancel(self) -> None:
        """Cancels all consumers; what they have can still be acknowledged."""
        for registration in self._registrations:
            await registration.queue.cancel(registration.tag)
        self._registrations.clear()

    async def check(self) -> None:
        """Asks the broker for every consumer; marks the connection broken if one is gone.

        A consumer that is paused for long is suspended: its channel is closed, so the broker gets
        the messages back. Otherwise the broker's consumer timeout (half an hour) would take them
        away again and again, and count each time towards the delivery limit.
        """
        if not await is_blocked(self._publishing):
            await self._checker.declare_exchange(EXCHANGE, passive=True)
        for registration in [c for c in self._registrations if c.consumer.is_paused_long]:
            self._registrations.remove(registration)
            self._suspended.append(registration.consumer)
            registration.is_suspended = True
            await registration.channel.close()
            registration.consumer.discard_pending()
            log.warning("consumer suspended", queue=registration.consumer.queue)
        for registration in self._registrations:
            if not await registration.is_alive():
                self.mark_broken(f"the broker cancelled the consumer of {registration.queue.name}")
        for consumer in self._suspended:
            if not consumer.is_paused_long:
                self.mark_broken(f"the outage that suspended {consumer.queue} is over")

    async def lengths(self, queues: Iterable[str]) -> dict[str, int]:
        """The messages that wait in each of these queues."""
        async with self._publishing.channel(publisher_confirms=False) as channel:
            return {name: await message_count(channel, name) for name in queues}

    async def close(self, seconds: float) -> None:
        """Closes both connections; gives up on the broker's answer after `seconds`."""
        await asyncio.gather(
            *(close_within(c, seconds) for c in (self._publishing, self._consuming))
        )

    async def _open_channels(self) -> AbstractChannel:
        """The channel to publish on. Checks have another one, because aiormq locks a channel until
        an answer has come, and messages would wait for it."""
        self._checker = await self._publishing.channel(publisher_confirms=False)
        return await self._publishing.channel(on_return_raises=True)

    async def _declare(self, queue_max: int) -> None:
        """Declares all exchanges and queues, the queues concurrently: one after another would
        cost a busy process seconds, because it waits its turn for each answer."""
        channel = await self._open_channels()
        for name in topology.exchanges():
            self._exchanges[name] = await channel.declare_exchange(name, "topic", durable=True)
        work = [
            (queue, [(topology.QUEUES, queue.name), *_keys(EXCHANGE, queue)])
            for queue in topology.work_queues(queue_max)
        ]
        retry = [(queue, _keys(exchange, queue)) for exchange, queue in topology.retry_queues()]
        for queues in (work, retry):
            await asyncio.gather(*(_declare_queue(self._publishing, *each) for each in queues))
        await channel.declare_exchange(topology.completion(), "fanout", durable=True)

    async def _require_topology(self, service: str) -> None:
        """Raises ConnectionError naming an exchange or queue that does not exist yet."""
        channel = await self._open_channels()
        for name in (*topology.exchanges_of(service), topology.completion()):
            with _missing(f"exchange {name}"):
                self._exchanges[name] = await channel.declare_exchange(name, passive=True)
        own = topology.queues_of(service)
        await asyncio.gather(*(_require_queue(self._publishing, name) for name in own))

    async def _acknowledge(self, message: AbstractIncomingMessage) -> None:
        """Acknowledges; on a closed connection nothing is left to do, since the broker delivers
        the message again."""
        try:
            with connection_errors():
                await message.ack()
        except BROKEN as error:
            self.mark_broken(f"acknowledging failed: {error!r}")

    async def _consume(
        self, registration: "_Registration", wrap: Callable[[TransientDelivery], Delivery]
    ) -> None:
        await registration.channel.set_qos(prefetch_count=self._prefetch)

        # callbacks, not the queue's iterator: that can hang after a disconnect
        async def on_message(message: AbstractIncomingMessage) -> None:
            transient = TransientDelivery(_envelope(message), lambda: self._acknowledge(message))
            registration.consumer.enqueue(wrap(transient))

        registration.tag = await registration.queue.consume(on_message)
        self._registrations.append(registration)


def _envelope(message: AbstractIncomingMessage) -> Envelope:
    return Envelope(message.body, dict(message.headers), message.routing_key or "")


@contextlib.contextmanager
def _missing(what: str) -> Iterator[None]:
    try:
        yield
    except aiormq.exceptions.ChannelNotFoundEntity as error:
        raise ConnectionError(f"{what} is missing; `softphone setup` declares it") from error


async def _require_queue(connection: AbstractConnection, name: str) -> None:
    async with connection.channel(publisher_confirms=False) as channel:
        with _missing(f"queue {name}"):
            await channel.declare_queue(name, passive=True)


async def _declare_queue(
    connection: AbstractConnection, queue: topology.Queue, bindings: list[tuple[str, str]]
) -> None:
    """Declares a queue and binds it. A queue that exists with other arguments stays as it is:
    replacing it would lose its messages."""
    channel = await connection.channel(publisher_confirms=False)
    try:
        declared = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
    except aiormq.exceptions.ChannelPreconditionFailed as error:
        # the broker closed the channel with the error (406), so the binding needs a new one
        log.warning("queue kept with other arguments", queue=queue.name, error=str(error))
        channel = await connection.channel(publisher_confirms=False)
        declared = await channel.get_queue(queue.name, ensure=False)
    for exchange, key in bindings:
        await declared.bind(exchange, key)
    await channel.close()


def _keys(exchange: str, queue: topology.Queue) -> list[tuple[str, str]]:
    return [(exchange, key) for key in queue.bindings]


@dataclass(eq=False, slots=True)
class _Registration:
    """A consumer registered at the broker, with the channel and queue that must be held for it.

    `is_suspended` says that its channel was closed on purpose and its messages were given back.
    """

    channel: AbstractChannel
    queue: AbstractQueue
    consumer: QueueConsumer
    is_suspended: bool = False
    tag: str = ""

    async def is_alive(self) -> bool:
        """Whether both aiormq and the broker still have the consumer."""
        passive = await self.channel.declare_queue(self.queue.name, passive=True)
        at_broker = bool(passive.declaration_result.consumer_count)
        return at_broker and await has_consumer(self.channel, self.tag)
