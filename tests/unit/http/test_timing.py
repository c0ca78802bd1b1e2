"""Requests are measured by the template of their route, so that nobody can make series."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Response
from prometheus_client import REGISTRY

from softphone_common.http import app as http_app
from softphone_testing.installation_keys import checked_tokens
from support.security_log import RecordedSecurityLog
from support.write_limits import read_limit, write_limit

BODY_MAX = 2048
ROUTE = "/measured/{number}"


def client() -> httpx.AsyncClient:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    router = APIRouter()

    @router.get(ROUTE)
    async def answer(number: int) -> Response:
        if number == 0:
            raise LookupError("a bug")
        return Response(status_code=number)

    limits = write_limit(), read_limit()
    security = RecordedSecurityLog()
    app = http_app.build("test", [router], checked_tokens(), *limits, security, BODY_MAX, ready)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def measured(route: str, status: int) -> float:
    labels = {"route": route, "status": str(status)}
    return REGISTRY.get_sample_value("softphone_http_seconds_count", labels) or 0


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/measured/202", ROUTE, 202),
        ("GET", "/measured/0", ROUTE, 500),
        ("GET", "/measured/word", ROUTE, 422),
        ("BREW", "/measured/1", ROUTE, 405),
        ("GET", "/made-up/202", "none", 404),
    ],
)
async def test_request_is_measured_by_route_and_status(
    method: str, path: str, route: str, status: int
) -> None:
    before = measured(route, status)
    async with client() as browser:
        assert (await browser.request(method, path)).status_code == status
    assert measured(route, status) == before + 1
