"""The Redis client: requests to a server that hangs do not wait for one another."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.stores.redis import Redis
from softphone_testing.installation_keys import KEYS
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.proxied import proxied

UNUSED = SecretStr("")
REQUESTS = 60
"""Enough to need a minute if they waited for one another."""
DEADLINE_SECONDS = 20
CONNECTIONS = 10


@pytest.fixture
async def proxy(redis_server: RealServer) -> AsyncIterator[FaultProxy]:
    async with proxied(redis_server.url) as proxy:
        yield proxy


@pytest.fixture
async def redis(proxy: FaultProxy) -> AsyncIterator[Redis]:
    settings = Settings(
        amqp_url=UNUSED,
        mongo_url=UNUSED,
        redis_url=SecretStr(proxy.url),
        **KEYS,
        redis_connections_max=CONNECTIONS,
    )
    redis = Redis(settings, essential=False)
    yield redis
    await redis.stop()


async def test_requests_to_a_hanging_redis_fail_at_the_same_time(
    proxy: FaultProxy, redis: Redis
) -> None:
    await redis.ping()
    proxy.freeze()
    async with asyncio.timeout(DEADLINE_SECONDS):
        answers = await asyncio.gather(
            *(redis.ping() for _ in range(REQUESTS)), return_exceptions=True
        )
    assert {type(answer) for answer in answers} == {UnavailableError}


async def test_redis_after_a_hang_is_used_again(proxy: FaultProxy, redis: Redis) -> None:
    proxy.freeze()
    await asyncio.gather(*(redis.ping() for _ in range(REQUESTS)), return_exceptions=True)
    proxy.thaw()

    async def answers() -> bool:
        try:
            await asyncio.gather(*(redis.ping() for _ in range(CONNECTIONS)))
        except UnavailableError:
            return False
        return True

    await until(answers, what="an answer to all")


async def test_more_requests_than_connections_take_turns(redis: Redis) -> None:
    await asyncio.gather(*(redis.ping() for _ in range(REQUESTS)))
