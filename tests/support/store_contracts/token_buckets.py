"""The behaviour of TokenBuckets, tested on Redis and in this process alike."""

from uuid import uuid4

import pytest

from softphone_common.stores.token_buckets import SKEW, TokenBuckets

NOW = 1_772_442_000_000.0
FULL, ONE = 10_000.0, 2_000.0
"""A bucket that holds five, and fills in ten seconds."""


class Bucket:
    """One bucket with a key of its own, and a clock that a test sets."""

    def __init__(self, buckets: TokenBuckets) -> None:
        self._buckets = buckets
        self._key = uuid4().hex
        self.now = NOW

    async def take(self, times: float = 1) -> float:
        return await self._buckets.take(self._key, self.now, times * ONE, FULL)


class TokenBucketsContract:
    """Needs a fixture `buckets`."""

    @pytest.fixture
    def bucket(self, buckets: TokenBuckets) -> Bucket:
        return Bucket(buckets)

    async def test_a_full_bucket_holds_its_burst(self, bucket: Bucket) -> None:
        assert [await bucket.take() for _ in range(7)] == [0.0] * 5 + [ONE, ONE]

    async def test_a_refusal_takes_nothing(self, bucket: Bucket) -> None:
        assert await bucket.take(4) == 0
        assert await bucket.take(2) == ONE
        assert await bucket.take() == 0

    async def test_a_bucket_fills_with_time(self, bucket: Bucket) -> None:
        await bucket.take(5)
        bucket.now += 1_500
        assert await bucket.take() == 500
        bucket.now += 500
        assert [await bucket.take() for _ in range(2)] == [0, ONE]
        bucket.now += 10 * FULL
        assert [await bucket.take() for _ in range(6)] == [0.0] * 5 + [ONE]

    async def test_what_is_given_back_can_be_taken(self, bucket: Bucket) -> None:
        await bucket.take(5)
        assert await bucket.take(-1) == 0
        assert [await bucket.take() for _ in range(2)] == [0, ONE]

    async def test_a_bucket_never_holds_more_than_full(self, bucket: Bucket) -> None:
        await bucket.take()
        await bucket.take(-5)
        assert [await bucket.take() for _ in range(6)] == [0.0] * 5 + [ONE]

    async def test_a_clock_set_back_locks_nobody_out(self, bucket: Bucket) -> None:
        await bucket.take(5)
        bucket.now -= SKEW - 1
        assert await bucket.take() > 0  # the clocks of two processes may differ this much
        bucket.now -= 2
        assert await bucket.take() == 0

    async def test_keys_do_not_share_a_bucket(self, buckets: TokenBuckets) -> None:
        one, other = Bucket(buckets), Bucket(buckets)
        await one.take(5)
        assert await other.take(5) == 0
