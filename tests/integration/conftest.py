"""The installation that the tests of one module share, and its clock."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from softphone_common.process.clock import utc_now
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation, everything
from support.stack.proxied import proxied
from support.tenant.company import Company


@pytest.fixture(scope="module")
async def broker(rabbitmq: RealServer) -> AsyncIterator[FaultProxy]:
    """A proxy in front of RabbitMQ, which can be cut, frozen or slowed."""
    async with proxied(rabbitmq.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def installation(
    request: pytest.FixtureRequest,
    rabbitmq: RealServer,
    mongodb: RealServer,
    redis_server: RealServer,
) -> AsyncIterator[Installation]:
    """All five services over a new database, with the settings in the module's `SETTINGS`."""
    settings: dict[str, Any] = getattr(request.module, "SETTINGS", {})
    urls = rabbitmq.url, mongodb.url, redis_server.url
    async with everything(*urls, **settings) as installation:
        yield installation


@pytest.fixture(scope="module")
async def company(installation: Installation) -> Company:
    return await installation.make_company()


@pytest.fixture
async def real_clock_afterwards(installation: Installation) -> AsyncIterator[None]:
    """Resets the clock to the real time after the test."""
    yield
    installation.clock.reset()


@pytest.fixture
def stepping_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops the clock, apart from a millisecond at each look, so that no two times are equal."""
    now, looks = utc_now(), count()
    monkeypatch.setattr(
        "support.stack.installation.utc_now", lambda: now + timedelta(milliseconds=next(looks))
    )
