"""The routes of invitations: links with which users set their first or another password.

A link opens one account until it is used, replaced or expired. Its token is 256 random bits, of
which the store has the hash only. The token is in the fragment of the link, which browsers do not
send, so that no log of a proxy has the token.
"""

import secrets
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.http.auth import AdminCaller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.secret_hash import hash_secret
from softphone_notifier.accounts.browsers import Browser
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import (
    OtherTenant,
    Password,
    check_password,
    require_role,
    tenant_of,
)
from softphone_notifier.accounts.users import UserStore
from softphone_notifier.settings import NotifierSettings


class InvitationOutput(BaseModel):
    """A link to hand to the user. It is shown once: the store has only its hash."""

    url: str
    expires_at: datetime


class InvitationAccepted(BaseModel):
    """The token of a link, and the password to set."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=100)
    password: Password


class InvitedUser(BaseModel):
    """The user whose password was set, as the form of the sign-in needs them."""

    tenant: str
    login: str
    name: str


class InvitationApi:
    """Makes and accepts invitations."""

    def __init__(
        self,
        users: UserStore,
        publisher: UserPublisher,
        throttle: LoginThrottle,
        security: SecurityLog,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._publisher = publisher
        self._throttle = throttle
        self._security = security
        self._clock = clock
        self._lifetime = timedelta(seconds=settings.invitation_seconds)
        self._password_min = settings.password_min
        self.router = APIRouter(prefix="/api", tags=["users"])
        add = self.router.add_api_route
        add("/users/{user}/invitation", self.invite, methods=["POST"], status_code=201)
        add("/invitations/accept", self.accept, methods=["POST"])

    async def invite(
        self, user: str, caller: AdminCaller, request: Request, tenant: OtherTenant = None
    ) -> InvitationOutput:
        """Makes a link with which the user can set a password once, first or forgotten.

        An earlier link of the user is refused from now on. The password that the user has stays
        valid until the link is used. The link begins with the address of this request, and expires
        after SOFTPHONE_INVITATION_SECONDS. `user-locked`: unlock the user first.
        """
        stored = await self._users.get(tenant_of(caller, tenant), user)
        if stored is None:
            raise ProblemError("user-unknown")
        require_role(caller, stored.role)
        if stored.locked:
            raise ProblemError("user-locked")
        token, expires_at = secrets.token_urlsafe(32), self._clock() + self._lifetime
        if not await self._users.invite(stored.tenant, user, hash_secret(token), expires_at):
            raise ProblemError("user-unknown")
        self._security.act("invitation-made", caller, f"user/{user}", tenant=stored.tenant)
        base = f"{request.url.scheme}://{request.url.netloc}"
        return InvitationOutput(url=f"{base}/#/invitation/{token}", expires_at=expires_at)

    async def accept(self, invitation: InvitationAccepted, request: Request) -> InvitedUser:
        """Sets the password of the user whom the link was made for, and ends all their sessions.

        Needs no token of a sign-in. `invitation-unknown`: the link was used or replaced, or has
        expired. Sign in with the new password then.
        """
        check_password(invitation.password, self._password_min)
        token = hash_secret(invitation.token)
        async with self._throttle.invitation(Browser.of(request).address):
            if await self._users.invited(token, self._clock()) is None:
                raise ProblemError("invitation-unknown")
        password_hash = await hash_password(invitation.password)
        user = await self._users.accept(token, self._clock(), password_hash)
        if user is None:  # another request was faster
            raise ProblemError("invitation-unknown")
        target = f"user/{user.id}"
        self._security.record("invitation-accepted", user.tenant, user.id, target)
        await self._publisher.changed(user, revoked=True)
        return InvitedUser(tenant=user.tenant, login=user.login, name=user.name)
