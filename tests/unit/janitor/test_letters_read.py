"""An operator who lists dead letters is recorded, a few times in an hour."""

import pytest

from softphone_common.audit.security_log import STORED_IN_AN_HOUR
from softphone_common.bus.memory import MemoryBroker
from softphone_common.http.auth import Caller
from softphone_janitor.dead_letters.routes import DeadLetterApi
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import Selection
from softphone_testing.memory.dead_letters import MemoryDeadLetterStore
from support.bus.buses import memory_bus
from support.observations import at
from support.security_log import RecordedSecurityLog, noon

OPERATOR = Caller(
    user="boss",
    tenant="operator",
    login="boss",
    role="operator",
    extensions=(),
    expires_at=at(3600),
)


class Site:
    def __init__(self) -> None:
        self.security = RecordedSecurityLog()
        letters = MemoryDeadLetterStore()
        service = DeadLetterService(letters, memory_bus(MemoryBroker(), "janitor"), noon)
        self.api = DeadLetterApi(letters, service, self.security, 50)

    async def read(self, tenant: str | None) -> None:
        await self.api.list_letters(OPERATOR, Selection(tenant=tenant))

    def recorded(self) -> list[tuple[str, str]]:
        return [(entry.event, entry.tenant) for entry in self.security.entries]


@pytest.fixture
def site() -> Site:
    return Site()


async def test_list_of_dead_letters_is_recorded(site: Site) -> None:
    """In the tenant that the list is of; for all tenants, and for no id of one, in the own."""
    for tenant in ("acme", None, "No Tenant"):
        await site.read(tenant)
    assert site.recorded() == [
        ("dead-letters-read", "acme"),
        ("dead-letters-read", "operator"),
        ("dead-letters-read", "operator"),
    ]


async def test_lists_of_dead_letters_are_stored_up_to_a_number(site: Site) -> None:
    for _ in range(2 * STORED_IN_AN_HOUR):
        await site.read("acme")
    assert site.recorded() == [("dead-letters-read", "acme")] * STORED_IN_AN_HOUR
    await site.read(None)
    assert site.recorded()[-1] == ("dead-letters-read", "operator")
