"""A tenant that floods ingest waits for itself: no other tenant waits, and no hit is lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.http.problem import ProblemError
from softphone_ingest import metrics
from softphone_ingest.hits import tenant_shares
from softphone_testing.until import until
from support.stack.memory_ingest import MemoryIngest, memory_ingest
from support.stack.tenant_hits import AT_ONCE, Hits

RING = "/ringing?extension=21&number=08999998001&call_id="
FLOOD = 40


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path, hits=1000, tenant_hits=FLOOD + 5, at_once=AT_ONCE) as made:
        made.add_device("d2", "quiet", tenant="quiet")
        yield made


async def test_quiet_tenant_is_served_amid_a_flood(ingest: MemoryIngest) -> None:
    answered: list[str] = []

    async def send(key: str, call: int) -> None:
        await ingest.get(f"{RING}{call}", key)
        answered.append(key)

    async with asyncio.TaskGroup() as flood:
        for call in range(FLOOD):
            flood.create_task(send("key", call))
        flood.create_task(send("quiet", FLOOD))
    # hits that are worked on at once may end in any order
    assert answered.index("quiet") <= 2 * AT_ONCE
    assert len(ingest.observed()) == FLOOD + 1


@pytest.mark.usefixtures("patient")
async def test_hits_of_a_tenant_take_turns_in_their_order() -> None:
    hits = Hits()
    hits.send("a1", "a2", "a3", "a4", "b1")
    await hits.until_working("a1", "a2", "b1")
    hits.end("a2")
    await hits.until_working("a1", "b1", "a3")
    hits.end("a1", "a3", "a4", "b1")
    await asyncio.gather(*hits.tasks.values())
    assert hits.shares._lines == {}


@pytest.mark.usefixtures("patient")
async def test_hit_that_is_given_up_costs_no_turn() -> None:
    hits = Hits()
    hits.send("a1", "a2", "a3", "a4", "a5")
    await hits.until_working("a1", "a2")
    hits.tasks["a3"].cancel()
    hits.end("a1")
    await hits.until_working("a2", "a4")
    hits.end("a2")
    async with asyncio.timeout(60):
        while hits.shares._lines["a"].queues:
            await asyncio.sleep(0)
    # a5 has been given the turn, but has not gone on yet
    hits.tasks["a5"].cancel()
    hits.end("a4")
    await asyncio.gather(*hits.tasks.values(), return_exceptions=True)
    assert hits.shares._lines == {}


async def test_hit_at_a_slow_server_ends_its_turn() -> None:
    hits = Hits()
    hits.send("a1", "a2", "a3")
    await hits.until_working("a1", "a2", "a3")
    hits.end("a1", "a2", "a3")
    await asyncio.gather(*hits.tasks.values())
    assert hits.shares._lines == {}


@pytest.mark.usefixtures("patient")
async def test_hit_over_the_waiting_ones_gets_429() -> None:
    hits = Hits(waiting_max=1)
    hits.send("a1", "a2", "a3")
    await hits.until_working("a1", "a2")
    limited = metrics.TENANT_LIMITED.labels("a", "waiting")
    before = limited._value.get()
    hits.send("a4")
    await until(hits.tasks["a4"].done, within=5, what="the refusal")
    with pytest.raises(ProblemError) as error:
        await hits.tasks.pop("a4")
    assert (error.value.status, error.value.headers) == (429, {"Retry-After": "1"})
    assert limited._value.get() == before + 1
    hits.send("b1")
    await hits.until_working("a1", "a2", "b1")
    hits.end("a1", "a2", "a3", "b1")
    await asyncio.gather(*hits.tasks.values())


async def test_tenant_over_its_rate_gets_429_and_no_other(ingest: MemoryIngest) -> None:
    limited = metrics.TENANT_LIMITED.labels("acme", "rate")
    before = limited._value.get()
    for call in range(FLOOD + 5):
        await ingest.get(f"{RING}{call}")
    ingest.add_device("d3", "another")
    with pytest.raises(ProblemError) as error:
        await ingest.get(f"{RING}more", "another")
    assert error.value.status == 429
    assert int(error.value.headers["Retry-After"]) > 0
    assert limited._value.get() == before + 1
    await ingest.get(f"{RING}quiet", "quiet")
    assert len(ingest.observed()) == FLOOD + 6


@pytest.mark.usefixtures("patient")
async def test_refused_hit_uses_its_turn_up() -> None:
    """Otherwise its sender sends the next one at once, and refusals cost as much as hits."""
    hits = Hits(burst=AT_ONCE)
    limited = metrics.TENANT_LIMITED.labels("a", "rate")
    before = limited._value.get()
    hits.send("a1", "a2", "a3", "a4")
    await hits.until_working("a1", "a2")
    hits.end("a1")
    await until(lambda: limited._value.get() > before, what="the refusal")
    hits.send("b1")
    await hits.until_working("a2", "b1")
    assert not hits.tasks["a3"].done()
    assert hits.waiting("a") == 1
    for name in ("a2", "a3", "a4", "b1"):
        hits.tasks[name].cancel()
    await asyncio.gather(*hits.tasks.values(), return_exceptions=True)


@pytest.mark.usefixtures("patient")
async def test_refused_list_holds_up_hits_after_its_turn() -> None:
    """Reading a list may take longer than a turn."""
    hits = Hits()
    await hits.shares.count_events("a", 100)
    refused = [hits.begin(hits.shares.count_events("a", 1)) for _ in range(AT_ONCE)]
    hits.send("a1", "b1")
    await hits.until_working("b1")
    assert hits.waiting("a") == 1
    refused[0].cancel()
    await until(lambda: not hits.waiting("a"), what="the turn of the next hit")
    tasks = *refused, *hits.tasks.values()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert hits.shares._lines == {}


async def test_busy_process_does_not_end_turns_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a flood gets the more turns, the more it slows down the process."""
    monkeypatch.setattr(tenant_shares, "PAUSE_SECONDS", 0)  # a turn that ends shows at once
    hits = Hits()
    names = "a1", "a2", "a3"
    hits.send(*names)
    await asyncio.sleep(0)
    assert hits.working == ["a1", "a2"]
    time.sleep(2 * tenant_shares.TURN_SECONDS)  # as a process does that works on hits
    for _ in range(5):
        await asyncio.sleep(0)
    assert hits.working == ["a1", "a2"]
    hits.end(*names)
    await asyncio.gather(*hits.tasks.values())


async def test_slow_server_leaves_a_tenant_many_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """All hits of a ring group wait for the broker together, and not one after another."""
    for name in ("TURN_SECONDS", "REFUSAL_SECONDS"):  # long for a busy machine
        monkeypatch.setattr(tenant_shares, name, 10 * getattr(tenant_shares, name))
    hits = Hits()
    await hits.shares.count_events("b", 100)
    refused = hits.begin(hits.shares.count_events("b", 1))
    names = [f"a{n}" for n in range(3 * AT_ONCE)]
    hits.send(*names)
    await hits.until_working(*names)
    assert not refused.done()
    refused.cancel()
    hits.end(*names)
    await asyncio.gather(refused, *hits.tasks.values(), return_exceptions=True)


@pytest.mark.usefixtures("patient")
async def test_hits_of_too_many_bytes_do_not_wait() -> None:
    hits = Hits()
    hits.send("a1", "a2")
    await hits.until_working("a1", "a2")
    hits.size = hits.waiting_max * tenant_shares.PLACE_BYTES
    hits.send("a3")
    await until(lambda: hits.waiting("a") == 1, what="the hit that may wait")
    limited = metrics.TENANT_LIMITED.labels("a", "waiting")
    before = limited._value.get()
    hits.send("a4", "b1")
    await hits.until_working("a1", "a2", "b1")
    await until(hits.tasks["a4"].done, within=5, what="the refusal")
    with pytest.raises(ProblemError) as error:
        await hits.tasks.pop("a4")
    assert error.value.status == 429
    assert limited._value.get() == before + 1
    # a hit that has its turn has freed its bytes
    hits.end("a1")
    await hits.until_working("a2", "b1", "a3")
    hits.send("a5")
    await until(lambda: hits.waiting("a") == 1, what="the next hit that may wait")
    hits.end("a2", "a3", "a5", "b1")
    await asyncio.gather(*hits.tasks.values())
