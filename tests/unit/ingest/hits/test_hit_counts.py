"""Each hit is counted by the status its phone gets, also where nothing expects the failure."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from softphone_common.http import problem
from softphone_ingest.hits.routes import HitApi
from support.stack.memory_ingest import URL, MemoryIngest, memory_ingest

RING = "/hit/key/ringing?extension=21&number=08999998001&call_id=A"


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


def count(status: int) -> float | None:
    return REGISTRY.get_sample_value("softphone_hits_total", {"status": str(status)})


async def status_of_a_hit(ingest: MemoryIngest) -> int:
    app = FastAPI()
    problem.install(app)
    app.include_router(HitApi(ingest.pipeline, URL).router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        return (await client.get(RING)).status_code


@pytest.mark.parametrize("status", [500, 503])
def test_errors_of_the_server_have_a_series_before_the_first(status: int) -> None:
    assert count(status) is not None


@pytest.mark.parametrize("status", [202, 403, 500, 503])
async def test_hit_is_counted_once_by_its_status(ingest: MemoryIngest, status: int) -> None:
    match status:
        case 403:
            ingest.tenant = ingest.tenant.model_copy(update={"activation": None})
        case 500:
            del ingest.tenant  # the look-up of the tenant fails with an AttributeError
        case 503:  # a key is unknown while devices are still being read
            ingest.devices.loaded = False
            ingest.configure(key_hash="")
    before = {each: count(each) or 0 for each in (202, 403, 500, 503)}
    assert await status_of_a_hit(ingest) == status
    after = {each: count(each) or 0 for each in before}
    assert after == {**before, status: before[status] + 1}
