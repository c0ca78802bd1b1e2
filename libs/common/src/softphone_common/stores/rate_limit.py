"""How often somebody may do something, counted in Redis for all processes; refuses, never waits."""

import asyncio
import ipaddress
import math
import time
from dataclasses import dataclass
from importlib.resources import files

from redis.commands.core import AsyncScript

from softphone_common.http.problem import ProblemError
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.process.telemetry import log
from softphone_common.stores.redis import Redis, reaching

_SKEW = 60_000.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` times at once, and as many again in every `seconds`."""

    name: str
    burst: int
    seconds: float

    @property
    def full(self) -> float:
        """What a full bucket holds, in milliseconds it takes to fill."""
        return self.seconds * 1000

    @property
    def one(self) -> float:
        """What one time takes of it."""
        return self.full / self.burst


class RateLimiter:
    """Token buckets. While Redis is away or slow each process counts for itself."""

    def __init__(self, redis: Redis, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._within = settings.limits_wait_ms / 1000
        self._pause = settings.limits_pause_seconds
        self._max = settings.limits_max
        script = files("softphone_common.stores").joinpath("token_bucket.lua").read_text("utf-8")
        self._script: AsyncScript = redis.client.register_script(script)
        self._alone_until = 0.0
        self._full_at: dict[str, float] = {}

    async def acquire(self, rate: Rate, who: str) -> None:
        """Counts one time. Raises ProblemError 429 if it is one too many, which counts nothing."""
        wait = await self._move(rate, who, rate.one)
        if wait > 0:
            metrics.LIMITED.labels(rate.name).inc()
            seconds = math.ceil(wait / 1000)
            raise ProblemError(
                "rate-limit-exceeded", headers={"Retry-After": str(seconds)}, seconds=seconds
            )

    async def refund(self, rate: Rate, who: str) -> None:
        """What was counted last was none of those that are to be limited."""
        await self._move(rate, who, -rate.one)

    async def reset(self, rate: Rate, who: str) -> None:
        """Begins to count anew."""
        await self._move(rate, who, -rate.full)

    async def _move(self, rate: Rate, who: str, amount: float) -> float:
        key, now = f"limit:{rate.name}:{who}", self._clock().timestamp() * 1000
        if time.monotonic() >= self._alone_until:
            # whoever comes while this one tries counts alone: a hung Redis holds up one, once
            tried = self._alone_until > 0
            self._alone_until = time.monotonic() + self._pause if tried else 0.0
            try:
                async with asyncio.timeout(self._within):
                    with reaching():
                        wait = await self._script([key], [now, amount, rate.full, _SKEW])
            except (UnavailableError, TimeoutError) as error:
                if self._alone_until == 0:  # once for all that come meanwhile
                    log.warning("limits counted alone", error=str(error) or "Redis is slow")
                self._alone_until = time.monotonic() + self._pause
            else:
                self._alone_until = 0.0
                return float(wait)
        return self._move_here(key, now, amount, rate.full)

    def _move_here(self, key: str, now: float, amount: float, full: float) -> float:
        """The same as `token_bucket.lua`, in this process."""
        at = self._full_at.get(key, now)
        if at < now or at > now + full + _SKEW:
            at = now
        left = at + amount - now
        if amount > 0 and left > full:
            return left - full
        self._full_at.pop(key, None)
        if left > 0:
            while len(self._full_at) >= self._max:
                del self._full_at[next(iter(self._full_at))]
            self._full_at[key] = at + amount
        return 0.0


def network(address: str) -> str:
    """Whom an address is counted as: in IPv6 one customer has a whole /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address)
