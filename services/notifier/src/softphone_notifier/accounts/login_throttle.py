"""How often signing in may fail, by login and by network; knows no password, locks nobody out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.rate_limit import Rate, RateLimiter, network
from softphone_notifier.settings import NotifierSettings

_FIVE_MINUTES = 300


class LoginThrottle:
    """Counts before anything is looked at, so that many at once get no further than one by one."""

    def __init__(self, limiter: RateLimiter, settings: NotifierSettings) -> None:
        self._limiter = limiter
        self._here = Rate("signins", settings.signin_failures_max, _FIVE_MINUTES)
        self._anywhere = Rate("logins", settings.login_failures_max, _FIVE_MINUTES)
        self._address = Rate("addresses", settings.address_failures_max, _FIVE_MINUTES)
        self._renewals = Rate("renewals", settings.renewals_max, 60)
        self._under_way = asyncio.Semaphore(settings.signins_max)

    @asynccontextmanager
    async def sign_in(self, address: str, tenant: str, login: str) -> AsyncIterator[None]:
        """Within, a password is tried: one that is right clears the login's count for its network.

        A login is counted for each network, so that who guesses in one keeps nobody out elsewhere;
        for all of them together it may fail far more often.

        Raises ProblemError 429, whether there is such a login or not; 503 if so many are under way
        that one more would wait too long: a password costs work.
        """
        near, who = network(address), f"{tenant}/{login}"
        here = _hash(f"{near} {who}")
        if self._under_way.locked():
            raise ProblemError("logins-busy", headers=RETRY_AFTER)
        async with (
            self._under_way,
            self._failures(self._address, near),
            self._failures(self._here, here),
            self._failures(self._anywhere, _hash(who)),
        ):
            yield
        await self._limiter.reset(self._here, here)

    @asynccontextmanager
    async def renewal(self, address: str, secret: str) -> AsyncIterator[None]:
        """Within, a cookie is tried. Raises ProblemError 429."""
        async with self._failures(self._address, network(address)):
            await self._limiter.acquire(self._renewals, _hash(secret))
            yield

    @asynccontextmanager
    async def _failures(self, rate: Rate, who: str) -> AsyncIterator[None]:
        """Only failures are counted: a whole company may be behind one address."""
        await self._limiter.acquire(rate, who)
        try:
            yield
        except UnavailableError:
            await self._limiter.refund(rate, who)
            raise
        await self._limiter.refund(rate, who)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
