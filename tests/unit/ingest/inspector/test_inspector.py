"""The inspector without a server: trials have no effect, replays make one call."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.contracts.hit import HitJson
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_ingest.inspector.inspector import Read
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import URL, MemoryIngest, memory_ingest

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
    read = await ingest.inspector.interpret(ingest.tenant, ingest.device, request, MAPPING, {})
    (event,) = read.events
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


LISTED = {
    "each": "query.state",
    "fields": {
        "event": {"from": "each", "table": {"RINGING": "ringing"}},
        "extension": "query.extension",
    },
}
HALF_READ = f"{PATH}&state=LOST"


async def test_replay_names_the_members_it_could_not_read(ingest: MemoryIngest) -> None:
    with pytest.raises(ProblemError):
        await ingest.get(HALF_READ)
    (hit,) = (await ingest.inspector.latest(ingest.device, None, 1)).items
    device = ingest.configure(mapping=LISTED)
    done = await replay(ingest, hit)
    assert (done.outcome, len(done.events)) == ("accepted", 1)
    assert [(note.field, note.code) for note in done.unread] == [("each.1.event", "event-unknown")]
    shown = (await ingest.inspector.latest(device, None, 1)).items[0]
    assert shown.unread == done.unread


async def test_hit_and_trial_name_each_unread_member(ingest: MemoryIngest) -> None:
    request = HitRequest.parse(f"{HALF_READ}&state=GONE")
    ingest.configure(mapping=LISTED)
    await ingest.send(request)
    (hit,) = (await ingest.inspector.latest(ingest.device, None, 1)).items
    read = await ingest.inspector.interpret(ingest.tenant, ingest.device, request, LISTED, {})
    assert [note.field for note in hit.unread] == ["each.1.event", "each.2.event"]
    assert (read.unread, len(read.events)) == (hit.unread, 1)
    assert (hit.outcome, hit.field) == ("accepted", None)


async def test_trial_shows_a_probe_and_notes(ingest: MemoryIngest) -> None:
    async def tried(request: str) -> Read:
        parsed = HitRequest.parse(request)
        return await ingest.inspector.interpret(ingest.tenant, ingest.device, parsed, MAPPING, {})

    probe = await tried(f"HEAD {PATH} HTTP/1.1\n\n")
    assert (probe.is_probe, probe.events) == (True, ())
    (event,) = (await tried(f"{PATH}&duration=soon")).events
    assert [(note.field, note.code) for note in event.notes] == [("duration", "duration-invalid")]


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


async def test_trial_checks_the_signature(ingest: MemoryIngest) -> None:
    mapping = {**MAPPING, "verify": {"method": "equal", "in": "header.x-key"}}
    device = ingest.configure(secret_sealed=ingest.seal.encrypt("s3cret"), mapping=mapping)

    async def signed(key: str) -> bool | None:
        request = HitRequest.parse(f"GET {PATH} HTTP/1.1\nX-Key: {key}\n\n")
        return await ingest.inspector.is_signed(ingest.tenant, device, request, mapping, URL)

    assert [await signed(key) for key in ("s3cret", "other", "")] == [True, False, False]
    # the inspector hides the secret in what it shows
    assert await signed("***") is None
