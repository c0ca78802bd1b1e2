"""Limits how often something may be done, by token buckets that refuse and never wait."""

import asyncio
import ipaddress
import math
import time
from dataclasses import dataclass

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

    async def acquire(self, rate: Rate, key: str) -> None:
        """Counts one time. Raises ProblemError 429, and counts nothing, if it is one too many."""
        wait = await self._take(rate, key, rate.one)
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
        return await self._local.take(key, now, amount, rate.full)


def network(address: str) -> str:
    """The text an address is counted by: an IPv4 address, or the /64 network of an IPv6 address.

    A customer of a provider usually has a whole /64 (RFC 6177), and would have a new address for
    each attempt.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address)
