"""The security log: administrators read their tenant's events, operators those of all tenants."""

import pytest

from softphone_calllog.audit.handlers import AuditHandlers
from softphone_calllog.audit.routes import AuditApi, AuditQuery
from softphone_calllog.settings import CalllogSettings
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Role, User
from softphone_common.contracts.events import AuditRecorded
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.users import UserCache
from softphone_testing.memory.accounts import MemoryUserStore
from softphone_testing.memory.audit import MemoryAuditStore
from support.bus.buses import bus_settings, memory_bus
from support.observations import at
from support.store_contracts.audit import entry

SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump())


def caller(role: Role, tenant: str) -> Caller:
    return Caller(
        user="u1", tenant=tenant, login="u1", role=role, extensions=(), expires_at=at(3600)
    )


ADMIN = caller("admin", "acme")
OPERATOR = caller("operator", "operator")


@pytest.fixture
async def api() -> AuditApi:
    bus = memory_bus(MemoryBroker(), "calllog")
    users, store = UserCache(MemoryUserStore(), bus, 60), MemoryAuditStore()
    users.apply(User(id="anna", tenant="acme", login="anna@acme.example"))
    events = [entry(0), entry(1, tenant="other"), entry(2, target="user/anna", actor="")]
    handlers = AuditHandlers(store)
    await handlers.on_audit_recorded([AuditRecorded(tenant=e.tenant, entry=e) for e in events])
    return AuditApi(store, users, SecurityLog(bus, lambda: at(9), SETTINGS), SETTINGS)


async def listed(api: AuditApi, who: Caller, **filters: str) -> list[str]:
    page = await api.list_events(AuditQuery.model_validate(filters), who)
    return [event.id for event in page.items]


async def test_administrator_lists_events_of_the_own_tenant(api: AuditApi) -> None:
    assert await listed(api, ADMIN) == ["e2", "e0"]
    assert await listed(api, ADMIN, tenant="acme") == ["e2", "e0"]
    with pytest.raises(ProblemError) as refused:
        await listed(api, ADMIN, tenant="other")
    assert refused.value.code == "other-tenant-refused"


async def test_operator_lists_events_of_all_tenants_or_one(api: AuditApi) -> None:
    assert await listed(api, OPERATOR) == ["e2", "e1", "e0"]
    assert await listed(api, OPERATOR, tenant="other") == ["e1"]


async def test_events_name_users_by_their_present_login(api: AuditApi) -> None:
    page = await api.list_events(AuditQuery(), ADMIN)
    logins = [(event.actor_login, event.target_login) for event in page.items]
    assert logins == [(None, "anna@acme.example"), ("anna@acme.example", None)]
