"""The inspector keeps a bounded part of what devices send, and nothing of strangers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from softphone_common.contracts.hit import HitJson
from softphone_common.http.problem import ProblemError
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import HIT_LIMITS, MemoryIngest, memory_ingest

RING = "/ringing?extension=21&number=08999998001&call_id=A"
SIGNED = {"method": "hmac", "in": "header.x-signature"}


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path, hits=1000, tenant_hits=1000) as made:
        yield made


async def logged(ingest: MemoryIngest) -> list[HitJson]:
    await ingest.recorder.settled()
    return (await ingest.store.latest("acme", "d1", None, 1000, ingest.now)).items


async def test_device_keeps_a_number_of_hits(ingest: MemoryIngest) -> None:
    for _ in range(4 * HIT_LIMITS.device_max):
        await ingest.get(RING)
    kept = len(await logged(ingest))
    assert HIT_LIMITS.device_max <= kept < 1.5 * HIT_LIMITS.device_max


async def test_device_keeps_bytes_of_hits(ingest: MemoryIngest) -> None:
    body = b"x" * (HIT_LIMITS.device_bytes // 8)
    for _ in range(12):
        await ingest.send(HitRequest("POST", "/ringing", RING.partition("?")[2], {}, body, ""))
    assert len(await logged(ingest)) < 10


async def test_hits_that_wait_have_a_size(ingest: MemoryIngest) -> None:
    await ingest.recorder.task.stop()
    dropped = REGISTRY.get_sample_value("softphone_hits_not_kept_total") or 0
    body = b"x" * (HIT_LIMITS.waiting_bytes // 4)
    for _ in range(9):
        await ingest.send(HitRequest("POST", "/ringing", RING.partition("?")[2], {}, body, ""))
    after = REGISTRY.get_sample_value("softphone_hits_not_kept_total") or 0
    assert after - dropped >= 5
    await ingest.recorder.start()
    assert await logged(ingest)


@pytest.mark.parametrize("case", ["wrong signature", "inactive tenant"])
async def test_hit_of_a_stranger_leaves_only_that_it_came(ingest: MemoryIngest, case: str) -> None:
    if case == "inactive tenant":
        ingest.tenant = ingest.tenant.model_copy(update={"active": False})
    else:
        sealed = ingest.seal.encrypt("the secret of the device")
        ingest.configure(mapping={"verify": SIGNED}, secret_sealed=sealed)
    headers = {"x-signature": "wrong", "x-note": "08999998001"}
    request = HitRequest("POST", "/ringing/08999998001", RING[9:], headers, b"n=08999998001", "::1")
    with pytest.raises(ProblemError) as error:
        await ingest.send(request)
    assert error.value.status == 403
    (hit,) = await logged(ingest)
    assert (hit.status, hit.code, hit.request.client) == (403, error.value.code, "::1")
    assert "8999998001" not in hit.model_dump_json()
    stored = await ingest.store.get("acme", "d1", hit.id)
    assert stored is not None
    assert (stored.request.body, stored.request.path, stored.request.query) == (b"", "", "")
