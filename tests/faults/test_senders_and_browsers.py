"""Phones that send badly, a browser that stands still, and a tenant that floods the services."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from faults.conftest import FULL, NOTE, RunFault
from faults.flood import flooding
from faults.habits import bad_habits
from faults.load import Load
from faults.scenario import Desks
from faults.shares import measure_shares
from faults.site import Site
from softphone_ingest.mapping.reader import EVENTS_MAX
from support.tenant.company import company_of
from support.waiting import until_passes

FROZEN_SECONDS = 120 if FULL else 10
"""Besides the time of every fault; longer than the interval of `alive` frames in any case."""

POPUPS = 50 if FULL else 15
ROUNDS = range(5, 15) if FULL else range(3, 12)
"""Turns with and without a flood, at least and at most."""


@asynccontextmanager
async def frozen_browsers(all_desks: Sequence[Desks], _: Load) -> AsyncIterator[None]:
    """Stops the browsers of one company for minutes."""
    screens = all_desks[2].screen, all_desks[2].other
    for screen in screens:
        screen.freeze()
    try:
        await asyncio.sleep(FROZEN_SECONDS)  # under load
        yield
    finally:
        for screen in screens:
            screen.thaw()


async def test_phones_with_bad_habits_lose_nothing(site: Site, run_fault: RunFault) -> None:
    await run_fault(
        site,
        "phones slow, twice, late, without ids",
        lambda desks, load: bad_habits([each.company for each in desks], load),
    )


async def test_browser_that_was_frozen_shows_all_calls(site: Site, run_fault: RunFault) -> None:
    await run_fault(site, f"browser frozen for {FROZEN_SECONDS} s", frozen_browsers)


async def test_flood_of_a_tenant_loses_nothing(site: Site, run_fault: RunFault) -> None:
    async with company_of(site) as loud:
        floods = []

        @asynccontextmanager
        async def flooded(_: Sequence[Desks], __: Load) -> AsyncIterator[None]:
            async with flooding(loud) as flood:
                floods.append(flood)
                yield

        await run_fault(site, "tenant flooding", flooded)
        (flood,) = floods
        assert flood.statuses.keys() <= {202, 429}, flood.statuses
        assert flood.calls

        async def is_logged() -> None:
            logged = [call["id"] for call in await loud.log()]
            assert len(logged) == len(set(logged))
            assert flood.calls <= set(logged)

        await until_passes(is_logged, "every call of the flood that was acknowledged")


@pytest.mark.parametrize("events", [1, EVENTS_MAX])
async def test_flood_doubles_popup_times_at_most(
    site: Site, request: pytest.FixtureRequest, events: int
) -> None:
    shares = await measure_shares(site, POPUPS, ROUNDS, events)
    request.node.user_properties.append((NOTE, str(shares)))
    assert shares.are_fair, shares
    assert shares.flood.statuses[202] * events > POPUPS
    assert shares.flood.statuses.keys() <= {202, 429}
    assert all(int(wait) > 0 for wait in shares.flood.waits)
