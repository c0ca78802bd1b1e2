"""Limits how often something may be done, by token buckets that refuse and never wait."""

import asyncio
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from softphone_common.edge.client_network import WIDE_FACTOR, network, wide_network
from softphone_common.http.problem import ProblemError
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.process.telemetry import log
from softphone_common.stores.token_buckets import LocalTokenBuckets, TokenBuckets


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` times at once, and then as many times in every `seconds`."""

    name: str
    burst: int
    seconds: float

    @property
    def full(self) -> float:
        """The content of a full bucket: the milliseconds in which it fills."""
        return self.seconds * 1000

    @property
    def one(self) -> float:
        """The part of a bucket that one time costs, in milliseconds."""
        return self.full / self.burst


class RateLimiter:
    """Counts in shared buckets; while these are away or slow, each process counts for itself."""

    def __init__(self, shared: TokenBuckets, clock: Clock, settings: Settings) -> None:
        self._shared = shared
        self._local = LocalTokenBuckets(settings.limits_max)
        self._clock = clock
        self._wait_seconds = settings.limits_wait_ms / 1000
        self._pause = settings.limits_pause_seconds
        self._alone_until = 0.0

    async def acquire(self, rate: Rate, key: str, times: int = 1) -> None:
        """Counts one time or more. Raises ProblemError 429, and counts nothing, if it is too many.

        More times than the burst count as the burst: no wait would ever make room for them.
        """
        wait = await self._take(rate, key, min(times, rate.burst) * rate.one)
        if wait > 0:
            metrics.LIMITED.labels(rate.name).inc()
            seconds = math.ceil(wait / 1000)
            raise ProblemError(
                "rate-limit-exceeded", headers={"Retry-After": str(seconds)}, seconds=seconds
            )

    async def refund(self, rate: Rate, key: str) -> None:
        """Takes back one `acquire`, for example of a sign-in that succeeded."""
        await self._take(rate, key, -rate.one)

    async def reset(self, rate: Rate, key: str) -> None:
        """Forgets all that was counted for the key."""
        await self._take(rate, key, -rate.full)

    async def _take(self, rate: Rate, key: str, amount: float) -> float:
        key, now = f"limit:{rate.name}:{key}", self._clock().timestamp() * 1000
        if amount < 0:
            # A full Redis refuses what is counted and takes what is given back: without this, a
            # sign-in that succeeds would still count where it was counted.
            await self._local.take(key, now, amount, rate.full)
        if time.monotonic() >= self._alone_until:
            # After an outage one request tries the shared buckets, and all others that come
            # meanwhile count alone: a Redis that hangs delays one request in each pause.
            was_alone = self._alone_until > 0
            self._alone_until = time.monotonic() + self._pause if was_alone else 0.0
            try:
                async with asyncio.timeout(self._wait_seconds):
                    wait = await self._shared.take(key, now, amount, rate.full)
            except (UnavailableError, TimeoutError) as error:
                if self._alone_until == 0:  # the first of those that met the outage
                    log.warning("limits counted alone", error=str(error) or "Redis is slow")
                self._alone_until = time.monotonic() + self._pause
            else:
                self._alone_until = 0.0
                return wait
        return 0.0 if amount < 0 else await self._local.take(key, now, amount, rate.full)


class KeyRateLimit:
    """Counts the requests of each key in an address, and wrong keys for the network they come from.

    Only wrong keys count against an address: a whole company may be behind one, and a stranger
    there must not cost its phones a single request.
    """

    def __init__(self, limiter: RateLimiter, uses: Rate, wrong_keys: Rate) -> None:
        self._limiter = limiter
        self._uses = uses
        self._wrong_keys = wrong_keys

    async def count_use(self, owner: str) -> None:
        """Raises ProblemError 429 if the owner of a key uses it more than its rate allows."""
        await self._limiter.acquire(self._uses, owner)

    async def count_wrong_key(self, address: str) -> None:
        """Raises ProblemError 429 if too many unknown keys came from there."""
        for rate, key in rates_of(address, self._wrong_keys):
            await self._limiter.acquire(rate, key)


def rates_of(address: str, rate: Rate) -> Iterator[tuple[Rate, str]]:
    """The rates and keys an address is counted by: its network, and for IPv6 a wider one too."""
    yield rate, network(address)
    if wide := wide_network(address):
        yield replace(rate, burst=rate.burst * WIDE_FACTOR), wide
