"""Token buckets, in Redis for all processes of an installation, or for one process alone.

A bucket is stored as the time at which it will be full again (GCRA, the generic cell rate
algorithm), so that one number is enough and a full bucket needs no storage.
"""

from importlib.resources import files
from typing import Protocol

from redis.commands.core import AsyncScript

from softphone_common.stores.redis import Redis, reaching

SKEW = 60_000.0
"""Milliseconds by which the clocks of two processes may differ."""


class TokenBuckets(Protocol):
    """Buckets by key. All times and amounts are milliseconds; a full bucket holds `full`."""

    async def take(self, key: str, now: float, amount: float, full: float) -> float:
        """Takes `amount` out of a bucket, or with a negative one gives it back.

        Returns 0 if it was taken, and otherwise how long to wait until it could be.
        """


class RedisTokenBuckets:
    """Buckets in Redis: a `TokenBuckets` for all processes. Raises UnavailableError."""

    def __init__(self, redis: Redis) -> None:
        script = files("softphone_common.stores").joinpath("token_bucket.lua").read_text("utf-8")
        self._script: AsyncScript = redis.client.register_script(script)

    async def take(self, key: str, now: float, amount: float, full: float) -> float:
        with reaching():
            return float(await self._script([key], [now, amount, full, SKEW]))


class LocalTokenBuckets:
    """Buckets in this process: a `TokenBuckets` that remembers at most `buckets_max`."""

    def __init__(self, buckets_max: int) -> None:
        self._max = buckets_max
        self._full_at: dict[str, float] = {}

    async def take(self, key: str, now: float, amount: float, full: float) -> float:
        """Counts as `token_bucket.lua` does; a property test compares the two."""
        full_at = self._full_at.get(key, now)
        if full_at < now or full_at > now + full + SKEW:
            full_at = now  # it is full, or a clock was set back
        missing = full_at + amount - now
        if amount > 0 and missing > full:
            return missing - full
        self._full_at.pop(key, None)
        if missing > 0:
            # The key was removed above and goes to the end: the first ones are those that were not
            # used for longest, so that an attack with many keys does not reset the busy ones.
            while len(self._full_at) >= self._max:
                del self._full_at[next(iter(self._full_at))]
            self._full_at[key] = full_at + amount
        return 0.0
