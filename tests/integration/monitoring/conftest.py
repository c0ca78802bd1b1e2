"""A broker whose metrics Prometheus finds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.servers.rabbitmq import RabbitMQ


@dataclass(frozen=True)
class Broker:
    """The server, and the address of its own metrics."""

    server: RabbitMQ
    target: str


@pytest.fixture(scope="session")
async def watched_broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    port = free_port()
    server = RabbitMQ(tmp_path_factory.mktemp("broker"), prometheus_port=port)
    await server.start()
    yield Broker(server, f"{HOST}:{port}")
    await server.kill()
