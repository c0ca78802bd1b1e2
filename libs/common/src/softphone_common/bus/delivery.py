"""Messages as the broker delivered them, and how each is acknowledged, retried or dead-lettered."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from softphone_common.bus import topology
from softphone_common.bus.envelope import ATTEMPT_HEADER, QUEUE_HEADER, REASON_HEADER, Envelope
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

Send = Callable[[str, Envelope], Awaitable[None]]
"""Publishes to an exchange and returns when that is confirmed, or raises UnavailableError."""

_REASON_MAX = 2000
"""Characters of a dead letter's reason; all headers have to fit into one frame of the broker's."""


class Delivery(Protocol):
    """One delivered message, to be settled exactly once."""

    @property
    def envelope(self) -> Envelope: ...

    async def ack(self) -> None:
        """Acknowledges: the broker forgets the message."""

    async def retry(self, reason: str) -> bool:
        """Has it delivered again later; False if that was its last try and it is a dead letter."""

    async def dead_letter(self, reason: str) -> None:
        """Moves it to the dead letter queue with this reason."""


class PendingDeliveries:
    """Deliveries that wait for their consumer, handed out one of each tenant in turn.

    The deliveries of a tenant keep their order. However many of them wait, a delivery of another
    tenant is overtaken by one of each tenant only.
    """

    def __init__(self) -> None:
        self._by_tenant: dict[str, deque[Delivery]] = {}
        self._arrived = asyncio.Event()

    def put(self, delivery: Delivery) -> None:
        """Adds a delivery behind those of its tenant."""
        self._by_tenant.setdefault(delivery.envelope.tenant, deque()).append(delivery)
        self._arrived.set()

    async def get(self) -> Delivery:
        """Waits for the next delivery and takes it out."""
        while not self._by_tenant:
            self._arrived.clear()
            await self._arrived.wait()
        tenant = next(iter(self._by_tenant))
        own = self._by_tenant.pop(tenant)
        delivery = own.popleft()
        if own:
            self._by_tenant[tenant] = own  # behind the other tenants
        return delivery

    def firsts(self) -> list[Delivery]:
        """The first delivery of each tenant."""
        return [own[0] for own in self._by_tenant.values()]

    def clear(self) -> None:
        """Drops the deliveries of all tenants."""
        self._by_tenant.clear()


class TransientDelivery:
    """A message to a subscriber. Subscribers keep their state in memory and read the store again
    after a failure, so there is no second try."""

    def __init__(self, envelope: Envelope, acknowledge: Callable[[], Awaitable[None]]) -> None:
        self.envelope = envelope
        self._acknowledge = acknowledge

    async def ack(self) -> None:
        """Acknowledges, as `Delivery` describes."""
        await self._acknowledge()

    async def retry(self, reason: str) -> bool:
        """Acknowledges without another try; the reason is in the log."""
        await self._acknowledge()
        return False

    async def dead_letter(self, reason: str) -> None:
        """Acknowledges without a dead letter; the reason is in the log."""
        await self._acknowledge()


class QueuedDelivery:
    """A message of a work queue. A retry or a dead letter is a copy, published with `send`.

    Once `is_lost`, nothing is published or acknowledged: the broker delivers the message again,
    because its channel is closed.
    """

    def __init__(
        self, transient: TransientDelivery, queue: str, send: Send, is_lost: Callable[[], bool]
    ) -> None:
        self.envelope = transient.envelope
        self.ack = transient.ack
        self._queue = queue
        self._send = send
        self._is_lost = is_lost

    async def retry(self, reason: str) -> bool:
        """Publishes a copy to the retry queue of this attempt, then acknowledges."""
        attempt = self.envelope.attempt
        exchange = topology.retry_exchange(attempt)
        if exchange is None:
            await self.dead_letter(reason)
            return False
        await self._move(exchange, self._queue, {ATTEMPT_HEADER: attempt + 1})
        return True

    async def dead_letter(self, reason: str) -> None:
        """Publishes a copy with the reason to the dead letter queue, then acknowledges."""
        headers = {REASON_HEADER: reason[:_REASON_MAX], QUEUE_HEADER: self._queue}
        await self._move(topology.QUEUES, topology.dead(self._queue), headers)

    async def _move(self, exchange: str, key: str, headers: dict[str, Any]) -> None:
        """Publishes first: a crash in between leaves two copies, the other order would leave none.

        RabbitMQ's own dead-lettering (`basic.reject`) is not used, since it can't add the reason
        and the attempt to the headers.
        """
        copy = Envelope(self.envelope.body, {**self.envelope.headers, **headers}, key)
        while not self._is_lost():
            try:
                await self._send(exchange, copy)
            except UnavailableError as error:
                log.warning(
                    "message not moved yet", queue=self._queue, error=str(error), **copy.log_ids
                )
            else:
                # a crash before this leaves the message in both queues, and handlers bear that
                await self.ack()
                return
