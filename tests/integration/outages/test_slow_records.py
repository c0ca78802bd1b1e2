"""The way to MongoDB hangs or is slow: popups open without records, which follow."""

from collections.abc import AsyncIterator

import pytest

from softphone_testing.processes import ServiceFleet
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from support.stack.proxied import proxied
from support.tenant.call import Call
from support.tenant.company import LISTED, Company, company_of

CALLS = 10
SLOW_SECONDS = 0.4
"""In each direction, so that no look-up is answered within 200 ms."""


@pytest.fixture(scope="module")
async def way(mongodb: RealServer) -> AsyncIterator[FaultProxy]:
    """The way of all services to MongoDB."""
    async with proxied(mongodb.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def fleet(
    rabbitmq: RealServer,
    way: FaultProxy,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("slow-records")
    services = ServiceFleet(rabbitmq.url, way.url, redis_server.url, folder)
    async with services.running():
        yield services


@pytest.fixture
async def company(fleet: ServiceFleet) -> AsyncIterator[Company]:
    async with company_of(fleet) as company:
        yield company


def records_of(company: Company, call: Call) -> list[str]:
    return [company.record] if call.number == LISTED else []


async def test_popups_open_while_mongodb_hangs(company: Company, way: FaultProxy) -> None:
    async with company.browser() as browser:
        way.freeze()
        try:
            calls = await company.make_calls(CALLS)
            for call in calls:
                await browser.pops_up(call)
            popups = [popup for call in calls for popup in browser.popups(call)]
            assert not any(
                popup["matched"] for popup in popups if popup["remote"]["kind"] == "external"
            )
        finally:
            way.thaw()
        for call in calls:
            await browser.pops_up(call, records_of(company, call))
        await company.until_logged()


async def test_records_follow_while_mongodb_is_slow(company: Company, way: FaultProxy) -> None:
    async with company.browser() as browser:
        way.slow(SLOW_SECONDS)
        try:
            calls = await company.make_calls(CALLS)
            for call in calls:
                await browser.pops_up(call, records_of(company, call))
        finally:
            way.slow(0)
        await company.until_logged()
