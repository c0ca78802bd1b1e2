"""A service that has just started refuses the tokens that were revoked before."""

from collections.abc import AsyncIterator

import pytest

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import SessionsEnded
from softphone_common.http.auth import Caller
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.revoked_tokens import Revocation, RevokedTokens
from softphone_testing.memory.accounts import MemorySessionStore
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus
from support.observations import at


class Site:
    """A store with revocations, and a service that has not started yet."""

    def __init__(self, most: int = 10) -> None:
        self.store = MemorySessionStore()
        settings = bus_settings("amqp://memory", outdated_max=most)
        self.revoked = RevokedTokens(self.store, memory_bus(MemoryBroker()), settings)

    async def started(self) -> None:
        await self.revoked.start()
        await until(lambda: self.revoked.loaded, what="the first read")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.revoked.stop()


def caller(session: str = "", version: int = 2) -> Caller:
    return Caller(
        user="anna",
        tenant="acme",
        login="anna",
        role="user",
        extensions=(),
        expires_at=at(900),
        version=version,
        session=session,
    )


async def test_service_that_starts_refuses_ended_sessions(site: Site) -> None:
    await site.store.revoke([Revocation(id="ended")], at(900))
    await site.started()
    assert site.revoked.refusal(caller("ended")) == "session-ended"
    assert site.revoked.refusal(caller("another")) is None


async def test_service_that_starts_refuses_outdated_tokens(site: Site) -> None:
    await site.store.revoke([Revocation(id="anna", version=3)], at(900))
    await site.started()
    assert site.revoked.refusal(caller(version=2)) == "token-outdated"
    assert site.revoked.refusal(caller(version=3)) is None


async def test_no_token_is_accepted_before_the_first_read(site: Site) -> None:
    with pytest.raises(UnavailableError):
        site.revoked.refusal(caller())
    with pytest.raises(UnavailableError):
        await site.revoked.ping()
    await site.started()
    assert site.revoked.refusal(caller()) is None


async def test_newest_revocations_are_kept() -> None:
    site = Site(most=2)
    await site.store.revoke([Revocation(id="first"), Revocation(id="second")], at(900))
    await site.started()
    await site.revoked.on_sessions_ended(
        SessionsEnded(tenant="acme", user="anna", sessions=("third",))
    )
    sessions = ("first", "second", "third")
    refusals = [site.revoked.refusal(caller(session)) for session in sessions]
    assert refusals == [None, "session-ended", "session-ended"]
    await site.revoked.stop()
