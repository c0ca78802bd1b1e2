"""The routes of users, `/api/users`, for administrators."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Role, TenantId, User
from softphone_common.contracts.events import UserChanged
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.users import LoginTakenError, UserCache, UserStore
from softphone_notifier.settings import NotifierSettings

Login = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(max_length=1000)]
Extensions = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=50)
]
OtherTenant = Annotated[TenantId | None, Query(description="Another tenant, for operators")]


class UserOutput(BaseModel):
    """A user, without any secret."""

    id: str
    tenant: str
    login: str
    name: str
    role: Role
    extensions: tuple[str, ...]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UserInput(_Input):
    """The fields of a new user."""

    login: Login
    password: Password
    name: str = Field("", max_length=100)
    role: Role = "user"
    extensions: Extensions = Field(default_factory=list)


class UserChanges(_Input):
    """The fields of a user to change; a field that is left out stays."""

    login: Login = "-"
    password: Password = ""
    name: str = Field("", max_length=100)
    role: Role = "user"
    extensions: Extensions = Field(default_factory=list)


class UserApi:
    """Users over HTTP. A change is stored first and then published to all services."""

    def __init__(
        self,
        users: UserStore,
        seats: Seats,
        cache: UserCache,
        sessions: LoginSessions,
        bus: Bus,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._seats = seats
        self._cache = cache
        self._sessions = sessions
        self._bus = bus
        self._settings = settings
        self.router = APIRouter(prefix="/api/users", tags=["users"])
        add = self.router.add_api_route
        add("", self.list_users, methods=["GET"])
        add("", self.add_user, methods=["POST"], status_code=201)
        add("/{user}", self.edit_user, methods=["PATCH"])
        add("/{user}", self.remove_user, methods=["DELETE"], status_code=204)

    async def list_users(self, caller: AdminCaller, tenant: OtherTenant = None) -> Page[UserOutput]:
        """All users of the tenant, sorted by login."""
        users = await self._users.of(_tenant(caller, tenant))
        return Page(items=[user_output(user) for user in users])

    async def add_user(
        self, user: UserInput, caller: AdminCaller, tenant: OtherTenant = None
    ) -> UserOutput:
        """Adds a user, who can sign in at once.

        Refused with `login-taken`, `password-too-short`, `users-full`, or, if the activation code
        allows no more users, `seats-full` or `seats-without-code`.
        """
        of = _tenant(caller, tenant)
        _require_role(caller, user.role)
        self._check_password(user.password)
        if len(await self._users.of(of)) >= self._settings.users_max:
            raise ProblemError("users-full", limit=self._settings.users_max)
        fields = {**user.model_dump(exclude={"password"}), "tenant": of}
        password_hash = await hash_password(user.password)
        try:
            async with self._seat(of, needed=user.role != "operator"):
                added = await self._users.add(fields, password_hash)
        except LoginTakenError:
            raise ProblemError("login-taken", field="login") from None
        await self._publish(added, revoked=False)
        return user_output(added)

    async def edit_user(
        self, user: str, changes: UserChanges, caller: AdminCaller, tenant: OtherTenant = None
    ) -> UserOutput:
        """Changes the fields of a user that the request contains.

        A new password or role ends all sessions of the user and closes their websockets. Any
        change makes the user's tokens invalid; the page renews its own.
        """
        fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
        if "role" in fields:
            _require_role(caller, changes.role)
        revoked = "role" in fields
        if "password" in fields:
            self._check_password(fields.pop("password"))
            fields["password_hash"] = await hash_password(changes.password)
            revoked = True
        return user_output(await self._edit(_tenant(caller, tenant), user, fields, caller, revoked))

    async def remove_user(self, user: str, caller: AdminCaller, tenant: OtherTenant = None) -> None:
        """Removes a user, ends all their sessions and closes their websockets."""
        await self._edit(_tenant(caller, tenant), user, {"active": False}, caller, True)

    async def _edit(
        self, tenant: str, user: str, fields: dict[str, Any], caller: Caller, revoked: bool
    ) -> User:
        stored = await self._users.get(tenant, user)
        if stored is None:
            raise ProblemError("user-unknown")
        _require_role(caller, stored.role)
        # operators take no seat, so one who becomes a user or administrator needs a seat
        takes_seat = stored.role == "operator" != fields.get("role", "operator")
        try:
            async with self._seat(tenant, needed=takes_seat):
                changed = await self._users.edit(tenant, user, fields)
        except LoginTakenError:
            raise ProblemError("login-taken", field="login") from None
        if changed is None:
            raise ProblemError("user-unknown")
        if revoked:
            await self._sessions.end_all(user)
        await self._publish(changed, revoked)
        return changed

    def _seat(self, tenant: str, *, needed: bool) -> AbstractAsyncContextManager[None]:
        return self._seats.reserve(tenant) if needed else nullcontext()

    async def _publish(self, user: User, revoked: bool) -> None:
        # This instance knows the change at once, even while the broker is away.
        self._cache.apply(user)
        await self._bus.try_publish(UserChanged(tenant=user.tenant, user=user, revoked=revoked))

    def _check_password(self, password: str) -> None:
        limit = self._settings.password_min
        if len(password) < limit:
            raise ProblemError("password-too-short", field="password", limit=limit)


def user_output(user: User) -> UserOutput:
    """The user as the API shows them."""
    return UserOutput.model_validate(user.model_dump())


def _tenant(caller: Caller, tenant: str | None) -> str:
    """The tenant a request is for. Raises ProblemError 403 unless the caller may act for it."""
    if tenant is None or tenant == caller.tenant:
        return caller.tenant
    if not caller.may("operator"):
        raise ProblemError("other-tenant-refused")
    return tenant


def _require_role(caller: Caller, role: Role) -> None:
    """Raises ProblemError 403 if the role is above that of the caller."""
    if not caller.may(role):
        raise ProblemError("user-role-refused", role=role)
