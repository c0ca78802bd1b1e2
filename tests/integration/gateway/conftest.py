"""All services as processes behind nginx with the gateway's configuration."""

from collections.abc import AsyncIterator

import httpx
import pytest

from softphone_testing.processes import ServiceFleet
from softphone_testing.real_servers import RealServer
from support.stack.gateway import Gateway
from support.web_client import web_client


@pytest.fixture(scope="module")
async def fleet(
    rabbitmq: RealServer,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("fleet")
    # the tests of all modules come from one address, and many of them use keys that do not exist
    env = {"SOFTPHONE_WRONG_KEYS_MAX": "10000"}
    services = ServiceFleet(rabbitmq.url, mongodb.url, redis_server.url, folder, env)
    async with services.running():
        yield services


@pytest.fixture(scope="module")
async def gateway(
    fleet: ServiceFleet, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    running = Gateway(fleet.ports, tmp_path_factory.mktemp("gateway"))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def web(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the gateway."""
    async with web_client(gateway.url) as client:
        yield client
