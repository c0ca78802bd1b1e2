"""The stores on Redis keep the contracts of the stores."""

from collections.abc import AsyncIterator

import pytest

from softphone_common.stores.redis import Redis
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_ingest.click_to_call.idempotency import RedisIdempotencyKeys
from softphone_testing.real_servers import RealServer
from support.bus.buses import bus_settings
from support.store_contracts.ingest import IdempotencyKeysContract
from support.store_contracts.token_buckets import TokenBucketsContract


@pytest.fixture(scope="module")
async def redis(redis_server: RealServer) -> AsyncIterator[Redis]:
    settings = bus_settings("nowhere://", redis_url=redis_server.url)
    resource = Redis(settings, essential=False)
    yield resource
    await resource.stop()


class TestTokenBucketsOnRedis(TokenBucketsContract):
    @pytest.fixture
    def buckets(self, redis: Redis) -> RedisTokenBuckets:
        return RedisTokenBuckets(redis)


class TestIdempotencyKeysOnRedis(IdempotencyKeysContract):
    @pytest.fixture
    def keys(self, redis: Redis) -> RedisIdempotencyKeys:
        return RedisIdempotencyKeys(redis, 60)
