"""Alerts on a real Prometheus: each test breaks something real and sees its alert fire."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from integration.monitoring.conftest import Broker
from softphone_common.bus.envelope import Envelope
from softphone_testing.activation_codes import code
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.bus.dead_letters import missed_call, put_message
from support.prometheus import ALERTS, Prometheus, address, prometheus
from support.stack.installation import Installation, everything, ready
from support.stack.proxied import proxied
from support.tenant.browser import signed_in
from support.tenant.company import Company

SETTINGS: dict[str, Any] = {
    "spool_max": 65_536,
    "spool_after_seconds": 2,
    "ping_seconds": 1,  # a scrape has to end in time although a server hangs
    "sweep_check_seconds": 1,
    # the driver says goodbye to MongoDB in the thread of the proxy, so nobody answers it
    "shutdown_seconds": 3,
}
pytestmark = pytest.mark.usefixtures("real_clock_afterwards")
BROKER_SECONDS, STORE_SECONDS = 0.7, 0.35
"""The delay of each packet in one direction."""


@pytest.fixture(scope="module")
async def broker(watched_broker: Broker) -> AsyncIterator[FaultProxy]:
    async with proxied(watched_broker.server.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def store(mongodb: RealServer) -> AsyncIterator[FaultProxy]:
    async with proxied(mongodb.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def installation(
    broker: FaultProxy,
    store: FaultProxy,
    redis_server: RealServer,
) -> AsyncIterator[Installation]:
    urls = broker.url, store.url, redis_server.url
    async with everything(*urls, **SETTINGS) as installation:
        yield installation


@pytest.fixture(scope="module")
async def watch(
    installation: Installation,
    watched_broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Prometheus]:
    """Prometheus over all services of the installation, which share one port, and the broker."""
    names = ("calllog", "ingest", "janitor", "matcher", "notifier")
    targets = dict.fromkeys(names, address(installation.url))
    targets["rabbitmq"] = watched_broker.target
    async with prometheus(tmp_path_factory.mktemp("prometheus"), targets) as server:
        yield server


async def test_nothing_fires_while_all_is_well(
    watch: Prometheus, installation: Installation, company: Company
) -> None:
    call = await company.make_call()
    await installation.logged(company.user.token, call.call_id)
    assert len(await watch.query("up")) > 5

    async def is_calm() -> bool:
        return await watch.firing() == []

    await until(is_calm, what="no alert")


async def test_dead_letter_and_ending_activation_are_alerts(
    watch: Prometheus, installation: Installation, broker: FaultProxy
) -> None:
    tenant = f"t-{uuid4().hex[:12]}"
    body = {"name": "Huber GmbH", "activation_code": code(tenant, lasts=timedelta(days=5))}
    answer = await installation.ask("PUT", f"/api/tenants/{tenant}", installation.operator, body)
    assert answer.is_success
    async with broker_channel(broker.url) as channel:
        poison = Envelope(b"{", {"cloudEvents_id": uuid4().hex})
        await put_message(channel, poison, "matcher.call")
        await watch.until_firing("DeadLetters")
    await watch.until_firing("ActivationEnds", tenant=tenant)
    letters = await installation.get("/api/dead-letters", installation.operator)
    for letter in letters["items"]:
        path = f"/api/dead-letters/{letter['id']}"
        await installation.ask("DELETE", path, installation.operator)
    await watch.until_calm("DeadLetters")


async def test_slow_broker_delays_hits_and_popups(
    watch: Prometheus, installation: Installation, company: Company, broker: FaultProxy
) -> None:
    anna = await installation.make_user(company.tenant)
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        broker.slow(BROKER_SECONDS)
        try:
            await asyncio.gather(*(company.new_call().send_all() for _ in range(2)))
            await watch.until_firing("HitConfirmSlow")
            await watch.until_firing("FramesLate")
        finally:
            broker.slow(0)
    await ready(installation)


async def test_slow_database_is_an_alert(
    watch: Prometheus, installation: Installation, company: Company, store: FaultProxy
) -> None:
    store.slow(STORE_SECONDS)
    try:
        for _ in range(2):
            await installation.calls(company.admin.token)
        await watch.until_firing("MongoDBSlow", command="find")
    finally:
        store.slow(0)
    await ready(installation)


async def test_message_that_waits_for_the_database_makes_its_queue_old(
    watch: Prometheus,
    installation: Installation,
    company: Company,
    store: FaultProxy,
    broker: FaultProxy,
) -> None:
    _, envelope = missed_call(company.tenant)
    envelope.headers["cloudEvents_time"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    await store.cut()
    try:
        async with broker_channel(broker.url) as channel:
            await put_message(channel, envelope, "calllog.call")
            await watch.until_firing("QueueOld", queue="calllog.call")
            await watch.until_firing("ResourceNotReady", service="calllog", resource="MongoDB")
    finally:
        await store.start()
    await ready(installation)
    await watch.until_calm("QueueOld")


async def test_outage_of_the_broker_is_seen_from_all_sides(
    watch: Prometheus,
    installation: Installation,
    company: Company,
    watched_broker: Broker,
) -> None:
    """It keeps hits in the spool until that is full, and the sweep of the night undone."""
    server = watched_broker.server
    await server.kill()
    try:
        call = company.new_call()
        await watch.until_firing("RabbitMQNodeMissing")
        await watch.until_firing("ResourceNotReady", service="matcher", resource="RabbitMQ")

        async def are_refused() -> bool:
            answers = [await call.post("ringing") for _ in range(10)]
            assert {answer.status_code for answer in answers} == {503}
            return "HitsRefused" in {each["alertname"] for each in await watch.firing()}

        await until(are_refused, what="refused hits")
        await watch.until_firing("ResourceNotReady", service="ingest", resource="spool")
        installation.clock.move(timedelta(days=1))
        await watch.until_firing("SpoolNotEmpty")
        await watch.until_firing("SweepMissed")
        installation.clock.reset()
    finally:
        await server.start()
    await ready(installation)
    await watch.until_calm("SpoolNotEmpty")


def test_all_other_alerts_have_fired_by_now(watch: Prometheus) -> None:
    """`deploy/monitoring/rules_test.yml` has those that need a second cluster, ten thousand
    messages or a full disk, and `test_scrapes.py` a process that is gone."""
    elsewhere = {"QueueDeep", "RabbitMQSplit", "DiskLow", "ServiceDown"}
    assert {alert["alert"] for alert in ALERTS} - watch.fired <= elsewhere
