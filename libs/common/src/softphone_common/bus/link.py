"""The way to RabbitMQ and all that is built on it; in doubt once means in doubt for good.

Nothing is restored in part: a lost connection, a consumer the broker cancelled, an unroutable
message and an acknowledgement that fails all put the whole link in doubt.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
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
from softphone_common.bus.dispatch import Delivery, Line
from softphone_common.bus.envelope import ATTEMPT_HEADER, QUEUE_HEADER, REASON_HEADER, Envelope
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.errors import UnavailableError
from softphone_common.telemetry import log

BROKEN = (aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError)
"""What aio_pika raises when the broker or the way to it fails."""


@contextlib.contextmanager
def broken_off() -> Iterator[None]:
    """Turns a cancellation nobody asked for into what it means: aiormq cancels whoever waits for a
    connection that it closes."""
    try:
        yield
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if waiting is not None and waiting.cancelling():
            raise
        raise ConnectionError("the connection was closed meanwhile") from None


def heed_cancellation() -> None:
    """Raises CancelledError if somebody asked for it: `wait_for`, with which aio_pika and aiormq
    wait, loses one that comes just as what it waits for is done."""
    waiting = asyncio.current_task()
    if waiting is not None and waiting.cancelling():
        raise asyncio.CancelledError


_DECLARE_FACTOR = 4  # the first declaration of quorum queues elects a leader for each


class Link:
    """Two connections, one to publish and one to consume on, with the topology declared.

    A broker short of disk or memory reads no more from who publishes: what is consumed must be
    acknowledged all the same.
    """

    def __init__(
        self, publishing: AbstractConnection, consuming: AbstractConnection, prefetch: int
    ) -> None:
        self._publishing = publishing
        self._consuming = consuming
        self._prefetch = prefetch
        self._publisher: AbstractChannel
        self._own: AbstractQueue
        self._exchanges: dict[str, AbstractExchange] = {}
        self._held: list[tuple[AbstractChannel, AbstractQueue, str]] = []
        self.trouble = ""
        self.lost = asyncio.Event()
        for connection in (publishing, consuming):
            connection.close_callbacks.add(lambda _, error: self.doubt(f"closed: {error!r}"))

    @classmethod
    async def connect(
        cls, url: str, name: str, *, seconds: float, heartbeat: int, prefetch: int, queue_max: int
    ) -> "Link":
        """A new link, with the whole topology declared, whoever needs it: nothing is lost to a
        consumer that never ran yet."""

        async def connection(does: str) -> AbstractConnection:
            made = aio_pika.Connection(
                aio_pika.connection.make_url(url, heartbeat=heartbeat),
                client_properties={"connection_name": f"{name} {does}"},
            )
            try:
                await made.connect(timeout=seconds)
            except BaseException:
                await made.close()  # or else it does so when it is forgotten, in whatever thread
                raise
            return made

        publishing = await connection("publishes")
        try:
            consuming = await connection("consumes")
        except BaseException:
            await _close(publishing, seconds)
            raise
        link = cls(publishing, consuming, prefetch)
        await link.undisturbed(link._declare(queue_max), seconds * _DECLARE_FACTOR)
        return link

    async def undisturbed(self, steps: Coroutine[Any, Any, None], seconds: float) -> None:
        """Takes these steps. Where that fails, takes too long or is cancelled, the link is closed:
        steps that are cancelled while it is open would have aiormq close their channels, even
        those that are closing already, which the broker complains of."""
        taking = asyncio.create_task(steps)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(taking)
        except BaseException:
            await self.close(seconds)
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            raise

    def doubt(self, why: str) -> None:
        """Whoever waits for `lost` must begin again with a new connection."""
        self.trouble = self.trouble or why
        self.lost.set()

    async def publish(self, exchange: str, envelope: Envelope, *, mandatory: bool) -> bool:
        """Whether the broker confirmed it; if not, the link is in doubt now. Raises
        UnavailableError if the broker refused it: a queue is full."""
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
            with broken_off():
                await self._exchanges[exchange].publish(message, key, mandatory=mandatory)
        except aiormq.exceptions.PublishError:
            self.doubt(f"no queue takes {key}")
        except aiormq.exceptions.DeliveryError as error:
            raise UnavailableError("RabbitMQ", f"a queue of {key} is full") from error
        except BROKEN as error:
            self.doubt(f"publishing failed: {error!r}")
        else:
            return True
        return False

    async def consume(self, line: Line, send: "Send") -> None:
        """Takes from a durable queue; what can't be handled is moved on with `send`."""
        channel = await self._consuming.channel()
        held = await channel.get_queue(line.queue, ensure=False)
        await self._take(channel, held, line, lambda m: _Work(self, line.queue, m, send))

    async def listen(self, queue: str, keys: Iterable[str], line: Line, most: int) -> None:
        """Takes from a queue of its own, which ends with the connection and holds `most`."""
        channel = await self._consuming.channel()
        self._own = await channel.declare_queue(
            queue, exclusive=True, auto_delete=True, arguments={"x-max-length": most}
        )
        for key in keys:
            await self.bind(key)
        await self._take(channel, self._own, line, lambda m: _Heard(self, m))

    async def bind(self, key: str) -> None:
        """Has the own queue get what this pattern selects."""
        await self._own.bind(EXCHANGE, key)

    async def unbind(self, key: str) -> None:
        """The opposite."""
        await self._own.unbind(EXCHANGE, key)

    async def cancel(self) -> None:
        """Takes no more; what was taken can still be settled."""
        for _, queue, tag in self._held:
            await queue.cancel(tag)
        self._held.clear()

    async def check(self) -> None:
        """Asks the broker, not only ourselves, whether all consumers still live; doubts if not."""
        if not await self._is_blocked():
            await self._publisher.declare_exchange(EXCHANGE, "topic", durable=True)
        for channel, queue, tag in self._held:
            underlay: Any = await channel.get_underlay_channel()
            held = await channel.declare_queue(queue.name, passive=True)
            if tag not in underlay.consumers or not held.declaration_result.consumer_count:
                self.doubt(f"the broker cancelled the consumer of {queue.name}")

    async def close(self, seconds: float) -> None:
        """Closes, or gives up on closing, in that time."""
        await asyncio.gather(*(_close(c, seconds) for c in (self._publishing, self._consuming)))

    async def _declare(self, queue_max: int) -> None:
        """Declares all there is.

        The queues at the same time: one after the other costs a busy process, which has to wait
        its turn for each answer, seconds.
        """
        channel = self._publisher = await self._publishing.channel(on_return_raises=True)
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        self._exchanges = {EXCHANGE: exchange, "": channel.default_exchange}
        hung = [(queue, EXCHANGE, queue.bindings) for queue in topology.work_queues(queue_max)]
        for name, waiting in topology.retry_queues():
            fanout = await channel.declare_exchange(name, "fanout", durable=True)
            self._exchanges[name] = fanout
            hung.append((waiting, name, (waiting.name,)))
        await asyncio.gather(*(_hang(self._publishing, *each) for each in hung))

    async def _is_blocked(self) -> bool:
        """Whether the broker has said that it reads no more for now."""
        transport = self._publishing.transport
        if transport is None:
            return False
        try:
            async with asyncio.timeout(0):
                await transport.connection.ready()
        except TimeoutError:
            return True
        return False

    async def _take(
        self,
        channel: AbstractChannel,
        queue: AbstractQueue,
        line: Line,
        wrap: Callable[[AbstractIncomingMessage], Delivery],
    ) -> None:
        await channel.set_qos(prefetch_count=self._prefetch)

        async def on_message(message: AbstractIncomingMessage) -> None:
            line.offer(wrap(message))

        self._held.append((channel, queue, await queue.consume(on_message)))


async def _close(connection: AbstractConnection, seconds: float) -> None:
    closing = asyncio.create_task(connection.close())
    # not awaited itself: what it raises, a CancelledError too, is not meant for us
    await asyncio.wait([closing], timeout=seconds)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)


async def _hang(
    connection: AbstractConnection, queue: topology.Queue, exchange: str, keys: Iterable[str]
) -> None:
    """Makes a queue if it is missing, and binds it; one that was made with other arguments stays
    as it is."""
    channel = await connection.channel(publisher_confirms=False)
    try:
        held = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
    except aiormq.exceptions.ChannelPreconditionFailed as error:
        log.warning("queue kept as it was made", queue=queue.name, why=str(error))
        channel = await connection.channel(publisher_confirms=False)
        held = await channel.get_queue(queue.name, ensure=False)
    for key in keys:
        await held.bind(exchange, key)
    await channel.close()


Send = Callable[[str, Envelope], Awaitable[None]]
"""Publishes to an exchange and returns when that is confirmed, or raises UnavailableError."""


class _Heard:
    """A message to a listener: what it makes of it lives in memory, so there is no second try."""

    def __init__(self, link: Link, message: AbstractIncomingMessage) -> None:
        self._link = link
        self._message = message
        self.envelope = Envelope(message.body, dict(message.headers), message.routing_key or "")

    async def done(self) -> None:
        """Acknowledges; does nothing if the connection is gone, since the broker knows."""
        try:
            with broken_off():
                await self._message.ack()
        except BROKEN as error:
            self._link.doubt(f"acknowledging failed: {error!r}")

    async def again(self, reason: str) -> bool:
        """Acknowledges: what could not be handled is made good by the next reading of the store."""
        await self.done()
        return False

    async def bury(self, reason: str) -> None:
        """Acknowledges; the reason is in the log."""
        await self.done()


class _Work(_Heard):
    """A message of a work queue."""

    def __init__(
        self, link: Link, queue: str, message: AbstractIncomingMessage, send: Send
    ) -> None:
        super().__init__(link, message)
        self._queue = queue
        self._send = send

    async def again(self, reason: str) -> bool:
        """Puts a copy into the waiting queue, then acknowledges: in between it is in both."""
        attempt = self.envelope.attempt
        exchange = topology.retry_exchange(attempt)
        if exchange is None:
            await self.bury(reason)
            return False
        await self._move(exchange, self._queue, {ATTEMPT_HEADER: attempt + 1})
        return True

    async def bury(self, reason: str) -> None:
        """Puts a copy into the dead letter queue with the reason, then acknowledges."""
        headers = {REASON_HEADER: reason[:2000], QUEUE_HEADER: self._queue}
        await self._move("", topology.dead(self._queue), headers)

    async def _move(self, exchange: str, key: str, headers: dict[str, Any]) -> None:
        copy = Envelope(self.envelope.body, {**self.envelope.headers, **headers}, key)
        while not self._link.lost.is_set():
            try:
                await self._send(exchange, copy)
            except UnavailableError as error:
                log.warning("a message waits to be moved", queue=self._queue, error=str(error))
            else:
                await self.done()
                return
