"""Full queues and a broker without disk space: the spool takes over, and drains afterwards."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_testing.processes import ServiceFleet
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.rabbitmq import RabbitMQ
from support.bus.queues import queue_lengths
from support.stack.readiness import readiness
from support.tenant.call import MISSED
from support.tenant.company import Company, company_of
from support.waiting import until_passes

QUEUE_MAX = 60
CALLS = 60
LONGER_THAN_A_CHECK = 7
"""Seconds; longer than a round of the watchdog together with its time-out."""


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RabbitMQ]:
    """A broker for these tests alone, with small queues and a disk limit that tests change."""
    server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def fleet(
    broker: RabbitMQ,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder: Path = tmp_path_factory.mktemp("overload")
    env = {"SOFTPHONE_QUEUE_MAX": str(QUEUE_MAX)}
    services = ServiceFleet(broker.url, mongodb.url, redis_server.url, folder, env)
    async with services.running():
        yield services


@pytest.fixture
async def company(fleet: ServiceFleet, broker: RabbitMQ) -> AsyncIterator[Company]:
    """A company; at the end its calls must be logged, and queues and spool must be empty."""
    async with company_of(fleet) as company:
        yield company
        await company.until_logged()

        async def settled() -> None:
            assert set((await queue_lengths(broker.url)).values()) == {0}
            assert (await readiness(fleet["ingest"]))[1]["status"] == "ok"

        await until_passes(settled, "empty queues and an empty spool")


async def until_spooling(fleet: ServiceFleet, seconds: int = 0) -> None:
    """Waits until the oldest entry of the spool is at least this old."""

    async def so() -> None:
        text = (await readiness(fleet["ingest"]))[1]["services"]["ingest"]["spool"]
        age = re.search(r"wait, the first for (\d+) s$", text)
        assert age
        assert int(age[1]) >= seconds

    await until_passes(so, "something in the spool")


@pytest.mark.parametrize("away", ["calllog", "matcher"])
async def test_full_queue_makes_ingest_spool_until_it_drains(
    fleet: ServiceFleet, company: Company, broker: RabbitMQ, away: str
) -> None:
    await fleet[away].stop()
    try:
        await company.make_calls(CALLS)
        await until_spooling(fleet)
        # messages under way when the queue reaches its limit are still accepted
        assert QUEUE_MAX <= (await queue_lengths(broker.url))[f"{away}.call"] < 2 * QUEUE_MAX
    finally:
        await fleet[away].start()


def connections_lost(fleet: ServiceFleet) -> dict[str, int]:
    return {s.name: s.log_text().count("broker connection lost") for s in fleet}


async def test_broker_without_disk_space_loses_nothing(
    fleet: ServiceFleet, company: Company, broker: RabbitMQ
) -> None:
    """No connection is given up, which would count as an attempt for unacknowledged messages."""
    await company.make_calls(4)
    lost = connections_lost(fleet)
    await broker.control("set_disk_free_limit", "1000000GB")
    try:
        await asyncio.gather(*(company.make_call(script=MISSED) for _ in range(CALLS)))
        await until_spooling(fleet, LONGER_THAN_A_CHECK)
    finally:
        await broker.control("set_disk_free_limit", "50MB")
    assert connections_lost(fleet) == lost
