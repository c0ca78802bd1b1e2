"""Finds the user of a person at the provider, or creates one if the settings allow that."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from softphone_common.audit.security_log import SecurityLog
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import TenantReader
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.session_routes import require_active, require_active_tenant
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.users import (
    Account,
    LoginTakenError,
    SubjectTakenError,
    UserStore,
)
from softphone_notifier.openid.person import Person
from softphone_notifier.settings import NotifierSettings


class LinkedUsers:
    """Users by their subject. An e-mail address counts only where an administrator linked it."""

    def __init__(
        self,
        users: UserStore,
        tenants: TenantReader,
        seats: Seats,
        publisher: UserPublisher,
        security: SecurityLog,
        settings: NotifierSettings,
    ) -> None:
        self._users = users
        self._tenants = tenants
        self._seats = seats
        self._publisher = publisher
        self._security = security
        self._creates = settings.openid_create_users
        self._users_max = settings.users_max

    async def find(self, person: Person) -> Account | None:
        """The user of the person, also one who was removed; None if nobody has added one."""
        user = await self._users.with_subject(person.subject)
        if user is None and person.email_subject is not None:
            try:
                user = await self._users.relink(person.email_subject, person.subject)
            except SubjectTakenError:  # another request of the person was faster
                user = await self._users.with_subject(person.subject)
        return user

    async def admitted(self, person: Person, user: Account | None) -> Account:
        """The user with the role and extensions of the person's claims. Raises ProblemError."""
        if user is None:
            return await self._created(person)
        if not user.active:
            raise ProblemError("openid-user-removed")
        if user.tenant != person.tenant:
            raise ProblemError("openid-tenant-wrong")
        await require_active(user, self._tenants)
        return await self._updated(person, user)

    async def _created(self, person: Person) -> Account:
        if not self._creates:
            raise ProblemError("openid-user-unknown")
        if len(await self._users.of(person.tenant)) >= self._users_max:
            raise ProblemError("users-full", limit=self._users_max)
        await require_active_tenant(person.tenant, person.role, self._tenants)
        fields = {
            "tenant": person.tenant,
            "login": person.login,
            "name": person.name,
            "role": person.role or "user",
            "extensions": person.extensions or (),
        }
        try:
            async with self._seat(person.tenant, needed=fields["role"] != "operator"):
                added = await self._users.add(fields, None, person.subject)
        except LoginTakenError:
            # another request of the person may have been faster
            user = await self._users.with_subject(person.subject)
            if user is None or not user.active:
                raise ProblemError("openid-login-taken") from None
            return user
        target = f"user/{added.id}"
        detail = f"{added.role} openid"
        self._security.record("user-added", added.tenant, target=target, detail=detail)
        await self._publisher.added(added)
        return added

    async def _updated(self, person: Person, user: Account) -> Account:
        fields: dict[str, Any] = {}
        if person.role not in {None, user.role}:
            fields["role"] = person.role
        if person.extensions not in {None, user.extensions}:
            fields["extensions"] = person.extensions
        if not fields:
            return user
        # operators take no seat, so one who becomes a user or administrator needs a seat
        takes_seat = user.role == "operator" != fields.get("role", "operator")
        async with self._seat(user.tenant, needed=takes_seat):
            changed = await self._users.edit(user.tenant, user.id, fields)
        if changed is None:
            raise ProblemError("openid-user-removed")
        target = f"user/{user.id}"
        if "role" in fields:
            detail = f"{user.role}-to-{changed.role}"
            self._security.record("role-changed", user.tenant, target=target, detail=detail)
        if "extensions" in fields:
            self._security.record("user-changed", user.tenant, target=target, detail="extensions")
        await self._publisher.changed(changed, revoked="role" in fields)
        return changed

    def _seat(self, tenant: str, *, needed: bool) -> AbstractAsyncContextManager[None]:
        return self._seats.reserve(tenant) if needed else nullcontext()
