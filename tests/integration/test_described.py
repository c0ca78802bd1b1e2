"""What ingest's OpenAPI describes is what ingest does, for right requests and for wrong ones."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from inprocess import Installation, bearer, everything
from ladder import RealServer

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi" / "ingest.json"
OPERATIONS: dict[str, Any] = {
    found.ok().label: found.ok()
    for found in schemathesis.openapi.from_path(DESCRIPTION).get_all_operations()
}


@pytest.fixture(scope="module")
async def office(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    async with everything(rabbitmq.url, mongodb.url, redis_server.url) as installation:
        yield installation


@pytest.fixture(scope="module")
async def token(office: Installation) -> str:
    """Somebody who may do everything at a tenant of his own."""
    tenant = await office.make_tenant()
    return office.token(tenant, "operator", ("21",))


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("label", OPERATIONS)
async def test_an_operation_answers_as_described(
    office: Installation, token: str, label: str, mode: GenerationMode
) -> None:
    cases = OPERATIONS[label].as_strategy(generation_mode=mode)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def check(case: Case) -> None:
        case.call_and_validate(base_url=office.url, headers=bearer(token), timeout=20)

    await asyncio.to_thread(check)
