"""Hits of one call with ids: several ids, counters, reused ids, and hits that come late."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from redis.asyncio import Redis

from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation
from support.stack.sender import ANSWERED, E164, MISSED, OTHER_E164, logged, parties, sender
from support.tenant.company import Company
from support.waiting import until_passes

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


async def test_key_of_one_phone_joins_no_call_of_another(
    installation: Installation, company: Company
) -> None:
    """Two phones send the id of their exchange. Shared by an administrator, one id is one call."""
    for scope, legs in (("pbx", [["21"], ["22"]]), ("shared", [["21", "22"]])):
        changes = {"scope": scope}
        phones = [await sender(installation, company, "snom", mapping=changes) for _ in range(2)]
        await phones[0].gets(f"incoming?ext=21&remote=08999998001&cid=3c26b0aa-{scope}")
        await phones[1].gets(f"connected?ext=22&cid=3c26b0aa-{scope}", after=5)
        hits = [hit for phone in phones for hit in await phone.hits()]
        calls = {hit["events"][0]["call"] for hit in hits}
        await until_passes(
            partial(_check_legs, installation, company, calls, legs), "the legs in the log"
        )


async def _check_legs(
    installation: Installation, company: Company, calls: set[str], legs: list[list[str]]
) -> None:
    entries = [await installation.logged(company.admin.token, call) for call in calls]
    assert sorted([leg["extension"] for leg in each["legs"]] for each in entries) == legs


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
