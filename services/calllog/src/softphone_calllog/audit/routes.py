"""The route of the security log, `/api/audit`, for administrators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from softphone_calllog.audit.store import AuditFilter, AuditStore
from softphone_calllog.settings import CalllogSettings
from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import AuditOutcome, TenantId
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import Timestamp
from softphone_common.stores.keyset import time_position
from softphone_common.stores.users import UserCache

_USER = "user/"


class AuditOutput(BaseModel):
    """An event of the security log. `actor_login` and `target_login` are those of users now."""

    id: str
    time: datetime
    event: str = Field(description="For example `sign-in`, `role-changed` or `call-deleted`")
    tenant: str
    actor: str = Field(description="Id of the user; empty for a stranger or the connector itself")
    actor_login: str | None
    target: str = Field(description="A kind and an id, such as `user/9a3c7e52`, or empty")
    target_login: str | None
    address: str
    outcome: AuditOutcome
    trace: str = Field(description="The `trace` of the request's log lines")
    detail: str = Field(description="Codes, such as the names of changed fields")


class AuditQuery(BaseModel):
    """Filters and page of the security log."""

    actor: str | None = Field(None, max_length=64, description="Only acts of this user, by id")
    event: str | None = Field(None, max_length=60, description="Only events of this name")
    from_: Timestamp | None = Field(
        None, alias="from", description="Only events at this time or later (RFC 3339)"
    )
    to: Timestamp | None = Field(None, description="Only events before this time (RFC 3339)")
    tenant: TenantId | None = Field(
        None, description="Another tenant, for operators; without it they get all tenants"
    )
    cursor: str | None = Field(
        None, max_length=2000, description="`next` of the page before; empty for the first"
    )
    limit: int = Field(50, ge=1, description="Events of a page; the installation has a maximum")


class AuditApi:
    """The security log over HTTP: administrators read their tenant's, operators all."""

    def __init__(
        self,
        entries: AuditStore,
        users: UserCache,
        security: SecurityLog,
        settings: CalllogSettings,
    ) -> None:
        self._entries = entries
        self._users = users
        self._security = security
        self._settings = settings
        self.router = APIRouter(prefix="/api/audit", tags=["security log"])
        self.router.add_api_route("", self.list_events, methods=["GET"])

    async def list_events(
        self, query: Annotated[AuditQuery, Query()], caller: AdminCaller
    ) -> Page[AuditOutput]:
        """Lists events of the security log, the latest first.

        An event appears some moments after it happened. The lines in the logs of the services are
        complete; this list may miss events of an outage.
        """
        tenant = _tenant(caller, query.tenant)
        filter_ = AuditFilter(tenant, query.actor, query.event, query.from_, query.to)
        size = min(query.limit, self._settings.page_max)
        page = await self._entries.page(filter_, time_position(query.cursor), size)
        if tenant != caller.tenant and query.cursor is None:
            self._security.read("audit-read", caller, tenant)
        items = [
            AuditOutput(
                **entry.model_dump(),
                actor_login=self._login(entry.actor),
                target_login=self._login(entry.target.removeprefix(_USER)),
            )
            for entry in page.items
        ]
        return Page(items=items, next=page.cursor)

    def _login(self, user: str) -> str | None:
        cached = self._users.get(user)
        return None if cached is None else cached.login


def _tenant(caller: Caller, tenant: str | None) -> str | None:
    """The tenant whose events are listed; None for those of all. Raises ProblemError 403."""
    if caller.may("operator"):
        return tenant
    if tenant not in {None, caller.tenant}:
        raise ProblemError("other-tenant-refused")
    return caller.tenant
