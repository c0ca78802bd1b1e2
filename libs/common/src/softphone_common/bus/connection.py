"""The connection to a broker as the bus sees it: RabbitMQ's, or one in memory."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Protocol

from softphone_common.bus.consumer import QueueConsumer
from softphone_common.bus.delivery import Send
from softphone_common.bus.envelope import Envelope


class Connection(Protocol):
    """A connection that works as a whole until `broken` is set, and is then replaced."""

    broken: asyncio.Event
    failure: str

    async def run_or_close(self, steps: Coroutine[Any, Any, None], seconds: float) -> None:
        """Runs set-up steps; closes the connection if they fail, are cancelled or take too long.

        `seconds` is the time for one answer of the broker.
        """

    def mark_broken(self, failure: str) -> None:
        """Sets `broken`; of several failures the first is kept, since it caused the others."""

    async def publish(self, exchange: str, envelope: Envelope, *, mandatory: bool) -> bool:
        """Returns whether the broker confirmed the message; if not, the connection is broken now.

        Raises UnavailableError if the broker refused the message because a queue is full.
        """

    async def consume(self, consumer: QueueConsumer, send: Send) -> None:
        """Consumes a durable queue; copies for retries and dead letters are published by `send`.

        A consumer that is paused for long gets nothing until its outage is over.
        """

    async def subscribe(self, queue: str, consumer: QueueConsumer, messages_max: int) -> None:
        """Consumes an exclusive queue that ends with the connection and holds `messages_max`.

        One message more breaks the connection, so that the subscriber notices the gap.
        """

    async def bind(self, keys: Iterable[str]) -> None:
        """Binds the subscriber's queue to these topic patterns."""

    async def unbind(self, key: str) -> None:
        """Removes a binding of the subscriber's queue."""

    async def cancel(self) -> None:
        """Cancels all consumers; what they have can still be acknowledged."""

    async def check(self) -> None:
        """Marks the connection broken if a consumer is gone, and suspends those paused for long.

        A suspended consumer's messages go back to the broker. The end of its pause breaks the
        connection too: the next one consumes again.
        """

    async def lengths(self, queues: Iterable[str]) -> dict[str, int]:
        """The messages that wait in each of these queues, without those a consumer has."""

    async def close(self, seconds: float) -> None:
        """Closes; gives up on the broker's answer after `seconds`."""


class Connect(Protocol):
    """Opens a connection with the whole topology declared."""

    async def __call__(
        self,
        url: str,
        name: str,
        *,
        seconds: float,
        heartbeat: int,
        prefetch: int,
        queue_max: int | None,
    ) -> Connection: ...
