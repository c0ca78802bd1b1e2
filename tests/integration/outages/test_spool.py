"""The spool of ingest processes: no hit that was answered with 202 is lost."""

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.child import ServerError
from softphone_testing.until import until
from support.stack.readiness import readiness
from support.tenant.call import ANSWERED, MISSED, Script
from support.tenant.company import Company, company_of
from support.waiting import until_passes
from support.web_client import web_client

HITS = 24
CALLS_OF_SEVERAL_BATCHES = 120


@pytest.fixture(scope="module")
def env(
    broker: FaultProxy, mongodb: RealServer, redis_server: RealServer, folder: Path
) -> dict[str, str]:
    """The environment for more ingest processes over the same servers and spool folder."""
    fleet = ServiceFleet(broker.url, mongodb.url, redis_server.url, folder)
    return {**fleet.env, "SOFTPHONE_SPOOL_DIR": str(folder / "data/spool")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
async def fleet(
    broker: FaultProxy, mongodb: RealServer, redis_server: RealServer, folder: Path
) -> AsyncIterator[ServiceFleet]:
    services = ServiceFleet(broker.url, mongodb.url, redis_server.url, folder)
    async with services.running():
        yield services


@pytest.fixture
async def company(fleet: ServiceFleet, broker: FaultProxy) -> AsyncIterator[Company]:
    async with company_of(fleet) as company:
        yield company
        await broker.start()


async def waiting(process: ServiceProcess) -> int:
    """The number of observations in the spool, according to its metrics."""
    async with web_client() as client:
        text = (await client.get(f"{process.url}/metrics")).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert (float(values["softphone_spool_age_seconds"]) > 0) == (
        float(values["softphone_spool_depth"]) > 0
    )
    return int(float(values["softphone_spool_depth"]))


async def until_spooled(process: ServiceProcess, depth: int) -> None:
    """Waits until metrics and readiness report this number of observations in the spool."""

    async def so() -> None:
        status, body = await readiness(process)
        assert (status, body["status"]) == (200, "degraded")
        text = body["services"]["ingest"]["spool"]
        assert f": {depth} wait, the first for " in text, text
        assert await waiting(process) == depth

    await until_passes(so, f"{depth} in the spool")


async def until_empty(process: ServiceProcess) -> None:
    async def so() -> None:
        status, body = await readiness(process)
        assert (status, body["status"]) == (200, "ok"), body
        assert await waiting(process) == 0

    await until_passes(so, "an empty spool")


async def test_spooled_hits_survive_a_kill_of_ingest(
    fleet: ServiceFleet, company: Company, broker: FaultProxy
) -> None:
    ingest = fleet["ingest"]
    before = await company.make_call()
    await broker.cut()
    await company.make_calls(8)
    accepted = sum(len(call.sent) for call in company.calls) - len(before.sent)
    await until_spooled(ingest, accepted)
    await ingest.kill()
    await ingest.start()
    await until_spooled(ingest, accepted)
    late = await company.make_call(script=MISSED)
    await until_spooled(ingest, accepted + len(late.sent))
    await broker.start()
    await until_empty(ingest)
    await company.until_logged()


async def test_file_of_a_killed_process_is_taken_over(
    fleet: ServiceFleet, company: Company, broker: FaultProxy, env: dict[str, str], folder: Path
) -> None:
    """A process that is merely paused keeps its file."""
    others = [ServiceProcess("ingest", env, folder, log=f"ingest-{n}") for n in (1, 2)]
    dying, halted = others
    try:
        for process in others:
            await process.start()
        await broker.cut()
        for process in (fleet["ingest"], dying, halted):
            call = company.new_call(script=ANSWERED)
            for event in ANSWERED.events:
                assert (await call.post(event, url=process.url)).status_code == 202
            await until_spooled(process, len(ANSWERED.events))
        halted.pause()
        await dying.kill()
        await broker.start()
        await until_empty(fleet["ingest"])
        expected = company.calls[:2]

        async def two_are_there() -> None:
            assert {call["id"] for call in await company.log()} == {e.call_id for e in expected}

        await until_passes(two_are_there, "the calls of the running and the killed process")
        halted.resume()
        await company.until_logged()
    finally:
        halted.resume()
        for process in others:
            await process.kill()


async def test_file_that_cannot_be_opened_delays_no_other(
    fleet: ServiceFleet, company: Company, broker: FaultProxy, env: dict[str, str], folder: Path
) -> None:
    """A process starts in spite of it, and still takes over files of dead processes."""
    disk = folder / "unopenable"
    own = {**env, "SOFTPHONE_SPOOL_DIR": str(disk)}
    dying, living = [
        ServiceProcess("ingest", own, folder, log=f"ingest-beside-{n}") for n in (1, 2)
    ]
    (disk / "0.sqlite").mkdir(parents=True)
    for n in range(2, 12):  # some are read before the others, in any order of the folder
        (disk / f"{n}.sqlite").mkdir()
    try:
        for process in (dying, living):
            await process.start()
        await broker.cut()
        call = company.new_call(script=ANSWERED)
        for event in ANSWERED.events:
            assert (await call.post(event, url=dying.url)).status_code == 202
        await until_spooled(dying, len(ANSWERED.events))
        await dying.kill()
        await broker.start()
        await company.until_logged()
        assert f'"path": "{disk / "0.sqlite"}"' in living.log_text()
    finally:
        for process in (dying, living):
            await process.kill()


async def test_full_spool_refuses_hits_and_loses_none(
    fleet: ServiceFleet, company: Company, broker: FaultProxy, env: dict[str, str], folder: Path
) -> None:
    small = {"SOFTPHONE_SPOOL_MAX": "65536", "SOFTPHONE_SPOOL_DIR": str(folder / "small")}
    process = ServiceProcess("ingest", {**env, **small}, folder, log="ingest-small")
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
        await until_empty(process)
        assert (await call.post("ended", url=process.url)).status_code == 202
        company.calls.remove(call)
        logged = await until(company.log, what="the call")
        assert [call["id"] for call in logged] == [call.call_id]
    finally:
        await process.stop()


def refuse_to_grow(process: ServiceProcess, folder: Path) -> None:
    """Limits the process to files no larger than the largest file of the spool."""
    largest = max(file.stat().st_size for file in folder.iterdir())
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, hard))


async def test_spool_on_a_full_disk_refuses_hits_and_drains(
    fleet: ServiceFleet, company: Company, broker: FaultProxy, env: dict[str, str], folder: Path
) -> None:
    """Deleting published entries needs space as well, which the disk does not have."""
    disk = folder / "full"
    process = ServiceProcess(
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
        await until_empty(process)
        late = company.new_call(script=MISSED)
        for event in late.script.events:
            assert (await late.post(event, url=process.url)).status_code == 202
        await company.until_logged()
    finally:
        await process.kill()


async def test_unusable_spool_folder_prevents_the_start(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    process = ServiceProcess(
        "ingest", {**env, "SOFTPHONE_SPOOL_DIR": str(tmp_path / "file")}, tmp_path
    )
    with pytest.raises(ServerError, match=r"SOFTPHONE_SPOOL_DIR: .*must be a folder to write to"):
        await process.start()


async def test_simultaneous_hits_are_all_spooled(
    fleet: ServiceFleet, company: Company, broker: FaultProxy
) -> None:
    await broker.cut()
    await asyncio.gather(*(company.make_call(script=MISSED) for _ in range(HITS)))
    await until_spooled(fleet["ingest"], HITS * len(MISSED.events))
    await broker.start()
    await until_empty(fleet["ingest"])
    await company.until_logged()
