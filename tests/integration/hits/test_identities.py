"""Which hits are one call: without ids or numbers, with several ids, with reused ids."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company

E164, OTHER_E164 = "+498999998001", "+4917604069001"
FORM = "application/x-www-form-urlencoded"
GUID = "{6f9619ff-8b86-5d01-b42d-00cf4fc964ff}"


pytestmark = pytest.mark.usefixtures("real_clock_afterwards", "stepping_clock")


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


@pytest.fixture
async def memory(redis_server: RealServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_server.url) as client:
        yield client


async def forget(memory: Redis, company: Company) -> None:
    """Removes all keys of the company's calls from Redis, as expiry or a restart would."""
    keys = [key async for key in memory.scan_iter(f"softphone:*:{company.tenant}:*")]
    assert await memory.delete(*keys) == len(keys)


@dataclass(frozen=True)
class Sender:
    """A device with a preset, which sends hits in the preset's format."""

    installation: Installation
    key: str

    async def gets(self, *paths: str, after: float = 0) -> None:
        """Requests paths below the device's URL in order, `after` seconds later."""
        self.installation.clock.move(timedelta(seconds=after))
        for path in paths:
            answer = await self.installation.client.get(f"/hit/{self.key}/{path}")
            assert answer.is_success, answer.text

    async def posts(self, body: str, path: str = "", kind: str = FORM, after: float = 0) -> None:
        """Posts to the device's URL, `after` seconds later."""
        self.installation.clock.move(timedelta(seconds=after))
        headers = {"Content-Type": kind}
        url = f"/hit/{self.key}{path}"
        answer = await self.installation.client.post(url, content=body, headers=headers)
        assert answer.is_success, answer.text


async def sender(
    installation: Installation, company: Company, preset: str, **fields: Any
) -> Sender:
    body = {"name": preset, "preset": preset, **fields}
    return Sender(
        installation, (await installation.post("/api/devices", company.admin.token, body))["key"]
    )


async def logged(installation: Installation, company: Company, *wanted: Json) -> list[Json]:
    """Waits until the log holds as many calls as given, oldest first, each with its fields.

    Legs are compared as a mapping from extension to phase.
    """

    async def there() -> list[Json]:
        token = installation.token(company.tenant)  # the clock may have outrun older tokens
        entries = await installation.calls(token)
        calls = sorted(entries, key=lambda call: str(call["started_at"]))
        seen = [{**call, "legs": legs(call)} for call in calls]
        assert [
            {field: call[field] for field in must} for call, must in zip(seen, wanted, strict=False)
        ] == list(wanted)
        assert len(calls) == len(wanted)
        return calls

    return await until(there, what=f"{len(wanted)} calls")


def parties(calls: list[Json]) -> list[str | None]:
    return [call["remote"]["e164"] for call in calls]


def legs(call: Json) -> dict[str, str]:
    return {leg["extension"]: leg["phase"] for leg in call["legs"]}


ANSWERED = {"phase": "ended", "outcome": "answered", "talk_seconds": 37}
MISSED = {"phase": "missed", "outcome": "missed", "talk_seconds": 0}


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


def newcall(call_id: str, *users: str, origin: str = "") -> str:
    rung = "".join(f"&userId[]={user}" for user in users)
    linked = f"&origCallId={origin or call_id}"
    return (
        f"event=newCall&from=498999998001&to=4989999980&direction=in&callId={call_id}{linked}{rung}"
    )


def then(event: str, call_id: str, more: str = "") -> str:
    fields = f"&from=498999998001&to=4989999980&direction=in&callId={call_id}"
    return f"event={event}{fields}{more}"


async def test_group_call_is_one_call_until_the_first_hangup(
    installation: Installation, company: Company
) -> None:
    numbers = {"format": "e164_without_plus"}
    sipgate = await sender(installation, company, "sipgate", numbers=numbers)
    await sipgate.posts(newcall("8CB6A4F6", "w0", "w1"))
    await sipgate.posts(then("answer", "8CB6A4F6", "&user=Alice&userId=1234567w0"), after=5)
    await sipgate.posts(then("hangup", "8CB6A4F6", "&cause=normalClearing"), after=37)
    await sipgate.posts(newcall("8CB6A4F7", "w0", "w1"), after=60)
    await sipgate.posts(then("hangup", "8CB6A4F7", "&cause=cancel"), after=20)
    answered = {"": "ended", "1234567w0": "ended", "w0": "ended", "w1": "ended"}
    missed = {"": "missed", "w0": "missed", "w1": "missed"}
    talk = {"answered_by": "1234567w0", "identity": "phone", "ring_seconds": 5}
    calls = await logged(
        installation,
        company,
        {**ANSWERED, **talk, "legs": answered},
        {**MISSED, "answered_by": None, "ring_seconds": 20, "legs": missed},
    )
    assert parties(calls) == [E164, E164]


async def test_call_transferred_under_another_id_is_one_call(
    installation: Installation, company: Company
) -> None:
    numbers = {"format": "e164_without_plus"}
    sipgate = await sender(installation, company, "sipgate", numbers=numbers)
    await sipgate.posts(newcall("A", "w0"))
    await sipgate.posts(then("answer", "A", "&userId=w0"))
    await sipgate.posts(newcall("B", "w1", origin="A"), after=10)
    await sipgate.posts(then("hangup", "A", "&cause=forwarded"))
    handed_on = {"": "ended", "w0": "ended", "w1": "ringing"}
    talking = {"phase": "connected", "answered_by": "w0", "legs": handed_on}
    await logged(installation, company, talking)
    await sipgate.posts(then("answer", "B", "&userId=w1"), after=40)
    await sipgate.posts(then("hangup", "B", "&cause=normalClearing"), after=20)
    talked = {"phase": "ended", "answered_by": "w0", "talk_seconds": 70}
    await logged(installation, company, talked)
    await sipgate.posts(newcall("C", "w1", origin="A"), after=600)
    await logged(installation, company, talked, {"phase": "ringing"})


async def test_call_linked_to_an_unseen_id_is_joined_by_it_later(
    installation: Installation, company: Company
) -> None:
    fields = {"linked_id": "any.linked"}
    phone = await sender(installation, company, "generic", mapping={"fields": fields})
    query = "extension=21&number=089%2099998001"
    await phone.gets(f"ringing?{query}&call_id=b&linked=a", f"connected?{query}&call_id=a")
    await phone.gets(f"ended?{query}&call_id=b", after=37)
    await logged(installation, company, ANSWERED)


async def test_same_counter_in_two_phones_is_two_calls(
    installation: Installation, company: Company
) -> None:
    numbers = ("08999998001", "017604069001")
    phones = [await sender(installation, company, "yealink") for _ in numbers]

    def query(at: int) -> str:
        remote = f"sip:{numbers[at]}@pbx.example.de"
        return f"?active_user=3{at}&remote={remote}&name=&id=33093"

    for event, seconds in (("incoming_call", 0), ("call_established", 5), ("call_terminated", 37)):
        installation.clock.move(timedelta(seconds=seconds))
        for at, phone in enumerate(phones):
            await phone.gets(f"{event}{query(at)}")
    calls = await logged(
        installation, company, {**ANSWERED, "extension": "30"}, {**ANSWERED, "extension": "31"}
    )
    assert parties(calls) == [E164, OTHER_E164]


async def test_counter_restarted_at_zero_is_another_call(
    installation: Installation, company: Company
) -> None:
    box = await sender(installation, company, "fritzbox")

    async def line(text: str, after: float = 0) -> None:
        await box.posts(f"22.11.26 20:51:07;{text};", kind="text/plain", after=after)

    await line("RING;0;08999998001;99998021;SIP0")
    await line("CONNECT;0;11;08999998001", after=5)
    await line("DISCONNECT;0;37", after=37)
    await line("RING;0;017604069001;99998021;SIP0", after=10)
    await line("DISCONNECT;0;0", after=20)
    await line("RING;0;017604069001;99998021;SIP0", after=10)
    await line("RING;0;08999998001;99998021;SIP0", after=600)
    calls = await logged(
        installation, company, ANSWERED, MISSED, {"phase": "ringing"}, {"phase": "ringing"}
    )
    assert parties(calls) == [E164, OTHER_E164, OTHER_E164, E164]
    assert calls[0]["answered_by"] == "99998021"


async def test_counter_reused_after_redis_forgot_is_another_call(
    installation: Installation, company: Company, memory: Redis
) -> None:
    box = await sender(installation, company, "fritzbox")
    for number, after in (("08999998001", 0), ("017604069001", 86_400)):
        lines = [f"RING;0;{number};99998021;SIP0", f"CONNECT;0;11;{number}", "DISCONNECT;0;37"]
        for text, seconds in zip(lines, (after, 0, 37), strict=True):
            await box.posts(f"22.11.26 20:51:07;{text};", kind="text/plain", after=seconds)
        await forget(memory, company)
    calls = await logged(installation, company, ANSWERED, ANSWERED)
    assert parties(calls) == [E164, OTHER_E164]


async def test_call_with_two_counters_is_one_over_the_full_hour(
    installation: Installation, company: Company
) -> None:
    """The second counter is named before any hit carries it."""
    mapping = {"scope": "device", "fields": {"linked_id": "any.linked"}}
    phone = await sender(installation, company, "generic", mapping=mapping)
    hour = installation.clock().replace(minute=0, second=0) + timedelta(hours=1)
    installation.clock.move_to(hour - timedelta(seconds=10))
    query = "extension=21&number=089%2099998001"
    await phone.gets(f"ringing?{query}&call_id=8&linked=7")
    await phone.gets(f"connected?{query}&call_id=7", after=20)
    await phone.gets(f"ended?{query}&call_id=8", after=37)
    await logged(installation, company, ANSWERED)


async def test_number_sent_as_id_is_not_used_as_id(
    installation: Installation, company: Company
) -> None:
    starface = await sender(installation, company, "starface")
    body = (
        '{"callto": "21", "callfrom": "08999998001", "displayname": "Huber GmbH",'
        ' "callid": "08999998001", "direction": 1}'
    )
    for _ in range(2):
        await starface.posts(body, "/Call", "application/json", after=60)
        await starface.gets("connected?ext=21&n=%2B498999998001&id=498999998001", after=5)
        await starface.gets("ended?ext=21&n=%2B498999998001&id=498999998001", after=37)
    calls = await logged(installation, company, ANSWERED, ANSWERED)
    assert {call["name"] for call in calls} == {"Huber GmbH"}


async def test_late_hits_belong_to_the_call_of_their_times(
    installation: Installation, company: Company
) -> None:
    """A reused id is recognised by the time a phone reports, and by the arrival only without it."""
    begun = installation.clock()
    fields = {"extension": "21", "number": "089 99998001", "call_id": "a84b4c76"}

    async def post(event: str, seconds: int) -> None:
        at = (begun + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
        await company.phone.post_hits(event, time=at, **fields)

    for event, seconds, later in (
        ("ended", 42, 42),
        ("ringing", 0, 120),
        ("connected", 5, 0),
        ("ringing", 170, 30),
    ):
        installation.clock.move(timedelta(seconds=later))
        await post(event, seconds)
    calls = await logged(
        installation, company, {**ANSWERED, "ring_seconds": 5}, {"phase": "ringing"}
    )
    assert [call["identity"] for call in calls] == ["phone", "derived"]


@pytest.mark.parametrize("call_id", [GUID, "8CB6A4F6"])
async def test_one_id_at_several_extensions_is_one_call(
    installation: Installation, company: Company, call_id: str
) -> None:
    fields = {"number": "089 99998001", "call_id": call_id}
    for extension in ("21", "22", "21"):
        await company.phone.post_hits("ringing", extension=extension, **fields)
    both = {"21": "ringing", "22": "ringing"}
    await logged(installation, company, {"phase": "ringing", "identity": "phone", "legs": both})


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
