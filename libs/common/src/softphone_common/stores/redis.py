"""The connection to Redis: one client for each service.

No data in Redis is needed for good: each user of this module works without Redis, with less.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as Client
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow

from softphone_common.process import metrics
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings

_NAME = "Redis"
_FULL = "command not allowed when used memory > 'maxmemory'"
"""Part of the error with which Redis refuses a write, alone or in a script, for want of memory."""


@contextmanager
def reaching() -> Iterator[None]:
    """Turns every error of Redis into UnavailableError; a context manager for each call.

    Redis whose memory is full refuses writes, and is counted and reported as such.
    """
    try:
        yield
    except (NotConnected, TooSlow, RedisError, OSError) as error:
        if _FULL in str(error):
            metrics.REDIS_FULL.inc()
            raise UnavailableError(_NAME, "its memory is full (maxmemory)") from error
        raise UnavailableError(_NAME, error) from error


class Redis:
    """The connection pool of one service. A resource of `service.run`."""

    name = _NAME
    task = None

    def __init__(self, settings: Settings, *, essential: bool) -> None:
        self.essential = essential
        # redis-py's plain ConnectionPool holds a lock while it connects: with a server that hangs,
        # each caller would wait for the timeouts of all before it. This pool limits the wait.
        pool = BlockingConnectionPool.from_url(
            settings.redis_url.get_secret_value(),
            decode_responses=True,
            max_connections=settings.redis_connections_max,
            timeout=settings.redis_seconds,
            socket_timeout=settings.redis_seconds,
            socket_connect_timeout=settings.redis_seconds,
        )
        self.client: Client = Client.from_pool(pool)

    async def start(self) -> None:
        """Does nothing, since the pool connects when it is used."""

    async def ping(self) -> None:
        """Raises UnavailableError if Redis takes no write: it may be away, or its memory full."""
        with reaching():
            await self.client.set("softphone:ready", 1, ex=60)

    async def stop(self) -> None:
        """Closes all connections of the pool."""
        await self.client.aclose()
