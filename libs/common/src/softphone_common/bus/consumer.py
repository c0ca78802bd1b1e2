"""From deliveries to a handler and back: batches, tries, dead letters; knows no broker."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from softphone_common.bus.circuit_breaker import CircuitBreaker
from softphone_common.bus.envelope import Envelope, unpack
from softphone_common.contracts.events import Message
from softphone_common.process import metrics
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_common.process.telemetry import log, tracing

Handler = Callable[[Sequence[Message]], Awaitable[None]]
"""Does all the work for these messages. It may see a message again, in any order, and must leave
the same state; it raises UnavailableError where only waiting helps, PoisonError where nothing
does."""

RawHandler = Callable[[Sequence[Envelope]], Awaitable[None]]
"""Keeps these messages as they are, whatever they are; what it raises is no message's fault."""


class Delivery(Protocol):
    """One message handed over by the broker, to be settled exactly once."""

    @property
    def envelope(self) -> Envelope: ...

    async def ack(self) -> None:
        """It is handled; the broker may forget it."""

    async def retry(self, reason: str) -> bool:
        """Hand it over later; False where it has been tried often enough and is now dead."""

    async def dead_letter(self, reason: str) -> None:
        """Keep it as a dead letter with this reason."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """How many messages make a batch, how long one is waited for, how outages are sat out, and how
    many failures in a row pause a consumer for how long."""

    batch_size: int = 1
    batch_seconds: float = 0.02
    outage_first_seconds: float = 0.2
    outage_most_seconds: float = 5.0
    failures_max: float = math.inf
    pause_seconds: float = 60.0
    hold_seconds: float = math.inf


class QueueConsumer:
    """Deliveries of one queue, taken in batches, one batch at a time, by whoever knows how."""

    def __init__(self, queue: str, limits: BatchPolicy) -> None:
        self.queue = queue
        self.breaker = CircuitBreaker(queue, limits.failures_max)
        self._limits = limits
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self._held_since: float | None = None

    @property
    def is_held_up(self) -> bool:
        """Whether it sits out a long outage or pause with what it has in hand: until that is over
        it needs no more deliveries, and may give back what it has."""
        if self._held_since is None:
            return False
        return asyncio.get_running_loop().time() - self._held_since >= self._limits.hold_seconds

    def offer(self, delivery: Delivery) -> None:
        """Puts a delivery in line; the broker's prefetch bounds the line."""
        self._waiting.put_nowait(delivery)

    def forget_waiting(self) -> None:
        """Drops what is in line: its connection is gone and the broker will hand it over again."""
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def run(self) -> None:
        """Handles batch after batch until cancelled."""
        while True:
            batch = await self._collect()
            with metrics.HANDLING.labels(self.queue).time():
                await self._settle(batch)
            self._held_since = None
            self._idle.set()

    async def drain(self, seconds: float) -> bool:
        """Waits until the batch in hand is settled; False if that took too long.

        What is only in line, and a batch that sits out an outage, is given up at once: unsettled
        messages stay with the broker.
        """
        self._stopping.set()
        self.forget_waiting()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def _collect(self) -> list[Delivery]:
        batch = [await self._waiting.get()]
        self._idle.clear()
        deadline = asyncio.get_running_loop().time() + self._limits.batch_seconds
        while len(batch) < self._limits.batch_size:
            try:
                async with asyncio.timeout_at(deadline):
                    batch.append(await self._waiting.get())
            except TimeoutError:
                break
        return batch

    async def _settle(self, batch: list[Delivery]) -> None:
        raise NotImplementedError

    async def _sitting_out(
        self, work: Callable[[], Awaitable[None]], outage: type[Exception]
    ) -> None:
        """Does the work, again and again while it fails like that. Raises _GivenUp at a stop."""
        pause = self._limits.outage_first_seconds
        while True:
            try:
                await work()
            except outage as error:
                log.warning("waiting", queue=self.queue, error=str(error))
            else:
                self._held_since = None
                return
            await self._pause(pause)
            pause = min(pause * 2, self._limits.outage_most_seconds)

    async def _pause(self, seconds: float) -> None:
        """Raises _GivenUp if the service stops meanwhile."""
        if self._held_since is None:
            self._held_since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise _GivenUp


class MessageConsumer(QueueConsumer):
    """Takes the messages of a queue to their handler; what can't be handled is tried again, and is
    a dead letter in the end."""

    def __init__(self, queue: str, handler: Handler, limits: BatchPolicy) -> None:
        super().__init__(queue, limits)
        self._handler = handler

    async def _settle(self, batch: list[Delivery]) -> None:
        readable: list[tuple[Delivery, Message]] = []
        unreadable: list[tuple[Delivery, PoisonError]] = []
        for delivery in batch:
            try:
                readable.append((delivery, unpack(delivery.envelope)))
            except PoisonError as error:
                unreadable.append((delivery, error))
        with suppress(_GivenUp):
            if readable:
                await self._handle(readable)
            for delivery, why in unreadable:
                await self._when_closed()
                await self._failed(delivery, why)

    async def _handle(self, batch: list[tuple[Delivery, Message]]) -> None:
        if self.breaker.is_open and len(batch) > 1:
            await self._one_by_one(batch)
            return
        await self._when_closed()
        trace = str(batch[0][0].envelope.headers.get("traceparent", ""))
        messages = [message for _, message in batch]
        try:
            with tracing(trace):
                await self._sitting_out(lambda: self._handler(messages), UnavailableError)
        except _GivenUp:
            raise
        except Exception as error:
            if len(batch) > 1:
                await self._one_by_one(batch)
            else:
                await self._failed(batch[0][0], error)
        else:
            self.breaker.worked()
            for delivery, _ in batch:
                await delivery.ack()
            metrics.HANDLED.labels(self.queue, "done").inc(len(batch))

    async def _one_by_one(self, batch: list[tuple[Delivery, Message]]) -> None:
        for one in batch:
            await self._handle([one])

    async def _when_closed(self) -> None:
        """Returns at once, or after the pause that an open breaker wants before one more try."""
        if self.breaker.is_open:
            most, reason = self._limits.failures_max, self.breaker.reason
            log.error("consumer paused", queue=self.queue, failures=most, reason=reason)
            await self._pause(self._limits.pause_seconds)

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        self.breaker.failed(type(error).__name__)
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, PoisonError):
            log.error("dead letter", queue=self.queue, id=delivery.envelope.id, reason=reason)
            await delivery.dead_letter(reason)
            metrics.HANDLED.labels(self.queue, "dead").inc()
            return
        log.error("handler failed", queue=self.queue, id=delivery.envelope.id, exc_info=error)
        retried = await delivery.retry(reason)
        metrics.HANDLED.labels(self.queue, "retried" if retried else "dead").inc()


class RawConsumer(QueueConsumer):
    """Takes messages as they are to their keeper, and waits for as long as that fails."""

    def __init__(self, queue: str, keeper: RawHandler, limits: BatchPolicy) -> None:
        super().__init__(queue, limits)
        self._keeper = keeper

    async def _settle(self, batch: list[Delivery]) -> None:
        envelopes = [delivery.envelope for delivery in batch]
        with suppress(_GivenUp):
            await self._sitting_out(lambda: self._keeper(envelopes), Exception)
            for delivery in batch:
                await delivery.ack()
            metrics.HANDLED.labels(self.queue, "done").inc(len(batch))


class _GivenUp(Exception):  # noqa: N818 - it is a signal to itself, not an error
    """The service stops while what the batch needs is away."""
