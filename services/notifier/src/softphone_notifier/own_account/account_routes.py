"""The routes of a user's own account: the list of sessions and the password."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.http.auth import AnyCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.session_cookies import SessionCookie
from softphone_notifier.accounts.session_routes import CookieText, SessionAnswers, SessionOutput
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import Password, check_password
from softphone_notifier.accounts.users import UserStore
from softphone_notifier.origins import Origins
from softphone_notifier.own_account.own_password import OwnPassword
from softphone_notifier.settings import NotifierSettings
from softphone_notifier.sign_in_log import SignInLog


class OwnSession(BaseModel):
    """A session of the caller. `network` is the /24 of an IPv4 or the /48 of an IPv6 address."""

    id: str
    created_at: datetime | None = Field(description="null for a sign-in at release 0.1.0")
    used_at: datetime | None = Field(description="The last sign-in or renewal")
    expires_at: datetime
    network: str
    browser: str = Field(description="Browser and system, for example `Firefox, Windows`")
    current: bool = Field(description="Whether it is the session of the token")


class PasswordChange(BaseModel):
    """The current password and the new one."""

    model_config = ConfigDict(extra="forbid")

    current: Password
    password: Password


class AccountApi:
    """The caller's own sessions and password over HTTP."""

    def __init__(
        self,
        users: UserStore,
        publisher: UserPublisher,
        sessions: LoginSessions,
        password: OwnPassword,
        sign_in_log: SignInLog,
        origins: Origins,
        answers: SessionAnswers,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._publisher = publisher
        self._sessions = sessions
        self._password = password
        self._log = sign_in_log
        self._answers = answers
        self._password_min = settings.password_min
        self.router = APIRouter(prefix="/api", tags=["session"])
        add = self.router.add_api_route
        add("/sessions", self.list_sessions, methods=["GET"])
        add("/sessions", self.end_others, methods=["DELETE"], status_code=204)
        add("/sessions/{session}", self.end_session, methods=["DELETE"], status_code=204)
        takes_cookie = [Depends(origins.require)]
        add("/session/password", self.set_password, methods=["PUT"], dependencies=takes_cookie)

    async def list_sessions(self, caller: AnyCaller) -> Page[OwnSession]:
        """All sessions of the caller, the one that was used last first."""
        sessions = await self._sessions.of(caller.user)
        items = [
            OwnSession(**session.model_dump(), current=session.id == caller.session)
            for session in sessions
        ]
        return Page(items=items)

    async def end_session(self, session: str, caller: AnyCaller) -> None:
        """Ends a session of the caller: its tokens are refused and its websockets closed."""
        if session not in {own.id for own in await self._sessions.of(caller.user)}:
            raise ProblemError("session-unknown")
        await self._sessions.end(caller.tenant, caller.user, session)
        self._log.act("sessions-ended", caller)

    async def end_others(self, caller: AnyCaller) -> None:
        """Ends all sessions of the caller but that of the token."""
        await self._sessions.end_others(caller.tenant, caller.user, caller.session)
        self._log.act("sessions-ended", caller)

    async def set_password(
        self,
        change: PasswordChange,
        caller: AnyCaller,
        request: Request,
        response: Response,
        text: CookieText = None,
    ) -> SessionOutput:
        """Sets another password for the caller, ends all other sessions, and replaces the cookie.

        `password-wrong`: the current password is another one; attempts are counted like failed
        sign-ins. `password-unchanged`: the new password is the current one. All tokens that the
        caller has are refused; the answer has a new one. Without the cookie of the token's session
        that session ends too, and a new one begins.
        """
        check_password(change.password, self._password_min)
        verified = await self._password.verify(
            caller, change.current, request, "current", "password-changed"
        )
        if change.password == change.current:
            raise ProblemError("password-unchanged", field="password")
        fields = {"password_hash": await hash_password(change.password)}
        browser, cookie = Browser.of(request), SessionCookie.parse(text or "")
        keep = caller.session if cookie.session == caller.session else ""
        # before the change, so that an outage in between leaves nobody signed in with the old
        # password, and behind it for those who have just signed in with that
        await self._sessions.end_others(caller.tenant, caller.user, keep)
        user = await self._users.edit(caller.tenant, caller.user, fields, verified.password_hash)
        if user is None:  # an administrator has set another one meanwhile, or removed the user
            raise ProblemError("password-wrong", field="current")
        self._log.act("password-changed", caller)
        # The sockets of the other sessions are closed with their sessions; that of this one stays.
        await self._publisher.changed(user, revoked=False)
        await self._sessions.end_others(user.tenant, user.id, keep)
        if keep:
            cookie = await self._sessions.rotate(cookie, browser, user)
        else:
            cookie = await self._sessions.begin(user, browser)
        return self._answers.answer(user, cookie, request, response)
