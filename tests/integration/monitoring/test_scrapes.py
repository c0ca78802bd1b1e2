"""Prometheus over real processes: each exports its own metrics, and together all that are read."""

import re
from collections.abc import AsyncIterator

import pytest

from integration.monitoring.conftest import Broker
from softphone_common.process import metrics as common
from softphone_common.runtime.registry import installed_services
from softphone_testing.processes import ServiceFleet
from softphone_testing.real_servers import RealServer
from support.metrics_table import metrics_of, own_metrics, series_names
from support.prometheus import ALERTS, Prometheus, address, prometheus
from support.tenant.company import Company, company_of
from support.web_client import web_client

NAME = re.compile(r"\b(?:softphone|rabbitmq)_\w+")
OURS = re.compile(r"(?m)^# TYPE (softphone_\w+) ")


@pytest.fixture(scope="module")
async def fleet(
    watched_broker: Broker,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ServiceFleet]:
    folder = tmp_path_factory.mktemp("fleet")
    services = ServiceFleet(watched_broker.server.url, mongodb.url, redis_server.url, folder)
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


async def test_service_that_was_killed_is_down(fleet: ServiceFleet, watch: Prometheus) -> None:
    await fleet["matcher"].kill()
    try:
        await watch.until_firing("ServiceDown", job="matcher")
    finally:
        await fleet["matcher"].start()
    await watch.until_calm("ServiceDown")
