"""Limits what users read, on all routes of all services: no tenant occupies the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_common.http.tenant_turns import TenantTurns
from softphone_common.stores.rate_limit import Rate, RateLimiter

READS_AT_ONCE = 2
"""Requests of a tenant that read at once in a process. A page of a long history may occupy the
database for seconds, and others wait for all pages before theirs."""
WAIT_SECONDS = 5.0


class UserReadLimit:
    """Counts each request that changes nothing for its user, and gives its tenant few at once.

    A `ReadLimit` of the app.
    """

    def __init__(
        self, limiter: RateLimiter, reads_max: int, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._limiter = limiter
        self._rate = Rate("reads", reads_max, 60)
        self._turns = TenantTurns(READS_AT_ONCE, wait_seconds)

    @asynccontextmanager
    async def reading(self, user: str, tenant: str) -> AsyncIterator[None]:
        """Lasts as long as the request reads. Raises ProblemError 429 if it is one too many."""
        await self._limiter.acquire(self._rate, user)
        async with self._turns.turn(tenant):
            yield
