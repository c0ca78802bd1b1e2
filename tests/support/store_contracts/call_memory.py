"""The behaviour of a CallMemory, tested on Redis and in memory alike."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from softphone_common.domain.call import Observation, Phase
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_ingest.identity.resolver import (
    CallIdResolver,
    CallMemory,
    IdentityPolicy,
    Sender,
)
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_testing.until import until
from support.observations import CALLER, at

OTHER_CALLER = RemoteNumber("030 23125001", "+493023125001", "external", "+49 30 23125001")
CLICK = "3f6d6d1c-2a9c-5a39-8a0f-3b8e0f8f6f01"
POLICY = IdentityPolicy(
    join_seconds=120,
    seconds=86_400,
    derived_seconds=14_400,
    reuse_seconds=30,
    derived_reuse_seconds=3,
    ring_seconds=180,
    clock_skew_seconds=300,
)


class Exchange:
    """A telephone system of a tenant of its own, whose events are resolved one after another."""

    def __init__(self, memory: CallMemory, policy: IdentityPolicy = POLICY) -> None:
        self.resolver = CallIdResolver(memory, policy)
        self.sender = Sender(f"t-{uuid4().hex[:12]}", "d1", "pbx")

    async def send(self, seconds: float, *events: ParsedEvent) -> list[Observation]:
        """The observations of one request that arrives at this second."""
        return await self.resolver.resolve(self.sender, events, at(seconds))

    async def call(self, seconds: float, phase: Phase, id_: str = "", **fields: Any) -> str:
        """The call of a request with one event, at extension 21 and of one caller."""
        defaults: dict[str, Any] = {"extension": "21", "remote": CALLER}
        event = ParsedEvent(phase, external_id=id_, **{**defaults, **fields})
        (observation,) = await self.send(seconds, event)
        return observation.call_id

    async def click(self, extension: str = "21", remote: RemoteNumber = CALLER) -> None:
        await self.resolver.expect(self.sender.tenant, extension, remote, CLICK)


class CallMemoryContract:
    """Needs a fixture `memory` with a CallMemory."""

    @pytest.fixture
    def exchange(self, memory: CallMemory) -> Exchange:
        return Exchange(memory)

    async def test_one_id_is_one_call_until_it_is_used_again(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        assert await exchange.call(600, "connected", "A") == first
        assert await exchange.call(900, "ended", "A") == first
        assert await exchange.call(930, "ringing", "A") == first
        assert await exchange.call(931, "ringing", "A") != first

    async def test_repeated_end_is_no_new_call(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        await exchange.call(60, "ended", "A")
        assert await exchange.call(600, "ended", "A") == first

    async def test_late_event_belongs_to_the_call_it_happened_in(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A", time=at(0))
        await exchange.call(60, "ended", "A", time=at(60))
        assert await exchange.call(120, "connected", "A", time=at(5)) == first
        assert await exchange.call(125, "connected", "A", time=at(125)) != first

    async def test_events_of_one_request_are_resolved_in_order(self, exchange: Exchange) -> None:
        event = ParsedEvent("ringing", "21", external_id="A", remote=CALLER)
        later = replace(event, phase="ended")
        nameless = ParsedEvent("connected", "22", remote=CALLER)
        ring, end, rung, answer = await exchange.send(
            0, event, later, replace(event, extension="22", external_id="B"), nameless
        )
        assert ring.call_id == end.call_id
        assert rung.call_id == answer.call_id != ring.call_id
        assert answer.identity == "phone"

    async def test_no_events_are_no_observations(self, exchange: Exchange) -> None:
        assert await exchange.send(0) == []

    async def test_click_is_joined_by_the_first_call_only(self, exchange: Exchange) -> None:
        await exchange.click()
        assert await exchange.call(1, "ringing", "A") != CLICK
        assert await exchange.call(2, "dialed", "B", remote=OTHER_CALLER) != CLICK
        assert await exchange.call(3, "dialed", "C", extension="22") != CLICK
        assert await exchange.call(4, "ringing", "D", direction="outbound") == CLICK
        assert await exchange.call(5, "ended", "D") == CLICK
        assert await exchange.call(6, "dialed", "E") != CLICK

    async def test_second_id_leads_to_the_same_call(self, exchange: Exchange) -> None:
        leg = await exchange.call(0, "ringing", "leg", linked_id="parent")
        assert await exchange.call(5, "connected", "parent") == leg
        assert await exchange.call(6, "ringing", "leg-2", linked_id="parent") == leg
        await exchange.call(10, "ended", "parent")
        assert await exchange.call(60, "ringing", "leg-3", linked_id="parent") != leg

    async def test_event_without_id_goes_on_with_its_line(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        assert await exchange.call(5, "connected") == first
        assert await exchange.call(6, "connected", remote=None) == first
        assert await exchange.call(7, "connected", remote=OTHER_CALLER) != first
        assert await exchange.call(8, "connected", extension="22") != first

    async def test_ring_without_id_begins_a_call_of_its_number(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing")
        assert await exchange.call(180, "ringing") == first
        assert await exchange.call(181, "ringing") != first
        assert await exchange.call(182, "ringing", remote=OTHER_CALLER) != first

    async def test_handset_put_down_ends_the_call_when_it_ended(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        await exchange.call(60, "ended", "A")
        (end,) = await exchange.send(90, ParsedEvent("ended", "21"))
        assert (end.call_id, end.at) == (first, at(60))
        assert await exchange.call(100, "ringing", remote=None) != first

    async def test_bare_ring_after_an_answer_is_another_call(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", remote=None)
        assert await exchange.call(1, "ringing", remote=None) == first
        assert await exchange.call(2, "connected", remote=None) == first
        assert await exchange.call(3, "ringing", remote=None) != first

    async def test_end_of_a_second_call_leaves_the_line(self, exchange: Exchange) -> None:
        waiting = await exchange.call(0, "ringing", "B", remote=OTHER_CALLER)
        first = await exchange.call(1, "ringing", "A")
        assert await exchange.call(2, "ended", "B", remote=OTHER_CALLER) == waiting
        assert await exchange.call(3, "connected", remote=None) == first

    async def test_counter_of_one_phone_rings_anew(self, exchange: Exchange) -> None:
        exchange.sender = replace(exchange.sender, scope="device")
        first = await exchange.call(0, "ringing", "7")
        assert await exchange.call(180, "ringing", "7") == first
        assert await exchange.call(181, "ringing", "7") != first

    async def test_calls_are_forgotten_in_time(self, memory: CallMemory) -> None:
        quick = replace(POLICY, seconds=1, derived_seconds=1, join_seconds=1)
        exchange = Exchange(memory, quick)
        first = await exchange.call(0, "ringing", remote=None)
        await exchange.click()

        # each look at the memory would renew it
        end = time.monotonic() + 1.1
        await until(lambda: time.monotonic() > end, what="the end of a second")
        assert await exchange.call(1, "connected", remote=None) != first
        assert await exchange.call(2, "dialed", "A") != CLICK

    async def test_no_tenant_meets_the_calls_of_another(self, exchange: Exchange) -> None:
        own = await exchange.call(0, "ringing", "A")
        exchange.sender = replace(exchange.sender, tenant="another")
        assert await exchange.call(1, "ringing", "A") != own


def any_event(choose: Any, now: datetime) -> ParsedEvent:
    """Some event out of few ids, numbers and extensions, so that they often meet."""
    phases: list[Phase] = ["dialed", "ringing", "connected", "ended", "missed"]
    return ParsedEvent(
        choose(phases),
        choose(["21", "22", ""]),
        external_id=choose(["", "A", "B", "7"]),
        linked_id=choose(["", "", "A", "C"]),
        direction=choose([None, "inbound", "outbound"]),
        remote=choose([None, CALLER, OTHER_CALLER]),
        time=choose([None, None, now, at(0)]),
    )
