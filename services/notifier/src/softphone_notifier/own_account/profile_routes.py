"""The routes of a user's own profile, `/api/me`: name, extensions and preferences."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import Preferences
from softphone_common.http.auth import AnyCaller, Caller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_notifier.accounts.session_routes import Profile, profile_of
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import Extensions, Name
from softphone_notifier.accounts.users import Account, UserStore
from softphone_notifier.sign_in_log import SignInLog


class PreferenceChanges(Preferences):
    """The preferences to change; one that is left out stays."""

    model_config = ConfigDict(extra="forbid")


class ProfileChanges(BaseModel):
    """The parts of the own profile to change; a part that is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    extensions: Extensions = Field(default_factory=list)
    preferences: PreferenceChanges = PreferenceChanges()


class ProfileApi:
    """The caller's own profile over HTTP."""

    def __init__(
        self, users: UserStore, tenants: Tenants, publisher: UserPublisher, sign_in_log: SignInLog
    ) -> None:
        self._users = users
        self._tenants = tenants
        self._publisher = publisher
        self._log = sign_in_log
        self.router = APIRouter(prefix="/api/me", tags=["session"])
        self.router.add_api_route("", self.show, methods=["GET"])
        self.router.add_api_route("", self.change, methods=["PATCH"])

    async def show(self, caller: AnyCaller) -> Profile:
        """The caller's profile, as the answer to a sign-in and a renewal has it, too."""
        return profile_of(_known(await self._users.get(caller.tenant, caller.user)), self._tenants)

    async def change(self, changes: ProfileChanges, caller: AnyCaller) -> Profile:
        """Changes the parts of the caller's profile that the request contains.

        Another name or extension makes the caller's tokens invalid, so that the next request is
        answered `token-outdated`: renew the token then. Preferences leave tokens as they are.
        `own-extensions-refused`: the tenant's `own_extensions` is off; administrators may always.
        """
        user = _known(await self._users.get(caller.tenant, caller.user))
        fields = self._fields(changes, user, caller)
        if preferences := changes.preferences.model_dump(exclude_unset=True):
            user = _known(await self._users.prefer(caller.tenant, caller.user, preferences))
        if fields:
            user = _known(await self._users.edit(caller.tenant, caller.user, fields))
            self._log.act("user-changed", caller)
            await self._publisher.changed(user, revoked=False)
        return profile_of(user, self._tenants)

    def _fields(self, changes: ProfileChanges, user: Account, caller: Caller) -> dict[str, Any]:
        """The fields of the user that differ. Raises ProblemError own-extensions-refused."""
        sent = changes.model_dump(include={"name", "extensions"}, exclude_unset=True)
        stored = user.model_dump(mode="json")
        fields = {name: value for name, value in sent.items() if value != stored[name]}
        tenant = self._tenants.get(caller.tenant)
        may_set_extensions = caller.may("admin") or (tenant is not None and tenant.own_extensions)
        if "extensions" in fields and not may_set_extensions:
            raise ProblemError("own-extensions-refused")
        return fields


def _known(user: Account | None) -> Account:
    """The user. Raises ProblemError 404 if they were removed since their token was checked."""
    if user is None:
        raise ProblemError("user-unknown")
    return user
