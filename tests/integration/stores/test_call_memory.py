"""The call memory in Redis keeps the contract, and decides like the one in memory."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from softphone_common.stores.redis import Redis
from softphone_ingest.identity.redis_memory import RedisCallMemory
from softphone_ingest.mapping.schema import Scope
from softphone_testing.memory.call_memory import MemoryCallMemory
from softphone_testing.real_servers import RealServer
from support.bus.buses import bus_settings
from support.observations import at
from support.store_contracts.call_memory import CallMemoryContract, Exchange, any_event


@pytest.fixture
async def memory(redis_server: RealServer) -> AsyncIterator[RedisCallMemory]:
    redis = Redis(bus_settings("amqp://nowhere", redis_url=redis_server.url), essential=False)
    yield RedisCallMemory(redis)
    await redis.stop()


class TestCallMemoryInRedis(CallMemoryContract):
    pass


@pytest.mark.parametrize("scope", ["pbx", "device", "none"])
async def test_both_memories_decide_alike(memory: RedisCallMemory, scope: Scope) -> None:
    """Whatever comes, in whichever order: 60 histories of 20 requests each."""
    for seed in range(60):
        choices = random.Random(seed)
        real, twin = Exchange(memory), Exchange(MemoryCallMemory())
        real.sender = twin.sender = type(real.sender)(real.sender.tenant, "d1", scope)
        now = at(0)
        for _ in range(20):
            now += timedelta(seconds=choices.choice([0, 1, 4, 31, 200]))
            if choices.random() < 0.2:
                await real.click()
                await twin.click()
            events = [any_event(choices.choice, now) for _ in range(choices.randint(1, 3))]
            assert await real.resolver.resolve(
                real.sender, events, now
            ) == await twin.resolver.resolve(twin.sender, events, now), seed
