"""The times of observations: as the phone reports them, unless its clock can't be right."""

from datetime import timedelta

import pytest

from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_testing.memory.call_memory import MemoryCallMemory
from support.observations import at
from support.store_contracts.call_memory import POLICY, Exchange

SKEW = timedelta(seconds=POLICY.clock_skew_seconds)
SECOND = timedelta(seconds=1)
NOW = 3600.0


async def observed_at(event: ParsedEvent) -> float:
    (observation,) = await Exchange(MemoryCallMemory()).send(NOW, event)
    return (observation.at - at(0)).total_seconds()


async def test_reported_time_is_that_of_the_observation() -> None:
    event = ParsedEvent("ringing", "21", external_id="A", time=at(NOW) - SKEW)
    assert await observed_at(event) == NOW - SKEW.total_seconds()


@pytest.mark.parametrize("off", [SKEW + SECOND, -SKEW - SECOND, timedelta(days=-3650)])
async def test_time_of_a_wrong_clock_is_not_taken(off: timedelta) -> None:
    event = ParsedEvent("ringing", "21", external_id="A", time=at(NOW) + off)
    assert await observed_at(event) == NOW


async def test_observation_is_never_later_than_its_arrival() -> None:
    event = ParsedEvent("ringing", "21", external_id="A", time=at(NOW) + SKEW)
    assert await observed_at(event) == NOW
