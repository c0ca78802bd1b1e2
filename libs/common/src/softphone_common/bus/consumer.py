"""Consumers of one queue each: they batch deliveries, call a handler and settle what it handled.

No broker is known here, so that the bus on RabbitMQ and the bus in memory dispatch alike.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from softphone_common.bus.circuit_breaker import CircuitBreaker
from softphone_common.bus.delivery import Delivery, PendingDeliveries
from softphone_common.bus.envelope import Envelope, unpack
from softphone_common.contracts.events import Message
from softphone_common.process import metrics
from softphone_common.process.error_text import error_text
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_common.process.telemetry import log, tracing, tracing_batch

M = TypeVar("M", bound=Message)

Handler = Callable[[Sequence[M]], Awaitable[None]]
"""Does all the work for a batch of messages. It may get a message again, in any order, and must
leave the same state. It raises UnavailableError where waiting helps, PoisonError where no retry
can help, and any other exception where a later try may succeed."""

RawHandler = Callable[[Sequence[Envelope]], Awaitable[None]]
"""Takes messages undecoded. Whatever it raises is retried until it succeeds."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """How a consumer forms batches and how it waits.

    A batch is complete with `batch_size` messages or after `batch_seconds`. During an outage the
    batch is tried again after `outage_first_seconds`, then after twice as long each time, up to
    `outage_max_seconds`. `failures_max` failures in a row pause the consumer for `pause_seconds`.
    After `hold_seconds` of an outage or pause its messages go back to the broker.
    """

    batch_size: int = 1
    batch_seconds: float = 0.02
    outage_first_seconds: float = 0.2
    outage_max_seconds: float = 5.0
    failures_max: float = math.inf
    pause_seconds: float = 60.0
    hold_seconds: float = math.inf


class QueueConsumer:
    """Takes the deliveries of one queue in batches, one batch at a time."""

    def __init__(self, queue: str, policy: BatchPolicy) -> None:
        self.queue = queue
        self.breaker = CircuitBreaker(queue, policy.failures_max)
        self._policy = policy
        self._pending = PendingDeliveries()
        self._batch: list[Delivery] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self._paused_since: float | None = None

    @property
    def is_paused_long(self) -> bool:
        """Whether an outage or pause has lasted `hold_seconds`: then the consumer needs no more
        deliveries and its unacknowledged messages may go back to the broker."""
        if self._paused_since is None:
            return False
        return asyncio.get_running_loop().time() - self._paused_since >= self._policy.hold_seconds

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of the messages was packed that are here and not settled."""
        deliveries = (*self._batch, *self._pending.firsts())
        return min((time for each in deliveries if (time := each.envelope.time)), default=None)

    def enqueue(self, delivery: Delivery) -> None:
        """Adds a delivery to those pending; the broker's prefetch bounds their number."""
        self._pending.put(delivery)

    def discard_pending(self) -> None:
        """Drops the pending deliveries: their channel is closed and the broker delivers again."""
        self._pending.clear()

    async def run(self) -> None:
        """Handles batch after batch until cancelled."""
        while True:
            batch = await self._next_batch()
            with metrics.HANDLING.labels(self.queue).time():
                await self._settle(batch)
            self._paused_since = None
            self._batch = []
            self._idle.set()

    async def drain(self, seconds: float) -> bool:
        """Waits until the current batch is settled; False if that took longer than `seconds`.

        Pending deliveries, and a batch that waits for the end of an outage, are given up at once:
        unacknowledged messages stay with the broker.
        """
        # the order matters: a batch that ends its pause now must find nothing to go on with
        self._stopping.set()
        self.discard_pending()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def _next_batch(self) -> list[Delivery]:
        batch = self._batch = [await self._pending.get()]
        self._idle.clear()
        # from the first message on: a steady trickle must not keep a batch open
        deadline = asyncio.get_running_loop().time() + self._policy.batch_seconds
        while len(batch) < self._policy.batch_size:
            try:
                async with asyncio.timeout_at(deadline):
                    batch.append(await self._pending.get())
            except TimeoutError:
                break
        return batch

    async def _settle(self, batch: list[Delivery]) -> None:
        raise NotImplementedError

    async def _retry_during(
        self, outage: type[Exception], work: Callable[[], Awaitable[None]]
    ) -> None:
        """Does the work until it no longer raises `outage`. Raises _StoppedError at a stop.

        The batch is kept and no attempt is counted: an outage is not the fault of a message.
        """
        pause = self._policy.outage_first_seconds
        while True:
            try:
                await work()
            except outage as error:
                log.warning("batch waits", queue=self.queue, error=str(error))
            else:
                self._paused_since = None
                return
            await self._pause(pause)
            pause = min(pause * 2, self._policy.outage_max_seconds)

    async def _pause(self, seconds: float) -> None:
        """Waits. Raises _StoppedError if the service stops meanwhile."""
        if self._paused_since is None:
            self._paused_since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise _StoppedError


class MessageConsumer(QueueConsumer, Generic[M]):
    """Decodes the messages of a queue for a handler; retries and dead-letters those that fail."""

    def __init__(
        self,
        queue: str,
        messages: tuple[type[M], ...],
        handler: Handler[M],
        policy: BatchPolicy,
    ) -> None:
        super().__init__(queue, policy)
        self._messages = messages
        self._handler = handler

    async def _settle(self, batch: list[Delivery]) -> None:
        readable: list[tuple[Delivery, M]] = []
        unreadable: list[tuple[Delivery, PoisonError]] = []
        for delivery in batch:
            try:
                message = self._read(delivery.envelope)
            except PoisonError as error:
                unreadable.append((delivery, error))
                continue
            if isinstance(message, self._messages):
                readable.append((delivery, message))
            else:
                # a binding of an earlier release outlives it; its messages need no handler
                with tracing(delivery.envelope.traceparent):
                    ids = delivery.envelope.log_ids
                    log.warning(
                        "message of another type", queue=self.queue, type=message.type, **ids
                    )
                await delivery.ack()
        with suppress(_StoppedError):
            if readable:
                await self._handle(readable)
            for delivery, poison in unreadable:
                await self._wait_for_breaker()
                await self._fail(delivery, poison)

    def _read(self, envelope: Envelope) -> Message:
        """Decodes the message. Raises PoisonError also for one that came under a foreign key.

        RabbitMQ limits each service to the keys of its own messages. A header that names another
        type, or a body of another tenant, would get around that.
        """
        message = unpack(envelope)
        # retries and replays come under the name of the queue
        if envelope.routing_key not in (message.routing_key, self.queue):
            raise PoisonError(f"{message.type} does not belong to key {envelope.routing_key!r}")
        return message

    async def _handle(self, batch: list[tuple[Delivery, M]]) -> None:
        # while the breaker is open one message is tried, so that one failure costs one message
        if self.breaker.is_open and len(batch) > 1:
            await self._handle_singly(batch)
            return
        await self._wait_for_breaker()
        traces = [
            (message, delivery.envelope.subject, delivery.envelope.traceparent)
            for delivery, message in batch
        ]
        messages = [message for _, message in batch]
        try:
            with tracing_batch(traces):
                await self._retry_during(UnavailableError, lambda: self._handler(messages))
        except _StoppedError:
            raise
        except Exception as error:
            if len(batch) > 1:
                await self._handle_singly(batch)
            else:
                await self._fail(batch[0][0], error)
        else:
            self.breaker.record_success(batch[0][0].envelope.tenant)
            # after the work: a crash before this has the broker deliver the batch again
            for delivery, _ in batch:
                await delivery.ack()
            metrics.HANDLED.labels(self.queue, "done").inc(len(batch))

    async def _handle_singly(self, batch: list[tuple[Delivery, M]]) -> None:
        """Handles each message alone, so that only the one at fault is retried."""
        for single in batch:
            await self._handle([single])

    async def _wait_for_breaker(self) -> None:
        """Returns at once while the breaker is closed, after a pause while it is open."""
        if self.breaker.is_open:
            log.error(
                "consumer paused",
                queue=self.queue,
                failures=self.breaker.failures_max,
                reason=self.breaker.reason,
            )
            await self._pause(self._policy.pause_seconds)

    async def _fail(self, delivery: Delivery, error: Exception) -> None:
        # counted before the message is moved: moving may wait for the broker for a long time
        envelope = delivery.envelope
        self.breaker.record_failure(type(error).__name__, envelope.tenant, envelope.subject)
        reason, ids = f"{type(error).__name__}: {error}", envelope.log_ids
        with tracing(envelope.traceparent):
            if isinstance(error, PoisonError):
                why = error_text(error)
                log.error("message dead-lettered", queue=self.queue, reason=why, **ids)
                await delivery.dead_letter(reason)
                metrics.HANDLED.labels(self.queue, "dead").inc()
                return
            log.error("handler failed", queue=self.queue, exc_info=error, **ids)
            retried = await delivery.retry(reason)
        metrics.HANDLED.labels(self.queue, "retried" if retried else "dead").inc()


class RawConsumer(QueueConsumer):
    """Hands envelopes to a handler undecoded and tries again for as long as that fails."""

    def __init__(self, queue: str, handler: RawHandler, policy: BatchPolicy) -> None:
        super().__init__(queue, policy)
        self._handler = handler

    async def _settle(self, batch: list[Delivery]) -> None:
        envelopes = [delivery.envelope for delivery in batch]
        with suppress(_StoppedError):
            await self._retry_during(Exception, lambda: self._handler(envelopes))
            for delivery in batch:
                await delivery.ack()
            metrics.HANDLED.labels(self.queue, "done").inc(len(batch))


class _StoppedError(Exception):
    """The service stops while a batch waits; the batch stays with the broker."""
