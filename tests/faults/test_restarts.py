"""A new release under load: all services restarted in turn, over what the last one has said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika

from broker import broker
from contract.wire import SAMPLES, names, sample
from faults.conftest import Tried
from faults.site import Site
from softphone_common.contracts.catalogue import BY_TYPE, EXCHANGE

VERSIONS = (SAMPLES, SAMPLES / "later")


@asynccontextmanager
async def rolling(site: Site) -> AsyncIterator[None]:
    """One service after another is stopped well and started again."""
    for service in site:
        await service.restart()
    yield


@asynccontextmanager
async def rolling_over_old_messages(site: Site) -> AsyncIterator[None]:
    """And each of them meets every message that was ever sent, as it was sent."""
    for service in site:
        await service.stop()
        await _say_all(site)
        await service.start()
    yield


async def _say_all(site: Site) -> None:
    async with broker(site.broker) as channel:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        for folder in VERSIONS:
            for kind in sorted(names(folder)):
                message = BY_TYPE[kind].message.model_validate(sample(folder, kind))
                body = (folder / f"{kind}.json").read_bytes()
                copy = aio_pika.Message(body, headers={"cloudEvents_type": kind})
                await exchange.publish(copy, message.routing_key, mandatory=False)


async def test_services_restarted_in_turn(site: Site, tried: Tried) -> None:
    await tried(site, "rolling restart", rolling(site))


async def test_services_restarted_over_the_messages_of_earlier_releases(
    site: Site, tried: Tried
) -> None:
    await tried(site, "rolling restart, old messages", rolling_over_old_messages(site))
