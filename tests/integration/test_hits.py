"""What a phone may send, and what it is told."""
from collections.abc import AsyncIterator
import pytest
from inprocess import Installation, everything
from ladder import RealServer

@pytest.fixture(scope="module")
async def office(rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer) -> AsyncIterator[Installation]:
    async with everything(rabbitmq.url, mongodb.url, redis_server.url) as installation:
        yield installation

async def test_smoke(office: Installation) -> None:
    t = await office.make_tenant()
    u = await office.make_user(t)
    d = await office.make_device(t)
    call = await office.told(d.key, "ringing", "connected", "ended", extension="21", number="089 99998001", call_id="x")
    print(await office.logged(u.token, call, phase="ended"))
