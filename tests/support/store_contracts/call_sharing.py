"""Which devices a CallMemory lets report one call, tested on Redis and in memory alike."""

from dataclasses import replace
from typing import Any

import pytest

from softphone_common.domain.call import Phase
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.schema import Scope
from support.observations import CALLER, OTHER_CALLER, at
from support.store_contracts.call_memory import WITHHELD, Exchange


class CallSharingContract:
    """Needs a fixture `exchange` with a telephone system whose calls nobody else reports."""

    @pytest.mark.parametrize("scope", ["pbx", "device", "extension", "none"])
    async def test_device_joins_no_call_of_another_that_it_names(
        self, exchange: Exchange, scope: Scope
    ) -> None:
        """By its id, as a second id, by its desk and number, by its desk alone, or by each of these
        to come in and then by an id of its own."""
        own = replace(exchange.sender, scope=scope)
        other = replace(own, device="d2")
        withheld: dict[str, Any] = {"extension": "23", "remote": WITHHELD}
        exchange.sender = own
        calls = {
            await exchange.call(0, "ringing", "A", time=at(0)),
            await exchange.call(0, "ringing", extension="22", remote=OTHER_CALLER, time=at(0)),
            await exchange.call(0, "ringing", "", **withheld),
        }
        exchange.sender = other
        phases: list[Phase] = ["connected", "ringing", "ended"]
        for seconds, phase in enumerate(phases, start=5):
            joined = [
                await exchange.call(seconds, phase, "A"),
                await exchange.call(seconds, phase, "Z", linked_id="A"),
                await exchange.call(seconds, phase, "A", extension="29"),
                await exchange.call(seconds, phase, "", remote=None),
                await exchange.call(seconds, phase, "", extension="22", remote=OTHER_CALLER),
                await exchange.call(seconds, phase, "Y", extension="22", remote=OTHER_CALLER),
                await exchange.call(seconds, phase, "Y", extension="29", remote=OTHER_CALLER),
                await exchange.call(seconds, phase, "", **withheld),
                await exchange.call(seconds, phase, "X", **withheld),
                await exchange.call(seconds, phase, "", extension="23", remote=None),
            ]
            assert not calls & {*joined}

    async def test_devices_that_share_their_ids_report_one_call(self, exchange: Exchange) -> None:
        own = replace(exchange.sender, scope="shared")
        exchange.sender = own
        first = await exchange.call(0, "ringing", "A")
        leg = await exchange.call(1, "ringing", "leg", linked_id="parent", extension="22")
        exchange.sender = replace(own, device="d2")
        assert await exchange.call(60, "connected", "A") == first
        assert await exchange.call(61, "ringing", "leg-2", linked_id="parent") == leg
        exchange.sender = replace(own, device="d3", scope="pbx")
        assert await exchange.call(62, "ended", "A") != first

    @pytest.mark.parametrize("remote", [WITHHELD, RemoteNumber("30", None, "internal", "30")])
    async def test_phones_of_one_desk_ring_for_one_call_of_any_caller(
        self, exchange: Exchange, remote: RemoteNumber
    ) -> None:
        first = await exchange.call(0, "ringing", "A", remote=remote)
        exchange.sender = replace(exchange.sender, device="d2")
        assert await exchange.call(2, "ringing", "B", remote=remote) == first
        exchange.sender = replace(exchange.sender, device="d3")
        assert await exchange.call(2, "ringing", "C", extension="22", remote=remote) != first
        assert await exchange.call(3.001, "ringing", "D", remote=remote) != first

    async def test_device_that_joins_by_a_shared_id_is_a_guest(self, exchange: Exchange) -> None:
        """Not the first, nor those that ring along, nor by an event without an id after it."""
        own = replace(exchange.sender, scope="shared")

        async def is_guest(device: str, seconds: float, phase: Phase, **fields: Any) -> bool:
            exchange.sender = replace(own, device=device)
            values = {"extension": "21", "external_id": "A", "remote": CALLER, **fields}
            (observation,) = await exchange.send(seconds, ParsedEvent(phase, **values))
            calls.add(observation.call_id)
            return observation.by_shared_id

        calls: set[str] = set()
        assert not await is_guest("d1", 0, "ringing")
        assert not await is_guest("d2", 2, "ringing", extension="22")
        assert await is_guest("d3", 2, "connected", extension="23", remote=OTHER_CALLER)
        assert await is_guest("d4", 4, "ringing", extension="24")
        assert not await is_guest("d1", 5, "connected", extension="25")
        assert not await is_guest("d2", 6, "ended", extension="22")
        assert await is_guest("d4", 7, "connected", extension="24")
        assert await is_guest("d4", 8, "connected", extension="24", external_id="", remote=None)
        assert await is_guest("d4", 8, "ended", extension="24", external_id="")
        assert await is_guest("d5", 9, "ringing", extension="26", external_id="B", linked_id="A")
        assert await is_guest("d5", 9, "connected", extension="26", external_id="B")
        assert not await is_guest("d1", 9, "ringing", external_id="C", linked_id="A")
        assert not await is_guest("d1", 9, "connected", external_id="C")
        for seconds in (20, 21):  # a guest's ring after the end begins nothing that it rings along
            assert await is_guest("d6", seconds, "ringing", extension="28")
        assert len(calls) == 1
        exchange.sender = replace(own, device="d1", scope="pbx")
        (alone,) = await exchange.send(9, ParsedEvent("ringing", "27", external_id="A"))
        assert not alone.by_shared_id

    @pytest.mark.parametrize("scope", ["device", "shared"])
    async def test_answer_without_its_ring_makes_a_guest(
        self, exchange: Exchange, scope: Scope
    ) -> None:
        """Until the ring that it overtook arrives, and for good if none does within seconds."""
        own = replace(exchange.sender, scope=scope)

        async def is_guest(desk: int, seconds: float, phase: Phase) -> bool:
            exchange.sender = replace(own, device=f"d{desk}")
            event = ParsedEvent(phase, f"2{desk}", external_id="1", remote=CALLER)
            (observation,) = await exchange.send(seconds, event)
            calls.add(observation.call_id)
            return observation.by_shared_id

        calls: set[str] = set()
        assert not await is_guest(0, 0, "ringing")
        assert not await is_guest(1, 0.5, "ringing")
        assert await is_guest(2, 1, "connected")
        assert await is_guest(3, 1, "connected")
        assert not await is_guest(2, 1.1, "ringing")
        assert not await is_guest(1, 2, "connected")
        assert await is_guest(3, 3.1, "ringing")
        assert [await is_guest(desk, 9, "ended") for desk in range(4)] == [False] * 3 + [True]
        assert len(calls) == 1

    async def test_time_that_a_guest_reports_is_not_used(self, exchange: Exchange) -> None:
        exchange.sender = replace(exchange.sender, scope="shared")
        event = ParsedEvent("connected", "21", external_id="A", remote=CALLER, time=at(-200))
        (first,) = await exchange.send(0, event)
        exchange.sender = replace(exchange.sender, device="d2")
        (guest,) = await exchange.send(60, event)
        assert (first.at, guest.at) == (at(-200), at(60))
