"""Restarts all services in turn under load, as a new release does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika

from faults.conftest import RunFault
from faults.site import Site
from softphone_common.contracts.catalogue import BY_TYPE, EXCHANGE
from support.bus.broker import broker_channel
from support.paths import SAMPLES
from support.wire import names, sample_for

VERSIONS = (SAMPLES, SAMPLES / "later")


@asynccontextmanager
async def rolling(site: Site) -> AsyncIterator[None]:
    """Stops and starts one service after another."""
    for service in site:
        await service.restart()
    yield


@asynccontextmanager
async def rolling_over_old_messages(site: Site) -> AsyncIterator[None]:
    """As `rolling`, with every message of earlier releases waiting for each service."""
    for service in site:
        await service.stop()
        await _publish_samples(site)
        await service.start()
    yield


async def _publish_samples(site: Site) -> None:
    """Publishes every stored sample, for a new tenant each time.

    A repeated tenant would make the samples duplicates, which consumers ignore.
    """
    tenant = f"old-{uuid4().hex[:8]}"
    async with broker_channel(site.broker) as channel:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        for folder in VERSIONS:
            for kind in sorted(names(folder)):
                body = sample_for(tenant, folder, kind)
                message = BY_TYPE[kind].message.model_validate_json(body)
                copy = aio_pika.Message(body.encode(), headers={"cloudEvents_type": kind})
                await exchange.publish(copy, message.routing_key, mandatory=False)


RESTARTS = {
    "rolling restart": rolling,
    "rolling restart, old messages": rolling_over_old_messages,
}
"""The last one contains the others; the quick run takes it alone."""


async def test_rolling_restart_under_load_loses_nothing(
    site: Site, each_restart: str, run_fault: RunFault
) -> None:
    await run_fault(site, each_restart, lambda *_: RESTARTS[each_restart](site))
