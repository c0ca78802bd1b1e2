"""Lists of events take as many turns as single hits, so that they delay no other tenant."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from softphone_common.contracts.events import CallObserved
from softphone_common.http.problem import ProblemError
from softphone_common.process import background_writer
from softphone_ingest.settings import IngestSettings
from softphone_testing.until import until
from support.stack.lists import configure_lists, list_of
from support.stack.memory_ingest import MemoryIngest, memory_ingest
from support.stack.tenant_hits import AT_ONCE, Hits

RING = "/ringing?extension=21&number=08999998001&call_id="
FLOOD = 40


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path, hits=1000, tenant_hits=FLOOD + 5, at_once=AT_ONCE) as made:
        made.add_device("d2", "quiet", tenant="quiet")
        yield made


async def test_list_keeps_its_turn_to_the_end() -> None:
    hits = Hits()
    hits.keep = True
    hits.send("a1", "a2")
    await hits.until_working("a1", "a2")
    hits.keep = False
    hits.send("a3", "b1", "b2", "b3", "b4", "b5")
    # by then the turns of two hits of the other tenant have ended twice
    await hits.until_working("a1", "a2", "b1", "b2", "b3", "b4", "b5")
    assert hits.waiting("a") == 1
    hits.end(*hits.tasks)
    await asyncio.gather(*hits.tasks.values())
    assert hits.shares._lines == {}


@pytest.mark.usefixtures("patient")
async def test_events_of_a_list_come_before_hits_that_wait() -> None:
    hits = Hits()
    hits.send("a1", "a2", "a3")
    await hits.until_working("a1", "a2")
    done = asyncio.Event()

    async def event() -> None:
        async with hits.shares.event_turn("a", "d1"):
            hits.working.append("event")
            await done.wait()

    hits.tasks["event"] = hits.begin(event())
    await until(lambda: hits.begun("a") == 1, within=5, what="the event that waits")
    hits.end("a1")
    await hits.until_working("a2", "event")
    assert hits.waiting("a") == 1
    done.set()
    hits.end("a2", "a3")
    await asyncio.gather(*hits.tasks.values())
    assert hits.shares._lines == {}


async def test_list_whose_turn_has_ended_gets_the_next() -> None:
    hits = Hits()
    async with hits.shares.turn("a", "d1", 1) as turn:
        await until(lambda: not hits.shares._lines, what="the end of the turn")
        hits.keep = True
        hits.send("a1", "a2", "a3")
        await hits.until_working("a1", "a2")
        again = asyncio.create_task(turn.keep())
        await until(lambda: hits.begun("a") == 1, within=5, what="the list that waits")
        hits.end("a1")
        await again
        assert hits.waiting("a") == 1
        hits.end("a2", "a3")
    await asyncio.gather(*hits.tasks.values())
    assert hits.shares._lines == {}


async def send_calls(ingest: MemoryIngest) -> None:
    """Calls of the other tenant, one after another."""
    for call in range(FLOOD):
        await ingest.get(f"{RING}{call}", "quiet")


async def is_of_list(ingest: MemoryIngest) -> list[bool]:
    """Sends a list and calls of another tenant; whether each published event is of the list."""
    configure_lists(ingest)
    # the first hit of a device makes its configuration, which takes time
    await asyncio.gather(ingest.send(list_of(1)), ingest.get(f"{RING}first", "quiet"))
    ingest.observed()
    async with asyncio.TaskGroup() as both:
        both.create_task(ingest.send(list_of(FLOOD)))
        both.create_task(send_calls(ingest))
    return [each.extension != "21" for each in ingest.observed()]


async def test_list_is_read_while_others_are_answered(ingest: MemoryIngest) -> None:
    published = await is_of_list(ingest)
    assert published.index(True) > 4


async def test_events_of_others_come_between_those_of_a_list(ingest: MemoryIngest) -> None:
    published = await is_of_list(ingest)
    assert len(published) == 2 * FLOOD
    first, last = published.index(True), len(published) - published[::-1].index(True)
    assert not all(published[first:last])


class SlowPublisher:
    """A broker that confirms nothing yet."""

    def __init__(self) -> None:
        self.confirms = asyncio.Event()
        self.published: list[CallObserved] = []

    async def publish(self, *messages: CallObserved) -> None:
        self.published += messages
        await self.confirms.wait()


async def test_list_of_one_event_ends_its_turn_at_a_slow_broker(tmp_path: Path) -> None:
    async with memory_ingest(tmp_path, at_once=1) as ingest:
        configure_lists(ingest, event="each.e")
        members = b'[{"x": "100", "e": "ringing"}, {"x": "101", "e": "unheard-of"}]'
        request = replace(list_of(2), body=members)
        # the first hit of a device makes its configuration, which takes time
        await ingest.send(request)
        broker = ingest.pipeline._publisher = SlowPublisher()
        hits = [Hits.begin(ingest.send(request)) for _ in range(2)]
        await until(lambda: len(broker.published) == 2, within=20, what="the turn of the other hit")
        broker.confirms.set()
        await asyncio.gather(*hits)
        assert {each.observation.extension for each in broker.published} == {"100"}


async def test_refused_list_ends_its_turn_at_a_slow_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_writer, "_PATIENCE_SECONDS", 600)
    async with memory_ingest(tmp_path, at_once=1) as ingest:
        configure_lists(ingest)
        await ingest.send(list_of(1))
        await ingest.recorder.task.stop()
        refused = Hits.begin(ingest.send(list_of(2, event="unheard-of")))
        other = Hits.begin(ingest.send(list_of(1)))
        try:
            await until(other.done, within=20, what="the answer to the other hit")
            assert not refused.done()
        finally:
            await ingest.recorder.start()
        with pytest.raises(ProblemError):
            await refused


async def test_agents_that_ring_together_get_no_429(tmp_path: Path) -> None:
    """A queue of 100 agents, whose phones or whose telephone system report all that they do."""
    default = {name: field.default for name, field in IngestSettings.model_fields.items()}
    burst = default["hits_tenant_rate"] * default["hits_burst_seconds"]
    waiting, at_once = default["hits_tenant_waiting_max"], default["hits_tenant_at_once"]
    rates = {"hits": burst, "tenant_hits": burst, "waiting": waiting, "at_once": at_once}
    async with memory_ingest(tmp_path, **rates) as ingest:
        for event in ("ringing", "missed"):
            async with asyncio.TaskGroup() as phones:
                for agent in range(100):
                    path = f"/{event}?extension={agent + 100}&number=08999998001&call_id=1"
                    phones.create_task(ingest.get(path))
        configure_lists(ingest)
        for event in ("ringing", "missed"):
            await ingest.send(list_of(100, event))
        assert len(ingest.observed()) == 400


async def test_every_event_of_a_list_counts(ingest: MemoryIngest) -> None:
    configure_lists(ingest)
    request = list_of(30)
    await ingest.send(request)
    assert len(ingest.observed()) == 30
    with pytest.raises(ProblemError) as error:
        await ingest.send(request)
    assert error.value.status == 429
    assert ingest.observed() == []
