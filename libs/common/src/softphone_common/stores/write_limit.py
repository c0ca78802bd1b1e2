"""Limits how often users change something, on all routes of all services."""

from softphone_common.stores.rate_limit import Rate, RateLimiter

TENANT_FACTOR = 10
"""Times the rate of one user that all users of a tenant have together."""


class UserWriteLimit:
    """Counts each request that may change something for its user and the user's tenant.

    A `WriteLimit` of the app. The tenant counts too, because an administrator creates users.
    """

    def __init__(self, limiter: RateLimiter, writes_max: int) -> None:
        self._limiter = limiter
        self._user = Rate("writes", writes_max, 60)
        self._tenant = Rate("tenant-writes", writes_max * TENANT_FACTOR, 60)

    async def count(self, user: str, tenant: str) -> None:
        """Raises ProblemError 429 if it is one write too many."""
        await self._limiter.acquire(self._user, user)
        await self._limiter.acquire(self._tenant, tenant)
