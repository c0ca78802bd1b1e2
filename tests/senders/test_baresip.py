"""Calls between baresip's phones through Kamailio, each of which reports them to a tenant."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.product import Json
from support.sip.baresip import Baresip, baresip
from support.sip.kamailio import RING_SECONDS, kamailio
from support.stack.installation import Installation
from support.stack.sender import E164, OTHER_E164, legs, logged, sender
from support.tenant.company import Company

OUTSIDE, OUTSIDE_E164 = "08999998077", "+498999998077"
GROUP = "29"
# the signs that separate the events and their fields
NAME = "Jörg {Huber}, Sohn: 7"
ANSWERED = {"phase": "ended", "outcome": "answered", "direction": "inbound"}
MISSED = {"phase": "missed", "outcome": "missed", "direction": "inbound"}


@dataclass(frozen=True)
class Office:
    """A company whose exchange reports to one tenant, and whose phones report to another."""

    installation: Installation
    exchange: Company
    phones: Company
    folder: Path
    server: int
    stack: AsyncExitStack

    async def phone(self, user: str) -> Baresip:
        """A phone of the company, which is a device of its own."""
        device = await sender(self.installation, self.phones, "baresip")
        running = baresip(self.folder, self.server, user, device_url=device.url)
        return await self.stack.enter_async_context(running)

    async def outside(self, number: str = E164, name: str = "") -> Baresip:
        """A phone outside of the company, whose calls nobody reports."""
        running = baresip(self.folder, self.server, number, name=name)
        return await self.stack.enter_async_context(running)

    async def reported_by_exchange(self, *expected: Json) -> list[Json]:
        return await logged(self.installation, self.exchange, *expected)

    async def reported_by_phones(self, *expected: Json) -> list[Json]:
        return await logged(self.installation, self.phones, *expected)

    async def reported(self, legs: dict[str, str], **expected: str) -> None:
        """Both call histories have one call with these legs and fields.

        A phone reports the end of a call and not whether it was answered, so the leg of a missed
        call is an ended one in its tenant's history.
        """
        await self.reported_by_exchange({**expected, "legs": legs})
        await self.reported_by_phones({**expected, "legs": dict.fromkeys(legs, "ended")})


@pytest.fixture
async def office(
    installation: Installation, company: Company, tmp_path: Path
) -> AsyncIterator[Office]:
    device = await sender(installation, company, "kamailio")
    phones = await installation.make_company()
    groups = {GROUP: ["21", "22"]}
    async with kamailio(tmp_path, device.url, groups=groups) as server, AsyncExitStack() as stack:
        yield Office(installation, company, phones, tmp_path, server.port, stack)


def remotes(calls: list[Json]) -> list[str]:
    return [call["remote"]["e164"] for call in calls]


async def test_the_caller_hangs_up(office: Office) -> None:
    phone, caller = await office.phone("21"), await office.outside(name=NAME)
    caller.dials("21")
    await phone.rings()
    phone.accepts()
    await caller.talks()
    caller.hangs_up()
    expected = {**ANSWERED, "legs": {"21": "ended"}, "answered_by": "21"}
    (call,) = await office.reported_by_exchange(expected)
    assert call["remote"]["e164"] == E164
    (call,) = await office.reported_by_phones({**expected, "name": NAME})
    assert call["remote"]["e164"] == E164
    assert 0 <= call["talk_seconds"] <= 3


async def test_the_one_who_was_called_hangs_up(office: Office) -> None:
    phone, caller = await office.phone("21"), await office.outside()
    caller.dials("21")
    await phone.rings()
    phone.accepts()
    await phone.talks()
    phone.hangs_up()
    await office.reported({"21": "ended"}, **ANSWERED, answered_by="21")


async def test_the_caller_gives_up(office: Office) -> None:
    phone, caller = await office.phone("21"), await office.outside()
    caller.dials("21")
    await phone.rings()
    caller.hangs_up()
    await office.reported({"21": "missed"}, **MISSED)


async def test_a_phone_declines(office: Office) -> None:
    phone, caller = await office.phone("21"), await office.outside()
    caller.dials("21")
    await phone.rings()
    phone.hangs_up()
    await caller.is_free()
    await office.reported({"21": "missed"}, **MISSED)


async def test_a_phone_in_a_call_is_busy(office: Office) -> None:
    """baresip refuses a second call by itself and reports nothing of it."""
    phone, caller = await office.phone("21"), await office.outside()
    second = await office.outside(OTHER_E164)
    caller.dials("21")
    await phone.rings()
    phone.accepts()
    await caller.talks()
    second.dials("21")
    await second.is_free()
    caller.hangs_up()
    answered = {**ANSWERED, "legs": {"21": "ended"}}
    busy = {**MISSED, "legs": {"21": "missed"}}
    assert remotes(await office.reported_by_exchange(answered, busy)) == [E164, OTHER_E164]
    assert remotes(await office.reported_by_phones(answered)) == [E164]


async def test_no_answer(office: Office) -> None:
    phone, caller = await office.phone("21"), await office.outside()
    caller.dials("21")
    await phone.rings()
    await caller.is_free()
    await office.reported({"21": "missed"}, **MISSED)
    (call,) = await office.reported_by_phones(MISSED)
    assert call["ring_seconds"] >= RING_SECONDS - 1


async def test_two_calls_at_once(office: Office) -> None:
    phones = [await office.phone("21"), await office.phone("22")]
    callers = [await office.outside(), await office.outside(OTHER_E164)]
    for caller, user in zip(callers, ("21", "22"), strict=True):
        caller.dials(user)
    for phone in phones:
        await phone.rings()
        phone.accepts()
    for caller in callers:
        await caller.talks()
        caller.hangs_up()
    expected = {E164: {"21": "ended"}, OTHER_E164: {"22": "ended"}}
    for reported in (office.reported_by_exchange, office.reported_by_phones):
        calls = await reported(ANSWERED, ANSWERED)
        assert {call["remote"]["e164"]: legs(call) for call in calls} == expected


async def test_one_of_two_phones_of_an_extension_answers(office: Office) -> None:
    phones = [await office.phone("20"), await office.phone("20")]
    caller = await office.outside()
    caller.dials("20")
    for phone in phones:
        await phone.rings()
    phones[1].accepts()
    await phones[0].is_free()
    await caller.talks()
    caller.hangs_up()
    await office.reported({"20": "ended"}, **ANSWERED, answered_by="20")


async def test_one_phone_declines_and_the_other_answers(office: Office) -> None:
    phones = [await office.phone("20"), await office.phone("20")]
    caller = await office.outside()
    caller.dials("20")
    for phone in phones:
        await phone.rings()
    phones[0].hangs_up()
    await phones[0].is_free()
    phones[1].accepts()
    await caller.talks()
    caller.hangs_up()
    await office.reported({"20": "ended"}, **ANSWERED, answered_by="20")


async def test_one_of_two_extensions_of_a_group_answers(office: Office) -> None:
    first, second = await office.phone("21"), await office.phone("22")
    caller = await office.outside()
    caller.dials(GROUP)
    await first.rings()
    await second.rings()
    second.accepts()
    await first.is_free()
    await caller.talks()
    caller.hangs_up()
    await office.reported_by_exchange({**ANSWERED, "legs": {GROUP: "ended"}})
    await office.reported_by_phones(
        {**ANSWERED, "legs": {"21": "ended", "22": "ended"}, "answered_by": "22"}
    )


async def test_nobody_in_a_group_answers(office: Office) -> None:
    phones = [await office.phone("21"), await office.phone("22")]
    caller = await office.outside()
    caller.dials(GROUP)
    for phone in phones:
        await phone.rings()
    await caller.is_free()
    await office.reported_by_exchange({**MISSED, "legs": {GROUP: "missed"}})
    await office.reported_by_phones({**MISSED, "legs": {"21": "ended", "22": "ended"}})


async def test_a_blind_transfer(office: Office) -> None:
    first, second = await office.phone("21"), await office.phone("22")
    caller = await office.outside()
    caller.dials("21")
    await first.rings()
    first.accepts()
    await first.talks(seconds=4)  # a ring within three seconds would be that of a group
    first.transfers("22")
    await second.rings()
    second.accepts()
    await second.talks()
    second.hangs_up()
    expected = [{**ANSWERED, "legs": {user: "ended"}} for user in ("21", "22")]
    assert remotes(await office.reported_by_exchange(*expected)) == [E164, E164]
    assert remotes(await office.reported_by_phones(*expected)) == [E164, E164]


@pytest.mark.parametrize("who", ["the caller", "the one who was called"])
async def test_an_outbound_call(office: Office, who: str) -> None:
    phone, outside = await office.phone("21"), await office.outside(OUTSIDE)
    phone.dials(OUTSIDE)
    await outside.rings()
    outside.accepts()
    await phone.talks()
    (phone if who == "the caller" else outside).hangs_up()
    expected = {**ANSWERED, "direction": "outbound", "legs": {"21": "ended"}}
    assert remotes(await office.reported_by_exchange(expected)) == [OUTSIDE_E164]
    assert remotes(await office.reported_by_phones(expected)) == [OUTSIDE_E164]


async def test_an_outbound_call_is_declined(office: Office) -> None:
    phone, outside = await office.phone("21"), await office.outside(OUTSIDE)
    phone.dials(OUTSIDE)
    await outside.rings()
    await phone.hears_ringing()
    outside.hangs_up()
    await phone.is_free()
    expected = {"direction": "outbound", "outcome": "unanswered"}
    await office.reported_by_exchange({**expected, "legs": {"21": "missed"}})
    await office.reported_by_phones({**expected, "legs": {"21": "ended"}})
