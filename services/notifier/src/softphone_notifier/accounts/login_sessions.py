"""Begins, renews and ends the sessions of signed-in browsers.

The cookie is rotated as RFC 9700, section 4.14.2, describes it for refresh tokens: each renewal
replaces it, and the use of a replaced one ends the session, since either the browser or a thief has
an old cookie, and nobody can tell which. A cookie stays good for a short grace after its
renewal and leads to the present one: several tabs may renew at the same moment. Within the grace
the present cookie is not replaced again, so a late answer brings no browser an older one.

An answer may be lost before a computer sleeps, so the last cookie is good for longer while nobody
has used the present one. It gets another successor then, and the use of the one that was lost ends
the session, since only somebody who has copied it can have it.
"""

import secrets
from datetime import timedelta

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import SessionsEnded
from softphone_common.http.auth import SKEW_SECONDS, TOKEN_SECONDS_MAX
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log
from softphone_common.stores.revoked_tokens import Revocation, RevokedTokens
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.session_cookies import SessionCookie
from softphone_notifier.accounts.session_store import LoginSession, RetiredSecret, SessionStore
from softphone_notifier.accounts.users import Account
from softphone_notifier.settings import NotifierSettings


class LoginSessions:
    """The sessions of all users. Every method may raise UnavailableError."""

    def __init__(
        self,
        store: SessionStore,
        revoked: RevokedTokens,
        bus: Bus,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._store = store
        self._revoked = revoked
        self._bus = bus
        self._clock = clock
        self._lifetime = timedelta(seconds=settings.session_seconds)
        self._grace = timedelta(seconds=settings.renewal_grace_seconds)
        # SOFTPHONE_TOKEN_SECONDS may have been longer when the tokens were issued, and the clock of
        # another instance, which issues tokens too, may be a minute ahead
        self._token_lifetime = timedelta(seconds=TOKEN_SECONDS_MAX + SKEW_SECONDS)
        self._user_max = settings.sessions_user_max

    async def begin(self, user: Account, browser: Browser) -> SessionCookie:
        """Begins a session for the password that the user has, and returns its cookie.

        If the user has too many, those that were used longest ago can no longer be renewed.
        """
        cookie, now = SessionCookie.new(), self._clock()
        session = LoginSession(
            id=cookie.session,
            tenant=user.tenant,
            user=user.id,
            expires_at=now + self._lifetime,
            created_at=now,
            used_at=now,
            secret=cookie.hash,
            password_version=user.password_version,
            **browser.facts,
        )
        await self._store.add(session)
        others = [old.id for old in await self.of(user.id) if old.id != session.id]
        if too_many := others[self._user_max - 1 :]:
            await self._store.end(too_many)
        return cookie

    async def of(self, user: str) -> list[LoginSession]:
        """The sessions of the user, the one that was used last first."""
        return await self._store.of(user, self._clock())

    async def find(self, cookie: SessionCookie) -> LoginSession:
        """The session of the cookie's family. Raises ProblemError login-session-missing."""
        session = await self._store.get(cookie.session, self._clock())
        if session is None:
            raise ProblemError("login-session-missing")
        return session

    async def require_password_of(self, session: LoginSession, user: Account) -> None:
        """Raises ProblemError login-session-missing if the user has another password by now.

        A new password ends all sessions. This holds, too, if an outage came between the write of
        the password and the end of the sessions, since the password's version is in that write.
        """
        if session.password_version != user.password_version:
            await self.end(session.tenant, session.user, session.id)
            raise ProblemError("login-session-missing")

    async def renew(
        self, session: LoginSession, cookie: SessionCookie, browser: Browser
    ) -> SessionCookie:
        """The cookie that replaces this one, in this session; this one if it is new.

        Raises ProblemError session-reused after it ended the session, since the cookie was
        replaced longer ago than the grace; session-rotated if the present cookie is not for
        everybody who has this one.
        """
        if cookie.hash == session.secret and self._recent(session):
            if not session.used:
                await self._store.change(session.id, session.secret, {"used": True})
            return cookie
        if cookie.hash == session.secret or self._was_lost(session, cookie):
            salt = secrets.token_urlsafe(16)
            successor = cookie.successor(salt)
            if await self._replace(session, cookie, successor, salt, browser):
                return successor
            session = await self.find(cookie)  # another tab was faster
        recent = self._recent(session)
        place = next((i for i, old in enumerate(recent) if old.secret == cookie.hash), None)
        if place is None:
            log.warning("session cookie reused", tenant=session.tenant, user=session.user)
            await self.end(session.tenant, session.user, session.id)
            raise ProblemError("session-reused")
        for old in recent[place:]:
            if old.salt is None:
                raise ProblemError("session-rotated", headers=RETRY_AFTER)
            cookie = cookie.successor(old.salt)
        return cookie

    async def rotate(self, cookie: SessionCookie, browser: Browser, user: Account) -> SessionCookie:
        """The new cookie of the session, to which no earlier one leads: for the new password.

        A thief who has a copy of the cookie thus cannot follow. Raises ProblemError like `renew`.
        """
        present = await self.renew(await self.find(cookie), cookie, browser)
        replacement = present.replacement()
        session = await self.find(present)
        if not await self._replace(
            session, present, replacement, None, browser, user.password_version
        ):
            raise ProblemError("session-rotated", headers=RETRY_AFTER)
        return replacement

    async def end(self, tenant: str, user: str, *sessions: str) -> None:
        """Ends these sessions of the user, with their tokens and websockets.

        The revocations come before the message: a service that starts in between subscribes first
        and then reads them. While MongoDB is away, tokens and websockets end all the same.
        """
        if not sessions:
            return
        ended = SessionsEnded(tenant=tenant, user=user, sessions=sessions)
        # This instance knows the end at once, even while the broker is away.
        await self._revoked.on_sessions_ended(ended)
        try:
            await self._revoke(*(Revocation(id=session) for session in sessions))
        finally:
            await self._bus.try_publish(ended)
        await self._store.end(sessions)

    async def end_one(self, id_: str) -> LoginSession | None:
        """Ends and returns the session with this id, if there is one."""
        session = await self._store.get(id_, self._clock())
        if session is not None:
            await self.end(session.tenant, session.user, session.id)
        return session

    async def end_others(self, tenant: str, user: str, own: str) -> None:
        """Ends all sessions of the user but this one."""
        others = (session.id for session in await self.of(user) if session.id != own)
        await self.end(tenant, user, *others)

    async def outdate(self, user: User) -> None:
        """Makes services that start from now on refuse the tokens of earlier versions, too."""
        await self._revoke(Revocation(id=user.id, version=user.version))

    async def forget(self, user: str) -> None:
        """Ends all sessions of a user whose tokens are refused already."""
        await self._store.end([session.id for session in await self.of(user)])

    async def _revoke(self, *revocations: Revocation) -> None:
        await self._store.revoke(revocations, self._clock() + self._token_lifetime)

    def _recent(self, session: LoginSession) -> list[RetiredSecret]:
        """The secrets within their grace, in the order in which they were replaced."""
        now = self._clock()
        return [old for old in session.retired if now - old.retired_at < self._grace]

    def _was_lost(self, session: LoginSession, cookie: SessionCookie) -> bool:
        """Whether this cookie was replaced longer ago than the grace by one that nobody has used.

        Never for a new password, which has to end every copy of the cookie before.
        """
        last = session.retired[-1] if session.retired and not session.used else None
        is_last = last is not None and last.secret == cookie.hash and last.salt is not None
        return is_last and not self._recent(session)

    async def _replace(
        self,
        session: LoginSession,
        cookie: SessionCookie,
        successor: SessionCookie,
        salt: str | None,
        browser: Browser,
        password_version: int | None = None,
    ) -> bool:
        """Has the successor replace this cookie; False if another request was faster.

        With a version the session goes on although its user has another password.
        """
        now = self._clock()
        last = RetiredSecret(secret=cookie.hash, salt=salt, retired_at=now)
        retired = [old.model_dump() for old in (*self._recent(session), last)]
        if password_version is None:
            password_version = session.password_version
        changes = {
            "secret": successor.hash,
            "retired": retired,
            "used_at": now,
            "used": False,
            "password_version": password_version,
            **browser.facts,
        }
        return await self._store.change(session.id, session.secret, changes)
