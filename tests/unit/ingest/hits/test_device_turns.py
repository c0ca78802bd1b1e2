"""A device that floods ingest waits for itself: other devices of its tenant have turns."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.http.problem import ProblemError
from softphone_ingest.hits import tenant_shares
from softphone_testing.until import until
from support.stack.lists import configure_lists, list_of
from support.stack.memory_ingest import memory_ingest
from support.stack.tenant_hits import AT_ONCE, Hits

RING = "/ringing?extension=21&number=08999998001&call_id="
FLOOD = 30


@pytest.fixture
async def hits(patient: None) -> AsyncIterator[Hits]:
    """Two hits of the device d1 work; the tenant has no further turn."""
    hits = Hits(waiting_max=4)
    hits.send("a1", "a2")
    await hits.until_working("a1", "a2")
    yield hits
    for task in hits.tasks.values():
        task.cancel()
    await asyncio.gather(*hits.tasks.values(), return_exceptions=True)
    assert hits.shares._lines == {}


async def send_waiting(hits: Hits, device: str, *names: str) -> None:
    hits.device, before = device, hits.waiting("a")
    hits.send(*names)
    await until(lambda: hits.waiting("a") == before + len(names), what="the waiting hits")


async def refused(hits: Hits, name: str) -> dict[str, str]:
    """The headers of the answer 429 to a hit."""
    await until(hits.tasks[name].done, within=5, what="the refusal")
    with pytest.raises(ProblemError) as error:
        await hits.tasks.pop(name)
    assert error.value.status == 429
    return dict(error.value.headers)


async def test_devices_of_a_tenant_take_turns(hits: Hits) -> None:
    await send_waiting(hits, "d1", "a3", "a4")
    await send_waiting(hits, "d2", "a5")
    await send_waiting(hits, "d3", "a6")
    hits.end("a1")
    await hits.until_working("a2", "a3")
    hits.end("a2")
    await hits.until_working("a3", "a5")
    hits.end("a3")
    await hits.until_working("a5", "a6")
    hits.end("a5")
    await hits.until_working("a6", "a4")


async def test_other_tenants_work_between_turns_of_a_waiting_one(
    patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_shares, "PAUSE_SECONDS", 600)
    hits = Hits(waiting_max=4)
    hits.send("a1", "a2", "a3")
    await hits.until_working("a1", "a2")
    hits.end("a1")
    await hits.until_working("a2")
    hits.send("b1")
    await hits.until_working("a2", "b1")
    assert hits.waiting("a") == 1
    for task in hits.tasks.values():
        task.cancel()
    await asyncio.gather(*hits.tasks.values(), return_exceptions=True)


async def test_hit_comes_between_events_of_another_list(hits: Hits) -> None:
    async def event(name: str) -> None:
        async with hits.shares.event_turn("a", "d1"):
            hits.working.append(name)
            await asyncio.Event().wait()

    for name in ("event1", "event2", "event3"):
        hits.tasks[name] = hits.begin(event(name))
    await until(lambda: hits.begun("a") == 3, what="the events that wait")
    await send_waiting(hits, "d2", "a3")
    hits.end("a1")
    await hits.until_working("a2", "event1")
    hits.end("a2")
    await hits.until_working("event1", "a3")


async def test_call_rings_amid_lists_of_another_device(tmp_path: Path) -> None:
    rates = {"hits": 1000, "tenant_hits": 1000, "at_once": 1}
    async with memory_ingest(tmp_path, **rates) as ingest:
        configure_lists(ingest)
        ingest.add_device("d2", "another")
        # the first hit of a device makes its configuration, which takes time
        await asyncio.gather(ingest.send(list_of(1)), ingest.get(f"{RING}first", "another"))
        ingest.observed()
        lists = [ingest.send(list_of(FLOOD)) for _ in range(3)]
        await asyncio.gather(*lists, ingest.get(f"{RING}1", "another"))
        published = [each.extension for each in ingest.observed()]
        assert len(published) == 3 * FLOOD + 1
        assert published.index("21") <= 2


async def test_device_with_most_waiting_hits_gets_429(hits: Hits) -> None:
    await send_waiting(hits, "d1", "a3", "a4", "a5", "a6")
    hits.device = "d2"
    hits.send("a7")
    assert await refused(hits, "a6") == {"Retry-After": "1"}
    hits.send("a8")
    await refused(hits, "a5")
    # both have as many waiting hits now
    hits.send("a9")
    await refused(hits, "a9")
    hits.end("a1", "a2")
    await hits.until_working("a3", "a7")
    assert hits.waiting("a") == 2


async def test_large_hit_takes_several_places(hits: Hits) -> None:
    hits.size = 3 * tenant_shares.PLACE_BYTES
    await send_waiting(hits, "d1", "a3")
    hits.size = 1
    hits.device = "d2"
    hits.send("a4")
    await refused(hits, "a3")
    await until(lambda: hits.waiting("a") == 1, within=5, what="the hit of the other device")


async def test_device_has_few_places_in_its_line(
    hits: Hits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_shares, "DEVICE_PLACES", 1)
    await send_waiting(hits, "d1", *(f"a{n}" for n in range(3, 3 + AT_ONCE)))
    hits.send("a5")
    await refused(hits, "a5")
    await send_waiting(hits, "d2", "a6")


async def test_refused_hit_that_is_given_up_has_no_turn(hits: Hits) -> None:
    await send_waiting(hits, "d1", "a3", "a4", "a5", "a6")
    hits.device = "d2"
    hits.send("a7")
    await asyncio.sleep(0)
    # the refusal comes together with the cancellation
    hits.tasks["a6"].cancel()
    await asyncio.gather(hits.tasks["a6"], return_exceptions=True)
    await asyncio.sleep(0)
    assert (hits.working, hits.waiting("a")) == (["a1", "a2"], 4)
