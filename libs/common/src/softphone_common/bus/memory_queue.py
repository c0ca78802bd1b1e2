"""Queues of the broker in memory: routing, delivery in turn, acknowledgement and redelivery."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from softphone_common.bus.consumer import QueueConsumer
from softphone_common.bus.delivery import Delivery, TransientDelivery
from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.catalogue import EXCHANGE


@dataclass(eq=False)
class MemoryQueue:
    """Ready messages, oldest first, and unacknowledged ones by their delivery tag."""

    name: str
    patterns: set[str]
    messages_max: int | None = None
    on_overflow: Callable[[], None] | None = None
    ready: deque[Envelope] = field(default_factory=deque)
    unacked: dict[int, Envelope] = field(default_factory=dict)
    registrations: deque["MemoryRegistration"] = field(default_factory=deque)
    last_tag: int = 0

    def takes(self, exchange: str, key: str) -> bool:
        """Whether a message with this key is routed here; `topology.QUEUES` routes by name."""
        if exchange != EXCHANGE:
            return self.name == key
        return any(_matches(pattern, key) for pattern in self.patterns)

    def put(self, envelope: Envelope) -> bool:
        """Adds and delivers a message; False if a work queue is full.

        A full exclusive queue signals its overflow instead. Only ready messages count.
        """
        self.ready.append(envelope)
        self.deliver()
        if self.messages_max is None or len(self.ready) <= self.messages_max:
            return True
        if self.on_overflow is not None:
            self.ready.popleft()
            self.on_overflow()
            return True
        self.ready.pop()
        return False

    def deliver(self) -> None:
        """Hands ready messages to the consumers in turn, to each up to its prefetch."""
        while self.ready:
            free = next((c for c in self.registrations if len(c.tags) < c.prefetch), None)
            if free is None:
                return
            self.registrations.remove(free)
            self.registrations.append(free)
            self.last_tag += 1
            self.unacked[self.last_tag] = self.ready.popleft()
            free.deliver(self.last_tag)


@dataclass(eq=False)
class MemoryRegistration:
    """A consumer registered by one connection, with the tags of its unacknowledged messages."""

    queue: MemoryQueue
    consumer: QueueConsumer
    prefetch: int
    wrap: Callable[[TransientDelivery], Delivery] = lambda transient: transient
    is_cancelled: bool = False
    tags: set[int] = field(default_factory=set)

    def deliver(self, tag: int) -> None:
        """Enqueues an unacknowledged message of the queue with the consumer."""

        async def acknowledge() -> None:
            if tag in self.tags:
                self.tags.remove(tag)
                del self.queue.unacked[tag]
                self.queue.deliver()

        self.tags.add(tag)
        transient = TransientDelivery(self.queue.unacked[tag], acknowledge)
        self.consumer.enqueue(self.wrap(transient))

    def give_back(self) -> None:
        """Ends the consumer; its messages are the next to be delivered again, in their order."""
        self.is_cancelled = True
        if self in self.queue.registrations:
            self.queue.registrations.remove(self)
        for tag in sorted(self.tags, reverse=True):
            self.queue.ready.appendleft(self.queue.unacked.pop(tag))
        self.tags.clear()
        self.queue.deliver()


def _matches(pattern: str, key: str) -> bool:
    """Whether a topic pattern selects a key; `*` is one word, and the catalogue uses no `#`."""
    words, parts = key.split("."), pattern.split(".")
    return len(words) == len(parts) and all(
        part in {"*", word} for part, word in zip(parts, words, strict=True)
    )
