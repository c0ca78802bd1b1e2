"""Buses of a test, on RabbitMQ or in memory, and how a test waits for them."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from softphone_common.bus import topology
from softphone_common.bus.bus import Bus
from softphone_common.bus.envelope import Envelope
from softphone_common.bus.memory import MemoryBroker
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_testing.installation_keys import KEYS
from softphone_testing.proxy import FaultProxy
from softphone_testing.until import until
from support.bus.broker import broker_channel, next_dead


def bus_settings(url: str, **more: Any) -> Settings:
    nowhere = SecretStr("nowhere://")
    values = {"amqp_url": SecretStr(url), "mongo_url": nowhere, "redis_url": nowhere, **more}
    return Settings(**values, **KEYS)


def memory_bus(broker: MemoryBroker, service: str = "test", **more: Any) -> Bus:
    """A bus over a broker in memory; `more` are settings."""
    return Bus(bus_settings("amqp://memory", **more), service, connect=broker.connect)


async def until_ready(bus: Bus) -> None:
    async def ready() -> bool:
        try:
            await bus.ping()
        except UnavailableError:
            return False
        return True

    await until(ready, what="the bus")


@asynccontextmanager
async def running(*buses: Bus) -> AsyncIterator[None]:
    """Buses that are connected, and stopped at the end."""
    try:
        for bus in buses:
            await bus.start()
            await until_ready(bus)
        yield
    finally:
        for bus in buses:
            await bus.stop()


class BrokerSite(ABC):
    """A broker as the contract tests of the bus need it, RabbitMQ or in memory."""

    @abstractmethod
    def bus(self, service: str = "test", **settings: Any) -> Bus:
        """A new bus on this broker."""

    @abstractmethod
    def now(self) -> float:
        """Seconds on the clock that retry delays run by."""

    @abstractmethod
    async def pass_retry_delay(self, seconds: float) -> None:
        """Lets the delay of the message that waits for its next try pass."""

    @abstractmethod
    async def pass_retry_delays(self) -> None:
        """Lets the delays of all messages that wait pass."""

    @abstractmethod
    async def next_dead(self, queue: str) -> Envelope:
        """The next dead letter of a queue, taken out."""

    @abstractmethod
    async def counts(self, queue: str) -> tuple[int, int]:
        """Ready messages and consumers of a queue."""

    @abstractmethod
    async def delete_queue(self, queue: str) -> None:
        """Deletes a queue behind the back of the buses."""

    @abstractmethod
    async def stop(self) -> None:
        """Breaks all connections and refuses new ones until `start`."""

    @abstractmethod
    async def start(self) -> None:
        """Accepts connections again, after `stop`."""


class MemorySite(BrokerSite):
    """The broker in memory; its clock moves only when a test moves it."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()

    def bus(self, service: str = "test", **settings: Any) -> Bus:
        return memory_bus(self.broker, service, **settings)

    def now(self) -> float:
        return self.broker.now

    async def pass_retry_delay(self, seconds: float) -> None:
        await until(lambda: self.broker.delayed() == 1, what="the message that waits")
        self.broker.advance(seconds - 0.1)
        assert self.broker.delayed() == 1, "a retry came too early"
        self.broker.advance(0.1)
        assert self.broker.delayed() == 0, "a retry is late"

    async def pass_retry_delays(self) -> None:
        self.broker.advance(max(topology.RETRY_SECONDS))

    async def next_dead(self, queue: str) -> Envelope:
        letter = await until(
            lambda: self.broker.take(topology.dead(queue)), what=f"a dead letter of {queue}"
        )
        assert letter is not None
        return letter

    async def counts(self, queue: str) -> tuple[int, int]:
        return self.broker.ready(queue), self.broker.consumers(queue)

    async def delete_queue(self, queue: str) -> None:
        self.broker.delete_queue(queue)

    async def stop(self) -> None:
        self.broker.stop()

    async def start(self) -> None:
        self.broker.start()


class RabbitSite(BrokerSite):
    """RabbitMQ behind a proxy, so that its connections can be cut."""

    def __init__(self, proxy: FaultProxy, channel: AbstractChannel) -> None:
        self._proxy = proxy
        self._channel = channel

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["RabbitSite"]:
        """The site; the queues of the topology are empty."""
        proxy = FaultProxy(url)
        await proxy.start()
        async with broker_channel(url) as channel:
            site = cls(proxy, channel)
            async with running(site.bus()):
                for queue in topology.work_queues():
                    await (await channel.get_queue(queue.name, ensure=False)).purge()
            yield site
        await proxy.cut()

    def bus(self, service: str = "test", **settings: Any) -> Bus:
        return Bus(bus_settings(self._proxy.url, **settings), service)

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def pass_retry_delay(self, seconds: float) -> None:
        """The broker's clock runs by itself."""

    async def pass_retry_delays(self) -> None:
        """The broker's clock runs by itself."""

    async def next_dead(self, queue: str) -> Envelope:
        letter = await next_dead(self._channel, queue)
        return Envelope(letter.body, dict(letter.headers), letter.routing_key or "")

    async def counts(self, queue: str) -> tuple[int, int]:
        declared = (await self._channel.declare_queue(queue, passive=True)).declaration_result
        return declared.message_count or 0, declared.consumer_count or 0

    async def delete_queue(self, queue: str) -> None:
        await self._channel.queue_delete(queue)

    async def stop(self) -> None:
        await self._proxy.cut()

    async def start(self) -> None:
        await self._proxy.start()
