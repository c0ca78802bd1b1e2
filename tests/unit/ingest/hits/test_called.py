"""The own number that was called: kept with the call, named by the tenant, shown to people."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.contracts.entities import OwnNumber
from softphone_common.domain.call import Call, fold_all
from softphone_common.domain.call_view import CallView, view
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import TENANT, MemoryIngest, memory_ingest


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


def name(ingest: MemoryIngest, **names: str) -> None:
    """Gives own numbers these names, as an edit of the tenant would."""
    own = tuple(OwnNumber(number=number, name=each) for each, number in names.items())
    version = ingest.tenant.version + 1
    ingest.tenant = TENANT.model_copy(update={"own_numbers": own, "version": version})


def json_hit(**fields: object) -> HitRequest:
    head = "POST / HTTP/1.1\ncontent-type: application/json\n\n"
    return HitRequest.parse(head + json.dumps(fields))


def form_hit(body: str) -> HitRequest:
    head = "POST / HTTP/1.1\ncontent-type: application/x-www-form-urlencoded\n\n"
    return HitRequest.parse(head + body)


async def seen(ingest: MemoryIngest, *requests: HitRequest) -> CallView:
    """The one call of these hits."""
    for request in requests:
        await ingest.send(request)
    observations = ingest.observed()
    assert observations
    return view(fold_all(Call(observations[0].call_id), observations))


SENDERS = [
    ("generic", HitRequest.parse("/ringing?ext=21&n=03023125001&called=089%20999980")),
    ("asterisk", HitRequest.parse("/?ev=ring&num=03023125001&ext=21&called=4989999980&id=1.1")),
    ("freeswitch", HitRequest.parse("/?ev=ring;num=03023125001;ext=21;called=089999980;id=a1b2c")),
    ("sipgate", form_hit("event=newCall&direction=in&from=493023125001&to=4989999980&callId=A1")),
    (
        "zammad",
        json_hit(
            **{
                "event": "newCall",
                "direction": "in",
                "from": "493023125001",
                "to": "4989999980",
                "callId": "A1",
                "user": ["21"],
            }
        ),
    ),
    ("placetel", form_hit("event=IncomingCall&direction=in&from=03023125001&to=089999980")),
    (
        "twilio",
        form_hit(
            "CallSid=A1&CallStatus=ringing&Direction=inbound&From=%2B493023125001&To=%2B4989999980"
        ),
    ),
    (
        "vonage",
        json_hit(
            **{
                "status": "ringing",
                "direction": "inbound",
                "from": "493023125001",
                "to": "4989999980",
                "conversation_uuid": "CON-1",
            }
        ),
    ),
    ("46elks", form_hit("direction=incoming&callid=A1&from=%2B493023125001&to=%2B4989999980")),
    (
        "aircall",
        json_hit(
            event="call.ringing_on_agent",
            data={
                "id": 1,
                "direction": "inbound",
                "raw_digits": "+49 30 23125001",
                "user": {"email": "anna@example.de"},
                "number": {"digits": "+49 89 999980"},
            },
        ),
    ),
    (
        "3cx",
        json_hit(
            event="ringing",
            callerid="493023125001",
            user="21",
            usertype="ext",
            chid="A1",
            did="Zentrale",
            inbound_did="4989999980",
        ),
    ),
    ("yealink", HitRequest.parse("/ringing?ext=21&remote=03023125001&id=7&calledNumber=089999980")),
    (
        "kamailio",
        json_hit(
            **{
                "ev": "ring",
                "from": "03023125001",
                "to": "+4989999980",
                "call_id": "a84b4c76e66710",
            }
        ),
    ),
    (
        "fritzbox",
        HitRequest.parse(
            "POST / HTTP/1.1\ncontent-type: text/plain\n\n"
            "02.03.26 10:00:00;RING;0;03023125001;089999980;SIP0;"
        ),
    ),
]


@pytest.mark.parametrize(("preset", "hit"), SENDERS, ids=[preset for preset, _ in SENDERS])
async def test_called_number_of_a_sender_is_kept_and_named(
    ingest: MemoryIngest, preset: str, hit: HitRequest
) -> None:
    name(ingest, Zentrale="089 99998-0")
    ingest.configure(preset=preset)
    call = await seen(ingest, hit)
    assert call.remote.e164 == "+493023125001"
    assert call.called is not None
    assert (call.called.e164, call.called_name) == ("+4989999980", "Zentrale")


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("100", "Empfang"),
        ("+4989999980", "Zentrale"),
        ("tel:089999980", "Zentrale"),
        ("08999998-1", ""),
    ],
)
async def test_own_number_is_found_by_any_spelling(
    ingest: MemoryIngest, called: str, shown: str
) -> None:
    name(ingest, Zentrale="+49 (89) 999980", Empfang="100")
    hit = HitRequest.parse(f"/ringing?ext=21&n=03023125001&called={called.replace('+', '%2B')}")
    call = await seen(ingest, hit)
    assert call.called is not None
    assert call.called_name == shown


async def test_called_number_that_is_the_own_extension_is_left_out(ingest: MemoryIngest) -> None:
    call = await seen(ingest, HitRequest.parse("/ringing?ext=21&n=03023125001&called=21"))
    assert (call.extension, call.called) == ("21", None)


@pytest.mark.parametrize("called", ["", "anonymous", "<called>", "null"])
async def test_called_number_that_says_nothing_is_none(ingest: MemoryIngest, called: str) -> None:
    hit = HitRequest.parse(f"/ringing?ext=21&n=03023125001&called={called}")
    assert (await seen(ingest, hit)).called is None


async def test_called_number_of_a_transfer_stays_that_of_the_caller(ingest: MemoryIngest) -> None:
    name(ingest, Zentrale="089 999980")
    first, colleague = (
        HitRequest.parse(f"/{hit}&n=03023125001&id=a84b4c76")
        for hit in ("ringing?ext=21&called=089999980", "ringing?ext=22&called=21")
    )
    call = await seen(ingest, colleague, first)
    assert (call.called and call.called.e164, call.called_name) == ("+4989999980", "Zentrale")


async def test_outbound_call_has_no_called_number(ingest: MemoryIngest) -> None:
    ingest.configure(preset="vtiger")
    fields = "callUUID=A1&callerIdNumber=21&dialString=03023125001"
    call = await seen(ingest, form_hit(f"callstatus=DialBegin&{fields}"))
    assert (call.direction, call.remote.e164, call.called) == ("outbound", "+493023125001", None)


async def test_inspector_shows_the_called_number_and_its_name(ingest: MemoryIngest) -> None:
    name(ingest, Zentrale="089 999980")
    await ingest.get("/ringing?ext=21&n=03023125001&called=089999980")
    await ingest.recorder.settled()
    (hit,) = (await ingest.store.latest("acme", "d1", None, 10, ingest.now)).items
    (event,) = hit.events
    assert (event.called and event.called.e164, event.called_name) == ("+4989999980", "Zentrale")
