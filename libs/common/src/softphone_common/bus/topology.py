"""The exchanges and queues the broker must have, as data derived from the catalogue."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from softphone_common.contracts.catalogue import CATALOGUE, EXCHANGE, patterns

QUEUES = "softphone.queues"
"""A topic exchange that routes to a queue by its name, as the default exchange does.

RabbitMQ checks routing keys for topic exchanges only: a user who may publish to the default
exchange can forge messages in every queue.
"""

COMPLETION = "softphone.declared"

RETRY_SECONDS = (1, 5, 30, 120)
"""Seconds a message waits before each retry; after the last it becomes a dead letter."""

DELIVERY_LIMIT = 20
"""Deliveries without an answer, because consumers died, before a message is a dead letter."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue with its arguments and the topic patterns that bind it to the exchange."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    bindings: tuple[str, ...] = ()


def dead(queue: str) -> str:
    """The name of a work queue's dead letter queue."""
    return f"{queue}.dead"


def retry_exchange(attempt: int) -> str | None:
    """The exchange for a retry after `attempt` earlier failures, or None if that was the last.

    The work queue is the routing key of what is published there.
    """
    return _delay(RETRY_SECONDS[attempt]) if attempt < len(RETRY_SECONDS) else None


def exchanges() -> tuple[str, ...]:
    """All exchanges, each of which is a durable topic exchange."""
    return (EXCHANGE, QUEUES, *(name for name, _ in retry_queues()))


def completion() -> str:
    """The name of the exchange that is declared last: everything else exists once it does.

    Nothing is sent there, and each topology has another name. Services that may not declare wait
    for this exchange: RabbitMQ 4.3 tells no user about a queue to which the user has no right.
    """
    queues = [*work_queues(), *(queue for _, queue in retry_queues())]
    content = json.dumps([exchanges(), [(queue.name, queue.bindings) for queue in queues]])
    return f"{COMPLETION}.{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def queues_of(service: str) -> list[str]:
    """The names of the work queues that a service consumes."""
    names = (name for entry in CATALOGUE for name in entry.queues)
    return list(dict.fromkeys(name for name in names if name.startswith(f"{service}.")))


def exchanges_of(service: str) -> tuple[str, ...]:
    """The exchanges that a service sends to: without a work queue it has nothing to try again."""
    return exchanges() if queues_of(service) else (EXCHANGE, QUEUES)


def work_queues(messages_max: int | None = None) -> tuple[Queue, ...]:
    """Every work queue of the catalogue, limited to `messages_max` messages, and its dead letter
    queue, which has no limit."""
    bound: dict[str, list[str]] = {}
    for entry in CATALOGUE:
        for name in entry.queues:
            bound.setdefault(name, []).extend(patterns(entry.message))
    live = [
        Queue(name, _work_arguments(name, messages_max), tuple(keys))
        for name, keys in bound.items()
    ]
    return (*live, *(Queue(dead(queue.name), _KEPT) for queue in live))


def retry_queues() -> tuple[tuple[str, Queue], ...]:
    """For each retry delay the name of a topic exchange, and the queue that takes all its messages.

    An expired message is dead-lettered to the default exchange and keeps its routing key, the name
    of its work queue, so that all work queues share these queues.
    """
    pairs = []
    for seconds in RETRY_SECONDS:
        arguments = {
            **_QUORUM,
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": "",
            **_AT_LEAST_ONCE,
        }
        pairs.append((_delay(seconds), Queue(f"softphone.retry.{seconds}s", arguments, ("#",))))
    return tuple(pairs)


_QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}
_KEPT: dict[str, Any] = {**_QUORUM, "x-delivery-limit": 2**31 - 1}
"""Arguments of dead letter queues: without this limit RabbitMQ 4 drops a message that is delivered
for the 21st time, since a dead letter queue has no dead letter queue."""

# RabbitMQ dead-letters at most once by default: a crash in between loses the message. At least once
# needs reject-publish, which also pushes the pressure of a full queue back to its publishers.
_AT_LEAST_ONCE: dict[str, Any] = {
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


def _delay(seconds: int) -> str:
    # not the name of the queue, which is that of a fanout exchange of releases before 0.2.0
    return f"softphone.delay.{seconds}s"


def _work_arguments(name: str, messages_max: int | None) -> dict[str, Any]:
    return {
        **_QUORUM,
        **_AT_LEAST_ONCE,
        **({} if messages_max is None else {"x-max-length": messages_max}),
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead(name),
    }
