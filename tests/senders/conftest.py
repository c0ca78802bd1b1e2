"""The installation that the senders of one module share."""

from collections.abc import AsyncIterator

import pytest

from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation, everything
from support.tenant.company import Company


@pytest.fixture(scope="module")
async def installation(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    async with everything(rabbitmq.url, mongodb.url, redis_server.url) as installation:
        yield installation


@pytest.fixture
async def company(installation: Installation) -> Company:
    """A new tenant, whose call list holds only the calls of the test."""
    return await installation.make_company()
