"""The tests' own way to the broker, beside the product's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from softphone_common.bus import topology
from softphone_testing.until import until


@asynccontextmanager
async def broker(url: str) -> AsyncIterator[AbstractChannel]:
    """A channel of ours beside the product's."""
    connection = await aio_pika.connect(url)
    async with connection:
        yield await connection.channel()


async def next_dead(channel: AbstractChannel, queue: str) -> AbstractIncomingMessage:
    """The next dead letter of this queue, taken out."""
    held = await channel.get_queue(topology.dead(queue), ensure=False)

    async def taken() -> AbstractIncomingMessage | None:
        return await held.get(no_ack=True, fail=False)

    found = await until(taken, what=f"a dead letter of {queue}")
    assert found is not None
    return found
