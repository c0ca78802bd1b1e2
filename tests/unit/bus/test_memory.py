"""The bus over the broker in memory keeps the contract of the bus."""

import pytest

from support.bus_contracts.subscriber import SubscriberContract
from support.bus_contracts.work_queue import WorkQueueContract
from support.stack.buses import MemorySite


@pytest.fixture
def site() -> MemorySite:
    return MemorySite()


class TestWorkQueuesInMemory(WorkQueueContract):
    pass


class TestSubscribersInMemory(SubscriberContract):
    pass
