"""From deliveries to a handler and back: batches, tries, dead letters; knows no broker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from softphone_common import metrics
from softphone_common.bus.envelope import Envelope, unpack
from softphone_common.contracts.events import Message
from softphone_common.errors import PoisonError, UnavailableError
from softphone_common.telemetry import log, tracing

Handler = Callable[[Sequence[Message]], Awaitable[None]]
"""Does all the work for these messages. It may see a message again, in any order, and must leave
the same state; it raises UnavailableError where only waiting helps, PoisonError where nothing
does."""


class Delivery(Protocol):
    """One message handed over by the broker, to be settled exactly once."""

    @property
    def envelope(self) -> Envelope: ...

    async def done(self) -> None:
        """It is handled; the broker may forget it."""

    async def again(self, reason: str) -> bool:
        """Hand it over later; False where it has been tried often enough and is now dead."""

    async def bury(self, reason: str) -> None:
        """Keep it as a dead letter with this reason."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages make a batch, how long one is waited for, and how outages are sat out."""

    batch_size: int = 1
    batch_seconds: float = 0.02
    outage_first_seconds: float = 0.2
    outage_most_seconds: float = 5.0


class Dispatcher:
    """Takes deliveries of one queue, in batches, to one handler, one batch at a time."""

    def __init__(self, queue: str, handler: Handler, limits: Limits) -> None:
        self.queue = queue
        self._handler = handler
        self._limits = limits
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()

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
            self._idle.set()

    async def drain(self, seconds: float) -> bool:
        """Waits until the batch in hand is settled; False if that took too long.

        What is only in line, and a batch that sits out an outage, is given up at once: unsettled
        messages stay with the broker.
        """
        self._stopping.set()
        self.forget_waiting()
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
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
        readable: list[tuple[Delivery, Message]] = []
        for delivery in batch:
            try:
                readable.append((delivery, unpack(delivery.envelope)))
            except PoisonError as error:
                await self._bury(delivery, str(error))
        if readable:
            await self._handle(readable)

    async def _handle(self, batch: list[tuple[Delivery, Message]]) -> None:
        trace = str(batch[0][0].envelope.headers.get("traceparent", ""))
        try:
            with tracing(trace):
                await self._sitting_out([message for _, message in batch])
        except _GivenUp:
            return
        except Exception as error:
            if len(batch) > 1:
                for one in batch:
                    await self._handle([one])
                return
            await self._failed(batch[0][0], error)
        else:
            for delivery, _ in batch:
                await delivery.done()
            metrics.HANDLED.labels(self.queue, "done").inc(len(batch))

    async def _sitting_out(self, messages: list[Message]) -> None:
        """Calls the handler until what it needs is there: an outage is no message's fault."""
        pause = self._limits.outage_first_seconds
        while True:
            try:
                await self._handler(messages)
            except UnavailableError as error:
                log.warning("waiting", queue=self.queue, resource=error.resource, error=str(error))
            else:
                return
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                pause = min(pause * 2, self._limits.outage_most_seconds)
            else:
                raise _GivenUp

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, PoisonError):
            await self._bury(delivery, reason)
            return
        log.error("handler failed", queue=self.queue, id=delivery.envelope.id, exc_info=error)
        retried = await delivery.again(reason)
        metrics.HANDLED.labels(self.queue, "retried" if retried else "dead").inc()

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        log.error("dead letter", queue=self.queue, id=delivery.envelope.id, reason=reason)
        await delivery.bury(reason)
        metrics.HANDLED.labels(self.queue, "dead").inc()


class _GivenUp(Exception):  # noqa: N818 - it is a signal to itself, not an error
    """The service stops while what the batch needs is away."""
