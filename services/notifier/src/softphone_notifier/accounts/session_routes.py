"""The routes of sign-in, `/api/session`."""

import contextlib
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import PopupSettings, Preferences, Role
from softphone_common.domain.numbers.dial_format import DialFormat
from softphone_common.http.auth import Caller, OptionalCaller, TokenIssuer
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.tenants import TenantReader, Tenants
from softphone_notifier.accounts import session_cookies
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.passwords import matches
from softphone_notifier.accounts.session_cookies import SessionCookie
from softphone_notifier.accounts.user_routes import Password, UserOutput, user_output
from softphone_notifier.accounts.users import Account, Credentials, UserStore
from softphone_notifier.origins import Origins
from softphone_notifier.second_factor.second_factors import SecondFactors
from softphone_notifier.settings import NotifierSettings
from softphone_notifier.sign_in_log import SignInLog

_SEEN_AGAIN = timedelta(minutes=5)
"""How old the time may be at which administrators see that a user was last seen."""

CookieText = Annotated[str | None, Cookie(alias=session_cookies.NAME)]


FactorCode = Annotated[str, Field(max_length=40)]
"""Six digits of an authenticator app or a recovery code, with or without blanks and hyphens."""


class SignIn(BaseModel):
    """The credentials of a user, with a code if the user has a second factor."""

    model_config = ConfigDict(extra="forbid")

    tenant: str = Field(max_length=40)
    login: str = Field(max_length=100)
    password: Password
    code: FactorCode = Field("", examples=["123456"])


class OwnTenant(BaseModel):
    """The part of a tenant that the page of its users needs at its start."""

    name: str = ""
    popup: PopupSettings = PopupSettings()
    record_url: str = ""
    own_extensions: bool = False
    dial_link: str = "tel:{number}"
    dial_spelling: DialFormat = "e164"


class Profile(BaseModel):
    """A user with the preferences, and the tenant's defaults for those that are null."""

    user: UserOutput
    preferences: Preferences
    tenant: OwnTenant


class SessionOutput(Profile):
    """A token for the header `Authorization: Bearer`. Renew it before `expires_at`."""

    token: str
    expires_at: datetime
    session: str = Field(description="The id of the session, as `GET /api/sessions` lists it")


class SessionAnswers:
    """Answers with a token and the cookie that can renew it."""

    def __init__(self, issuer: TokenIssuer, tenants: Tenants, settings: NotifierSettings) -> None:
        self._issuer = issuer
        self._tenants = tenants
        self._token_lifetime = timedelta(seconds=settings.token_seconds)
        self._cookie_seconds = settings.session_seconds

    def answer(
        self, user: Account, cookie: SessionCookie, request: Request, response: Response
    ) -> SessionOutput:
        """Sets the cookie, and makes a token for its session.

        A cookie that the browser has is not set again: the answer may come after that to another
        sign-in, whose cookie it would replace.
        """
        if request.cookies.get(session_cookies.NAME) != str(cookie):
            self.set_cookie(cookie, request, response)
        token, expires_at = self._issuer.issue(user, self._token_lifetime, cookie.session)
        profile = profile_of(user, self._tenants)
        return SessionOutput(
            token=token, expires_at=expires_at, session=cookie.session, **profile.__dict__
        )

    def set_cookie(self, cookie: SessionCookie, request: Request, response: Response) -> None:
        """The store, not the cookie's age, decides when the session expires."""
        response.set_cookie(
            session_cookies.NAME,
            str(cookie),
            max_age=self._cookie_seconds,
            path=session_cookies.PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )


def profile_of(user: Account, tenants: Tenants) -> Profile:
    """The profile of the user; a tenant that is not cached has the defaults."""
    stored = tenants.get(user.tenant)
    tenant = OwnTenant.model_validate(stored.model_dump()) if stored else OwnTenant()
    return Profile(user=user_output(user), preferences=user.preferences, tenant=tenant)


async def require_active(user: Account, tenants: TenantReader) -> None:
    """Raises ProblemError 403 if the user is locked, or the tenant of a user switched off."""
    if user.locked:
        raise ProblemError("user-locked")
    await require_active_tenant(user.tenant, user.role, tenants)


async def require_active_tenant(id_: str, role: Role | None, tenants: TenantReader) -> None:
    """Raises ProblemError 403 if the tenant is switched off, but not for an operator."""
    tenant = await tenants.get(id_)
    if tenant is not None and not tenant.active and role != "operator":
        raise ProblemError("tenant-switched-off")


class SessionApi:
    """Sign-in, renewal and sign-out over HTTP."""

    def __init__(
        self,
        users: UserStore,
        tenants: TenantReader,
        sessions: LoginSessions,
        factors: SecondFactors,
        throttle: LoginThrottle,
        sign_in_log: SignInLog,
        origins: Origins,
        answers: SessionAnswers,
        clock: Clock,
    ) -> None:
        self._users = users
        self._clock = clock
        self._factors = factors
        self._tenants = tenants
        self._sessions = sessions
        self._throttle = throttle
        self._log = sign_in_log
        self._answers = answers
        self.router = APIRouter(
            prefix=session_cookies.PATH, tags=["session"], dependencies=[Depends(origins.require)]
        )
        add = self.router.add_api_route
        add("", self.sign_in, methods=["POST"], status_code=201)
        # an empty requirement: the token may be left out (OpenAPI, "Security Requirement Object")
        optional: dict[str, Any] = {"security": [{}]}
        add("", self.sign_out, methods=["DELETE"], status_code=204, openapi_extra=optional)
        add("/renew", self.renew, methods=["POST"], status_code=201)

    async def sign_in(
        self, credentials: SignIn, request: Request, response: Response, text: CookieText = None
    ) -> SessionOutput:
        """Exchanges a password for a token, and sets a cookie that can renew it.

        `login-failed` does not say whether tenant, login or password is wrong.
        `second-factor-required`: the password is right, and the user has a second factor; send the
        request again with `code`. Like `second-factor-wrong` it counts as a failure. After too many
        failures `rate-limit-exceeded` says when to try again. `tenant-switched-off` and
        `user-locked`: the password is right, but an operator has switched the tenant off, or an
        administrator has locked the user. The session of a cookie that the browser still has ends.
        """
        browser = Browser.of(request)
        tenant, login = credentials.tenant, credentials.login
        async with (
            self._log.attempt(tenant, login),
            self._throttle.sign_in(browser.address, tenant, login),
        ):
            stored = await self._verified(credentials)
            await self._require_factor(stored.user, credentials.code)
        with self._log.sign_in(stored.user):
            await require_active(stored.user, self._tenants)
        user, cookie = await self._begin(stored, browser)
        self._log.succeeded(user)
        await self._note_seen(user)
        await self._end(text, None)
        return self._answers.answer(user, cookie, request, response)

    async def _verified(self, credentials: SignIn) -> Credentials:
        """The user with this password. Raises ProblemError login-failed."""
        stored = await self._users.credentials(credentials.tenant, credentials.login)
        # for an unknown login a hash is compared too, so that both take the same time (OWASP
        # Authentication Cheat Sheet, "Authentication Responses")
        right = await matches(credentials.password, stored.password_hash if stored else None)
        if stored is None or not right:
            self._log.failed(stored.user if stored else None)
            raise ProblemError("login-failed")
        return stored

    async def _require_factor(self, user: Account, code: str) -> None:
        """Raises ProblemError second-factor-required or second-factor-wrong."""
        factor = await self._factors.get(user.id)
        if factor is None:
            return
        with self._log.second_factor(user):
            if not code:
                raise ProblemError("second-factor-required")
            async with self._throttle.code(user.id):
                is_recovery = await self._factors.check(factor, code)
        if is_recovery:
            self._log.recovered(user)

    async def _begin(self, stored: Credentials, browser: Browser) -> tuple[Account, SessionCookie]:
        """The user and the cookie of a new session. Raises ProblemError login-failed."""
        tenant, login = stored.user.tenant, stored.user.login
        cookie = await self._sessions.begin(stored.user, browser)
        # A new password ends all sessions of its user. It may have been set between its check
        # and the begin of this session, so this session checks once more.
        current = await self._users.credentials(tenant, login)
        if current is None or current.password_hash != stored.password_hash:
            await self._sessions.end(tenant, stored.user.id, cookie.session)
            self._log.failed(stored.user)
            raise ProblemError("login-failed")
        return current.user, cookie

    async def renew(
        self, request: Request, response: Response, text: CookieText = None
    ) -> SessionOutput:
        """Issues another token for the session of the cookie, and replaces the cookie.

        A cookie that is newer than SOFTPHONE_RENEWAL_GRACE_SECONDS is not replaced. A second
        renewal thus confirms that the first answer has arrived: only then the cookie before is
        refused after that time. `login-session-missing`: there is no cookie, or its session has
        ended; sign in again. `session-reused`: the cookie was replaced longer ago, so a copy of it
        may be in other hands: the session has ended. `session-rotated`: the user
        has just changed the password; try again with the cookie that the browser got then.
        `tenant-switched-off`, `user-locked`: as at the sign-in.
        """
        if not text:
            raise ProblemError("login-session-missing")
        cookie, browser = SessionCookie.parse(text), Browser.of(request)
        async with self._throttle.renewal(browser.address, cookie.session):
            session = await self._sessions.find(cookie)
            user = await self._users.get(session.tenant, session.user)
            if user is None:
                raise ProblemError("login-session-missing")
            await self._sessions.require_password_of(session, user)
        await require_active(user, self._tenants)
        with self._log.renewal(user):
            cookie = await self._sessions.renew(session, cookie, browser)
        await self._note_seen(user)
        return self._answers.answer(user, cookie, request, response)

    async def sign_out(
        self, response: Response, caller: OptionalCaller, text: CookieText = None
    ) -> None:
        """Ends the session of the cookie and that of the token, if the request has one.

        All tokens of the session are refused and all its websockets closed, in all tabs.
        """
        response.delete_cookie(session_cookies.NAME, path=session_cookies.PATH)
        await self._end(text, caller)

    async def _end(self, text: str | None, caller: Caller | None) -> None:
        cookie = SessionCookie.parse(text) if text else None
        if caller is not None and caller.session:
            await self._sessions.end(caller.tenant, caller.user, caller.session)
            self._log.ended(caller.tenant, caller.user)
            if cookie is not None and cookie.session == caller.session:
                return
        if cookie is not None:
            session = await self._sessions.end_one(cookie.session)
            if session is not None:
                self._log.ended(session.tenant, session.user)

    async def _note_seen(self, user: Account) -> None:
        now = self._clock()
        if user.seen_at is None or now - user.seen_at > _SEEN_AGAIN:
            with contextlib.suppress(UnavailableError):  # the session has begun all the same
                await self._users.note_seen(user.id, now)
