"""The routes of users, `/api/users`, for administrators."""

from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import AuditEvent, Role, Team, TenantId
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.passwords import hash_password
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.users import Account, LoginTakenError, UserStore
from softphone_notifier.second_factor.second_factors import SecondFactors
from softphone_notifier.settings import NotifierSettings

Login = Annotated[str, Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(max_length=100)]
Password = Annotated[str, Field(max_length=1000)]
Extensions = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=50)
]
Teams = Annotated[
    list[Team], Field(max_length=20), AfterValidator(lambda teams: list(dict.fromkeys(teams)))
]
OtherTenant = Annotated[TenantId | None, Query(description="Another tenant, for operators")]


_OWN_EVENTS = frozenset({"active", "role", "locked", "password_hash"})
"""Fields whose change is an event of its own in the security log."""


class UserOutput(BaseModel):
    """A user, without any secret."""

    id: str
    tenant: str
    login: str
    name: str
    role: Role
    extensions: tuple[str, ...]
    teams: tuple[str, ...]
    locked: bool = Field(description="Whether the user may not sign in")
    password_set: bool = Field(description="false until an invitation is accepted")
    invited_until: datetime | None = Field(
        description="The end of an invitation that was not accepted, even if it is past"
    )


class ListedUser(UserOutput):
    """A user in the list of an administrator."""

    second_factor: bool = Field(description="Whether a sign-in of the user needs a code")
    seen_at: datetime | None = Field(
        description="The last sign-in or renewal of a token, up to a few minutes ago"
    )


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UserInput(_Input):
    """The fields of a new user. Without a password the user needs an invitation to sign in."""

    login: Login
    password: Password | None = None
    name: Name = ""
    role: Role = "user"
    extensions: Extensions = Field(default_factory=list)
    teams: Teams = Field(default_factory=list)


class UserChanges(_Input):
    """The fields of a user to change; a field that is left out stays."""

    login: Login = "-"
    password: Password = ""
    name: Name = ""
    role: Role = "user"
    extensions: Extensions = Field(default_factory=list)
    teams: Teams = Field(default_factory=list)
    locked: bool = False


class UserApi:
    """Users over HTTP. A change is stored first and then published to all services."""

    def __init__(
        self,
        users: UserStore,
        seats: Seats,
        publisher: UserPublisher,
        sessions: LoginSessions,
        factors: SecondFactors,
        security: SecurityLog,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._seats = seats
        self._publisher = publisher
        self._sessions = sessions
        self._factors = factors
        self._security = security
        self._settings = settings
        self.router = APIRouter(prefix="/api/users", tags=["users"])
        add = self.router.add_api_route
        add("", self.list_users, methods=["GET"])
        add("", self.add_user, methods=["POST"], status_code=201)
        add("/{user}", self.edit_user, methods=["PATCH"])
        add("/{user}", self.remove_user, methods=["DELETE"], status_code=204)
        add("/{user}/second-factor", self.remove_factor, methods=["DELETE"], status_code=204)
        add("/{user}/sessions", self.end_sessions, methods=["DELETE"], status_code=204)

    async def list_users(self, caller: AdminCaller, tenant: OtherTenant = None) -> Page[ListedUser]:
        """All users of the tenant, sorted by login."""
        of = tenant_of(caller, tenant)
        users, with_factor = await self._users.of(of), await self._factors.with_factor(of)
        if of != caller.tenant:
            self._security.read("users-read", caller, of)
        items = [
            ListedUser(
                **user_output(user).model_dump(),
                second_factor=user.id in with_factor,
                seen_at=user.seen_at,
            )
            for user in users
        ]
        return Page(items=items)

    async def add_user(
        self, user: UserInput, caller: AdminCaller, tenant: OtherTenant = None
    ) -> UserOutput:
        """Adds a user, who can sign in with the password at once.

        Refused with `login-taken`, `password-too-short`, `users-full`, or, if the activation code
        allows no more users, `seats-full` or `seats-without-code`.
        """
        of = tenant_of(caller, tenant)
        require_role(caller, user.role)
        if user.password is not None:
            check_password(user.password, self._settings.password_min)
        if len(await self._users.of(of)) >= self._settings.users_max:
            raise ProblemError("users-full", limit=self._settings.users_max)
        fields = {**user.model_dump(exclude={"password"}), "tenant": of}
        password_hash = None if user.password is None else await hash_password(user.password)
        try:
            async with self._seat(of, needed=user.role != "operator"):
                added = await self._users.add(fields, password_hash)
        except LoginTakenError:
            raise ProblemError("login-taken", field="login") from None
        self._security.act("user-added", caller, f"user/{added.id}", tenant=of, detail=added.role)
        await self._publisher.added(added)
        return user_output(added)

    async def edit_user(
        self, user: str, changes: UserChanges, caller: AdminCaller, tenant: OtherTenant = None
    ) -> UserOutput:
        """Changes the fields of a user that the request contains.

        A new password or role and a lock end all sessions of the user and close their websockets;
        a new password and a lock withdraw the user's invitation. Any change makes the user's tokens
        invalid; the page renews its own. `own-user-refused`: nobody can lock themselves.
        """
        fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
        if "role" in fields:
            require_role(caller, changes.role)
        if changes.locked and user == caller.user:
            raise ProblemError("own-user-refused")
        revoked = "role" in fields or changes.locked
        if "password" in fields:
            check_password(fields.pop("password"), self._settings.password_min)
            fields["password_hash"] = await hash_password(changes.password)
            revoked = True
        of = tenant_of(caller, tenant)
        return user_output(await self._edit(of, user, fields, caller, revoked))

    async def remove_user(self, user: str, caller: AdminCaller, tenant: OtherTenant = None) -> None:
        """Removes a user, ends all their sessions and closes their websockets."""
        of = tenant_of(caller, tenant)
        await self._edit(of, user, {"active": False}, caller, revoked=True)
        await self._factors.remove(user)

    async def end_sessions(
        self, user: str, caller: AdminCaller, tenant: OtherTenant = None
    ) -> None:
        """Ends all sessions of a user: their tokens are refused and their websockets closed."""
        stored = await self._require(tenant_of(caller, tenant), user, caller)
        await self._sessions.end_others(stored.tenant, stored.id, "")
        target = f"user/{stored.id}"
        self._security.act("sessions-ended", caller, target, tenant=stored.tenant)

    async def remove_factor(
        self, user: str, caller: AdminCaller, tenant: OtherTenant = None
    ) -> None:
        """Removes the second factor of a user who has lost it: the password is enough again."""
        stored = await self._require(tenant_of(caller, tenant), user, caller)
        if not await self._factors.remove(user):
            raise ProblemError("second-factor-unknown")
        target = f"user/{stored.id}"
        self._security.act("second-factor-removed", caller, target, tenant=stored.tenant)

    async def _require(self, tenant: str, user: str, caller: Caller) -> Account:
        """The user. Raises ProblemError 404, and 403 if their role is above that of the caller."""
        stored = await self._users.get(tenant, user)
        if stored is None:
            raise ProblemError("user-unknown")
        require_role(caller, stored.role)
        return stored

    async def _edit(
        self, tenant: str, user: str, fields: dict[str, Any], caller: Caller, revoked: bool
    ) -> Account:
        stored = await self._require(tenant, user, caller)
        # operators take no seat, so one who becomes a user or administrator needs a seat
        takes_seat = stored.role == "operator" != fields.get("role", "operator")
        try:
            async with self._seat(tenant, needed=takes_seat):
                changed = await self._users.edit(tenant, user, fields)
        except LoginTakenError:
            raise ProblemError("login-taken", field="login") from None
        if changed is None:
            raise ProblemError("user-unknown")
        self._record(stored, changed, fields, caller)
        await self._publisher.changed(changed, revoked=revoked)
        return changed

    def _record(
        self, before: Account, after: Account, fields: dict[str, Any], caller: Caller
    ) -> None:
        """Records what was changed, as an event of its own where administrators look for it."""
        target, tenant = f"user/{after.id}", after.tenant
        if not after.active:
            self._security.act("user-removed", caller, target, tenant=tenant)
        if before.role != after.role:
            roles = f"{before.role}-to-{after.role}"
            self._security.act("role-changed", caller, target, tenant=tenant, detail=roles)
        if before.locked != after.locked:
            locked: AuditEvent = "user-locked" if after.locked else "user-unlocked"
            self._security.act(locked, caller, target, tenant=tenant)
        if "password_hash" in fields:
            self._security.act("password-changed", caller, target, tenant=tenant)
        others = " ".join(sorted(fields.keys() - _OWN_EVENTS))
        if others:
            self._security.act("user-changed", caller, target, tenant=tenant, detail=others)

    def _seat(self, tenant: str, *, needed: bool) -> AbstractAsyncContextManager[None]:
        return self._seats.reserve(tenant) if needed else nullcontext()


def check_password(password: str, limit: int) -> None:
    """Raises ProblemError 422 if the new password has fewer characters than the limit."""
    if len(password) < limit:
        raise ProblemError("password-too-short", field="password", limit=limit)


def user_output(user: Account) -> UserOutput:
    """The user as the API shows them."""
    return UserOutput.model_validate(user.model_dump())


def tenant_of(caller: Caller, tenant: str | None) -> str:
    """The tenant a request is for. Raises ProblemError 403 unless the caller may act for it."""
    if tenant is None or tenant == caller.tenant:
        return caller.tenant
    if not caller.may("operator"):
        raise ProblemError("other-tenant-refused")
    return tenant


def require_role(caller: Caller, role: Role) -> None:
    """Raises ProblemError 403 if the role is above that of the caller."""
    if not caller.may(role):
        raise ProblemError("user-role-refused", role=role)
