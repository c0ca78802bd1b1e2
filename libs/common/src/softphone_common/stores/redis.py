"""Redis: one client a service; whoever uses it says what happens without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as Client
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow

from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings

_NAME = "Redis"


@contextmanager
def reaching() -> Iterator[None]:
    """Turns every failure to get an answer into UnavailableError."""
    try:
        yield
    except (NotConnected, TooSlow, RedisError, OSError) as error:
        raise UnavailableError(_NAME, error) from error


class Redis:
    """The connection pool of one service. A resource of `service.run`."""

    name = _NAME
    task = None

    def __init__(self, settings: Settings, *, essential: bool) -> None:
        self.essential = essential
        # The plain pool connects one after the other: with a server that hangs everybody would wait
        # for all who came before. This one makes them wait only for a place, and not for long.
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
        """Nothing: connections are made when first used."""

    async def ping(self) -> None:
        """Raises UnavailableError if it does not answer."""
        with reaching():
            await self.client.ping()

    async def stop(self) -> None:
        """Closes all connections."""
        await self.client.aclose()
