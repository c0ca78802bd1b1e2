"""The spool of real ingest processes: nothing answered 202 is lost, whatever becomes of them."""

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from softphone_testing.processes import Fleet, Process
from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.child import ServerError
from softphone_testing.until import until
from support.stack.readiness import readiness
from support.tenant.call import ANSWERED, MISSED, Script
from support.tenant.company import Company, company_of
from support.waiting import until_passes

HITS = 24
CALLS_OF_SEVERAL_BATCHES = 120


@pytest.fixture(scope="module")
def env(
    broker: Proxy, mongodb: RealServer, redis_server: RealServer, folder: Path
) -> dict[str, str]:
    """What ingest processes beside the fleet's are told: the same, in the same spool."""
    fleet = Fleet(broker.url, mongodb.url, redis_server.url, folder)
    return {**fleet.env, "SOFTPHONE_SPOOL_DIR": str(folder / "data/spool")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
async def fleet(
    broker: Proxy, mongodb: RealServer, redis_server: RealServer, folder: Path
) -> AsyncIterator[Fleet]:
    services = Fleet(broker.url, mongodb.url, redis_server.url, folder)
    await services.start()
    yield services
    await services.stop()


@pytest.fixture
async def company(fleet: Fleet, broker: Proxy) -> AsyncIterator[Company]:
    async with company_of(fleet) as company:
        yield company
        await broker.start()


async def waiting(process: Process) -> int:
    """How many observations its metrics say are in the spool."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{process.url}/metrics")).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert (float(values["softphone_spool_age_seconds"]) > 0) == (
        float(values["softphone_spool_depth"]) > 0
    )
    return int(float(values["softphone_spool_depth"]))


async def spooled(process: Process, depth: int) -> None:
    """Waits until its metrics and its readiness say that so many wait."""

    async def so() -> None:
        status, body = await readiness(process)
        assert (status, body["status"]) == (200, "degraded")
        told = body["services"]["ingest"]["spool"]
        assert f": {depth} wait, the first for " in told, told
        assert await waiting(process) == depth

    await until_passes(so, f"{depth} in the spool")


async def emptied(process: Process) -> None:
    async def so() -> None:
        status, body = await readiness(process)
        assert (status, body["status"]) == (200, "ok"), body
        assert await waiting(process) == 0

    await until_passes(so, "an empty spool")


async def test_what_was_answered_outlives_kill_and_restart(
    fleet: Fleet, company: Company, broker: Proxy
) -> None:
    ingest = fleet["ingest"]
    before = await company.make_call()
    await broker.cut()
    await company.make_calls(8)
    told = sum(len(call.sent) for call in company.calls) - len(before.sent)
    await spooled(ingest, told)
    await ingest.kill()
    await ingest.start()
    await spooled(ingest, told)
    late = await company.make_call(script=MISSED)
    await spooled(ingest, told + len(late.sent))
    await broker.start()
    await emptied(ingest)
    await company.until_logged()


async def test_a_process_that_is_no_more_leaves_its_file_to_the_others(
    fleet: Fleet, company: Company, broker: Proxy, env: dict[str, str], folder: Path
) -> None:
    """And one that is only stopped keeps it."""
    others = [Process("ingest", env, folder, log=f"ingest-{n}") for n in (1, 2)]
    dying, halted = others
    try:
        for process in others:
            await process.start()
        await broker.cut()
        for process in (fleet["ingest"], dying, halted):
            call = company.new_call(script=ANSWERED)
            for event in ANSWERED.events:
                assert (await call.post(event, url=process.url)).status_code == 202
            await spooled(process, len(ANSWERED.events))
        halted.pause()
        await dying.kill()
        await broker.start()
        await emptied(fleet["ingest"])
        expected = company.calls[:2]

        async def two_are_there() -> None:
            assert {call["id"] for call in await company.log()} == {e.call_id for e in expected}

        await until_passes(two_are_there, "the calls of the living and of the dead")
        halted.resume()
        await company.until_logged()
    finally:
        halted.resume()
        for process in others:
            await process.kill()


async def test_a_file_that_cannot_be_opened_holds_up_no_other(
    fleet: Fleet, company: Company, broker: Proxy, env: dict[str, str], folder: Path
) -> None:
    """Neither a process that starts on it nor what others have left behind it."""
    disk = folder / "unopenable"
    own = {**env, "SOFTPHONE_SPOOL_DIR": str(disk)}
    dying, living = [Process("ingest", own, folder, log=f"ingest-beside-{n}") for n in (1, 2)]
    (disk / "0.sqlite").mkdir(parents=True)
    for n in range(2, 12):  # whatever the order in which the folder is read
        (disk / f"{n}.sqlite").mkdir()
    try:
        for process in (dying, living):
            await process.start()
        await broker.cut()
        call = company.new_call(script=ANSWERED)
        for event in ANSWERED.events:
            assert (await call.post(event, url=dying.url)).status_code == 202
        await spooled(dying, len(ANSWERED.events))
        await dying.kill()
        await broker.start()
        await company.until_logged()
        assert f'"path": "{disk / "0.sqlite"}"' in living.log_text()
    finally:
        for process in (dying, living):
            await process.kill()


async def test_a_full_spool_refuses_and_loses_nothing(
    fleet: Fleet, company: Company, broker: Proxy, env: dict[str, str], folder: Path
) -> None:
    small = {"SOFTPHONE_SPOOL_MAX": "65536", "SOFTPHONE_SPOOL_DIR": str(folder / "small")}
    process = Process("ingest", {**env, **small}, folder, log="ingest-small")
    await process.start()
    try:
        await broker.cut()
        call = company.new_call(script=Script(("ringing",) * 200 + ("ended",)))

        async def refused() -> httpx.Response | None:
            answer = await call.post("ringing", url=process.url)
            return None if answer.status_code == 202 else answer

        answer = await until(refused, what="a full spool")
        assert answer is not None
        assert answer.status_code == answer.json()["status"] == 503
        assert int(answer.headers["retry-after"]) > 0
        status, body = await readiness(process)
        assert (status, "full" in body["services"]["ingest"]["spool"]) == (503, True)
        kept = await waiting(process)
        assert kept == len(call.sent) > 5
        await broker.start()
        await emptied(process)
        assert (await call.post("ended", url=process.url)).status_code == 202
        company.calls.remove(call)
        logged = await until(company.log, what="the call")
        assert [call["id"] for call in logged] == [call.call_id]
    finally:
        await process.stop()


def refuse_to_grow(process: Process, folder: Path) -> None:
    """Has the system refuse it to make any file larger than the spool's largest is now."""
    largest = max(file.stat().st_size for file in folder.iterdir())
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, hard))


async def test_a_full_disk_refuses_and_drains_all_the_same(
    fleet: Fleet, company: Company, broker: Proxy, env: dict[str, str], folder: Path
) -> None:
    """Not even to forget what was sent is there room."""
    disk = folder / "full"
    process = Process(
        "ingest", {**env, "SOFTPHONE_SPOOL_DIR": str(disk)}, folder, log="ingest-full"
    )
    await process.start()
    try:
        await broker.cut()
        calls = [company.new_call(script=MISSED) for _ in range(CALLS_OF_SEVERAL_BATCHES)]
        for call in calls:
            for event in call.script.events:
                assert (await call.post(event, url=process.url)).status_code == 202
        refuse_to_grow(process, disk)
        answer = await company.new_call().post("ringing", url=process.url)
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
        company.calls.pop()
        assert (await readiness(process))[0] == 503
        await broker.start()
        await emptied(process)
        late = company.new_call(script=MISSED)
        for event in late.script.events:
            assert (await late.post(event, url=process.url)).status_code == 202
        await company.until_logged()
    finally:
        await process.kill()


async def test_a_folder_of_no_use_stops_the_start_and_is_named(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    process = Process("ingest", {**env, "SOFTPHONE_SPOOL_DIR": str(tmp_path / "file")}, tmp_path)
    with pytest.raises(ServerError, match=r"SOFTPHONE_SPOOL_DIR: .*must be a folder to write to"):
        await process.start()


async def test_hits_all_at_once_are_all_kept(fleet: Fleet, company: Company, broker: Proxy) -> None:
    await broker.cut()
    await asyncio.gather(*(company.make_call(script=MISSED) for _ in range(HITS)))
    await spooled(fleet["ingest"], HITS * len(MISSED.events))
    await broker.start()
    await emptied(fleet["ingest"])
    await company.until_logged()
