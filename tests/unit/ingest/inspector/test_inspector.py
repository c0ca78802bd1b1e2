"""The inspector without a server: trials have no effect, replays make one call."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.contracts.hit import HitJson
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import MemoryIngest, memory_ingest

PATH = "/event?state=RINGING&extension=21&number=08999998001"
MAPPING = {"fields": {"event": [{"from": "query.state", "table": {"RINGING": "ringing"}}]}}


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


async def refused_hit(ingest: MemoryIngest) -> HitJson:
    """A hit whose event the device does not know yet."""
    with pytest.raises(ProblemError):
        await ingest.get(PATH)
    return (await ingest.inspector.latest(ingest.device, None, 1)).items[0]


async def replay(ingest: MemoryIngest, hit: HitJson) -> HitJson:
    return await ingest.inspector.replay(ingest.tenant, ingest.device, hit.id)


async def test_trial_shows_events_without_any_effect(ingest: MemoryIngest) -> None:
    request = HitRequest.parse(PATH)
    (event,) = ingest.inspector.interpret(ingest.tenant, ingest.device, request, MAPPING, {})
    assert (event.event, event.extension, event.call) == ("ringing", "21", None)
    assert ingest.observed() == []
    assert not (await ingest.inspector.latest(ingest.device, None, 1)).items


async def test_replay_makes_the_call_of_a_corrected_mapping(ingest: MemoryIngest) -> None:
    hit = await refused_hit(ingest)
    ingest.configure(mapping=MAPPING)
    done = await replay(ingest, hit)
    (observation,) = ingest.observed()
    assert (done.outcome, done.field) == ("accepted", None)
    assert done.events[0].call == observation.call_id
    assert observation.at == hit.at


async def test_replays_at_once_publish_one_observation(ingest: MemoryIngest) -> None:
    hit = await refused_hit(ingest)
    ingest.configure(mapping=MAPPING)
    await asyncio.gather(*(replay(ingest, hit) for _ in range(5)))
    assert len(set(ingest.observed())) == 1
    await replay(ingest, hit)
    assert ingest.observed() == []


async def test_replay_that_could_not_publish_can_be_repeated(ingest: MemoryIngest) -> None:
    hit = await refused_hit(ingest)
    ingest.configure(mapping=MAPPING)
    ingest.broker.stop()
    with pytest.raises(UnavailableError):
        await replay(ingest, hit)
    ingest.broker.start()
    done = await replay(ingest, hit)
    assert {each.call_id for each in ingest.observed()} == {done.events[0].call}


async def test_replay_of_what_is_still_unreadable_says_why(ingest: MemoryIngest) -> None:
    hit = await refused_hit(ingest)
    ingest.configure(mapping={"require": ["name"], **MAPPING})
    with pytest.raises(ProblemError) as error:
        await replay(ingest, hit)
    assert (error.value.status, error.value.code) == (422, "missing")
    latest = (await ingest.inspector.latest(ingest.device, None, 1)).items[0]
    assert (latest.outcome, latest.field) == ("refused", "name")


async def test_hit_of_another_device_cannot_be_replayed(ingest: MemoryIngest) -> None:
    hit = await refused_hit(ingest)
    other = ingest.device.model_copy(update={"id": "d2"})
    with pytest.raises(ProblemError) as error:
        await ingest.inspector.replay(ingest.tenant, other, hit.id)
    assert error.value.code == "hit-unknown"
