"""The way to RabbitMQ and all that is built on it; in doubt once means in doubt for good.

Nothing is restored in part: a lost connection, a consumer the broker cancelled, an unroutable
message and an acknowledgement that fails all put the whole link in doubt.
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
from softphone_common.bus.consumer import Delivery, QueueConsumer
from softphone_common.bus.delivery import QueuedDelivery, Send, TransientDelivery
from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

BROKEN = (aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError)
"""What aio_pika raises when the broker or the way to it fails."""


@contextlib.contextmanager
def connection_errors() -> Iterator[None]:
    """Turns what nobody asked for into what it means: of those who wait for a connection that it
    closes, aiormq cancels some, and has others raise an Exception that says nothing."""
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise ConnectionError("the connection was closed meanwhile") from None
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if waiting is not None and waiting.cancelling():
            raise
        raise ConnectionError("the connection was closed meanwhile") from None


def raise_if_cancelled() -> None:
    """Raises CancelledError if somebody asked for it: `wait_for`, with which aio_pika and aiormq
    wait, loses one that comes just as what it waits for is done."""
    waiting = asyncio.current_task()
    if waiting is not None and waiting.cancelling():
        raise asyncio.CancelledError


_BUILD_FACTOR = 4
"""Steps that build a link may take that many answers' time: the first declaration of quorum queues
elects a leader for each, and one step may need another's answer first."""


class RabbitConnection:
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
        self._held: list[_Held] = []
        self._left: list[QueueConsumer] = []
        self.failure = ""
        self.broken = asyncio.Event()
        for connection in (publishing, consuming):
            connection.close_callbacks.add(lambda _, error: self.mark_broken(f"closed: {error!r}"))

    @classmethod
    async def connect(
        cls, url: str, name: str, *, seconds: float, heartbeat: int, prefetch: int, queue_max: int
    ) -> "RabbitConnection":
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
        await link.run_or_close(link._declare(queue_max), seconds)
        return link

    async def run_or_close(self, steps: Coroutine[Any, Any, None], seconds: float) -> None:
        """Takes these steps, with `seconds` for an answer and some more for all.

        Where that fails, takes too long or is cancelled, the link is closed: steps cancelled while
        it is open would have aiormq close their channels, even those that are closing already,
        which the broker complains of.
        """
        taking = asyncio.create_task(steps)
        try:
            async with asyncio.timeout(seconds * _BUILD_FACTOR):
                await asyncio.shield(taking)
        except BaseException:
            await self.close(seconds)
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            raise

    def mark_broken(self, why: str) -> None:
        """Whoever waits for `broken` must begin again with a new connection."""
        self.failure = self.failure or why
        self.broken.set()

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
            with connection_errors():
                await self._exchanges[exchange].publish(message, key, mandatory=mandatory)
        except aiormq.exceptions.PublishError:
            self.mark_broken(f"no queue takes {key}")
        except aiormq.exceptions.DeliveryError as error:
            raise UnavailableError("RabbitMQ", f"a queue of {key} is full") from error
        except BROKEN as error:
            self.mark_broken(f"publishing failed: {error!r}")
        else:
            return True
        return False

    async def consume(self, line: QueueConsumer, send: Send) -> None:
        """Takes from a durable queue; what can't be handled is moved on with `send`. From one whose
        line is held up only when it no longer is."""
        if line.is_held_up:
            self._left.append(line)
            return
        channel = await self._consuming.channel()
        queue = await channel.get_queue(line.queue, ensure=False)
        held = _Held(channel, queue, line)

        def wrap(heard: TransientDelivery) -> QueuedDelivery:
            return QueuedDelivery(
                heard, line.queue, send, lambda: held.gone or self.broken.is_set()
            )

        await self._take(held, wrap)

    async def listen(self, queue: str, line: QueueConsumer, most: int) -> None:
        """Takes from a queue of its own, which ends with the connection and holds `most`. One more,
        and the link is in doubt: what is not heard must be made good as after any other gap."""
        channel = await self._consuming.channel()
        overflow = f"{queue}.overflow"
        own: dict[str, Any] = {
            "x-max-length": most,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": overflow,
        }
        self._own = await channel.declare_queue(
            queue, exclusive=True, auto_delete=True, arguments=own
        )
        spilt = await channel.declare_queue(
            overflow, exclusive=True, auto_delete=True, arguments={"x-max-length": 1}
        )

        async def on_spilt(_: AbstractIncomingMessage) -> None:
            self.mark_broken(f"more was said at once than the {most} messages that {queue} holds")

        await spilt.consume(on_spilt, no_ack=True)
        await self._take(_Held(channel, self._own, line), lambda heard: heard)

    async def bind(self, keys: Iterable[str]) -> None:
        """Has the own queue get what these patterns select. However many they are, the broker's
        answer is waited for once."""
        underlay: Any = await self._own.channel.get_underlay_channel()
        for key in keys:
            await underlay.queue_bind(self._own.name, EXCHANGE, key, nowait=True)
        await underlay.queue_declare(self._own.name, passive=True)

    async def unbind(self, key: str) -> None:
        """The opposite."""
        await self._own.unbind(EXCHANGE, key)

    async def cancel(self) -> None:
        """Takes no more; what was taken can still be settled."""
        for held in self._held:
            await held.queue.cancel(held.tag)
        self._held.clear()

    async def check(self) -> None:
        """Asks the broker, not only ourselves, whether all consumers still live; doubts if not.

        A line that is held up gives its messages back, and gets them again when it goes on: the
        broker, whose own patience with a consumer ends after half an hour, would take them away
        each time that passes, and count it against them.
        """
        if not await self._is_blocked():
            await self._publisher.declare_exchange(EXCHANGE, "topic", durable=True)
        for held in [held for held in self._held if held.line.is_held_up]:
            self._held.remove(held)
            self._left.append(held.line)
            held.gone = True
            await held.channel.close()
            held.line.forget_waiting()
            log.warning("messages given back until the outage is over", queue=held.line.queue)
        for held in self._held:
            if not await held.is_alive():
                self.mark_broken(f"the broker cancelled the consumer of {held.queue.name}")
        for line in self._left:
            if not line.is_held_up:
                self.mark_broken(f"the outage that held up {line.queue} is over")

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

    async def _acknowledge(self, message: AbstractIncomingMessage) -> None:
        """Does nothing more if the connection is gone, since the broker knows."""
        try:
            with connection_errors():
                await message.ack()
        except BROKEN as error:
            self.mark_broken(f"acknowledging failed: {error!r}")

    async def _take(self, held: "_Held", wrap: Callable[[TransientDelivery], Delivery]) -> None:
        await held.channel.set_qos(prefetch_count=self._prefetch)

        async def on_message(message: AbstractIncomingMessage) -> None:
            heard = TransientDelivery(_envelope(message), lambda: self._acknowledge(message))
            held.line.offer(wrap(heard))

        held.tag = await held.queue.consume(on_message)
        self._held.append(held)


def _envelope(message: AbstractIncomingMessage) -> Envelope:
    return Envelope(message.body, dict(message.headers), message.routing_key or "")


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


@dataclass(eq=False, slots=True)
class _Held:
    """A consumer, with what must be held for it to live. `gone`: its messages were given back."""

    channel: AbstractChannel
    queue: AbstractQueue
    line: QueueConsumer
    gone: bool = False
    tag: str = ""

    async def is_alive(self) -> bool:
        """Whether we know of it, and the broker does."""
        underlay: Any = await self.channel.get_underlay_channel()
        asked = await self.channel.declare_queue(self.queue.name, passive=True)
        return self.tag in underlay.consumers and bool(asked.declaration_result.consumer_count)
