"""The routes of sign-in, `/api/session`."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import User
from softphone_common.http.auth import Tokens
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.passwords import matches
from softphone_notifier.accounts.user_routes import Password, UserOutput, user_output
from softphone_notifier.accounts.users import UserStore
from softphone_notifier.origins import Origins
from softphone_notifier.settings import NotifierSettings

COOKIE = "softphone_session"
_COOKIE_PATH = "/api/session"
"""The cookie is sent to these routes alone, so no other route can be reached by cookie."""

SessionCookie = Annotated[str | None, Cookie(alias=COOKIE)]


class SignIn(BaseModel):
    """The credentials of a user."""

    model_config = ConfigDict(extra="forbid")

    tenant: str = Field(max_length=40)
    login: str = Field(max_length=100)
    password: Password


class SessionOutput(BaseModel):
    """A token for the header `Authorization: Bearer`. Renew it before `expires_at`."""

    token: str
    expires_at: datetime
    user: UserOutput


class SessionApi:
    """Sign-in, renewal and sign-out over HTTP."""

    def __init__(
        self,
        users: UserStore,
        sessions: LoginSessions,
        throttle: LoginThrottle,
        origins: Origins,
        tokens: Tokens,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._throttle = throttle
        self._tokens = tokens
        self._clock = clock
        self._lifetime = timedelta(seconds=settings.token_seconds)
        self.router = APIRouter(
            prefix="/api/session", tags=["session"], dependencies=[Depends(origins.require)]
        )
        add = self.router.add_api_route
        add("", self.sign_in, methods=["POST"], status_code=201)
        add("", self.sign_out, methods=["DELETE"], status_code=204)
        add("/renew", self.renew, methods=["POST"], status_code=201)

    async def sign_in(
        self, credentials: SignIn, request: Request, response: Response
    ) -> SessionOutput:
        """Exchanges a password for a token, and sets a cookie that can renew it.

        `login-failed` does not say whether tenant, login or password is wrong. After too many
        failures `rate-limit-exceeded` says when to try again.
        """
        address = _address(request)
        async with self._throttle.sign_in(address, credentials.tenant, credentials.login):
            user, secret = await self._begin(credentials)
        response.set_cookie(
            COOKIE,
            secret,
            max_age=int(self._sessions.lifetime.total_seconds()),
            path=_COOKIE_PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return self._output(user)

    async def _begin(self, credentials: SignIn) -> tuple[User, str]:
        """The user and the secret of a new session. Raises ProblemError login-failed."""
        tenant, login = credentials.tenant, credentials.login
        stored = await self._users.credentials(tenant, login)
        # for an unknown login a hash is compared too, so that both take the same time (OWASP
        # Authentication Cheat Sheet, "Authentication Responses")
        right = await matches(credentials.password, stored.password_hash if stored else None)
        if stored is None or not right:
            raise ProblemError("login-failed")
        secret = await self._sessions.begin(stored.user.tenant, stored.user.id, self._clock())
        # A new password ends all sessions of its user. It may have been set between the check
        # above and the begin of this session, so this session checks once more.
        current = await self._users.credentials(tenant, login)
        if current is None or current.password_hash != stored.password_hash:
            await self._sessions.end(secret)
            raise ProblemError("login-failed")
        return current.user, secret

    async def renew(self, request: Request, secret: SessionCookie = None) -> SessionOutput:
        """Issues another token for the session of the cookie.

        `login-session-missing`: there is no cookie, or its session has ended; sign in again.
        """
        if not secret:
            raise ProblemError("login-session-missing")
        async with self._throttle.renewal(_address(request), secret):
            owner = await self._sessions.owner(secret, self._clock())
            user = await self._users.get(*owner) if owner else None
            if user is None:
                raise ProblemError("login-session-missing")
        return self._output(user)

    async def sign_out(self, response: Response, secret: SessionCookie = None) -> None:
        """Ends the session of the cookie. Tokens that were issued stay valid until they expire."""
        if secret:
            await self._sessions.end(secret)
        response.delete_cookie(COOKIE, path=_COOKIE_PATH)

    def _output(self, user: User) -> SessionOutput:
        token, expires_at = self._tokens.issue(user, self._lifetime)
        return SessionOutput(token=token, expires_at=expires_at, user=user_output(user))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
