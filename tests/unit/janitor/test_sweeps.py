"""The sweep handlers of janitor over a bus and a store in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.entities import Activation, Tenant
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.errors import UnavailableError
from softphone_janitor.clean_up.handlers import ACTOR, SweepHandlers
from softphone_testing.memory.sweeps import MemorySweepStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def tenant(id_: str, zone: str = "Europe/Berlin", lasts: timedelta = 30 * DAY) -> Tenant:
    activation = Activation(id="1", seats=1, issued_at=NOON - DAY, expires_at=NOON + lasts)
    return Tenant(id=id_, name=id_, time_zone=zone, activation=activation)


class Janitor:
    """Two janitors over one store, and a calllog that receives their requests."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.now = NOON
        self.sweeps = MemorySweepStore()
        self.tenants = [tenant("acme")]
        self.requests: list[CleanUpRequested] = []
        self.buses = [memory_bus(self.broker, "janitor", publish_seconds=0.2) for _ in range(2)]
        self.handlers = [
            SweepHandlers(self.sweeps, self.tenants, bus, lambda: self.now, 2) for bus in self.buses
        ]
        self.buses[0].consume(
            "janitor.sweep", CleanUpFinished, self.handlers[0].on_clean_up_finished
        )
        self.calllog = memory_bus(self.broker, "calllog")
        self.calllog.consume("calllog.clean-up", CleanUpRequested, self._on_requested)

    async def _on_requested(self, messages: Sequence[CleanUpRequested]) -> None:
        self.requests += messages

    async def look(self) -> list[str]:
        """Both janitors look three times at once; the ids of all sweeps, sorted."""
        looks = [handlers.sweep_all_due() for handlers in self.handlers for _ in range(3)]
        await asyncio.gather(*looks)
        return sorted(sweep.id for sweep in await self.sweeps.list_latest(50))

    async def requested(self, *sweeps: str) -> None:
        """Returns when each of these sweeps, and no other, was requested."""
        await until(lambda: {r.sweep for r in self.requests} == {*sweeps}, what="the requests")


@pytest.fixture
async def janitor() -> AsyncIterator[Janitor]:
    site = Janitor()
    async with running(*site.buses, site.calllog):
        yield site


async def test_a_night_is_one_sweep_of_two_janitors(janitor: Janitor) -> None:
    assert await janitor.look() == ["acme/2026-03-02"]
    assert await janitor.look() == ["acme/2026-03-02"]
    await janitor.requested("acme/2026-03-02")
    (request, *repeated) = janitor.requests
    assert (request.tenant, request.actor, request.as_of) == ("acme", ACTOR, NOON)
    # a repeated request is the same request, which calllog answers with the same result
    assert all(one == request for one in repeated)
    janitor.now = NOON + DAY - 12 * HOUR  # 01:00 in Berlin
    assert await janitor.look() == ["acme/2026-03-02"]
    janitor.now += HOUR
    assert await janitor.look() == ["acme/2026-03-02", "acme/2026-03-03"]


async def test_each_tenant_is_due_in_its_own_zone(janitor: Janitor) -> None:
    janitor.tenants += [tenant("east", "Pacific/Kiritimati"), tenant("west", "America/New_York")]
    janitor.now = datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert await janitor.look() == ["acme/2026-03-02", "east/2026-03-02", "west/2026-03-01"]


async def test_a_tenant_is_swept_while_it_is_active(janitor: Janitor) -> None:
    janitor.tenants += [tenant("ended", lasts=-HOUR), Tenant(id="new", name="new")]
    assert await janitor.look() == ["acme/2026-03-02"]
    assert [one.tenant for one in janitor.handlers[0].schedule()] == ["acme"]


async def test_after_an_outage_the_latest_night_is_made_up(janitor: Janitor) -> None:
    await janitor.look()
    janitor.now = NOON + 5 * DAY
    assert await janitor.look() == ["acme/2026-03-02", "acme/2026-03-07"]


async def test_a_request_waits_for_the_broker(janitor: Janitor) -> None:
    janitor.broker.stop()
    with pytest.raises(UnavailableError):
        await janitor.handlers[0].sweep_all_due()
    with pytest.raises(UnavailableError):
        await janitor.handlers[1].sweep_now("acme", "anna")
    nights = [sweep.id for sweep in await janitor.sweeps.list_unpublished()]
    assert len(nights) == 2
    assert janitor.requests == []
    janitor.broker.start()

    async def published() -> bool:
        try:
            await janitor.handlers[1].sweep_all_due()
        except UnavailableError:
            return False
        return True

    await until(published, what="the broker")
    await janitor.requested(*nights)
    assert await janitor.sweeps.list_unpublished() == []


async def test_a_result_is_noted_with_its_sweep(janitor: Janitor) -> None:
    sweep = await janitor.handlers[0].sweep_now("acme", "anna")
    assert (sweep.requested_by, sweep.requested_at, sweep.moved) == ("anna", NOON, None)
    assert sweep.id.startswith("acme/")
    finished = CleanUpFinished(tenant="acme", sweep=sweep.id, moved=3, finished_at=NOON + HOUR)
    await janitor.calllog.publish(finished)

    async def noted() -> bool:
        (latest,) = await janitor.sweeps.list_latest(50)
        return (latest.moved, latest.finished_at) == (3, NOON + HOUR)

    await until(noted, what="the result")


async def test_the_schedule_names_the_next_night(janitor: Janitor) -> None:
    janitor.tenants.append(tenant("aaa", "Asia/Tokyo"))
    schedule = {one.tenant: one.next_at for one in janitor.handlers[0].schedule()}
    assert list(schedule) == ["aaa", "acme"]
    assert schedule["acme"] == datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert schedule["aaa"] == datetime(2026, 3, 2, 17, tzinfo=UTC)
