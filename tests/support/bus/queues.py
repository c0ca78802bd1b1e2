"""How many messages and consumers the broker's queues have."""

import aio_pika

from softphone_common.bus import topology
from support.waiting import until_passes


async def queue_lengths(rabbitmq: str) -> dict[str, int]:
    """Messages in each work queue and retry queue. Queues of single instances are left out."""
    names = [queue.name for queue in topology.work_queues()]
    names += [queue.name for _, queue in topology.retry_queues()]
    lengths = {}
    async with await aio_pika.connect(rabbitmq) as connection, connection.channel() as channel:
        for name in names:
            queue = await channel.declare_queue(name, passive=True)
            lengths[name] = queue.declaration_result.message_count or 0
    return lengths


async def consumer_counts(rabbitmq: str) -> dict[str, int]:
    """Consumers of each work queue."""
    counts = {}
    async with await aio_pika.connect(rabbitmq) as connection, connection.channel() as channel:
        for work_queue in topology.work_queues():
            queue = await channel.declare_queue(work_queue.name, passive=True)
            counts[work_queue.name] = queue.declaration_result.consumer_count or 0
    return counts


async def until_queues_are(rabbitmq: str, lengths: dict[str, int]) -> None:
    """Waits until each queue holds as many messages as given here."""

    async def settled() -> None:
        assert await queue_lengths(rabbitmq) == lengths

    await until_passes(settled, "queues as they were before")
