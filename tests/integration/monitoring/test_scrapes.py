"""Prometheus over real processes: each exports its own metrics, and together all that are read."""

import asyncio
import json
import math
import re
import sys
from collections.abc import AsyncIterator

import pytest

from integration.monitoring.conftest import Broker
from softphone_common.process import metrics as common
from softphone_common.runtime.registry import installed_services
from softphone_testing.processes import ServiceFleet
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.metrics_table import metrics_of, own_metrics, series_names
from support.paths import ROOT
from support.prometheus import ALERTS, Prometheus, address, board_queries, prometheus
from support.tenant.company import Company, company_of
from support.web_client import web_client

NAME = re.compile(r"\b(?:softphone|rabbitmq)_\w+")
QUERIES = board_queries()
OURS = re.compile(r"(?m)^# TYPE (softphone_\w+) ")


@pytest.fixture(scope="module")
async def fleet(
    watched_broker: Broker,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("fleet")
    urls = watched_broker.server.url, mongodb.url, redis_server.url
    services = ServiceFleet(*urls, folder, {"SOFTPHONE_SWEEP_CHECK_SECONDS": "1"})
    async with services.running():
        yield services


@pytest.fixture(scope="module")
async def company(fleet: ServiceFleet) -> AsyncIterator[Company]:
    """A company whose popup has opened and whose call is logged."""
    async with company_of(fleet) as company:
        async with company.browser() as browser:
            call = await company.make_call()
            await browser.pops_up(call)
        await company.until_logged()
        yield company


@pytest.fixture(scope="module")
async def watch(
    fleet: ServiceFleet,
    company: Company,
    watched_broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Prometheus]:
    targets = {process.name: address(process.url) for process in fleet}
    targets["rabbitmq"] = watched_broker.target
    async with prometheus(tmp_path_factory.mktemp("prometheus"), targets) as server:
        yield server


@pytest.mark.parametrize("name", installed_services())
async def test_service_exports_its_own_metrics_and_no_others(
    fleet: ServiceFleet, company: Company, name: str
) -> None:
    async with web_client() as client:
        text = (await client.get(f"{fleet[name].url}/metrics")).text
    own = {
        series.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for metric in (*metrics_of(common), *own_metrics(name))
        for series in series_names(metric)
    }
    assert set(OURS.findall(text)) == own
    assert "_created" not in text


@pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])
async def test_metrics_of_an_alert_are_scraped(watch: Prometheus, alert: dict[str, str]) -> None:
    labels = {"rabbitmq_cluster_permanent_id"}
    read = set(NAME.findall(alert["expr"])) - labels
    assert read <= await watch.names()
    assert read or "up{" in alert["expr"]


@pytest.fixture(scope="module")
async def traffic(watch: Prometheus, company: Company) -> None:
    """Calls whose popups open while Prometheus watches."""
    async with company.browser() as browser:
        for call in await company.make_calls(4):
            await browser.pops_up(call)
    await company.until_logged()


@pytest.mark.parametrize("query", [each for _, each in QUERIES], ids=[name for name, _ in QUERIES])
async def test_query_of_a_board_gives_numbers(watch: Prometheus, traffic: None, query: str) -> None:
    filled = query.replace("$__rate_interval", "1m").replace("$__range", "1h")

    async def gives_numbers() -> bool:
        return any(math.isfinite(value) for _, value in await watch.query(filled))

    await until(gives_numbers, what=filled)


async def test_command_of_the_runbooks_shows_each_resource(fleet: ServiceFleet) -> None:
    runbooks = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
    (code,) = re.findall(r'docker compose exec ingest python -c "(.*)"', runbooks)
    here = code.replace("8080", str(fleet["ingest"].port))
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", here, stdout=asyncio.subprocess.PIPE
    )
    shown = json.loads((await child.communicate())[0])
    assert shown["services"]["ingest"].keys() >= {"RabbitMQ", "MongoDB", "Redis", "spool"}


async def test_service_that_was_killed_is_down(fleet: ServiceFleet, watch: Prometheus) -> None:
    await fleet["matcher"].kill()
    try:
        await watch.until_firing("ServiceDown", job="matcher")
    finally:
        await fleet["matcher"].start()
    await watch.until_calm("ServiceDown")
