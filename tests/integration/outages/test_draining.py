"""SIGTERM and SIGKILL in the middle of work: all accepted calls are logged once afterwards."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import monotonic

import httpx
import pytest

from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.queues import queue_lengths, until_queues_are
from support.stack.proxied import proxied
from support.stack.readiness import readiness
from support.tenant.call import MISSED
from support.tenant.company import LISTED, Company, company_of
from support.tenant.traffic import traffic_of
from support.waiting import until_passes

SHUTDOWN_SECONDS = 20.0
"""The default of SOFTPHONE_SHUTDOWN_SECONDS."""
IN_FLIGHT = 12
SERVICE_RESTARTS = 1012


@pytest.fixture(scope="module")
async def database(mongodb: RealServer) -> AsyncIterator[FaultProxy]:
    """A proxy in front of MongoDB."""
    async with proxied(mongodb.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def fleet(
    broker: FaultProxy,
    database: FaultProxy,
    redis_server: RealServer,
    rabbitmq: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("draining")
    # on a busy machine all hits but the first could find the spool in use, if they took turns
    env = {"SOFTPHONE_HITS_TENANT_AT_ONCE": str(IN_FLIGHT), "SOFTPHONE_SPOOL_AFTER_SECONDS": "5"}
    services = ServiceFleet(broker.url, database.url, redis_server.url, folder, env)
    async with services.running():
        before = await queue_lengths(rabbitmq.url)
        yield services
        await until_queues_are(rabbitmq.url, before)


@pytest.fixture
async def company(fleet: ServiceFleet) -> AsyncIterator[Company]:
    async with company_of(fleet) as company:
        yield company


async def stop_in_time(process: ServiceProcess) -> None:
    """Stops the process with SIGTERM; it must exit with 0 within its time limit."""
    began = monotonic()
    await process.stop()
    assert monotonic() - began < SHUTDOWN_SECONDS


async def has_all(process: ServiceProcess) -> bool:
    """Whether all checks of its readiness succeed."""
    return bool((await readiness(process))[1]["status"] == "ok")


async def listening(process: ServiceProcess) -> bool:
    try:
        await readiness(process)
    except httpx.ConnectError:
        return False
    except httpx.TransportError:
        return True
    return True


async def until_draining(process: ServiceProcess) -> None:
    """Waits until the process accepts no new connections."""

    async def closed() -> None:
        assert not await listening(process)

    await until_passes(closed, f"{process.name} is draining")


@pytest.mark.parametrize("back", [True, False])
async def test_ingest_that_drains_answers_hits_in_flight(
    fleet: ServiceFleet, company: Company, broker: FaultProxy, back: bool
) -> None:
    """The broker hangs, so that all hits are unconfirmed when ingest receives SIGTERM.

    Either the broker comes back in time, or ingest writes them to the spool.
    """
    calls = [company.new_call(script=MISSED) for _ in range(IN_FLIGHT)]
    # ingest is ready without the broker as well, and would spool the hits
    await until(partial(has_all, fleet["ingest"]), what="a broker for ingest")
    broker.freeze()
    try:
        hits = [asyncio.create_task(call.post("ringing")) for call in calls]
        published = f"call.ringing.{company.tenant}"

        async def all_on_their_way() -> None:
            assert broker.holds(published) == IN_FLIGHT

        await until_passes(all_on_their_way, "all hits are on their way to the broker")
        stopping = asyncio.create_task(stop_in_time(fleet["ingest"]))
        await until_draining(fleet["ingest"])
        assert not any(hit.done() for hit in hits)
        if back:
            broker.thaw()
        answers = await asyncio.gather(*hits)
        await stopping
    finally:
        broker.thaw()
        await fleet["ingest"].start()
    assert [answer.status_code for answer in answers] == [202] * IN_FLIGHT
    await asyncio.gather(*(call.insist("missed") for call in calls))
    await company.until_logged()


@pytest.mark.parametrize("way", ["stop", "kill"])
async def test_ingest_restart_loses_no_accepted_hit(
    fleet: ServiceFleet, company: Company, way: str
) -> None:
    async with traffic_of(company) as traffic:
        await traffic.more(8)
        await (stop_in_time(fleet["ingest"]) if way == "stop" else fleet["ingest"].kill())
        await fleet["ingest"].start()
        await traffic.more(8)
    assert company.phone.unanswered, "ingest was not away"
    await company.until_logged()


@pytest.mark.parametrize("way", ["stop", "kill"])
@pytest.mark.parametrize("name", ["matcher", "calllog"])
async def test_consumer_restart_loses_no_message(
    fleet: ServiceFleet, company: Company, name: str, way: str
) -> None:
    async with traffic_of(company) as traffic:
        await traffic.more(8)
        await (stop_in_time(fleet[name]) if way == "stop" else fleet[name].kill())
        await traffic.more(8)
        await fleet[name].start()
        await traffic.more(8)
    assert (company.phone.unanswered, company.phone.refused) == (0, 0)
    await company.until_logged()


@pytest.mark.parametrize("how", ["mended in time", "not mended", "killed"])
async def test_batch_waiting_for_mongodb_is_finished_or_requeued(
    fleet: ServiceFleet, company: Company, database: FaultProxy, how: str
) -> None:
    both = (fleet["matcher"], fleet["calllog"])
    await company.make_calls(4)
    await company.until_logged()
    collections = ("records", "calls")
    # Queries alone: the driver sends none any more once its monitor has no answer.
    database.stop_at(*collections)
    try:
        await company.make_calls(2)
        held = (until(partial(database.holds, at), what=f"a query of {at}") for at in collections)
        await asyncio.gather(*held)
        if how == "killed":
            await asyncio.gather(*(process.kill() for process in both))
        else:
            stopping = asyncio.gather(*map(stop_in_time, both))
            await asyncio.gather(*map(until_draining, both))
            if how == "mended in time":
                database.thaw()
            await stopping
    finally:
        database.thaw()
        await asyncio.gather(*(process.start() for process in both))
    await company.until_logged()


async def test_hanging_broker_does_not_delay_the_stop(
    fleet: ServiceFleet, company: Company, broker: FaultProxy
) -> None:
    """Phones go on calling, and the janitor receives a request for a sweep."""
    async with traffic_of(company) as traffic:
        await traffic.more(8)
        broker.freeze()
        try:
            asking = asyncio.create_task(company.request_sweep())
            sweep: str = await until(company.latest_sweep, what="the sweep in the list")
            await asyncio.gather(*map(stop_in_time, fleet))
            assert (await asking).status_code == 503
        finally:
            broker.thaw()
            await asyncio.gather(*(process.start() for process in fleet))
    await company.until_logged()
    await company.until_swept(sweep)


async def test_notifier_that_stops_closes_sockets_with_1012(
    fleet: ServiceFleet, company: Company
) -> None:
    async with company.browser() as one, company.browser() as other, traffic_of(company) as traffic:
        await traffic.more(8)
        await one.pops_up(await company.make_call(LISTED), [company.record])
        await stop_in_time(fleet["notifier"])
        await until(lambda: one.closed_with and other.closed_with, what="the sockets' end")
        assert (one.closed_with, other.closed_with) == (SERVICE_RESTARTS, SERVICE_RESTARTS)
        await fleet["notifier"].start()
    assert (company.phone.unanswered, company.phone.refused) == (0, 0)
    async with company.browser(seen=one.last_seq) as again:
        await until(lambda: {"type": "resync"} in again.frames, what="a resync")
        await again.pops_up(await company.make_call(LISTED), [company.record])
    await company.until_logged()


async def test_sweep_survives_a_restart_of_janitor_and_calllog(
    fleet: ServiceFleet, company: Company
) -> None:
    await stop_in_time(fleet["calllog"])
    try:
        sweep = await company.start_sweep()
        await stop_in_time(fleet["janitor"])
    finally:
        await fleet["calllog"].start()
        await fleet["janitor"].start()
    assert (await company.until_swept(sweep))["moved"] == 0


async def test_sweep_survives_a_janitor_killed_before_publishing(
    fleet: ServiceFleet, company: Company, broker: FaultProxy
) -> None:
    broker.freeze()
    try:
        asking = asyncio.create_task(company.request_sweep())
        sweep: str = await until(company.latest_sweep, what="the sweep in the list")
        await fleet["janitor"].kill()
        with pytest.raises(httpx.TransportError):
            await asking
    finally:
        broker.thaw()
        await fleet["janitor"].start()
    await company.until_swept(sweep)
