"""Gauges that can't be read have no value, and never an old one."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import REGISTRY, Gauge

from softphone_common.http.auth import AccessRules
from softphone_common.process.errors import UnavailableError
from softphone_common.runtime.measuring import Measuring
from softphone_common.runtime.readiness import Readiness
from softphone_common.runtime.service import Readings, Service
from support.security_log import RecordedSecurityLog

PLAIN = Gauge("softphone_test_letters", "Letters")
BY_QUEUE = Gauge("softphone_test_age", "Age", ["queue"])


class Store:
    """A server whose numbers can be read until it fails in some way."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self.fail: Callable[[], Awaitable[None]] | None = None

    async def letters(self) -> float:
        if self.fail:
            await self.fail()
        return 3

    async def ages(self) -> dict[str, float]:
        return {self.queue: await self.letters()}


async def refuse() -> None:
    raise UnavailableError("MongoDB", "away")


async def hang() -> None:
    await asyncio.Event().wait()


def age(queue: str) -> float | None:
    return REGISTRY.get_sample_value("softphone_test_age", {"queue": queue})


@pytest.mark.parametrize("way", [refuse, hang])
async def test_gauge_of_a_failing_store_has_no_value(way: Callable[[], Awaitable[None]]) -> None:
    stores = Store("a"), Store("b")
    services = [
        Service(
            store.queue,
            [],
            [],
            AccessRules(),
            RecordedSecurityLog(),
            readings=Readings(
                gauges={PLAIN: store.letters} if store.queue == "a" else {},
                labelled_gauges={BY_QUEUE: store.ages},
            ),
        )
        for store in stores
    ]
    measure = Measuring(services, Readiness(services, 1, lambda: False), 0.05)
    await measure()
    assert (REGISTRY.get_sample_value("softphone_test_letters"), age("a"), age("b")) == (3, 3, 3)
    stores[0].fail = way
    await measure()
    assert math.isnan(REGISTRY.get_sample_value("softphone_test_letters") or 0)
    assert (age("a"), age("b")) == (None, 3)
