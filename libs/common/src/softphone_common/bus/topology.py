"""What the broker must hold, as data derived from the catalogue; declares nothing itself."""

from dataclasses import dataclass, field
from typing import Any

from softphone_common.contracts.catalogue import CATALOGUE, patterns

RETRY_SECONDS = (1, 5, 30, 120)
"""How long a message waits before each further try; after the last it is a dead letter."""

DELIVERY_LIMIT = 20
"""Deliveries a message may cost without an answer (its consumer died) before it is dead."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue: its name, its arguments, and its bindings to the topic exchange."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    bindings: tuple[str, ...] = ()


def dead(queue: str) -> str:
    """The name of the queue's dead letter queue."""
    return f"{queue}.dead"


def retry_exchange(attempt: int) -> str | None:
    """Where to publish, with the work queue as key, for a wait after that many failures."""
    return _waiting(RETRY_SECONDS[attempt]) if attempt < len(RETRY_SECONDS) else None


def work_queues(most: int | None = None) -> tuple[Queue, ...]:
    """Every work queue of the catalogue, which holds at most so many messages, and its dead letter
    queue, which holds all there are."""
    bound: dict[str, list[str]] = {}
    for entry in CATALOGUE:
        for name in entry.queues:
            bound.setdefault(name, []).extend(patterns(entry.message))
    live = [Queue(name, _work_arguments(name, most), tuple(keys)) for name, keys in bound.items()]
    return (*live, *(Queue(dead(queue.name), _KEPT) for queue in live))


def retry_queues() -> tuple[tuple[str, Queue], ...]:
    """For each step of waiting a fanout exchange and its queue.

    What waited there goes to the default exchange under the key it came with: the work queue.
    """
    pairs = []
    for seconds in RETRY_SECONDS:
        name = _waiting(seconds)
        arguments = {
            **_QUORUM,
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": "",
            **_AT_LEAST_ONCE,
        }
        pairs.append((name, Queue(name, arguments)))
    return tuple(pairs)


_QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}
_KEPT: dict[str, Any] = {**_QUORUM, "x-delivery-limit": 2**31 - 1}
"""The end of the line: RabbitMQ 4 would drop what is handed over for the 21st time."""

_AT_LEAST_ONCE: dict[str, Any] = {
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


def _waiting(seconds: int) -> str:
    return f"softphone.retry.{seconds}s"


def _work_arguments(name: str, most: int | None) -> dict[str, Any]:
    return {
        **_QUORUM,
        **_AT_LEAST_ONCE,
        **({} if most is None else {"x-max-length": most}),
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead(name),
    }
