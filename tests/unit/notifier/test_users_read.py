"""An operator who lists the users of another tenant is recorded there, a few times in an hour."""

from datetime import timedelta

import pytest

from softphone_common.audit.security_log import STORED_IN_AN_HOUR
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Role
from softphone_common.http.auth import Caller
from softphone_common.stores.revoked_tokens import RevokedTokens
from softphone_common.stores.users import UserCache
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_notifier.accounts.user_routes import UserApi
from softphone_notifier.second_factor.second_factors import SecondFactors
from softphone_testing.memory.accounts import (
    MemorySecondFactorStore,
    MemorySessionStore,
    MemoryUserStore,
)
from softphone_testing.memory.tenants import MemoryTenantStore
from support.bus.buses import memory_bus
from support.observations import at
from support.security_log import RecordedSecurityLog
from support.stack.memory_hub import SETTINGS


class Site:
    """The users of all tenants, with a clock that a test moves."""

    def __init__(self) -> None:
        self.now = at(0)
        self.security = RecordedSecurityLog(lambda: self.now)
        bus, users, sessions = memory_bus(MemoryBroker()), MemoryUserStore(), MemorySessionStore()
        revoked = RevokedTokens(sessions, bus, SETTINGS)
        logins = LoginSessions(sessions, revoked, bus, lambda: self.now, SETTINGS)
        publisher = UserPublisher(UserCache(users, bus, 60), logins, bus)
        factors = SecondFactors(MemorySecondFactorStore(), lambda: self.now, SETTINGS)
        seats = Seats(users, MemoryTenantStore())
        self.api = UserApi(users, seats, publisher, logins, factors, self.security, SETTINGS)

    def recorded(self) -> list[tuple[str, str, str]]:
        return [(entry.event, entry.tenant, entry.actor) for entry in self.security.entries]


@pytest.fixture
def site() -> Site:
    return Site()


def caller(role: Role, tenant: str) -> Caller:
    return Caller(
        user="boss", tenant=tenant, login="boss", role=role, extensions=(), expires_at=at(3600)
    )


OPERATOR = caller("operator", "operator")


async def test_list_of_another_tenants_users_is_recorded(site: Site) -> None:
    await site.api.list_users(caller("admin", "acme"))
    await site.api.list_users(OPERATOR)
    assert site.recorded() == []
    await site.api.list_users(OPERATOR, "acme")
    assert site.recorded() == [("users-read", "acme", "boss")]


async def test_lists_of_users_are_stored_up_to_a_number(site: Site) -> None:
    """In each tenant, so that an operator who floods one log is still seen in another."""
    for _ in range(2 * STORED_IN_AN_HOUR):
        await site.api.list_users(OPERATOR, "acme")
    assert site.recorded() == [("users-read", "acme", "boss")] * STORED_IN_AN_HOUR
    assert site.security.entries[-1].detail == "further-in-lines-only"
    await site.api.list_users(OPERATOR, "other")
    assert site.recorded()[-1] == ("users-read", "other", "boss")
    site.now += timedelta(hours=1)
    await site.api.list_users(OPERATOR, "acme")
    assert site.recorded()[-1] == ("users-read", "acme", "boss")
