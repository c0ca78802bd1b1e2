"""Every write of a signed-in user is counted, whichever route it goes to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import REGISTRY

from softphone_common.contracts.entities import User
from softphone_common.http import app as http_app
from softphone_common.http.auth import AnyCaller
from softphone_common.stores.write_limit import TENANT_FACTOR
from softphone_testing.installation_keys import checked_tokens, token_issuer
from support.observations import at
from support.security_log import RecordedSecurityLog
from support.write_limits import read_limit, write_limit

WRITES_MAX = 3
ISSUER, TOKENS = token_issuer(lambda: at(0)), checked_tokens(lambda: at(0))


async def nothing(_: AnyCaller) -> None: ...


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    router = APIRouter()
    router.add_api_route("/thing", nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    security = RecordedSecurityLog()
    app = http_app.build(
        "test", [router], TOKENS, write_limit(WRITES_MAX), read_limit(), security, 65_536, ready
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def ask(
    client: httpx.AsyncClient, method: str, user: str, tenant: str = "acme"
) -> httpx.Response:
    token, _ = ISSUER.issue(User(id=user, tenant=tenant, login=user), timedelta(hours=1))
    return await client.request(method, "/thing", headers={"Authorization": f"Bearer {token}"})


async def test_user_over_the_rate_of_writes_is_refused(client: httpx.AsyncClient) -> None:
    counted = REGISTRY.get_sample_value("softphone_limited_total", {"limit": "writes"}) or 0
    for method in ("POST", "PUT", "PATCH"):
        assert (await ask(client, method, "anna")).status_code == 200
    refused = await ask(client, "DELETE", "anna")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate-limit-exceeded"
    assert int(refused.headers["retry-after"]) == 60 / WRITES_MAX
    assert REGISTRY.get_sample_value("softphone_limited_total", {"limit": "writes"}) == counted + 1
    assert (await ask(client, "GET", "anna")).status_code == 200
    assert (await ask(client, "POST", "ben")).status_code == 200


async def test_users_of_a_tenant_have_a_rate_together(client: httpx.AsyncClient) -> None:
    for number in range(WRITES_MAX * TENANT_FACTOR):
        assert (await ask(client, "POST", f"user-{number}")).status_code == 200
    assert (await ask(client, "POST", "one-more")).status_code == 429
    assert (await ask(client, "POST", "elsewhere", "globex")).status_code == 200
