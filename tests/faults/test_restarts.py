"""A new release under load: all services restarted in turn, over what the last one has said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika

from faults.conftest import Tried
from faults.site import Site
from softphone_common.contracts.catalogue import BY_TYPE, EXCHANGE
from support.paths import SAMPLES
from support.stack.broker import broker_channel
from support.wire import names, said_of

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
    """Of a tenant nobody has heard of, or a repetition would hide what is wrong."""
    tenant = f"old-{uuid4().hex[:8]}"
    async with broker_channel(site.broker) as channel:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        for folder in VERSIONS:
            for kind in sorted(names(folder)):
                body = said_of(tenant, folder, kind)
                message = BY_TYPE[kind].message.model_validate_json(body)
                copy = aio_pika.Message(body.encode(), headers={"cloudEvents_type": kind})
                await exchange.publish(copy, message.routing_key, mandatory=False)


RESTARTS = {
    "rolling restart": rolling,
    "rolling restart, old messages": rolling_over_old_messages,
}
"""The last has all of those before it."""


async def test_services_restarted_in_turn(site: Site, each_restart: str, tried: Tried) -> None:
    await tried(site, each_restart, RESTARTS[each_restart](site))
