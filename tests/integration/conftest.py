"""The installation that the tests of one module share, and its clock; what is in it they make."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from softphone_common.process.clock import utc_now
from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation, everything
from support.tenant.company import Company


@pytest.fixture(scope="module")
async def broker(rabbitmq: RealServer) -> AsyncIterator[Proxy]:
    """The way to RabbitMQ of whatever is given it, to be cut, frozen or slowed."""
    way = Proxy(rabbitmq.url)
    await way.start()
    yield way
    await way.cut()


@pytest.fixture(scope="module")
async def installation(
    request: pytest.FixtureRequest,
    rabbitmq: RealServer,
    mongodb: RealServer,
    redis_server: RealServer,
) -> AsyncIterator[Installation]:
    """All five services over a database of their own, with what the module's `SETTINGS` say."""
    settings: dict[str, Any] = getattr(request.module, "SETTINGS", {})
    urls = rabbitmq.url, mongodb.url, redis_server.url
    async with everything(*urls, **settings) as installation:
        yield installation


@pytest.fixture(scope="module")
async def company(installation: Installation) -> Company:
    return await installation.make_company()


@pytest.fixture
async def present(installation: Installation) -> AsyncIterator[None]:
    """The next test begins in the present, whatever this one does to the clock."""
    yield
    installation.clock.reset()


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes by the test's will alone, not by the machine's; no two moments are the same."""
    now, looks = utc_now(), count()
    monkeypatch.setattr(
        "support.installation.utc_now", lambda: now + timedelta(milliseconds=next(looks))
    )
