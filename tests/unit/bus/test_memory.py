"""The bus over the broker in memory keeps the contract of the bus."""

import pytest

from support.bus_contract import SubscriberContract, WorkQueueContract
from support.stack.buses import MemorySite


@pytest.fixture
def site() -> MemorySite:
    return MemorySite()


class TestWorkQueuesInMemory(WorkQueueContract):
    pass


class TestSubscribersInMemory(SubscriberContract):
    pass
