"""Calls between sipp's phones through Kamailio, which posts the lines of its preset."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from softphone_testing.servers.ports import free_port
from support.product import Json
from support.sip import sipp
from support.sip.kamailio import RING_SECONDS, kamailio
from support.sip.sipp import Sipp
from support.stack.installation import Installation
from support.stack.sender import E164, OTHER_E164, legs, logged, sender
from support.tenant.company import Company

OUTSIDE = "08999998077"
ANSWERED = {"phase": "ended", "outcome": "answered", "direction": "inbound"}
MISSED = {"phase": "missed", "outcome": "missed", "direction": "inbound"}


@dataclass(frozen=True)
class Exchange:
    """Kamailio between a company's phones and the outside."""

    installation: Installation
    company: Company
    port: int
    folder: Path
    ports: dict[str, list[int]]

    def phone(self, user: str, *steps: str, place: int = 0) -> Sipp:
        return sipp.phone(self.folder, *steps, port=self.ports[user][place])

    def caller(self, called: str, *steps: str, number: str = E164) -> Sipp:
        return sipp.caller(self.folder, self.port, number, called, *steps)

    async def calls(self, *expected: Json) -> list[Json]:
        return await logged(self.installation, self.company, *expected)


@pytest.fixture
async def exchange(
    installation: Installation, company: Company, tmp_path: Path
) -> AsyncIterator[Exchange]:
    device = await sender(installation, company, "kamailio")
    ports = {"20": [free_port(), free_port()], OUTSIDE: [free_port()]}
    ports |= {"21": [free_port()], "22": [free_port()]}
    url = f"{installation.url}/hit/{device.key}"
    async with kamailio(tmp_path, url, ports) as server:
        yield Exchange(installation, company, server.port, tmp_path, ports)


def talked(call: Json) -> bool:
    return call["talk_seconds"] is not None and call["talk_seconds"] <= 3


async def test_the_caller_hangs_up(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.caller("21", sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP),
    )
    (call,) = await exchange.calls({**ANSWERED, "legs": {"21": "ended"}, "answered_by": "21"})
    assert call["remote"]["e164"] == E164
    assert talked(call)


async def test_the_one_who_was_called_hangs_up(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.ANSWERS, sipp.pause(1), sipp.PHONE_HANGS_UP),
        exchange.caller("21", sipp.IS_ANSWERED, sipp.IS_HUNG_UP),
    )
    (call,) = await exchange.calls({**ANSWERED, "legs": {"21": "ended"}, "answered_by": "21"})
    assert call["remote"]["e164"] == E164
    assert talked(call)


async def test_the_caller_gives_up(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.IS_CANCELLED),
        exchange.caller("21", sipp.CANCELS_AFTER_ONE_SECOND),
    )
    (call,) = await exchange.calls({**MISSED, "legs": {"21": "missed"}})
    assert call["remote"]["e164"] == E164


@pytest.mark.parametrize("status", ["486 Busy Here", "603 Decline"])
async def test_a_phone_refuses_the_call(exchange: Exchange, status: str) -> None:
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.refuses(status)),
        exchange.caller("21", sipp.is_refused(int(status[:3]))),
    )
    await exchange.calls({**MISSED, "legs": {"21": "missed"}})


async def test_no_answer(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.IS_CANCELLED),
        exchange.caller("21", sipp.is_refused(408)),
    )
    (call,) = await exchange.calls({**MISSED, "legs": {"21": "missed"}})
    assert call["ring_seconds"] is None or call["ring_seconds"] >= RING_SECONDS - 1


async def test_two_calls_at_once(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.phone("22", sipp.RINGING, sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.caller("21", sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP),
        exchange.caller("22", sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP, number=OTHER_E164),
    )
    calls = await exchange.calls(ANSWERED, ANSWERED)
    assert {call["remote"]["e164"]: legs(call) for call in calls} == {
        E164: {"21": "ended"},
        OTHER_E164: {"22": "ended"},
    }


async def test_one_of_two_phones_answers(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("20", sipp.RINGING, sipp.pause(1), sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.phone("20", sipp.RINGING, sipp.IS_CANCELLED, place=1),
        exchange.caller("20", sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP),
    )
    await exchange.calls({**ANSWERED, "legs": {"20": "ended"}, "answered_by": "20"})


async def test_one_phone_declines_and_the_other_answers(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone("20", sipp.RINGING, sipp.pause(1), sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.phone("20", sipp.RINGING, sipp.refuses("486 Busy Here"), place=1),
        exchange.caller("20", sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP),
    )
    await exchange.calls({**ANSWERED, "legs": {"20": "ended"}, "answered_by": "20"})


async def test_a_blind_transfer(exchange: Exchange) -> None:
    """The phone refers the caller to another extension, which the caller calls by itself."""
    await sipp.run(
        exchange.phone("21", sipp.RINGING, sipp.ANSWERS, sipp.pause(0.5), sipp.REFERS_TO_22),
        exchange.caller("21", sipp.IS_ANSWERED, sipp.IS_REFERRED),
    )
    await sipp.run(
        exchange.phone("22", sipp.RINGING, sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.caller("22", sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP),
    )
    first, second = await exchange.calls(
        {**ANSWERED, "legs": {"21": "ended"}}, {**ANSWERED, "legs": {"22": "ended"}}
    )
    assert first["remote"]["e164"] == second["remote"]["e164"] == E164


async def test_an_outbound_call(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone(OUTSIDE, sipp.RINGING, sipp.ANSWERS, sipp.IS_HUNG_UP),
        exchange.caller(OUTSIDE, sipp.IS_ANSWERED, sipp.pause(1), sipp.HANGS_UP, number="21"),
    )
    outbound = {**ANSWERED, "direction": "outbound", "legs": {"21": "ended"}}
    (call,) = await exchange.calls(outbound)
    assert call["remote"]["e164"] == "+498999998077"


async def test_the_other_side_ends_an_outbound_call(exchange: Exchange) -> None:
    await sipp.run(
        exchange.phone(OUTSIDE, sipp.RINGING, sipp.ANSWERS, sipp.pause(1), sipp.PHONE_HANGS_UP),
        exchange.caller(OUTSIDE, sipp.IS_ANSWERED, sipp.IS_HUNG_UP, number="21"),
    )
    outbound = {**ANSWERED, "direction": "outbound", "legs": {"21": "ended"}}
    (call,) = await exchange.calls(outbound)
    assert call["remote"]["e164"] == "+498999998077"
