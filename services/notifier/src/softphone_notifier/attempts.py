"""How often signing in may fail, by login and by address; knows no password, locks nobody out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_common.errors import UnavailableError
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.limits import Limiter, Rate, network
from softphone_notifier.settings import NotifierSettings

_FIVE_MINUTES = 300


class Attempts:
    """Counts before anything is looked at, so that many at once get no further than one by one."""

    def __init__(self, limiter: Limiter, settings: NotifierSettings) -> None:
        self._limiter = limiter
        self._login = Rate("signins", settings.signin_failures_max, _FIVE_MINUTES)
        self._address = Rate("addresses", settings.address_failures_max, _FIVE_MINUTES)
        self._renewals = Rate("renewals", settings.renewals_max, 60)
        self._under_way = asyncio.Semaphore(settings.signins_max)

    @asynccontextmanager
    async def sign_in(self, address: str, tenant: str, login: str) -> AsyncIterator[None]:
        """Within, a password is tried: one that is right clears the login's count.

        Raises ProblemError 429, whether there is such a login or not; 503 if so many are under way
        that one more would wait too long: a password costs work.
        """
        who = _hash(f"{tenant}/{login}")
        if self._under_way.locked():
            raise ProblemError(503, "Too many sign-ins at once", headers=RETRY_AFTER)
        async with self._under_way, self._of_address(address):
            await self._limiter.take(self._login, who)
            try:
                yield
            except UnavailableError:
                await self._limiter.give_back(self._login, who)
                raise
            await self._limiter.forget(self._login, who)

    @asynccontextmanager
    async def renewal(self, address: str, secret: str) -> AsyncIterator[None]:
        """Within, a cookie is tried. Raises ProblemError 429."""
        async with self._of_address(address):
            await self._limiter.take(self._renewals, _hash(secret))
            yield

    @asynccontextmanager
    async def _of_address(self, address: str) -> AsyncIterator[None]:
        """Only failures are counted: a whole company may be behind one address."""
        who = network(address)
        await self._limiter.take(self._address, who)
        try:
            yield
        except UnavailableError:
            await self._limiter.give_back(self._address, who)
            raise
        await self._limiter.give_back(self._address, who)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
