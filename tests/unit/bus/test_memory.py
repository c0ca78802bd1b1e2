"""The bus over the broker in memory keeps the contract of the bus."""

import pytest

from support.bus.buses import MemorySite
from support.bus.contracts.subscriber import SubscriberContract
from support.bus.contracts.work_queue import WorkQueueContract


@pytest.fixture
def site() -> MemorySite:
    return MemorySite()


class TestWorkQueuesInMemory(WorkQueueContract):
    pass


class TestSubscribersInMemory(SubscriberContract):
    pass
