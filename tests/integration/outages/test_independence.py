"""One service or MongoDB away: calls go on, popups open, what was away catches up, once each."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from softphone_testing.processes import Fleet, Process
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.queues import queue_lengths, until_queues_are
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
) -> AsyncIterator[Fleet]:
    folder = tmp_path_factory.mktemp("independence")
    services = Fleet(rabbitmq.url, mongodb.url, redis_server.url, folder)
    await services.start()
    before = await queue_lengths(rabbitmq.url)
    yield services
    await until_queues_are(rabbitmq.url, before)
    await services.stop()


@pytest.fixture
async def company(fleet: Fleet, rabbitmq: RealServer) -> AsyncIterator[Company]:
    """At the end nothing waits and nothing is dead."""
    before = await queue_lengths(rabbitmq.url)
    async with company_of(fleet) as company:
        yield company
        await until_queues_are(rabbitmq.url, before)


async def missed(process: Process) -> None:
    """Waits until the service has given up waiting for MongoDB at least once."""

    async def told() -> None:
        assert (await readiness(process))[0] == 503
        assert '"batch waits"' in process.log_text()

    await until_passes(told, f"{process.name} misses MongoDB")


async def end(process: Process, way: str) -> None:
    await (process.stop() if way == "stop" else process.kill())


@pytest.mark.parametrize("way", WAYS)
async def test_without_matcher_the_bare_number_pops_up_and_matches_come_later(
    fleet: Fleet, company: Company, way: str
) -> None:
    async with company.browser() as browser:
        await end(fleet["matcher"], way)
        try:
            calls = await company.make_calls(CALLS)
            for call in calls:
                await browser.pops_up(call)
            known = [popup for call in calls for popup in browser.popups(call)]
            assert {popup["remote"]["e164"] for popup in known} >= {LISTED_E164}
            assert not any(popup["matches"] for popup in known)
        finally:
            await fleet["matcher"].start()
        await company.until_logged()
        for call in calls:
            await browser.pops_up(call, [company.record] if call.number == LISTED else [])


@pytest.mark.parametrize("way", WAYS)
async def test_without_calllog_popups_come_with_matches_and_the_log_catches_up(
    fleet: Fleet, company: Company, way: str
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
async def test_without_notifier_calls_are_logged_and_browsers_resync(
    fleet: Fleet, company: Company, way: str
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
async def test_without_janitor_nothing_changes_for_calls(
    fleet: Fleet, company: Company, way: str
) -> None:
    await end(fleet["janitor"], way)
    try:
        async with company.browser() as browser:
            for call in await company.make_calls(CALLS):
                await browser.pops_up(call, [company.record] if call.number == LISTED else [])
        await company.until_logged()
    finally:
        await fleet["janitor"].start()


async def test_without_mongodb_popups_open_and_the_log_catches_up(
    fleet: Fleet, company: Company, mongodb: RealServer
) -> None:
    async with company.browser() as browser:
        await mongodb.stop()
        try:
            for call in await company.make_calls(CALLS):
                await browser.pops_up(call)
            await asyncio.gather(missed(fleet["matcher"]), missed(fleet["calllog"]))
            async with company.browser() as another:
                for call in await company.make_calls(4):
                    await another.pops_up(call)
                    await browser.pops_up(call)
        finally:
            await mongodb.start()
        await company.until_logged()
        for call in company.calls:
            await browser.pops_up(call, [company.record] if call.number == LISTED else [])


async def test_without_matcher_and_calllog_at_once_nothing_is_lost(
    fleet: Fleet, company: Company
) -> None:
    await fleet["calllog"].kill()
    await fleet["matcher"].kill()
    try:
        await company.make_calls(CALLS)
    finally:
        await fleet["calllog"].start()
        await fleet["matcher"].start()
    await company.until_logged()
