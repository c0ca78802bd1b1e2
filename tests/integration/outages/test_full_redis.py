"""Redis whose memory is full: reported, and everything goes on as without Redis."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from redis.asyncio import Redis as Client

from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.stores.redis import Redis
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_testing.installation_keys import KEYS
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.redis import Redis as RedisServer
from softphone_testing.until import until
from support.stack.full_company import NUMBER
from support.stack.installation import Installation, everything, ready
from support.tenant.browser import signed_in

FULL = "Redis is not available: its memory is full (maxmemory)"
SETTINGS: dict[str, Any] = {
    "signin_failures_max": 3,
    "limits_wait_ms": 20_000,
    "limits_pause_seconds": 0.1,
}


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A Redis of this test alone, whose memory the test limits."""
    server = RedisServer(tmp_path / "redis")
    await server.start()
    async with Client.from_url(server.url, decode_responses=True) as client:
        yield client
    await server.stop()


@pytest.fixture
async def installation(
    memory: Client, rabbitmq: RealServer, mongodb: RealServer
) -> AsyncIterator[Installation]:
    servers = rabbitmq.url, mongodb.url, url_of(memory)
    async with everything(*servers, **SETTINGS) as installation:
        yield installation


def url_of(memory: Client) -> str:
    options = memory.connection_pool.connection_kwargs
    return f"redis://:{options['password']}@{options['host']}:{options['port']}/0"


async def until_reported(installation: Installation) -> None:
    """Waits until readiness names the full memory at each service that has Redis."""

    async def is_reported() -> bool:
        state = (await installation.client.get("/readyz")).json()["services"]
        of_schedule = "maxmemory" in state["janitor"]["schedule"]
        return of_schedule and all(state[n]["Redis"] == FULL for n in ("ingest", "notifier"))

    await until(is_reported, what="the full memory in readiness")


async def test_bundled_redis_evicts_no_key(memory: Client) -> None:
    config = await memory.config_get("maxmemory*")
    assert config["maxmemory-policy"] == "noeviction"
    assert int(config["maxmemory"]) == 256 * 1024 * 1024


async def test_full_redis_is_not_ready_and_counted(memory: Client) -> None:
    unused = SecretStr("")
    url = SecretStr(url_of(memory))
    settings = Settings(amqp_url=unused, mongo_url=unused, redis_url=url, **KEYS)
    redis = Redis(settings, essential=False)
    buckets, limit = RedisTokenBuckets(redis), 60_000
    await redis.ping()
    await memory.config_set("maxmemory", 1)
    counted = REGISTRY.get_sample_value("softphone_redis_full_total") or 0
    for refused in (redis.ping(), buckets.take("limit:test", 0, 1, limit)):
        with pytest.raises(UnavailableError) as error:
            await refused
        assert str(error.value) == FULL
    assert REGISTRY.get_sample_value("softphone_redis_full_total") == counted + 2
    await redis.stop()


async def test_full_redis_is_reported_and_nothing_is_lost(
    installation: Installation, memory: Client
) -> None:
    company = await installation.make_company()
    anna = await installation.make_user(company.tenant)
    # without Redis the id of a single phone stands for one call in each hour, which may end now
    whole_system = {"mapping": {"scope": "pbx"}}
    device = f"/api/devices/{company.phone.id}"
    edited = await installation.ask("PATCH", device, company.admin.token, whole_system)
    assert edited.is_success, edited.text
    fields = {"extension": "21", "number": NUMBER, "call_id": "before"}
    async with signed_in(installation.url, anna.token) as browser:
        begun = await company.phone.post_hits("ringing", **fields)
        await memory.config_set("maxmemory", 1)
        await until_reported(installation)
        assert await company.phone.post_hits("connected", "ended", **fields) == begun
        fields["call_id"] = "after"
        call = await company.phone.post_hits("ringing", "connected", "ended", **fields)
        await browser.expect_call(call)
        for each in (begun, call):
            await installation.logged(anna.token, each, phase="ended")
        clicked = await installation.post("/api/dial", anna.token, {"number": NUMBER})
        await installation.logged(anna.token, clicked["call_id"], phase="dialed")
        assert (await installation.sign_in(company.tenant, anna.login)).status_code == 201
        failed = [await installation.sign_in(company.tenant, anna.login, "wrong") for _ in "1234"]
        assert [answer.status_code for answer in failed] == [401, 401, 401, 429]
    assert await installation.metric("softphone_redis_full_total") > 0
    await memory.config_set("maxmemory", 0)
    await ready(installation)
