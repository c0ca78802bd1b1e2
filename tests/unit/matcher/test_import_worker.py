"""Imports are worked off once, whatever happens to those who do it."""

import asyncio
import itertools
from datetime import datetime

import pytest
from pymongo.errors import OperationFailure

from softphone_common.bus.bus import Bus
from softphone_common.process.errors import UnavailableError
from softphone_testing.until import until
from support.stack.import_site import (
    LEASE_SECONDS,
    QUOTES,
    BeforeWrite,
    ImportSite,
    KilledError,
    nothing,
)

HEADER = "Name;Telefon;Id\n"
ROWS = 450
"""Rows of a file of three batches."""


@pytest.fixture
def site(bus: Bus) -> ImportSite:
    """The stores of a matcher."""
    return ImportSite(bus)


def file(count: int = ROWS, first: int = 0, name: str = "Huber") -> str:
    rows = (f"{name} {n};089 9999{n:04d};{n}" for n in range(first, first + count))
    return HEADER + "\n".join(rows)


def killed_at(write: int) -> BeforeWrite:
    """Ends the worker in front of its write with this number, from 0."""
    writes = iter(range(write + 1))

    async def before_write() -> None:
        if next(writes, None) == write:
            raise KilledError

    return before_write


async def test_file_is_saved_and_again_it_changes_nothing(site: ImportSite) -> None:
    worker = site.worker()
    await site.add("a", file() + "\n;089 99998001;9999")
    assert await worker.work_next()
    assert await site.counts("a") == (ROWS + 1, ROWS, 0, 0, 1)
    assert (await site.run("a")).state == "finished"
    assert [each.row for each in await site.runs.list_problems("a")] == [ROWS + 2]
    assert len(await site.names()) == ROWS
    await site.add("b", file())
    await worker.work_next()
    assert await site.counts("b") == (ROWS, 0, 0, ROWS, 0)
    await site.add("c", file(name="Maier"))
    await worker.work_next()
    assert await site.counts("c") == (ROWS, 0, ROWS, 0, 0)
    assert not await worker.work_next()


async def test_rows_without_ids_change_nothing_again(site: ImportSite) -> None:
    rows = "Name;Telefon\nHuber;089 99998001\nHuber;089 99998002\nMaier;089 99998003\n"
    for id_ in ("a", "b"):
        await site.add(id_, rows)
        await site.worker().work_next()
    assert await site.counts("a") == (3, 3, 0, 0, 0)
    assert await site.counts("b") == (3, 0, 0, 3, 0)


async def test_rows_that_repeat_others_are_one_record(site: ImportSite) -> None:
    await site.add("a", "Name;Telefon\n" + "Huber;089 99998001\nMaier;089 99998002\n" * 150)
    await site.worker().work_next()
    assert await site.counts("a") == (300, 2, 0, 298, 0)
    assert await site.names() == ["Huber", "Maier"]


@pytest.mark.parametrize("write", range(6))
async def test_run_of_a_killed_worker_goes_on(site: ImportSite, write: int) -> None:
    """The worker is killed in front of each of its writes: three plans and three batches."""
    await site.add("a", file() + "\n;089 99998001;9999")
    site.runs.before_write = site.directory.before_write = killed_at(write)
    with pytest.raises(KilledError):
        await site.worker().work_next()
    done = (await site.run("a")).rows_read
    other = site.worker()
    assert not await other.work_next(), "the lease has not ended"
    site.move(LEASE_SECONDS + 1)
    assert await other.work_next()
    assert await site.counts("a") == (ROWS + 1, ROWS, 0, 0, 1)
    assert len(await site.names()) == ROWS
    assert len(await site.runs.list_problems("a")) == 1
    assert done == (0, 0, 0, 200, 200, 400)[write]


async def test_worker_that_lost_its_lease_stops(site: ImportSite) -> None:
    await site.add("a", file())
    plans = writes = 0

    async def lose_the_lease() -> None:
        nonlocal plans
        plans += 1
        if plans == 2:
            site.move(LEASE_SECONDS + 1)
            site.directory.before_write = site.runs.before_write = nothing
            assert await site.worker().work_next()
            site.directory.before_write = count

    async def count() -> None:
        nonlocal writes
        writes += 1

    site.runs.before_write = lose_the_lease
    await site.worker().work_next()
    assert (plans, writes) == (2, 0)
    assert await site.counts("a") == (ROWS, ROWS, 0, 0, 0)
    assert (await site.run("a")).state == "finished"


async def test_two_workers_never_have_one_run(site: ImportSite) -> None:
    for n in range(4):
        await site.add(f"r{n}", file(5, 10 * n), f"tenant{n}")
    workers = [site.worker(), site.worker(), site.worker()]
    while any(await asyncio.gather(*(worker.work_next() for worker in workers))):
        pass
    runs = [await site.run(f"r{n}", f"tenant{n}") for n in range(4)]
    assert [(run.state, run.created, run.unchanged) for run in runs] == [("finished", 5, 0)] * 4


async def test_cancelled_run_stops_at_its_next_batch(site: ImportSite) -> None:
    await site.add("a", file())

    async def cancel() -> None:
        site.directory.before_write = nothing
        assert await site.runs.cancel("acme", "a", site.now)

    site.directory.before_write = cancel
    await site.worker().work_next()
    assert (await site.run("a")).state == "cancelled"
    assert len(await site.names()) == 200
    assert not await site.worker().work_next()


async def test_cancelled_run_is_not_read_again_to_its_end(site: ImportSite) -> None:
    await site.add("a", file())
    site.directory.before_write = killed_at(1)
    with pytest.raises(KilledError):
        await site.worker().work_next()
    site.move(LEASE_SECONDS + 1)

    async def cancel() -> None:
        assert await site.runs.cancel("acme", "a", site.now)

    site.runs.before_extension = cancel
    site.runs.before_write = killed_at(0)
    await site.worker().work_next()
    assert (await site.run("a")).state == "cancelled"


async def test_lease_is_extended_until_a_slow_batch_is_stored(site: ImportSite) -> None:
    await site.add("a", file())
    extended, extensions = asyncio.Event(), itertools.count(1)

    async def count() -> None:
        if next(extensions) == 3:
            extended.set()

    async def wait() -> None:
        site.directory.before_write = nothing
        await asyncio.wait_for(extended.wait(), 20)

    site.runs.before_extension, site.directory.before_write = count, wait
    assert await site.worker(lease_seconds=0.1).work_next()
    assert await site.counts("a") == (ROWS, ROWS, 0, 0, 0)


async def test_slow_batch_ends_when_its_lease_is_lost(site: ImportSite) -> None:
    await site.add("a", file())
    never = asyncio.Event()

    async def cancel() -> None:
        await site.runs.cancel("acme", "a", site.now)

    async def hang() -> None:
        await never.wait()

    site.runs.before_extension, site.directory.before_write = cancel, hang
    assert await site.worker(lease_seconds=0.1).work_next()
    assert (await site.run("a")).state == "cancelled"
    assert await site.names() == []


async def test_batch_that_never_ends_is_repeated(site: ImportSite) -> None:
    await site.add("a", file())
    never = asyncio.Event()

    async def hang() -> None:
        site.directory.before_write = nothing
        await never.wait()

    site.directory.before_write = hang
    with pytest.raises(UnavailableError):
        await site.worker(lease_seconds=0.1).work_next()
    assert await site.names() == []
    assert await site.worker().work_next()
    assert await site.counts("a") == (ROWS, ROWS, 0, 0, 0)


@pytest.mark.parametrize("write", ["plan", "problems", "records", "removal"])
async def test_run_that_ends_its_process_is_given_up(site: ImportSite, write: str) -> None:
    await site.add("before", file(20))
    await site.worker().work_next()
    await site.add("a", file(19, name="Maier"), complete=True)
    places: dict[str, tuple[object, str]] = {
        "plan": (site.runs, "before_write"),
        "problems": (site.runs, "before_problems"),
        "records": (site.directory, "before_write"),
        "removal": (site.directory, "before_removal"),
    }
    for _ in range(5):
        setattr(*places[write], killed_at(0))
        with pytest.raises(KilledError):
            await site.worker().work_next()
        site.move(LEASE_SECONDS + 1)
    setattr(*places[write], killed_at(0))
    await site.worker().work_next()
    run = await site.run("a")
    assert (run.state, run.code, run.removed) == ("failed", "import-interrupted", 0)
    assert not await site.worker().work_next()


async def test_worker_outlives_whatever_goes_wrong(site: ImportSite) -> None:
    list_free = site.runs.list_free

    async def fail(owner: str, now: datetime) -> list[tuple[str, str]]:
        site.runs.list_free = list_free  # type: ignore[method-assign]
        raise OperationFailure("not authorized", 13)

    site.runs.list_free = fail  # type: ignore[method-assign]
    await site.add("a", file(1))
    worker = site.worker()
    await worker.start()

    running = worker.task.running
    assert running is not None

    async def has_ended() -> bool:
        return running.done() or (await site.run("a")).state == "finished"

    await until(has_ended, what="the import after the error")
    assert not running.done()
    await worker.stop()


async def test_file_of_which_a_part_is_gone_is_not_read(site: ImportSite) -> None:
    await site.add("a", file(20))
    whole = await site.runs.read_file("a")
    assert whole is not None
    await site.runs.add(await site.run("a"), whole[: whole.rindex(b"\n")], kept=9)
    await site.worker().work_next()
    run = await site.run("a")
    assert (run.state, run.code, run.created) == ("failed", "import-file-missing", 0)


async def test_tenants_take_turns(site: ImportSite) -> None:
    runs = {"a1": "acme", "a2": "acme", "b1": "other", "c1": "third"}
    for id_, tenant in runs.items():
        await site.add(id_, file(1), tenant)
    worker, order = site.worker(), list[str]()
    while await worker.work_next():
        for id_, tenant in runs.items():
            if id_ not in order and (await site.run(id_, tenant)).state == "finished":
                order.append(id_)
    assert order == ["a1", "b1", "c1", "a2"]


async def test_rows_above_damage_that_ends_a_file_are_kept(site: ImportSite) -> None:
    await site.add("a", f"{file(210)}\n{QUOTES}")
    await site.worker().work_next()
    run = await site.run("a")
    assert (run.state, run.code, run.created) == ("failed", "file-damaged", 210)
    assert len(await site.names()) == 210


@pytest.mark.parametrize("steps", range(4))
async def test_worker_that_is_woken_while_it_stops_ends(site: ImportSite, steps: int) -> None:
    worker = site.worker()
    await worker.start()
    for _ in range(20):  # until it waits
        await asyncio.sleep(0)
    worker.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await worker.stop()
