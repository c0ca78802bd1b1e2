"""Limits for apps that tests build without a server: they count in this process."""

from softphone_common.process.settings import Settings
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.read_limit import WAIT_SECONDS, UserReadLimit
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_common.stores.write_limit import UserWriteLimit
from support.observations import at


def write_limit(writes_max: int = 1000) -> UserWriteLimit:
    """A limit whose clock stands still."""
    return UserWriteLimit(rate_limiter(), writes_max)


def read_limit(reads_max: int = 1000, wait_seconds: float = WAIT_SECONDS) -> UserReadLimit:
    """A limit whose clock stands still."""
    return UserReadLimit(rate_limiter(), reads_max, wait_seconds)


def rate_limiter() -> RateLimiter:
    """A limiter whose clock stands still, and which a busy machine never makes count alone."""
    settings = Settings.model_construct(limits_wait_ms=60_000)
    return RateLimiter(LocalTokenBuckets(1000), lambda: at(0), settings)
