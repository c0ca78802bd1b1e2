"""A broker in memory, so that handlers are tested over the real bus without a server.

Everything above the connection is the product's own: batches, retries, dead letters, the circuit
breaker, reconnects. One suite of contract tests holds this broker to RabbitMQ's behaviour.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from softphone_common.bus import topology
from softphone_common.bus.consumer import QueueConsumer
from softphone_common.bus.delivery import Delivery, QueuedDelivery, Send, TransientDelivery
from softphone_common.bus.envelope import Envelope
from softphone_common.bus.memory_queue import MemoryQueue, MemoryRegistration
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log


class MemoryBroker:
    """The exchange, the queues and the retry delays that the buses of one test share.

    Pass `broker.connect` to a `Bus`. Messages that wait for their next try wait until `advance`,
    so a test chooses when a retry happens and never sleeps.
    """

    def __init__(self) -> None:
        self.is_available = True
        self._queues: dict[str, MemoryQueue] = {}
        self._retry_seconds: dict[str, float] = {}
        self._delayed: list[tuple[float, Envelope]] = []
        self._connections: list[MemoryConnection] = []
        self._is_complete = False
        """Whether somebody has declared everything."""
        self.now = 0.0
        """Seconds that `advance` has let pass."""

    async def connect(
        self,
        url: str,
        name: str,
        *,
        seconds: float,
        heartbeat: int,
        prefetch: int,
        queue_max: int | None,
    ) -> "MemoryConnection":
        """Declares the topology and connects, or requires the topology if `queue_max` is None.

        Raises ConnectionError while stopped or while a required queue is missing.
        """
        await asyncio.sleep(0)
        if not self.is_available:
            raise ConnectionRefusedError("the broker is stopped")
        if queue_max is None:
            self._require_topology(name.partition(".")[0])
        else:
            self._declare(queue_max)
        for exchange, queue in topology.retry_queues():
            self._retry_seconds[exchange] = queue.arguments["x-message-ttl"] / 1000
        connection = MemoryConnection(self, prefetch)
        self._connections.append(connection)
        return connection

    def _declare(self, queue_max: int) -> None:
        for queue in topology.work_queues(queue_max):
            if queue.name not in self._queues:
                limit = queue.arguments.get("x-max-length")
                self._queues[queue.name] = MemoryQueue(queue.name, set(queue.bindings), limit)
        self._is_complete = True

    def _require_topology(self, service: str) -> None:
        queues = (f"queue {n}" for n in topology.queues_of(service) if n not in self._queues)
        missing = next(queues, "" if self._is_complete else f"exchange {topology.completion()}")
        if missing:
            raise ConnectionError(f"{missing} is missing; `softphone setup` declares it")

    def stop(self) -> None:
        """Breaks all connections and refuses new ones until `start`; queues keep their messages."""
        self.is_available = False
        for connection in list(self._connections):
            connection.mark_broken("closed: the broker was stopped")
            connection.disconnect()

    def start(self) -> None:
        """Accepts connections again; buses reconnect by themselves."""
        self.is_available = True

    def advance(self, seconds: float) -> None:
        """Lets time pass for messages that wait for their next try."""
        self.now += seconds
        due = [envelope for at, envelope in self._delayed if at <= self.now]
        self._delayed = [entry for entry in self._delayed if entry[0] > self.now]
        for envelope in due:
            try:
                self.publish(topology.QUEUES, envelope)
            except UnavailableError:
                # RabbitMQ keeps it too: the retry queues dead-letter at least once
                self._delayed.append((self.now, envelope))

    def delayed(self) -> int:
        """How many messages wait for their next try."""
        return len(self._delayed)

    def ready(self, queue: str) -> int:
        """How many messages of a queue wait for a consumer."""
        return len(self._queues[queue].ready)

    def consumers(self, queue: str) -> int:
        """How many consumers a queue has."""
        return len(self._queues[queue].registrations)

    def take(self, queue: str) -> Envelope | None:
        """Removes and returns the oldest ready message of a queue."""
        ready = self._queues[queue].ready
        return ready.popleft() if ready else None

    def delete_queue(self, name: str) -> None:
        """Deletes a queue as an operator might; its consumers are cancelled."""
        self._queues.pop(name, None)

    def has_queue(self, name: str) -> bool:
        """Whether the queue exists."""
        return name in self._queues

    def publish(self, exchange: str, envelope: Envelope) -> bool:
        """Routes a message and returns whether some queue took it.

        Raises UnavailableError if a queue is full; the others have taken the message, as with
        RabbitMQ.
        """
        if exchange in self._retry_seconds:
            self._delayed.append((self.now + self._retry_seconds[exchange], envelope))
            return True
        key = envelope.routing_key
        queues = [queue for queue in self._queues.values() if queue.takes(exchange, key)]
        full = [queue for queue in queues if not queue.put(envelope)]
        if full:
            raise UnavailableError("RabbitMQ", f"a queue of {key} is full")
        return bool(queues)

    def declare_exclusive(
        self, name: str, messages_max: int, on_overflow: Callable[[], None]
    ) -> MemoryQueue:
        """A queue that its connection deletes when it ends."""
        queue = self._queues[name] = MemoryQueue(name, set(), messages_max, on_overflow)
        return queue

    def find(self, name: str) -> MemoryQueue:
        """The queue with this name. Raises ConnectionError, as RabbitMQ closes the channel."""
        try:
            return self._queues[name]
        except KeyError:
            raise ConnectionError(f"no queue {name}") from None

    def drop(self, connection: "MemoryConnection", exclusive: str | None) -> None:
        """Forgets a connection and deletes its exclusive queue."""
        if connection in self._connections:
            self._connections.remove(connection)
        if exclusive is not None:
            self._queues.pop(exclusive, None)


class MemoryConnection:
    """A connection of one bus to the broker in memory, see `Connection`."""

    def __init__(self, broker: MemoryBroker, prefetch: int) -> None:
        self.broken = asyncio.Event()
        self.failure = ""
        self._broker = broker
        self._prefetch = prefetch
        self._subscriber_queue: MemoryQueue | None = None
        self._registrations: list[MemoryRegistration] = []
        self._suspended: list[QueueConsumer] = []

    async def run_or_close(self, steps: Coroutine[Any, Any, None], seconds: float) -> None:
        """Runs set-up steps; closes the connection if they fail."""
        try:
            async with asyncio.timeout(seconds):
                await steps
        except BaseException:
            self.disconnect()
            raise

    def mark_broken(self, failure: str) -> None:
        """Sets `broken`; keeps the first failure."""
        self.failure = self.failure or failure
        self.broken.set()

    async def publish(self, exchange: str, envelope: Envelope, *, mandatory: bool) -> bool:
        """Routes the message before it confirms: a confirmed message is in its queues."""
        await asyncio.sleep(0)
        if self.broken.is_set():
            return False
        if not self._broker.publish(exchange, envelope) and mandatory:
            self.mark_broken(f"no queue takes {envelope.routing_key}")
            return False
        return True

    async def consume(self, consumer: QueueConsumer, send: Send) -> None:
        """Consumes a durable queue, unless its consumer is paused for long."""
        if consumer.is_paused_long:
            self._suspended.append(consumer)
            return
        registration = MemoryRegistration(
            self._broker.find(consumer.queue), consumer, self._prefetch
        )

        def is_lost() -> bool:
            return registration.is_cancelled or self.broken.is_set()

        self._begin(
            registration,
            lambda transient: QueuedDelivery(transient, consumer.queue, send, is_lost),
        )

    async def subscribe(self, queue: str, consumer: QueueConsumer, messages_max: int) -> None:
        """Consumes an exclusive queue; one message more than it holds breaks the connection."""
        overflow = f"{queue} overflowed: it holds {messages_max} messages"
        own = self._broker.declare_exclusive(
            queue, messages_max, lambda: self.mark_broken(overflow)
        )
        self._subscriber_queue = own
        self._begin(MemoryRegistration(own, consumer, self._prefetch), lambda transient: transient)

    async def bind(self, keys: Iterable[str]) -> None:
        """Binds the subscriber's queue to these topic patterns."""
        await asyncio.sleep(0)
        assert self._subscriber_queue is not None
        self._subscriber_queue.patterns.update(keys)

    async def unbind(self, key: str) -> None:
        """Removes a binding of the subscriber's queue."""
        assert self._subscriber_queue is not None
        self._subscriber_queue.patterns.discard(key)

    async def cancel(self) -> None:
        """Cancels all consumers; what they have can still be acknowledged."""
        for registration in self._registrations:
            registration.queue.registrations.remove(registration)

    async def check(self) -> None:
        """Suspends consumers that are paused for long, as `RabbitConnection.check` does."""
        for registration in [c for c in self._registrations if c.consumer.is_paused_long]:
            self._registrations.remove(registration)
            self._suspended.append(registration.consumer)
            registration.give_back()
            registration.consumer.discard_pending()
            log.warning("consumer suspended", queue=registration.consumer.queue)
        for registration in self._registrations:
            if not self._broker.has_queue(registration.queue.name):
                queue = registration.queue.name
                self.mark_broken(f"the broker cancelled the consumer of {queue}")
        for consumer in self._suspended:
            if not consumer.is_paused_long:
                self.mark_broken(f"the outage that suspended {consumer.queue} is over")

    async def lengths(self, queues: Iterable[str]) -> dict[str, int]:
        """The messages that wait in each of these queues."""
        return {name: self._broker.ready(name) for name in queues}

    async def close(self, seconds: float) -> None:
        """Disconnects without waiting for anything."""
        self.mark_broken("closed")
        self.disconnect()

    def disconnect(self) -> None:
        """Gives unacknowledged messages back and deletes the exclusive queue."""
        own = self._subscriber_queue
        self._broker.drop(self, own.name if own is not None else None)
        for registration in self._registrations:
            registration.give_back()
        self._registrations.clear()

    def _begin(
        self, registration: MemoryRegistration, wrap: Callable[[TransientDelivery], Delivery]
    ) -> None:
        registration.wrap = wrap
        self._registrations.append(registration)
        registration.queue.registrations.append(registration)
        registration.queue.deliver()
