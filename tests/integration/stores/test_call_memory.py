"""The call memory in Redis keeps the contract, and decides like the one in memory."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from softphone_common.stores.redis import Redis
from softphone_ingest.identity.redis_memory import RedisCallMemory
from softphone_ingest.mapping.schema import Scope
from softphone_testing.memory.call_memory import MemoryCallMemory
from softphone_testing.real_servers import RealServer
from support.bus.buses import bus_settings
from support.observations import at
from support.store_contracts.call_memory import CLICK, CallMemoryContract, Exchange, any_event
from support.store_contracts.call_sharing import CallSharingContract


@pytest.fixture
async def memory(redis_server: RealServer) -> AsyncIterator[RedisCallMemory]:
    redis = Redis(bus_settings("amqp://nowhere", redis_url=redis_server.url), essential=False)
    yield RedisCallMemory(redis)
    await redis.stop()


class TestCallMemoryInRedis(CallMemoryContract, CallSharingContract):
    pass


@pytest.mark.parametrize("scope", ["pbx", "shared", "device", "none"])
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
            device = choices.choice(["d1", "d1", "d2"])
            for exchange in (real, twin):
                exchange.sender = replace(exchange.sender, device=device)
            events = [any_event(choices.choice, now) for _ in range(choices.randint(1, 3))]
            assert await real.resolver.resolve(
                real.sender, events, now
            ) == await twin.resolver.resolve(twin.sender, events, now), seed


async def test_click_is_joined_once_by_hits_of_one_moment(memory: RedisCallMemory) -> None:
    """The first round opens a connection for each, so that all ask at once in the second."""
    exchange = Exchange(memory)
    await asyncio.gather(*(exchange.call(0, "ringing", f"before-{n}") for n in range(8)))
    await exchange.click()
    calls = await asyncio.gather(*(exchange.call(1, "dialed", f"id-{n}") for n in range(8)))
    assert len(set(calls)) == 8
    assert calls.count(CLICK) == 1
