"""Limits failed sign-ins by login and network, without ever locking a user out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from softphone_common.edge.client_network import network
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.rate_limit import Rate, RateLimiter, rates_of
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
        self._codes = Rate("second-factors", settings.second_factor_failures_max, 3600)
        self._renewals = Rate("renewals", settings.renewals_max, 60)
        self._under_way = asyncio.Semaphore(settings.signins_max)

    @asynccontextmanager
    async def sign_in(self, address: str, tenant: str, login: str) -> AsyncIterator[None]:
        """The block verifies a password, and a code if needed; it raises if either is wrong.

        Failures of a login are counted for each network, so that guessing in one network locks
        nobody out in another. For all networks together the limit is far higher. Success clears
        the count of the login in its network. The question for a code is an answer to the right
        password, and so a failure of the login like any other, but not of the network: many users
        of a company may be asked at once.

        Raises ProblemError 429, for unknown logins too, and 503 while too many sign-ins are under
        way: verifying a password takes much time on purpose.
        """
        account = f"{tenant}/{login}"
        in_network = _hash(f"{network(address)} {account}")
        async with (
            self._turn(),
            self._network_failures(address),
            self._failures(self._login_in_network, in_network),
            self._failures(self._login_anywhere, _hash(account)),
        ):
            yield
        await self._limiter.reset(self._login_in_network, in_network)

    @asynccontextmanager
    async def code(self, user: str) -> AsyncIterator[None]:
        """The block checks a code of the user's second factor. Raises ProblemError 429."""
        async with self._failures(self._codes, _hash(user)):
            yield

    @asynccontextmanager
    async def renewal(self, address: str, session: str) -> AsyncIterator[None]:
        """The block looks a session cookie up. Raises ProblemError 429."""
        async with self._network_failures(address):
            await self._limiter.acquire(self._renewals, _hash(session))
            yield

    @asynccontextmanager
    async def invitation(self, address: str) -> AsyncIterator[None]:
        """The block looks an invitation up. Raises ProblemError 429."""
        async with self._network_failures(address):
            yield

    @asynccontextmanager
    async def openid(self, address: str) -> AsyncIterator[None]:
        """The block has a provider verify a sign-in, and finds its user.

        Raises ProblemError 429, and 503 while too many sign-ins are under way: each one makes
        requests to the provider.
        """
        async with self._turn(), self._network_failures(address):
            yield

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._under_way.locked():
            raise ProblemError("logins-busy", headers=RETRY_AFTER)
        async with self._under_way:
            yield

    @asynccontextmanager
    async def _network_failures(self, address: str) -> AsyncIterator[None]:
        async with AsyncExitStack() as networks:
            for rate, key in rates_of(address, self._network):
                await networks.enter_async_context(self._failures(rate, key))
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
        except ProblemError as error:
            if rate.name == self._network.name and error.code == "second-factor-required":
                await self._limiter.refund(rate, key)
            raise
        await self._limiter.refund(rate, key)


def _hash(text: str) -> str:
    # Redis stores no logins and no secrets; surrogates come from JSON such as "\ud800"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
