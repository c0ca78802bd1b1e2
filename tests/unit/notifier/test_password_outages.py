"""A new password ends every sign-in with the old one, wherever an outage interrupts the change."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import User
from softphone_common.http import app as http_app
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.revoked_tokens import RevokedTokens
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.session_cookies import NAME, SessionCookie
from softphone_notifier.accounts.session_routes import SessionAnswers, SessionApi
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import UserApi
from softphone_notifier.origins import Origins
from softphone_notifier.own_account.account_routes import AccountApi
from softphone_notifier.own_account.invitation_routes import InvitationApi
from softphone_notifier.own_account.own_password import OwnPassword
from softphone_notifier.second_factor.second_factors import SecondFactors
from softphone_notifier.sign_in_log import SignInLog
from softphone_testing.installation_keys import checked_tokens, token_issuer
from softphone_testing.memory.accounts import (
    MemorySecondFactorStore,
    MemorySessionStore,
    MemoryUserStore,
)
from softphone_testing.memory.tenants import MemoryTenantStore
from support.bus.buses import memory_bus, running
from support.observations import at
from support.security_log import RecordedSecurityLog
from support.stack.memory_hub import SETTINGS
from support.write_limits import rate_limiter, read_limit, write_limit

OLD, NEW = "the password before", "the password after"
OLD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(OLD)
"""Verified in no time, unlike the hashes that the product makes."""
HERE = Browser("192.0.2.17", "Mozilla/5.0")
STEPS_MAX = 30


class Outage:
    """The database goes away before the step of this number, and stays away until it returns."""

    def __init__(self) -> None:
        self.steps_left: int | None = None

    def step(self) -> None:
        if self.steps_left is None:
            return
        if self.steps_left == 0:
            raise UnavailableError("MongoDB", "no primary")
        self.steps_left -= 1


class Interrupted:
    """A store in memory whose every method is a step of the outage."""

    def __init__(self, store: Any, outage: Outage) -> None:
        self._store = store
        self._outage = outage

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def step(*arguments: Any) -> Any:
            self._outage.step()
            return await getattr(self._store, name)(*arguments)

        return step


class Site:
    """The accounts of one tenant over HTTP."""

    def __init__(self) -> None:
        self.outage = Outage()
        users: Any = Interrupted(MemoryUserStore(), self.outage)
        sessions: Any = Interrupted(MemorySessionStore(), self.outage)
        self.users = users
        self.bus = bus = memory_bus(MemoryBroker(), "notifier")
        security = RecordedSecurityLog()
        revoked = RevokedTokens(sessions, bus, SETTINGS)
        logins = LoginSessions(sessions, revoked, bus, lambda: at(0), SETTINGS)
        self.logins = logins
        cache = UserCache(users, bus, 60)
        publisher = UserPublisher(cache, logins, bus)
        factors = SecondFactors(MemorySecondFactorStore(), lambda: at(0), SETTINGS)
        throttle, origins = LoginThrottle(rate_limiter(), SETTINGS), Origins([])
        log, none = SignInLog(security, cache, lambda: at(0)), {"tenants": None}
        database: Any = none
        answers = SessionAnswers(token_issuer(lambda: at(0)), Tenants(database, bus, 60), SETTINGS)
        password, tenants = OwnPassword(users, throttle, log), MemoryTenantStore()
        routers = [
            SessionApi(
                *(users, tenants, logins, factors, throttle, log, origins, answers),
                clock=lambda: at(0),
            ).router,
            AccountApi(users, publisher, logins, password, log, origins, answers, SETTINGS).router,
            InvitationApi(users, publisher, throttle, security, lambda: at(0), SETTINGS).router,
            UserApi(
                users, Seats(users, tenants), publisher, logins, factors, security, SETTINGS
            ).router,
        ]
        limits, tokens = (write_limit(), read_limit()), checked_tokens(lambda: at(0))
        app = http_app.build("test", routers, tokens, *limits, security, 65_536, ready)
        self._transport = httpx.ASGITransport(app)

    async def begin(self, login: str) -> None:
        """Adds a user, and begins her session, another one of hers, and that of a thief."""
        self.login = login
        fields = {"tenant": "acme", "login": login, "id": login}
        user = await self.users.add(fields, OLD_HASH)
        self.cookies = [str(await self.logins.begin(user, HERE)) for _ in range(3)]

    async def ask(
        self, method: str, path: str, body: Any = None, cookie: str = "", **headers: str
    ) -> httpx.Response:
        if cookie:
            headers["Cookie"] = f"{NAME}={cookie}"
        async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
            return await client.request(method, f"/api/{path}", json=body, headers=headers)

    async def has_another_password(self) -> bool:
        return bool((await self.users.credentials("acme", self.login)).password_hash != OLD_HASH)

    async def renewable(self) -> list[str]:
        """The cookies from before the change that are still good for a token."""
        answers = [await self.ask("POST", "session/renew", cookie=each) for each in self.cookies]
        return [c for c, a in zip(self.cookies, answers, strict=True) if a.status_code == 201]

    def token(self, user: str, **fields: Any) -> dict[str, str]:
        session = SessionCookie.parse(self.cookies[0]).session
        named = User(id=user, tenant="acme", login=user, **fields)
        token, _ = token_issuer(lambda: at(0)).issue(named, timedelta(hours=1), session)
        return {"Authorization": f"Bearer {token}"}


async def ready() -> dict[str, Any]:
    return {"ready": True}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    async with running(made.bus):
        yield made


async def by_the_user(site: Site) -> Callable[[], Awaitable[httpx.Response]]:
    body = {"current": OLD, "password": NEW}
    token = site.token(site.login)
    return lambda: site.ask("PUT", "session/password", body, site.cookies[0], **token)


async def by_an_administrator(site: Site) -> Callable[[], Awaitable[httpx.Response]]:
    token = site.token("boss", role="admin")
    return lambda: site.ask("PATCH", f"users/{site.login}", {"password": NEW}, **token)


async def by_an_invitation(site: Site) -> Callable[[], Awaitable[httpx.Response]]:
    token = site.token("boss", role="admin")
    made = await site.ask("POST", f"users/{site.login}/invitation", **token)
    body = {"token": made.json()["url"].rpartition("/")[2], "password": NEW}
    return lambda: site.ask("POST", "invitations/accept", body)


@pytest.mark.parametrize("way", [by_the_user, by_an_administrator, by_an_invitation])
async def test_new_password_ends_sessions_at_any_outage(
    site: Site, way: Callable[[Site], Awaitable[Callable[[], Awaitable[httpx.Response]]]]
) -> None:
    for steps in range(STEPS_MAX):
        await site.begin(f"anna-{steps}")
        change = await way(site)
        site.outage.steps_left = steps
        answer = await change()
        site.outage.steps_left = None
        assert answer.status_code in {200, 503}, answer.text
        if await site.has_another_password():
            assert await site.renewable() == [], f"an outage after {steps} steps"
        else:
            assert answer.status_code == 503
        if answer.status_code == 200:
            if cookie := answer.cookies.get(NAME):  # the session that set the password goes on
                assert (await site.ask("POST", "session/renew", cookie=cookie)).status_code == 201
            assert (cookie is not None) == (way is by_the_user)
            return
    raise AssertionError(f"the change has over {STEPS_MAX} steps")
