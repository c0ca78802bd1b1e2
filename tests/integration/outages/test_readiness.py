"""`/readyz` while a server is gone or hangs, or a consumer is gone, and afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity

from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.release import release
from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.readiness import readiness
from support.tenant.call import MISSED
from support.tenant.company import LISTED, Company, company_of
from support.tenant.traffic import traffic_of
from support.waiting import until_passes
from support.web_client import web_client

WAYS = ("cut", "frozen")
WORKING_WITHOUT_MONGODB = ("ingest", "notifier")
CONSUMERS = {
    "matcher.call": "matcher",
    "calllog.call": "calllog",
    "calllog.clean-up": "calllog",
    "janitor.sweep": "janitor",
}

Proxies = dict[str, FaultProxy]


@pytest.fixture(scope="module")
async def proxies(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Proxies]:
    """Proxies in front of the three servers."""
    urls = {"RabbitMQ": rabbitmq.url, "MongoDB": mongodb.url, "Redis": redis_server.url}
    ways = {name: FaultProxy(url) for name, url in urls.items()}
    for way in ways.values():
        await way.start()
    yield ways
    for way in ways.values():
        await way.cut()


@pytest.fixture(scope="module")
async def fleet(
    proxies: Proxies, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("readiness")
    urls = [proxies[name].url for name in ("RabbitMQ", "MongoDB", "Redis")]
    services = ServiceFleet(urls[0], urls[1], urls[2], folder)
    async with services.running():
        yield services


@pytest.fixture
async def company(fleet: ServiceFleet) -> AsyncIterator[Company]:
    """A company; at the end all services must be ready, and its calls must be logged."""
    async with company_of(fleet) as company:
        yield company
        await asyncio.gather(
            *(until_ready_is(fleet[name], 200, {}) for name in installed_services())
        )
        await company.until_logged()


async def until_ready_is(process: ServiceProcess, status: int, wrong: dict[str, str]) -> None:
    """Waits until readiness has this status and exactly these failed checks, with their texts."""

    async def so() -> None:
        answered, body = await readiness(process)
        checks = body["services"][process.name]
        failed = {name: result for name, result in checks.items() if result != "ok"}
        assert (answered, failed.keys()) == (status, wrong.keys()), body
        assert all(text in failed[name] for name, text in wrong.items()), body
        kind = "ok" if not wrong else "degraded"
        assert (body["ready"], body["status"]) == (status == 200, kind)

    await until_passes(so, f"{process.name} says {status}")


async def test_each_service_shows_its_release(fleet: ServiceFleet) -> None:
    sample = f'softphone_build_info{{revision="",version="{release()}"}} 1.0'
    async with web_client(timeout=30, verify=False) as client:
        for process in fleet:
            _, body = await readiness(process)
            assert (body["version"], body["revision"]) == (release(), "")
            shown = (await client.get(f"{process.url}/metrics")).text.splitlines()
            assert sample in shown
            lines = [json.loads(line) for line in process.log_text().splitlines()]
            began = next(line for line in lines if line["event"] == "listening")
            assert began["version"] == release()


async def break_(proxy: FaultProxy, way: str) -> None:
    if way == "cut":
        await proxy.cut()
    else:
        proxy.freeze()


async def repair(proxy: FaultProxy, way: str) -> None:
    if way == "cut":
        await proxy.start()
    else:
        proxy.thaw()


@pytest.mark.parametrize("way", WAYS)
async def test_broker_outage_is_reported_and_recovered_from(
    fleet: ServiceFleet, proxies: Proxies, company: Company, way: str
) -> None:
    """Phones go on calling; all their calls must be logged in the end."""
    async with company.browser() as browser, traffic_of(company) as traffic:
        await traffic.more(4)
        call = company.new_call()
        await break_(proxies["RabbitMQ"], way)
        try:
            gone, spooled = {"RabbitMQ": ""}, {"RabbitMQ": "", "spool": "wait, the first for"}
            assert (await call.post("ringing")).status_code == 202
            others = set(installed_services()) - {"ingest"}
            await asyncio.gather(
                until_ready_is(fleet["ingest"], 200, spooled),
                *(until_ready_is(fleet[name], 503, gone) for name in others),
            )
        finally:
            await repair(proxies["RabbitMQ"], way)
        await asyncio.gather(
            *(until_ready_is(fleet[name], 200, {}) for name in installed_services())
        )
        await until(lambda: {"type": "resync"} in browser.frames, what="a resync")
        await traffic.more(4)
        for event in call.script.events:
            await call.insist(event)
        await browser.pops_up(call, [company.record])
    assert (company.phone.unanswered, company.phone.refused) == (0, 0)


@pytest.mark.parametrize("way", WAYS)
async def test_database_outage_is_reported_by_its_users_as_503(
    fleet: ServiceFleet, proxies: Proxies, company: Company, way: str
) -> None:
    async with company.browser() as browser:
        await break_(proxies["MongoDB"], way)
        try:
            gone = {"MongoDB": ""}
            statuses = {
                name: 200 if name in WORKING_WITHOUT_MONGODB else 503
                for name in installed_services()
            }
            await asyncio.gather(
                *(until_ready_is(fleet[n], status, gone) for n, status in statuses.items())
            )
            for call in await company.make_calls(4):
                await browser.pops_up(call)
        finally:
            await repair(proxies["MongoDB"], way)
        await asyncio.gather(
            *(until_ready_is(fleet[name], 200, {}) for name in installed_services())
        )


@pytest.mark.parametrize("way", WAYS)
async def test_redis_outage_is_reported_and_calls_go_on(
    fleet: ServiceFleet, proxies: Proxies, company: Company, way: str
) -> None:
    await break_(proxies["Redis"], way)
    try:
        await asyncio.gather(
            *(
                until_ready_is(fleet[name], 200, {"Redis": "Redis"})
                for name in ("ingest", "calllog", "notifier")
            ),
            until_ready_is(fleet["janitor"], 503, {"schedule": ""}),
            until_ready_is(fleet["matcher"], 200, {}),
        )
        await company.make_call(LISTED, MISSED)  # each hit waits a second for a Redis that hangs
    finally:
        await repair(proxies["Redis"], way)
    await asyncio.gather(
        *(until_ready_is(fleet[n], 200, {}) for n in ("ingest", "calllog", "notifier", "janitor"))
    )


async def consumed(admin: AbstractConnection, queue: str) -> None:
    async with admin.channel() as channel:
        try:
            declared = await channel.declare_queue(queue, passive=True)
        except ChannelNotFoundEntity as error:
            raise AssertionError("the queue is not there") from error
        assert declared.declaration_result.consumer_count == 1


@pytest.mark.parametrize("queue", CONSUMERS)
async def test_consumer_whose_queue_was_deleted_comes_back(
    fleet: ServiceFleet, rabbitmq: RealServer, company: Company, queue: str
) -> None:
    service = fleet[CONSUMERS[queue]]
    async with await aio_pika.connect(rabbitmq.url) as admin:
        async with admin.channel() as channel:
            await channel.queue_delete(queue)
        await until_passes(lambda: consumed(admin, queue), f"a consumer of {queue}")
    await until_ready_is(service, 200, {})
    await company.make_calls(4)
    await company.until_logged()
    await company.until_swept(await company.start_sweep())


async def test_readiness_answers_in_time_while_servers_hang(
    fleet: ServiceFleet, proxies: Proxies, company: Company
) -> None:
    for proxy in proxies.values():
        proxy.freeze()
    try:
        async with web_client(timeout=20) as client:
            for path in ("readyz", "healthz"):
                await asyncio.gather(*(client.get(f"{p.url}/{path}") for p in fleet))
    finally:
        for proxy in proxies.values():
            proxy.thaw()
