"""Hits of one call without an id: joined by extension, by number, or by both."""

import asyncio
from datetime import timedelta

import pytest

from support.stack.installation import Installation
from support.stack.sender import ANSWERED, E164, MISSED, OTHER_E164, logged, parties, sender
from support.tenant.company import Company

pytestmark = pytest.mark.usefixtures("real_clock_afterwards", "stepping_clock")


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def test_on_hook_event_belongs_to_the_last_call(
    installation: Installation, company: Company
) -> None:
    snom = await sender(installation, company, "snom")
    query = "?ext=21&remote=sip:08999998001@pbx.example.de&cid=3c26b0-aa@192.168.1.21"
    await snom.gets(f"ringing{query}", f"connected{query}")
    await snom.gets(f"disconnected{query}", after=37)
    await snom.gets("onhook?ext=21&remote=&cid=", after=20)
    await snom.gets("onhook?ext=21&remote=$remote&cid=$call-id", after=600)
    other = "?ext=21&remote=sip:017604069001@pbx.example.de&cid=3c26b0-ab@192.168.1.21"
    await snom.gets(f"outgoing{other}", f"connected{other}", after=60)
    await snom.gets("onhook?ext=21&remote=&cid=", after=37)
    calls = await logged(installation, company, ANSWERED, {**ANSWERED, "direction": "outbound"})
    assert parties(calls) == [E164, OTHER_E164]


EXTENSION_ALONE = {
    "mitel": (
        ("i?n=08999998001&u=21", "c?u=21&s=CONNECTED", "h?u=21&d=incoming&t=37"),
        ("o?n=017604069001&u=21", "c?u=21&s=CONNECTED", "h?u=21&d=outgoing&t=37"),
    ),
    "3cx": (
        ("exe?N=S&C=08999998001&T=I&ext=21", "exe?N=C&T=I&ext=21", "exe?N=E&T=I&ext=21"),
        ("exe?N=S&C=017604069001&T=O&ext=21", "exe?N=C&T=O&ext=21", "exe?N=E&T=O&ext=21"),
    ),
}


@pytest.mark.parametrize("preset", EXTENSION_ALONE)
async def test_hits_with_the_extension_alone_continue_its_call(
    installation: Installation, company: Company, preset: str
) -> None:
    phone = await sender(installation, company, preset)
    for begun, connected, ended in EXTENSION_ALONE[preset]:
        await phone.gets(begun, connected, after=60)
        await phone.gets(ended, after=37)
    await phone.gets(EXTENSION_ALONE[preset][0][0], after=60)
    await phone.gets(EXTENSION_ALONE[preset][0][2], after=5)
    calls = await logged(
        installation,
        company,
        {**ANSWERED, "direction": "inbound", "identity": "derived"},
        {**ANSWERED, "direction": "outbound", "identity": "derived"},
        MISSED if preset == "3cx" else {"phase": "ended"},
    )
    assert parties(calls) == [E164, OTHER_E164, E164]


async def test_hits_with_the_extension_alone_keep_lines_apart(
    installation: Installation, company: Company
) -> None:
    mitel = await sender(installation, company, "mitel")
    await mitel.gets("i?n=08999998001&u=21", "i?n=017604069001&u=22")
    await mitel.gets("c?u=22&s=CONNECTED", after=1)
    await mitel.gets("h?u=22&d=incoming", after=37)
    await mitel.gets("h?u=21&d=incoming", after=1)
    calls = await logged(
        installation, company, {"extension": "21"}, {"extension": "22", **ANSWERED}
    )
    assert parties(calls) == [E164, OTHER_E164]
    await logged(installation, company, MISSED, ANSWERED)


async def test_hits_with_the_extension_alone_can_begin_calls(
    installation: Installation, company: Company
) -> None:
    mitel = await sender(installation, company, "mitel")
    await mitel.gets("c?u=21", "c?u=21")
    await mitel.gets("h?u=21", after=37)
    await mitel.gets("i?u=21", after=60)
    await mitel.gets("h?u=21", after=5)
    calls = await logged(installation, company, ANSWERED, MISSED)
    nobody = {"raw": "", "e164": None, "kind": "anonymous", "display": "", "ext": ""}
    assert [call["remote"] for call in calls] == [nobody, nobody]


async def test_simultaneous_hits_without_a_number_are_one_call(
    installation: Installation, company: Company
) -> None:
    mitel = await sender(installation, company, "mitel")
    await mitel.gets("i?n=08999998001&u=21")
    await asyncio.gather(*(mitel.gets("c?u=21", "h?u=21") for _ in range(5)))
    await logged(installation, company, {"phase": "ended", "outcome": "answered"})


async def test_hits_with_the_extension_alone_continue_a_click(
    installation: Installation, company: Company
) -> None:
    mitel = await sender(installation, company, "mitel")
    await installation.post("/api/dial", company.admin.token, {"number": "0176 04069001"})
    await mitel.gets("o?n=017604069001&u=21", "c?u=21&s=CONNECTED")
    await mitel.gets("h?u=21", after=37)
    await logged(installation, company, {**ANSWERED, "identity": "click", "direction": "outbound"})


async def test_hits_with_the_number_alone_make_calls_by_number(
    installation: Installation, company: Company
) -> None:
    microsip = await sender(installation, company, "microsip")
    query = "&ext=21&n=08999998001"
    rung = [f"?ev={command}{query}" for command in ("cmdIncomingCall", "cmdCallRing")]
    await microsip.gets(*rung)
    await microsip.gets(f"?ev=cmdCallAnswer{query}", f"?ev=cmdCallStart{query}", after=5)
    await microsip.gets(f"?ev=cmdCallEnd{query}", after=37)
    await microsip.gets(*rung, after=60)
    await microsip.gets(f"?ev=cmdCallEnd{query}", after=20)
    await microsip.gets("?ev=cmdCallEnd&ext=21&n=017604069001", after=60)
    calls = await logged(
        installation,
        company,
        {**ANSWERED, "ring_seconds": 5},
        {**MISSED, "ring_seconds": 20},
        MISSED,
    )
    assert parties(calls) == [E164, E164, OTHER_E164]


async def test_second_call_on_the_line_is_another_call(
    installation: Installation, company: Company
) -> None:
    microsip = await sender(installation, company, "microsip")
    first, second = "&ext=21&n=08999998001", "&ext=21&n=017604069001"
    await microsip.gets(f"?ev=cmdIncomingCall{first}", f"?ev=cmdCallAnswer{first}")
    await microsip.gets(f"?ev=cmdIncomingCall{second}", after=10)
    await microsip.gets(f"?ev=cmdCallBusy{second}", after=10)
    await microsip.gets(f"?ev=cmdCallEnd{first}", after=17)
    calls = await logged(installation, company, ANSWERED, {**MISSED, "ring_seconds": 10})
    assert parties(calls) == [E164, OTHER_E164]


async def test_end_of_a_second_call_leaves_the_line_to_the_first(
    installation: Installation, company: Company
) -> None:
    snom = await sender(installation, company, "snom")
    first = "?ext=21&remote=sip:08999998001@pbx.example.de&cid=a@192.168.1.21"
    second = "?ext=21&remote=sip:017604069001@pbx.example.de&cid=b@192.168.1.21"
    await snom.gets(f"ringing{first}")
    await snom.gets(f"ringing{second}", f"connected{first}", after=1)
    await snom.gets(f"missed{second}", after=10)
    await snom.gets("onhook?ext=21&remote=&cid=", after=27)
    calls = await logged(installation, company, ANSWERED, {**MISSED, "ring_seconds": 10})
    assert parties(calls) == [E164, OTHER_E164]


async def test_ring_without_a_number_during_a_talk_is_a_new_call(
    installation: Installation, company: Company
) -> None:
    mitel = await sender(installation, company, "mitel")
    await mitel.gets("i?n=08999998001&u=21", "c?u=21", "i?u=21", "i?u=21")
    calls = await logged(installation, company, {"phase": "connected"}, {"phase": "ringing"})
    assert parties(calls) == [E164, None]


SPELT_OTHERWISE = {
    "a placeholder for an id": ("089 99998001", "sip:+498999998001@pbx.example.de", "08999998001"),
    "withheld in the end": ("089 99998001", "089 99998001", "anonymous"),
    "sent in the end": ("anonymous", "089 99998001", "089 99998001"),
    "sent in between": ("unknown", "089 99998001", ""),
}


@pytest.mark.parametrize("what", SPELT_OTHERWISE)
async def test_hits_without_an_id_may_spell_the_number_differently(
    installation: Installation, company: Company, what: str
) -> None:
    numbers = SPELT_OTHERWISE[what]
    for event, number in zip(("ringing", "connected", "ended"), numbers, strict=True):
        fields = {"extension": "21", "number": number, "call_id": "$call_id"}
        assert (await company.phone.hit(event, **fields)).status_code == 202
        installation.clock.move(timedelta(seconds=37))
    calls = await logged(installation, company, ANSWERED)
    assert parties(calls) == [E164]


async def test_hits_with_two_numbers_are_two_calls(
    installation: Installation, company: Company
) -> None:
    for event, number in (("ringing", "089 99998001"), ("connected", "0176 04069001")):
        await company.phone.post_hits(event, extension="21", number=number)
    calls = await logged(installation, company, {"phase": "ringing"}, {"phase": "connected"})
    assert parties(calls) == [E164, OTHER_E164]


async def test_hits_without_extension_and_id_are_joined_by_number(
    installation: Installation, company: Company
) -> None:
    phone = await sender(installation, company, "generic", mapping={"require": []})
    for number in ("08999998001", "017604069001"):
        await phone.gets(f"ringing?number={number}", after=1)
    await phone.gets("connected?number=017604069001", after=5)
    await phone.gets("ended?number=017604069001", "ended?number=%2B498999998001", after=37)
    calls = await logged(installation, company, MISSED, ANSWERED)
    assert parties(calls) == [E164, OTHER_E164]
    assert [(call["extension"], call["answered_by"]) for call in calls] == [("", None)] * 2
    user = await installation.make_user(company.tenant)
    assert await installation.calls(user.token) == []
