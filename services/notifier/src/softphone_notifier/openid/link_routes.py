"""The routes with which administrators link a user to a person at the provider."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.problem import ProblemError
from softphone_notifier.accounts.user_routes import OtherTenant, require_role, tenant_of
from softphone_notifier.accounts.users import Account, SubjectTakenError, UserStore
from softphone_notifier.openid.person import email_of, email_subject_of, subject_of
from softphone_notifier.settings import NotifierSettings

Sub = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]


class OpenIdLink(BaseModel):
    """The person at the provider: the claim `sub`, or an e-mail address until the first sign-in."""

    sub: str | None
    email: str | None


class OpenIdLinkInput(BaseModel):
    """One of both. The address is replaced by the `sub` of the first person who proves it."""

    model_config = ConfigDict(extra="forbid")

    sub: Sub | None = None
    email: Email | None = None


class OpenIdLinkApi:
    """Links of users over HTTP. A user has one link at most."""

    def __init__(self, users: UserStore, security: SecurityLog, settings: NotifierSettings) -> None:
        self._users = users
        self._security = security
        self._issuer = settings.openid_issuer
        self.router = APIRouter(prefix="/api/users/{user}/openid", tags=["users"])
        add = self.router.add_api_route
        add("", self.show, methods=["GET"])
        add("", self.link, methods=["PUT"])
        add("", self.unlink, methods=["DELETE"], status_code=204)

    async def show(self, user: str, caller: AdminCaller, tenant: OtherTenant = None) -> OpenIdLink:
        """The person at the OpenID Connect provider whom the user is linked to."""
        return self._output(await self._require(tenant_of(caller, tenant), user, caller))

    async def link(
        self, user: str, link: OpenIdLinkInput, caller: AdminCaller, tenant: OtherTenant = None
    ) -> OpenIdLink:
        """Links a user to a person at the provider, in place of another one.

        With an e-mail address the user is linked to the first person whose address the provider has
        verified (`email_verified`); later changes of the address have no effect.
        `openid-unconfigured`: the operator has set no SOFTPHONE_OPENID_ISSUER.
        `openid-subject-taken`: another user is linked to this person.
        """
        if self._issuer is None:
            raise ProblemError("openid-unconfigured")
        if (link.sub is None) == (link.email is None):
            raise ProblemError("openid-link-invalid", field="sub")
        stored = await self._require(tenant_of(caller, tenant), user, caller)
        if link.sub is not None:
            subject = subject_of(self._issuer, link.sub)
        else:
            subject = email_subject_of(stored.tenant, link.email or "")
        try:
            if not await self._users.link(stored.tenant, stored.id, subject):
                raise ProblemError("user-unknown")
        except SubjectTakenError:
            raise ProblemError("openid-subject-taken") from None
        self._record(caller, stored)
        return self._output(stored.model_copy(update={"subject": subject}))

    async def unlink(self, user: str, caller: AdminCaller, tenant: OtherTenant = None) -> None:
        """Removes the link of a user, whose sessions go on and who needs a password from now on."""
        stored = await self._require(tenant_of(caller, tenant), user, caller)
        if stored.subject is None or not await self._users.link(stored.tenant, stored.id, None):
            raise ProblemError("openid-link-unknown")
        self._record(caller, stored)

    async def _require(self, tenant: str, user: str, caller: Caller) -> Account:
        """The user. Raises ProblemError 404, and 403 if their role is above that of the caller."""
        stored = await self._users.get(tenant, user)
        if stored is None:
            raise ProblemError("user-unknown")
        require_role(caller, stored.role)
        return stored

    def _record(self, caller: Caller, user: Account) -> None:
        target = f"user/{user.id}"
        self._security.act("user-changed", caller, target, tenant=user.tenant, detail="openid")

    def _output(self, user: Account) -> OpenIdLink:
        if user.subject is None:
            return OpenIdLink(sub=None, email=None)
        email = email_of(user.subject)
        return OpenIdLink(sub=None if email else user.subject.partition(" ")[2], email=email)
