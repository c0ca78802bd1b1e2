"""The rate limiter: equal results in Redis and in memory, and no delay without Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from softphone_common.http.problem import ProblemError
from softphone_common.process.settings import Settings
from softphone_common.stores.rate_limit import Rate, RateLimiter, rates_of
from softphone_common.stores.redis import Redis
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_testing.installation_keys import KEYS
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.proxied import proxied

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RATE = Rate("test", burst=5, seconds=10)
UNUSED = SecretStr("")


class LimiterWithClock:
    """A rate limiter over this Redis, with a clock that tests set."""

    def __init__(self, redis_url: str, **more: Any) -> None:
        values = Settings(
            amqp_url=UNUSED,
            mongo_url=UNUSED,
            redis_url=SecretStr(redis_url),
            **KEYS,
            **more,
        )
        self.now = NOW
        self.redis = Redis(values, essential=False)
        self.limiter = RateLimiter(RedisTokenBuckets(self.redis), lambda: self.now, values)

    async def seconds_to_wait(self, who: str) -> int:
        """The seconds to wait according to the problem, or 0 if the request was accepted."""
        try:
            await self.limiter.acquire(RATE, who)
        except ProblemError as error:
            return int(error.headers["Retry-After"])
        return 0


@pytest.fixture
async def proxy(redis_server: RealServer) -> AsyncIterator[FaultProxy]:
    async with proxied(redis_server.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def both(
    redis_server: RealServer,
) -> AsyncIterator[tuple[LimiterWithClock, LimiterWithClock]]:
    """A limiter with Redis, and one without."""
    there = LimiterWithClock(redis_server.url, limits_wait_ms=20_000)
    alone = LimiterWithClock("redis://127.0.0.1:1/0", limits_pause_seconds=1000)
    yield there, alone
    await there.redis.stop()
    await alone.redis.stop()


_steps = st.lists(
    st.tuples(st.sampled_from(["acquire", "refund", "reset"]), st.integers(0, 4000)), max_size=40
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=_steps)
async def test_limiter_without_redis_counts_as_with_it(
    both: tuple[LimiterWithClock, LimiterWithClock], steps: list[tuple[str, int]]
) -> None:
    who = uuid4().hex
    for step, millis in steps:
        waits = []
        for counted in both:
            counted.now += timedelta(milliseconds=millis)
            if step == "acquire":
                waits.append(await counted.seconds_to_wait(who))
            elif step == "refund":
                await counted.limiter.refund(RATE, who)
            else:
                await counted.limiter.reset(RATE, who)
        assert len(set(waits)) <= 1, waits


@pytest.mark.parametrize("which", [0, 1], ids=["Redis", "alone"])
async def test_bucket_holds_its_burst_and_refills(
    both: tuple[LimiterWithClock, LimiterWithClock], which: int
) -> None:
    counted, who = both[which], uuid4().hex
    assert [await counted.seconds_to_wait(who) for _ in range(7)] == [0] * 5 + [2, 2]
    counted.now += timedelta(seconds=4)
    assert [await counted.seconds_to_wait(who) for _ in range(3)] == [0, 0, 2]
    counted.now += timedelta(hours=1)
    assert [await counted.seconds_to_wait(who) for _ in range(6)] == [0] * 5 + [2]
    counted.now -= timedelta(hours=1)
    assert (
        await counted.seconds_to_wait(who) == 0
    )  # a clock that was set back does not lock clients out


async def test_hanging_redis_gets_one_request(proxy: FaultProxy) -> None:
    counted, who = (
        LimiterWithClock(proxy.url, limits_pause_seconds=1000, limits_wait_ms=1000),
        uuid4().hex,
    )
    try:
        assert await counted.seconds_to_wait(who) == 0
        proxy.freeze()
        assert [await counted.seconds_to_wait(who) for _ in range(7)] == [0] * 5 + [2, 2]
        assert proxy.holds("EVALSHA") == 1
    finally:
        await counted.redis.stop()


async def test_outage_of_redis_is_logged_once(proxy: FaultProxy) -> None:
    counted, who = LimiterWithClock(proxy.url, limits_pause_seconds=0.001), uuid4().hex
    try:
        await proxy.cut()
        with capture_logs() as logged:
            await asyncio.gather(*(counted.seconds_to_wait(who) for _ in range(5)))
            assert await counted.seconds_to_wait(who) > 0
        assert [entry["event"] for entry in logged] == ["limits counted alone"]
    finally:
        await counted.redis.stop()


async def test_redis_after_an_outage_is_used_again(proxy: FaultProxy) -> None:
    counted, who = (
        LimiterWithClock(proxy.url, limits_pause_seconds=0.1, limits_wait_ms=5000),
        uuid4().hex,
    )
    key = f"limit:test:{who}"
    try:
        await proxy.cut()
        assert await counted.seconds_to_wait(who) == 0
        await proxy.start()

        async def counted_there() -> bool:
            counted.now += timedelta(seconds=10)
            assert await counted.seconds_to_wait(who) == 0
            return bool(await counted.redis.client.exists(key))

        await until(counted_there, what="a count in Redis")
    finally:
        await counted.redis.stop()


async def test_limiter_without_redis_forgets_the_oldest() -> None:
    counted = LimiterWithClock("redis://127.0.0.1:1/0", limits_pause_seconds=1000, limits_max=2)
    for who in ("a", "b", "c"):
        assert [await counted.seconds_to_wait(who) for _ in range(6)] == [0] * 5 + [2]
    assert [await counted.seconds_to_wait(who) for who in "cba"] == [2, 2, 0]
    await counted.redis.stop()


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("198.51.100.7", ["198.51.100.7"]),
        ("::ffff:198.51.100.7", ["198.51.100.7"]),
        ("2001:db8:1:2:3::4", ["2001:db8:1:2::", "2001:db8:1::/48"]),
        ("unknown", ["unknown"]),
        ("x" * 9000, ["x" * 64]),
    ],
)
def test_address_is_counted_by_its_networks(address: str, counted_as: list[str]) -> None:
    rates = list(rates_of(address, Rate("sample", 5, 60)))
    assert [key for _, key in rates] == counted_as
    assert [rate.burst for rate, _ in rates] == [5, 20][: len(rates)]
