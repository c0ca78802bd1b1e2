"""Limits failed sign-ins by login and network, without ever locking a user out."""

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
    """Counts an attempt before it is made and takes it back if it succeeds.

    So a hundred attempts at once get no further than a hundred in a row.
    """

    def __init__(self, limiter: RateLimiter, settings: NotifierSettings) -> None:
        self._limiter = limiter
        self._login_in_network = Rate("signins", settings.signin_failures_max, _FIVE_MINUTES)
        self._login_anywhere = Rate("logins", settings.login_failures_max, _FIVE_MINUTES)
        self._network = Rate("addresses", settings.address_failures_max, _FIVE_MINUTES)
        self._renewals = Rate("renewals", settings.renewals_max, 60)
        self._under_way = asyncio.Semaphore(settings.signins_max)

    @asynccontextmanager
    async def sign_in(self, address: str, tenant: str, login: str) -> AsyncIterator[None]:
        """The block verifies a password; it raises if the password is wrong.

        Failures of a login are counted for each network, so that guessing in one network locks
        nobody out in another. For all networks together the limit is far higher. Success clears
        the count of the login in its network.

        Raises ProblemError 429, for unknown logins too, and 503 while too many sign-ins are under
        way: verifying a password takes much time on purpose.
        """
        source, account = network(address), f"{tenant}/{login}"
        in_network = _hash(f"{source} {account}")
        if self._under_way.locked():
            raise ProblemError("logins-busy", headers=RETRY_AFTER)
        async with (
            self._under_way,
            self._failures(self._network, source),
            self._failures(self._login_in_network, in_network),
            self._failures(self._login_anywhere, _hash(account)),
        ):
            yield
        await self._limiter.reset(self._login_in_network, in_network)

    @asynccontextmanager
    async def renewal(self, address: str, secret: str) -> AsyncIterator[None]:
        """The block looks a session cookie up. Raises ProblemError 429."""
        async with self._failures(self._network, network(address)):
            await self._limiter.acquire(self._renewals, _hash(secret))
            yield

    @asynccontextmanager
    async def _failures(self, rate: Rate, key: str) -> AsyncIterator[None]:
        """Counts the block unless it succeeds: a whole company may share one address."""
        await self._limiter.acquire(rate, key)
        try:
            yield
        except UnavailableError:  # an outage is no failed attempt
            await self._limiter.refund(rate, key)
            raise
        await self._limiter.refund(rate, key)


def _hash(text: str) -> str:
    # Redis stores no logins and no secrets; surrogates come from JSON such as "\ud800"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
