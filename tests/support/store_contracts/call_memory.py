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
from softphone_ingest.mapping.schema import Scope
from softphone_testing.until import until
from support.observations import CALLER, OTHER_CALLER, at

WITHHELD = RemoteNumber("anonymous", None, "anonymous", "")
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
        assert await exchange.call(930, "ringing", "A", remote=None) == first
        await exchange.call(931, "ended", "A")
        assert await exchange.call(962, "ringing", "A", remote=None) != first

    async def test_repeated_end_is_no_new_call(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        await exchange.call(60, "ended", "A")
        assert await exchange.call(600, "ended", "A") == first

    async def test_late_event_belongs_to_the_call_it_happened_in(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A", time=at(0))
        await exchange.call(60, "ended", "A", time=at(60))
        assert await exchange.call(120, "connected", "A", time=at(5)) == first
        assert await exchange.call(125, "connected", "A", time=at(125)) != first

    async def test_queue_rings_the_same_party_again(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        await exchange.call(15, "missed", "A")
        assert await exchange.call(100, "ringing", "A") == first
        assert await exchange.call(131, "connected", "A") == first
        await exchange.call(160, "ended", "A")
        assert await exchange.call(161, "connected", "A") == first
        exchange.sender = replace(exchange.sender, scope="device")
        counted = await exchange.call(200, "ringing", "a84b4c76")
        await exchange.call(210, "missed", "a84b4c76")
        assert await exchange.call(240, "ringing", "a84b4c76") == counted
        await exchange.call(241, "missed", "a84b4c76")
        assert await exchange.call(272, "ringing", "a84b4c76") != counted
        small = await exchange.call(300, "ringing", "7")
        await exchange.call(310, "missed", "7")
        assert await exchange.call(313, "ringing", "7") == small
        await exchange.call(314, "missed", "7")
        assert await exchange.call(334, "ringing", "7") == small
        await exchange.call(335, "connected", "7")
        await exchange.call(340, "ended", "7")
        assert await exchange.call(344, "ringing", "7") != small
        hung_up = await exchange.call(400, "ringing", "8")
        await exchange.call(410, "ended", "8")
        assert await exchange.call(414, "ringing", "8") != hung_up

    @pytest.mark.parametrize("scope", ["pbx", "device"])
    async def test_id_of_another_party_or_direction_is_another_call(
        self, exchange: Exchange, scope: Scope
    ) -> None:
        exchange.sender = replace(exchange.sender, scope=scope)
        first = await exchange.call(0, "ringing", "1", time=at(0))
        await exchange.call(0.3, "ended", "1", remote=None, time=at(0))
        second = await exchange.call(0.6, "ringing", "1", remote=OTHER_CALLER, time=at(0))
        assert second != first
        assert await exchange.call(1, "connected", "1", remote=OTHER_CALLER) == second
        assert await exchange.call(9, "ended", "1", remote=None) == second
        third = await exchange.call(9.1, "dialed", "1", remote=OTHER_CALLER)
        assert third not in {first, second}
        await exchange.call(10, "ended", "1", remote=None)
        assert await exchange.call(10.1, "dialed", "1", remote=OTHER_CALLER) == third
        await exchange.call(11, "ended", "1", remote=None)
        fourth = await exchange.call(11.1, "ringing", "1", remote=OTHER_CALLER)
        assert fourth not in {first, second, third}

    async def test_ring_of_another_party_after_a_lost_end_is_another_call(
        self, exchange: Exchange
    ) -> None:
        exchange.sender = replace(exchange.sender, scope="device")
        first = await exchange.call(0, "ringing", "1")
        second = await exchange.call(60, "ringing", "1", remote=OTHER_CALLER)
        assert second != first
        assert await exchange.call(62, "connected", "1", remote=OTHER_CALLER) == second
        # an attended transfer rings with another number while the call is answered
        assert await exchange.call(90, "ringing", "1") == second

    async def test_transfer_does_not_make_its_parties_other_calls(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing", "A")
        assert await exchange.call(5, "connected", "A", remote=OTHER_CALLER) == first
        await exchange.call(9, "ended", "A")
        assert await exchange.call(10, "ringing", "A", remote=OTHER_CALLER) == first

    async def test_event_with_an_id_names_the_call_of_its_line(self, exchange: Exchange) -> None:
        first = await exchange.call(0, "ringing")
        assert await exchange.call(2, "ringing", "A") == first
        assert await exchange.call(3, "ringing", "B") != first
        named = await exchange.call(3.5, "ringing", "F", extension="24")
        assert await exchange.call(4, "ringing", extension="24") == named
        nameless = await exchange.call(10, "ringing", extension="22")
        assert await exchange.call(12, "connected", "C", extension="22") == nameless
        other = await exchange.call(20, "ringing", extension="23")
        assert await exchange.call(21, "ringing", "D", extension="23", remote=OTHER_CALLER) != other
        assert await exchange.call(401, "ringing", "E", extension="23") != other

    async def test_phones_that_ring_within_three_seconds_are_one_call(
        self, exchange: Exchange
    ) -> None:
        desks = [replace(exchange.sender, device=f"d{n}", scope="device") for n in range(5)]

        async def ring(desk: int, seconds: float, id_: str, **fields: Any) -> str:
            exchange.sender = desks[desk]
            return await exchange.call(seconds, "ringing", id_, extension=f"2{desk}", **fields)

        first = await ring(0, 0, "1")
        assert await ring(1, 2, "1") == first
        assert await ring(2, 3, "") == first
        assert await ring(0, 3, "2") != first  # a second call of the same caller
        assert await ring(3, 3, "1", remote=OTHER_CALLER) != first
        assert await ring(4, 3, "1", direction="outbound") != first
        assert await ring(3, 3.001, "2") != first
        exchange.sender = desks[1]
        assert await exchange.call(4, "ended", "1", extension="21", remote=None) == first

    async def test_answer_that_overtook_its_ring_joins_the_group(self, exchange: Exchange) -> None:
        desks = [replace(exchange.sender, device=f"d{n}", scope="device") for n in range(4)]

        async def hit(desk: int, seconds: float, phase: Phase, id_: str, **fields: Any) -> str:
            exchange.sender = desks[desk]
            return await exchange.call(seconds, phase, id_, extension=f"2{desk}", **fields)

        first = await hit(0, 0, "ringing", "1")
        assert await hit(1, 2, "connected", "1") == first
        assert await hit(1, 2.1, "ringing", "1") == first
        assert await hit(2, 4, "connected", "1") != first
        await hit(0, 10, "connected", "1")
        await hit(0, 20, "ended", "1")
        assert await hit(1, 40, "connected", "1") == first  # handed on by the first desk
        swapped = await hit(0, 100, "connected", "2", remote=OTHER_CALLER)
        assert await hit(1, 101, "ringing", "2", remote=OTHER_CALLER) == swapped
        assert await hit(2, 102, "connected", "2", remote=OTHER_CALLER) == swapped
        assert await hit(3, 103, "connected", "1", direction="outbound") != first

    async def test_withheld_caller_after_an_end_is_another_party(self, exchange: Exchange) -> None:
        shown, withheld = CALLER, WITHHELD
        for id_, one, other in (("A", shown, withheld), ("B", withheld, shown)):
            first = await exchange.call(0, "ringing", id_, remote=one)
            await exchange.call(5, "missed", id_, remote=one)
            assert await exchange.call(5.2, "missed", id_, remote=one) == first
            assert await exchange.call(5.4, "ringing", id_, remote=other) != first
        first = await exchange.call(100, "ringing", "C", remote=withheld)
        assert await exchange.call(101, "connected", "C", remote=shown) == first
        await exchange.call(110, "ended", "C", remote=withheld)
        assert await exchange.call(111, "ringing", "C", remote=withheld) == first

    async def test_phone_that_rings_later_rings_for_another_call(self, exchange: Exchange) -> None:
        exchange.sender = replace(exchange.sender, scope="device")
        first = await exchange.call(0, "ringing", "1")
        exchange.sender = replace(exchange.sender, device="d2")
        assert await exchange.call(3.001, "ringing", "1", extension="22") != first

    async def test_ids_of_a_whole_system_and_a_switch_tell_rings_apart(
        self, exchange: Exchange
    ) -> None:
        desk = replace(exchange.sender, scope="device")
        first = await exchange.call(0, "ringing", "A")
        assert await exchange.call(0, "ringing", "B", extension="22") != first
        exchange.sender = replace(desk, device="d2", ring_groups=False)
        alone = await exchange.call(1, "ringing", "1", extension="23")
        exchange.sender = replace(desk, device="d3")
        assert await exchange.call(1, "ringing", "1", extension="24") not in {first, alone}

    @pytest.mark.parametrize("first", ["d1", "d2"])
    @pytest.mark.parametrize("number", [CALLER, None])
    async def test_desk_without_an_end_rings_for_the_next_call(
        self, exchange: Exchange, first: str, number: RemoteNumber | None
    ) -> None:
        """Phones of a ring group often report no end when another one answers."""
        sender = replace(exchange.sender, scope="device")

        async def call(seconds: float, phase: Phase, device: str, **fields: Any) -> str:
            exchange.sender = replace(sender, device=device)
            extension = {"d1": "21", "d2": "22"}[device]
            return await exchange.call(seconds, phase, extension=extension, **fields)

        answered = await call(0, "ringing", "d1")
        assert await call(0.5, "ringing", "d2") == answered
        assert await call(5, "connected", "d1") == answered
        assert await call(30, "ended", "d1", remote=number) == answered
        assert await call(32, "ringing", "d2") == answered  # it was transferred there
        after = await call(60, "ringing", first)
        assert after != answered
        assert await call(60.5, "ringing", "d2" if first == "d1" else "d1") == after

    async def test_two_devices_that_count_their_calls_never_meet(self, exchange: Exchange) -> None:
        exchange.sender = replace(exchange.sender, scope="device")
        first = await exchange.call(0, "ringing", "1")
        exchange.sender = replace(exchange.sender, device="d2")
        assert await exchange.call(60, "connected", "1", extension="22") != first

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
