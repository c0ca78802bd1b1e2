"""Limits how often a device's key is used, and how many unknown keys one address may try."""

from softphone_common.stores.rate_limit import Rate, RateLimiter, network


class KeyRateLimit:
    """Counts hits for each device and wrong keys for each network of an address.

    Only wrong keys are counted against an address: a whole company may be behind one, and a
    stranger there must not cost its phones a single hit.
    """

    def __init__(self, limiter: RateLimiter, hits: Rate, wrong_keys: Rate) -> None:
        self._limiter = limiter
        self._hits = hits
        self._wrong_keys = wrong_keys

    async def count_hit(self, device: str) -> None:
        """Raises ProblemError 429 if the device sends more than its rate allows."""
        await self._limiter.acquire(self._hits, device)

    async def count_wrong_key(self, address: str) -> None:
        """Raises ProblemError 429 if too many unknown keys came from there."""
        await self._limiter.acquire(self._wrong_keys, network(address))
