"""Messages as they are handed over, and how each is settled; knows no broker and handles none."""

from collections.abc import Awaitable, Callable
from typing import Any

from softphone_common.bus import topology
from softphone_common.bus.envelope import ATTEMPT_HEADER, QUEUE_HEADER, REASON_HEADER, Envelope
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

Send = Callable[[str, Envelope], Awaitable[None]]
"""Publishes to an exchange and returns when that is confirmed, or raises UnavailableError."""


class TransientDelivery:
    """A message to a listener: what it makes of it lives in memory, so there is no second try."""

    def __init__(self, envelope: Envelope, acknowledge: Callable[[], Awaitable[None]]) -> None:
        self.envelope = envelope
        self._acknowledge = acknowledge

    async def ack(self) -> None:
        """Acknowledges."""
        await self._acknowledge()

    async def retry(self, reason: str) -> bool:
        """Acknowledges: what could not be handled is made good by the next reading of the store."""
        await self._acknowledge()
        return False

    async def dead_letter(self, reason: str) -> None:
        """Acknowledges; the reason is in the log."""
        await self._acknowledge()


class QueuedDelivery:
    """A message of a work queue. What can't be handled is moved on with `send`, unless it was given
    back meanwhile or what it came by `is_lost`: the broker hands it over again."""

    def __init__(
        self, heard: TransientDelivery, queue: str, send: Send, is_lost: Callable[[], bool]
    ) -> None:
        self.envelope = heard.envelope
        self.ack = heard.ack
        self._queue = queue
        self._send = send
        self._is_lost = is_lost

    async def retry(self, reason: str) -> bool:
        """Puts a copy into the waiting queue, then acknowledges: in between it is in both."""
        attempt = self.envelope.attempt
        exchange = topology.retry_exchange(attempt)
        if exchange is None:
            await self.dead_letter(reason)
            return False
        await self._move(exchange, self._queue, {ATTEMPT_HEADER: attempt + 1})
        return True

    async def dead_letter(self, reason: str) -> None:
        """Puts a copy into the dead letter queue with the reason, then acknowledges."""
        headers = {REASON_HEADER: reason[:2000], QUEUE_HEADER: self._queue}
        await self._move("", topology.dead(self._queue), headers)

    async def _move(self, exchange: str, key: str, headers: dict[str, Any]) -> None:
        copy = Envelope(self.envelope.body, {**self.envelope.headers, **headers}, key)
        while not self._is_lost():
            try:
                await self._send(exchange, copy)
            except UnavailableError as error:
                log.warning("a message waits to be moved", queue=self._queue, error=str(error))
            else:
                await self.ack()
                return
