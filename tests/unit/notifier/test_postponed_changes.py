"""A change of a user that the broker did not take is published once the broker is there."""

from collections.abc import AsyncIterator, Sequence

import pytest

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import UserChanged
from softphone_common.stores.revoked_tokens import RevokedTokens
from softphone_common.stores.users import UserCache
from softphone_notifier.accounts.login_sessions import LoginSessions
from softphone_notifier.accounts.user_publisher import UserPublisher
from softphone_testing.memory.accounts import MemorySessionStore, MemoryUserStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at
from support.stack.memory_hub import SETTINGS

ANNA = User(id="u1", tenant="acme", login="anna", role="user", extensions=("21",), version=2)


class Site:
    """A notifier, and the queue of a service that keeps something of each user."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.bus, self.other = (
            memory_bus(self.broker, "notifier"),
            memory_bus(self.broker, "matcher"),
        )
        users, sessions = MemoryUserStore(), MemorySessionStore()
        revoked = RevokedTokens(sessions, self.bus, SETTINGS)
        logins = LoginSessions(sessions, revoked, self.bus, lambda: at(0), SETTINGS)
        self.publisher = UserPublisher(UserCache(users, self.bus, 60), logins, self.bus)
        self.received: list[UserChanged] = []
        self.other.consume("matcher.user", UserChanged, self._take)

    async def _take(self, messages: Sequence[UserChanged]) -> None:
        self.received += messages


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    async with running(made.bus, made.other):
        yield made


async def test_removal_during_an_outage_is_published_later(site: Site) -> None:
    site.broker.stop()
    changed = ANNA.model_copy(update={"teams": ("Sales",), "version": 3})
    removed = changed.model_copy(update={"active": False, "version": 4})
    await site.publisher.changed(changed, revoked=True)
    await site.publisher.changed(removed, revoked=False)
    assert site.received == []
    site.broker.start()
    assert await site.publisher.publish_postponed() == 1
    assert await site.publisher.publish_postponed() == 0
    await until(lambda: site.received, what="the change")
    (message,) = site.received
    assert (message.user, message.revoked) == (removed, True)
