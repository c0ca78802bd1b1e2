"""The routes of sign-in and users: `/api/session` and `/api/users`."""

from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Role, TenantId, User
from softphone_common.contracts.events import UserChanged
from softphone_common.http.auth import AdminCaller, Caller, Tokens
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_notifier.accounts.login_sessions import SessionStore
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.passwords import hash_password, matches
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.users import LoginTakenError, UserCache, UserStore
from softphone_notifier.origins import Origins
from softphone_notifier.settings import NotifierSettings

COOKIE = "softphone_session"
_COOKIE_PATH = "/api/session"

Login = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(max_length=1000)]
Extensions = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=50)
]
SessionCookie = Annotated[str | None, Cookie(alias=COOKIE)]
OfTenant = Annotated[TenantId | None, Query(description="Another tenant, for operators")]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Input):
    """Who wants in."""

    tenant: str = Field(max_length=40)
    login: str = Field(max_length=100)
    password: Password


class UserOutput(BaseModel):
    """A user as the API shows one."""

    id: str
    tenant: str
    login: str
    name: str
    role: Role
    extensions: tuple[str, ...]


class SessionOutput(BaseModel):
    """A token for the header `Authorization: Bearer`, and when to have renewed it."""

    token: str
    expires_at: datetime
    user: UserOutput


class UserInput(_Input):
    """A new user."""

    login: Login
    password: Password
    name: str = Field("", max_length=100)
    role: Role = "user"
    extensions: Extensions = Field(default_factory=list)


class UserChanges(_Input):
    """What of a user to change; a new password ends every sign-in."""

    login: Login = "-"
    password: Password = ""
    name: str = Field("", max_length=100)
    role: Role = "user"
    extensions: Extensions = Field(default_factory=list)


class SessionApi:
    """Sign in, renew, sign out."""

    def __init__(
        self,
        users: UserStore,
        sessions: SessionStore,
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

    async def sign_in(self, given: SignIn, request: Request, response: Response) -> SessionOutput:
        """A token for a password; the same answer whichever of the three is wrong."""
        async with self._throttle.sign_in(_address(request), given.tenant, given.login):
            user, secret = await self._begin(given)
        response.set_cookie(
            COOKIE,
            secret,
            max_age=int(self._sessions.lifetime.total_seconds()),
            path=_COOKIE_PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return self._session(user)

    async def _begin(self, given: SignIn) -> tuple[User, str]:
        known = await self._users.credentials(given.tenant, given.login)
        right = await matches(given.password, known.password_hash if known else None)
        if known is None or not right:
            raise _wrong()
        secret = await self._sessions.begin(known.user.tenant, known.user.id, self._clock())
        # a new password ends the sign-ins it finds; one that was under way meanwhile ends itself
        now = await self._users.credentials(given.tenant, given.login)
        if now is None or now.password_hash != known.password_hash:
            await self._sessions.end(secret)
            raise _wrong()
        return now.user, secret

    async def renew(self, request: Request, secret: SessionCookie = None) -> SessionOutput:
        """Another token for the sign-in the cookie stands for."""
        if not secret:
            raise _not_signed_in()
        async with self._throttle.renewal(_address(request), secret):
            whose = await self._sessions.whose(secret, self._clock())
            user = await self._users.get(*whose) if whose else None
            if user is None:
                raise _not_signed_in()
        return self._session(user)

    async def sign_out(self, response: Response, secret: SessionCookie = None) -> None:
        """Ends the sign-in; tokens already out end by themselves."""
        if secret:
            await self._sessions.end(secret)
        response.delete_cookie(COOKIE, path=_COOKIE_PATH)

    def _session(self, user: User) -> SessionOutput:
        token, expires_at = self._tokens.issue(user, self._lifetime)
        return SessionOutput(token=token, expires_at=expires_at, user=shown(user))


class UserApi:
    """The users of a tenant, for its administrators."""

    def __init__(
        self,
        users: UserStore,
        seats: Seats,
        mirror: UserCache,
        sessions: SessionStore,
        bus: Bus,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._seats = seats
        self._mirror = mirror
        self._sessions = sessions
        self._bus = bus
        self._settings = settings
        self.router = APIRouter(prefix="/api/users", tags=["users"])
        add = self.router.add_api_route
        add("", self.list_users, methods=["GET"])
        add("", self.add_user, methods=["POST"], status_code=201)
        add("/{user}", self.edit_user, methods=["PATCH"])
        add("/{user}", self.remove_user, methods=["DELETE"], status_code=204)

    async def list_users(self, caller: AdminCaller, tenant: OfTenant = None) -> Page[UserOutput]:
        """The users by login."""
        users = await self._users.of(_tenant(caller, tenant))
        return Page(items=[shown(user) for user in users])

    async def add_user(
        self, given: UserInput, caller: AdminCaller, tenant: OfTenant = None
    ) -> UserOutput:
        """A new user."""
        of = _tenant(caller, tenant)
        _check_role(caller, given.role)
        self._check_password(given.password)
        if len(await self._users.of(of)) >= self._settings.users_max:
            raise ProblemError("users-full", limit=self._settings.users_max)
        fields = {**given.model_dump(exclude={"password"}), "tenant": of}
        hashed = await hash_password(given.password)
        try:
            async with self._seat(of, needed=given.role != "operator"):
                user = await self._users.add(fields, hashed)
        except LoginTakenError:
            raise _login_taken() from None
        await self._tell(user, revoked=False)
        return shown(user)

    async def edit_user(
        self, user: str, given: UserChanges, caller: AdminCaller, tenant: OfTenant = None
    ) -> UserOutput:
        """Changes what is given."""
        fields: dict[str, Any] = given.model_dump(exclude_unset=True)
        if "role" in fields:
            _check_role(caller, given.role)
        revoked = "role" in fields
        if "password" in fields:
            self._check_password(fields.pop("password"))
            fields["password_hash"] = await hash_password(given.password)
            revoked = True
        return shown(await self._edit(_tenant(caller, tenant), user, fields, caller, revoked))

    async def remove_user(self, user: str, caller: AdminCaller, tenant: OfTenant = None) -> None:
        """Cuts the user's sockets and ends every sign-in."""
        await self._edit(_tenant(caller, tenant), user, {"active": False}, caller, True)

    async def _edit(
        self, tenant: str, user: str, fields: dict[str, Any], caller: Caller, revoked: bool
    ) -> User:
        known = await self._users.get(tenant, user)
        if known is None:
            raise ProblemError("user-unknown")
        _check_role(caller, known.role)
        sits_down = known.role == "operator" != fields.get("role", "operator")
        try:
            async with self._seat(tenant, needed=sits_down):
                changed = await self._users.edit(tenant, user, fields)
        except LoginTakenError:
            raise _login_taken() from None
        if changed is None:
            raise ProblemError("user-unknown")
        if revoked:
            await self._sessions.end_all(user)
        await self._tell(changed, revoked)
        return changed

    def _seat(self, tenant: str, *, needed: bool) -> AbstractAsyncContextManager[None]:
        return self._seats.one(tenant) if needed else nullcontext()

    async def _tell(self, user: User, revoked: bool) -> None:
        self._mirror.apply(user)
        await self._bus.try_publish(UserChanged(tenant=user.tenant, user=user, revoked=revoked))

    def _check_password(self, password: str) -> None:
        least = self._settings.password_min
        if len(password) < least:
            raise ProblemError("password-too-short", field="password", limit=least)


def shown(user: User) -> UserOutput:
    """The user as the API shows one."""
    return UserOutput.model_validate(user.model_dump())


def _tenant(caller: Caller, tenant: str | None) -> str:
    if tenant is None or tenant == caller.tenant:
        return caller.tenant
    if not caller.may("operator"):
        raise ProblemError("other-tenant-refused")
    return tenant


def _wrong() -> ProblemError:
    return ProblemError("login-failed")


def _not_signed_in() -> ProblemError:
    return ProblemError("login-session-missing")


def _login_taken() -> ProblemError:
    return ProblemError("login-taken", field="login")


def _check_role(caller: Caller, role: Role) -> None:
    if not caller.may(role):
        raise ProblemError("user-role-refused", role=role)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
