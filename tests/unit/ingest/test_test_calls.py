"""Test calls: each preset's own request, the way through the pipeline, its end and its limit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_common.http.problem import ProblemError
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.inspector.test_calls import (
    USER_AGENT,
    TestCallLimits,
    TestCalls,
    ring_request,
)
from softphone_ingest.mapping.presets.preset import Preset, load_all
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.schema import Mapping
from support.bus.buses import bus_settings
from support.stack.memory_ingest import TENANT, MemoryIngest, memory_ingest

PUBLIC = "https://connector.example.de"
EXTENSIONLESS = {"46elks", "placetel"}
NUMBERLESS = {"yeastar"}
FICTION = "+498999998001"
LONG = 3600.0


@asynccontextmanager
async def ready(folder: Path, most: int = 10) -> AsyncIterator[tuple[MemoryIngest, TestCalls]]:
    """Ingest in memory, and test calls that ring until they are stopped."""
    async with memory_ingest(folder) as ingest:
        ingest.configure(key_sealed=ingest.seal.encrypt("key"))
        limiter = RateLimiter(LocalTokenBuckets(100), ingest.clock, bus_settings("amqp://memory"))
        configs = DeviceConfigs(load_all())
        limits = TestCallLimits(most, LONG)
        calls = TestCalls(
            ingest.pipeline, ingest.spool, configs, ingest.seal, ingest.clock, limiter, limits
        )
        try:
            yield ingest, calls
        finally:
            await calls.stop()


@pytest.mark.parametrize("preset", load_all().values(), ids=lambda preset: preset.id)
def test_ring_of_every_preset_is_read_as_an_incoming_call(preset: Preset) -> None:
    request = ring_request(preset.ring, {"extension": "4711", "call_id": "98765432109"}, "")
    profile = merge_profile(NumberProfile(), preset.numbers)
    config = DeviceConfig(Mapping.model_validate(preset.mapping), profile)
    (event,) = interpret(request, config).events
    assert event.phase == "ringing"
    assert event.direction in {"inbound", None}
    assert event.extension == ("" if preset.id in EXTENSIONLESS else "4711")
    assert event.external_id in {"98765432109", ""}
    if preset.id not in NUMBERLESS:
        assert event.number is not None
        assert normalise(event.number, profile).e164 == FICTION


async def test_test_call_rings_like_a_hit_and_ends_as_missed(tmp_path: Path) -> None:
    async with ready(tmp_path) as (ingest, calls):
        call_id = await calls.ring(TENANT, ingest.device, "21", "192.0.2.7", PUBLIC)
        (ringing,) = ingest.observed()
        assert (ringing.call_id, ringing.phase, ringing.extension) == (call_id, "ringing", "21")
        await ingest.recorder.settled()
        page = await ingest.inspector.latest(ingest.device, None, 10)
        (hit,) = page.items
        assert (hit.outcome, hit.request.client) == ("accepted", "192.0.2.7")
        assert hit.request.headers["user-agent"] == USER_AGENT
        await calls.stop()
        (missed,) = ingest.observed()
        assert (missed.call_id, missed.phase, missed.remote) == (call_id, "missed", None)


async def test_two_test_calls_are_two_calls(tmp_path: Path) -> None:
    async with ready(tmp_path) as (ingest, calls):
        ids = {await calls.ring(TENANT, ingest.device, "21", "", PUBLIC) for _ in range(2)}
        assert len(ids) == 2


async def test_test_calls_of_a_tenant_are_limited(tmp_path: Path) -> None:
    async with ready(tmp_path, most=2) as (ingest, calls):
        for _ in range(2):
            await calls.ring(TENANT, ingest.device, "21", "", PUBLIC)
        with pytest.raises(ProblemError) as refused:
            await calls.ring(TENANT, ingest.device, "21", "", PUBLIC)
        assert refused.value.status == 429
        assert len(ingest.observed()) == 2


async def test_device_that_must_sign_gets_no_test_call(tmp_path: Path) -> None:
    async with ready(tmp_path) as (ingest, calls):
        secret = ingest.seal.encrypt("s" * 20)
        device = ingest.configure(preset="twilio", secret_sealed=secret)
        with pytest.raises(ProblemError) as refused:
            await calls.ring(TENANT, device, "21", "", PUBLIC)
        assert refused.value.code == "test-call-signed"
        assert ingest.observed() == []
