"""One service or MongoDB stopped: calls and popups go on, and the rest catches up afterwards."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.queues import queue_lengths, until_queues_are
from support.stack.readiness import readiness
from support.tenant.company import LISTED, LISTED_E164, Company, company_of
from support.waiting import until_passes

CALLS = 20
WAYS = ("stop", "kill")


@pytest.fixture(scope="module")
async def fleet(
    rabbitmq: RealServer,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("independence")
    services = ServiceFleet(rabbitmq.url, mongodb.url, redis_server.url, folder)
    async with services.running():
        before = await queue_lengths(rabbitmq.url)
        yield services
        await until_queues_are(rabbitmq.url, before)


@pytest.fixture
async def company(fleet: ServiceFleet, rabbitmq: RealServer) -> AsyncIterator[Company]:
    """A company; at the end the queues must be as before, without dead letters."""
    before = await queue_lengths(rabbitmq.url)
    async with company_of(fleet) as company:
        yield company
        await until_queues_are(rabbitmq.url, before)


async def until_mongodb_missed(process: ServiceProcess) -> None:
    """Waits until the service has retried a message because MongoDB is down."""

    async def is_reported() -> None:
        assert (await readiness(process))[0] == 503
        assert '"batch waits"' in process.log_text()

    await until_passes(is_reported, f"{process.name} misses MongoDB")


async def end(process: ServiceProcess, way: str) -> None:
    await (process.stop() if way == "stop" else process.kill())


@pytest.mark.parametrize("way", WAYS)
async def test_popups_without_matcher_get_their_matches_later(
    fleet: ServiceFleet, company: Company, way: str
) -> None:
    async with company.browser() as browser:
        await end(fleet["matcher"], way)
        try:
            calls = await company.make_calls(CALLS)
            for call in calls:
                await browser.pops_up(call)
            popups = [popup for call in calls for popup in browser.popups(call)]
            assert {popup["remote"]["e164"] for popup in popups} >= {LISTED_E164}
            assert not any(popup["matches"] for popup in popups)
        finally:
            await fleet["matcher"].start()
        await company.until_logged()
        for call in calls:
            await browser.pops_up(call, [company.record] if call.number == LISTED else [])


@pytest.mark.parametrize("way", WAYS)
async def test_popups_without_calllog_have_matches_and_are_logged(
    fleet: ServiceFleet, company: Company, way: str
) -> None:
    async with company.browser() as browser:
        await end(fleet["calllog"], way)
        try:
            for call in await company.make_calls(CALLS):
                await browser.pops_up(call, [company.record] if call.number == LISTED else [])
        finally:
            await fleet["calllog"].start()
        await company.until_logged()


@pytest.mark.parametrize("way", WAYS)
async def test_calls_without_notifier_are_logged_and_resynced(
    fleet: ServiceFleet, company: Company, way: str
) -> None:
    async with company.browser() as browser:
        await browser.pops_up(await company.make_call(LISTED), [company.record])
        await end(fleet["notifier"], way)
        try:
            await company.make_calls(CALLS)
            await company.until_logged()
            await until(lambda: browser.closed_with, what="the socket's end")
        finally:
            await fleet["notifier"].start()
    async with company.browser(seen=browser.last_seq) as again:
        await until(lambda: len(again.frames) > 1, what="the answer to an old number")
        assert [frame["type"] for frame in again.frames[:2]] == ["welcome", "resync"]
        assert again.frames[0]["seq"] > browser.last_seq
        await again.pops_up(await company.make_call(LISTED), [company.record])
    await company.until_logged()


@pytest.mark.parametrize("way", WAYS)
async def test_calls_without_janitor_pop_up_and_are_logged(
    fleet: ServiceFleet, company: Company, way: str
) -> None:
    await end(fleet["janitor"], way)
    try:
        async with company.browser() as browser:
            for call in await company.make_calls(CALLS):
                await browser.pops_up(call, [company.record] if call.number == LISTED else [])
        await company.until_logged()
    finally:
        await fleet["janitor"].start()


async def test_popups_without_mongodb_open_and_are_logged_later(
    fleet: ServiceFleet, company: Company, mongodb: RealServer
) -> None:
    async with company.browser() as browser:
        await mongodb.stop()
        try:
            for call in await company.make_calls(CALLS):
                await browser.pops_up(call)
            await asyncio.gather(
                until_mongodb_missed(fleet["matcher"]), until_mongodb_missed(fleet["calllog"])
            )
            async with company.browser() as another:
                for call in await company.make_calls(4):
                    await another.pops_up(call)
                    await browser.pops_up(call)
        finally:
            await mongodb.start()
        await company.until_logged()
        for call in company.calls:
            await browser.pops_up(call, [company.record] if call.number == LISTED else [])


async def test_calls_without_matcher_and_calllog_are_logged_later(
    fleet: ServiceFleet, company: Company
) -> None:
    await fleet["calllog"].kill()
    await fleet["matcher"].kill()
    try:
        await company.make_calls(CALLS)
    finally:
        await fleet["calllog"].start()
        await fleet["matcher"].start()
    await company.until_logged()
