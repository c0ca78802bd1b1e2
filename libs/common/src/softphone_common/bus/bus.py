"""The bus on RabbitMQ for one service: one link at a time, built anew whenever it is in doubt."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from itertools import cycle
from uuid import uuid4

from softphone_common.bus.connection import (
    BROKEN,
    RabbitConnection,
    connection_errors,
    raise_if_cancelled,
)
from softphone_common.bus.consumer import (
    BatchPolicy,
    Handler,
    MessageConsumer,
    QueueConsumer,
    RawConsumer,
    RawHandler,
)
from softphone_common.bus.envelope import Envelope, pack
from softphone_common.bus.subscriber import Subscriber, SubscriberHandler
from softphone_common.contracts.catalogue import BY_TYPE, EXCHANGE
from softphone_common.contracts.events import Message
from softphone_common.process import metrics
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.process.telemetry import log

_AT_ONCE = 200
"""Messages published side by side: of more, the last could not be confirmed in time."""

_BACKOFF_SECONDS = (0.2, 0.5, 1, 2, 3)


class Bus:
    """Publishes and consumes for one service. A resource of `service.run`."""

    name = "RabbitMQ"

    def __init__(self, settings: Settings, service: str, *, essential: bool = True) -> None:
        self.essential = essential
        self._settings = settings
        self.service = service
        self.instance = f"{service}.{uuid4().hex[:12]}"
        urls = [url.strip() for url in settings.amqp_url.get_secret_value().split(",")]
        self._urls = cycle(random.sample(urls, len(urls)))
        self._consumers: list[QueueConsumer] = []
        self._listener = Subscriber(service)
        self._link: RabbitConnection | None = None
        self._ready = asyncio.Event()
        self._trouble = "not connected yet"
        self.task: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a link that nothing is known to be wrong with."""
        return self._ready.is_set()

    def consume(self, queue: str, handler: Handler, limits: BatchPolicy | None = None) -> None:
        """Hands this work queue's messages to `handler`, from the next connection on."""
        s = self._settings
        own = replace(
            limits or BatchPolicy(),
            failures_max=s.failures_max,
            pause_seconds=s.pause_seconds,
            hold_seconds=s.hold_seconds,
        )
        self._consumers.append(MessageConsumer(queue, handler, own))

    def collect(self, queue: str, keeper: RawHandler, limits: BatchPolicy | None = None) -> None:
        """Hands all of this queue to `keeper`, message by message as they came; none is lost."""
        own = replace(limits or BatchPolicy(), hold_seconds=self._settings.hold_seconds)
        self._consumers.append(RawConsumer(queue, keeper, own))

    def listen(
        self,
        hearer: SubscriberHandler,
        messages: Iterable[type[Message]],
        on_reconnect: Callable[[], None],
        tenant: str = "*",
    ) -> None:
        """Hands these messages to every instance that is connected when they are sent.

        `on_reconnect` is called after each connect: earlier messages were missed. With an empty
        `tenant` nothing is heard but what `bind` asks for.
        """
        self._listener.register(hearer, messages)
        self._listener.on_reconnect(on_reconnect)
        if tenant:
            self._listener.add(tenant, messages)

    async def bind(self, tenant: str, messages: Iterable[type[Message]]) -> None:
        """Listens to one tenant too. Raises UnavailableError, and is remembered all the same."""
        keys = self._listener.add(tenant, messages)
        link = self._link
        if keys and link is not None and self._ready.is_set():
            try:
                async with self._reaching():
                    await link.bind(keys)
            except UnavailableError:
                link.mark_broken(f"{tenant} can't be listened to")
                raise

    async def unbind(self, tenant: str, messages: Iterable[type[Message]]) -> None:
        """Stops listening to it. Raises UnavailableError, and is forgotten all the same."""
        for key in self._listener.remove(tenant, messages):
            async with self._reaching():
                if self._link is not None and self._ready.is_set():
                    await self._link.unbind(key)

    async def publish(self, *messages: Message) -> None:
        """Returns when the broker has every message on disk in all queues that must have it.

        A connection lost meanwhile is waited for and the message sent again, so a queue may get it
        twice. Raises UnavailableError where that can't be had in time; any may have got through.
        """
        for first in range(0, len(messages), _AT_ONCE):
            some = messages[first : first + _AT_ONCE]
            await asyncio.gather(*(self._publish(message) for message in some))

    async def tell(self, message: Message) -> None:
        """Publishes a change that is stored already: without the broker others read it later."""
        try:
            await self.publish(message)
        except UnavailableError as error:
            log.warning("change not told", type=message.type, error=str(error))

    async def send(self, exchange: str, envelope: Envelope, *, mandatory: bool = True) -> None:
        """The same for one message that is packed already."""
        async with self._reaching() as met:
            while True:
                await self._ready.wait()
                link = self._link
                assert link is not None
                if await link.publish(exchange, envelope, mandatory=mandatory):
                    return
                met.append(link.failure)
                if link is self._link:
                    self._ready.clear()

    async def start(self) -> None:
        """Begins connecting and never stops trying; does not wait for the first success."""
        self.task = asyncio.create_task(self._stay_connected(), name="bus")

    async def ping(self) -> None:
        """Raises UnavailableError with what is wrong, a lost consumer included."""
        if not self._ready.is_set():
            raise UnavailableError(self.name, self._trouble)
        for line in self._consumers:
            if line.breaker.is_open:
                failures = f"{line.breaker.failures} failures in a row, {line.breaker.reason}"
                raise UnavailableError(self.name, f"{line.queue} is paused after {failures}")

    async def stop(self) -> None:
        """Takes no more messages, settles those in hand, then closes."""
        if self._link is not None:
            with contextlib.suppress(*BROKEN), connection_errors():
                async with asyncio.timeout(self._settings.ping_seconds):
                    await self._link.cancel()
        # the HTTP server had half of the time before us, and closing takes some too
        patience = self._settings.shutdown_seconds / 4
        drained = await asyncio.gather(*(line.drain(patience) for line in self._lines))
        if not all(drained):
            log.warning("stopped with messages in hand; the broker keeps them")
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    @property
    def _lines(self) -> list[QueueConsumer]:
        return [*self._consumers, self._listener.dispatcher]

    async def _publish(self, message: Message) -> None:
        mandatory = bool(BY_TYPE[message.type].queues)
        await self.send(EXCHANGE, pack(message, self.service), mandatory=mandatory)
        metrics.PUBLISHED.labels(message.type).inc()

    @contextlib.asynccontextmanager
    async def _reaching(self) -> AsyncIterator[list[str]]:
        """Whatever the broker does not do in time is one error, which says what was met last."""
        met = ["does not answer in time"]
        try:
            with connection_errors():
                async with asyncio.timeout(self._settings.publish_seconds):
                    yield met
        except BROKEN as error:
            raise UnavailableError(self.name, self._trouble or met[-1]) from error

    async def _stay_connected(self) -> None:
        failures = 0
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(line.run())
            while True:
                try:
                    with connection_errors():
                        self._trouble = await self._live_once()
                    failures = 0
                except BROKEN as error:
                    self._trouble = str(error) or "does not answer in time"
                    failures += 1
                raise_if_cancelled()
                log.warning("broker lost", why=self._trouble)
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])

    async def _live_once(self) -> str:
        """The whole life of one link, each time to the next node; returns why it is in doubt."""
        s = self._settings
        link = await RabbitConnection.connect(
            next(self._urls),
            self.instance,
            seconds=s.publish_seconds,
            heartbeat=s.heartbeat_seconds,
            prefetch=s.prefetch,
            queue_max=s.queue_max,
        )
        self._link = link
        try:
            await link.run_or_close(self._take_part(link), s.publish_seconds)
            log.info("broker connected")
            self._listener.notify_reconnect()
            await self._watch(link)
        finally:
            self._ready.clear()
            for line in self._lines:
                line.forget_waiting()
            await link.close(s.ping_seconds)
        return link.failure

    async def _take_part(self, link: RabbitConnection) -> None:
        # a new name each time: the broker may not have noticed that the last connection is gone
        own = f"{self.instance}.{uuid4().hex[:8]}"
        line = self._listener.dispatcher
        takes = [link.consume(consumer, self.send) for consumer in self._consumers]
        await asyncio.gather(link.listen(own, line, self._settings.listener_max), *takes)
        bound = self._listener.keys
        await link.bind(bound)
        self._trouble = ""
        self._ready.set()  # from here on `bind` does so itself
        if meanwhile := self._listener.keys - bound:
            await link.bind(meanwhile)

    async def _watch(self, link: RabbitConnection) -> None:
        while not link.broken.is_set():
            raise_if_cancelled()
            try:
                async with asyncio.timeout(self._settings.watchdog_seconds):
                    await link.broken.wait()
            except TimeoutError:
                # one that is busy answers late, and a new link is the last thing it needs then
                async with asyncio.timeout(self._settings.heartbeat_seconds):
                    await link.check()
