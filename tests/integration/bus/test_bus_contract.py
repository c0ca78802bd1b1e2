"""The bus over RabbitMQ keeps the contract of the bus."""

from collections.abc import AsyncIterator

import pytest

from softphone_testing.real_servers import RealServer
from support.bus.buses import RabbitSite
from support.bus.contracts.subscriber import SubscriberContract
from support.bus.contracts.work_queue import WorkQueueContract


@pytest.fixture
async def site(rabbitmq: RealServer) -> AsyncIterator[RabbitSite]:
    async with RabbitSite.open(rabbitmq.url) as opened:
        yield opened


class TestWorkQueuesOnRabbitMq(WorkQueueContract):
    pass


class TestSubscribersOnRabbitMq(SubscriberContract):
    pass
