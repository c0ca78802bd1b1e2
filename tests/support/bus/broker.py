"""A connection of the tests to the broker, apart from those of the product."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from softphone_common.bus import topology
from softphone_testing.until import until


@asynccontextmanager
async def broker_channel(url: str) -> AsyncIterator[AbstractChannel]:
    """A channel on a new connection, both closed at the end."""
    connection = await aio_pika.connect(url)
    async with connection:
        yield await connection.channel()


async def next_dead(channel: AbstractChannel, queue: str) -> AbstractIncomingMessage:
    """Waits for a dead letter of this queue and removes it from the broker."""
    dead_letters = await channel.get_queue(topology.dead(queue), ensure=False)

    async def received() -> AbstractIncomingMessage | None:
        return await dead_letters.get(no_ack=True, fail=False)

    letter = await until(received, what=f"a dead letter of {queue}")
    assert letter is not None
    return letter
