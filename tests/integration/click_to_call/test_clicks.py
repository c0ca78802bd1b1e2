"""One call is one entry: clicks and what the phone then says, phones with and without call ids."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.installation import Company, Installation, running

NUMBER, E164 = "089 99998010", "+498999998010"
OTHER = "030 23125110"
MINUTE = timedelta(minutes=1)


pytestmark = pytest.mark.usefixtures("present")


@pytest.fixture
async def company(office: Installation) -> Company:
    return await office.make_company()


def line(call_id: str = "", *, number: str = NUMBER, direction: str = "") -> dict[str, str]:
    """What all hits of one call say."""
    said = {"call_id": call_id, "direction": direction}
    return {"extension": "21", "number": number, **{k: v for k, v in said.items() if v}}


async def dial(office: Installation, company: Company, number: str = NUMBER) -> str:
    """The id of the call the click began."""
    call: str = (await office.post("/api/dial", company.admin, {"number": number}))["call_id"]
    return call


async def entries(office: Installation, company: Company, *calls: str) -> list[dict[str, Any]]:
    """The log, in which exactly these calls must be."""

    async def there() -> list[dict[str, Any]]:
        found = await office.calls(company.admin)
        assert sorted(call["id"] for call in found) == sorted(calls)
        return found

    return await until(there, what=f"{len(calls)} entries")


async def test_the_phone_goes_on_with_the_clicked_call(
    office: Installation, company: Company
) -> None:
    click = await dial(office, company)
    await office.logged(company.admin, click, phase="dialed", direction="outbound")
    said = line("a84b4c76@192.168.1.21", direction="outbound")
    for event, phase in (("ringing", "ringing"), ("connected", "connected"), ("ended", "ended")):
        assert await office.told(company.key, event, **said) == click
        await office.logged(company.admin, click, phase=phase, identity="click")
    (entry,) = await entries(office, company, click)
    assert entry["direction"] == "outbound"
    assert entry["outcome"] == "answered"
    assert entry["dialed_at"] < entry["rung_at"] < entry["connected_at"] < entry["ended_at"]
    assert (entry["extension"], entry["remote"]["e164"]) == ("21", E164)


async def test_a_phone_without_direction_joins_when_it_connects(
    office: Installation, company: Company
) -> None:
    click = await dial(office, company)
    assert await office.told(company.key, "connected", "ended", **line("x1")) == click
    await entries(office, company, click)


async def test_a_phone_without_ids_goes_on_with_the_clicked_call(
    office: Installation, company: Company
) -> None:
    click = await dial(office, company)
    said = line(direction="outbound")
    assert await office.told(company.key, "ringing", "connected", "ended", **said) == click
    await entries(office, company, click)


@pytest.mark.parametrize(
    ("clicked", "told"),
    [
        ("00 49 89 / 99998010", "sip:+498999998010@pbx.example.com"),
        ("2 2", "sip:22@pbx.example.com"),
        ("*21#", "<sip:*21%23@pbx.example.com>"),
    ],
)
async def test_a_number_may_be_spelt_otherwise_by_the_phone(
    office: Installation, company: Company, clicked: str, told: str
) -> None:
    click = await dial(office, company, clicked)
    said = line("x", number=told, direction="outbound")
    assert await office.told(company.key, "ringing", **said) == click
    before = await office.told(company.key, "ringing", **line(number=told))
    assert await office.told(company.key, "ended", **line(number=clicked)) == before
    await entries(office, company, click, before)


async def test_only_one_call_takes_the_click(office: Installation, company: Company) -> None:
    click = await dial(office, company)
    first = await office.told(company.key, "ringing", **line("x1", direction="outbound"))
    second = await office.told(company.key, "ringing", **line("x2", direction="outbound"))
    assert first == click != second
    await entries(office, company, click, second)


async def test_of_two_clicks_the_later_waits_for_the_phone(
    office: Installation, company: Company
) -> None:
    earlier, later = await dial(office, company), await dial(office, company)
    assert await office.told(company.key, "ringing", **line("x", direction="outbound")) == later
    await entries(office, company, earlier, later)


STRANGERS = {
    "another number": line("x", number=OTHER, direction="outbound"),
    "an incoming call": line("x", direction="inbound"),
    "an incoming call that does not say so": line("x"),
    "another extension": {**line("x", direction="outbound"), "extension": "22"},
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_click_is_not_joined_by_a_stranger(
    office: Installation, company: Company, stranger: str
) -> None:
    click = await dial(office, company)
    call = await office.told(company.key, "ringing", **STRANGERS[stranger])
    assert call != click
    await entries(office, company, click, call)
    said = line("mine", direction="outbound")
    assert await office.told(company.key, "ringing", **said) == click


async def test_a_click_is_forgotten_after_its_window(
    rabbitmq: RealServer, redis_server: RealServer, office: Installation, company: Company
) -> None:
    client: Redis = Redis.from_url(redis_server.url)
    another = running(
        rabbitmq.url, office.mongo, redis_server.url, only={"ingest"}, dial_join_seconds=3
    )
    async with client, another as ingest:
        await known_to(ingest, company)
        click = await dial(ingest, company)

        async def forgotten() -> bool:
            return not [k async for k in client.scan_iter(f"*:click:{company.tenant}:*")]

        assert not await forgotten()
        await until(forgotten, what="the end of the window")
        call = await ingest.told(company.key, "ringing", **line("x", direction="outbound"))
        assert call != click
        await entries(office, company, click, call)


async def test_a_click_hands_the_number_to_the_softphone(
    office: Installation, company: Company
) -> None:
    async def link(number: str) -> str:
        given: str = (await office.post("/api/dial", company.admin, {"number": number}))["link"]
        return given

    assert await link(NUMBER) == f"tel:{E164}"
    assert await link("00 49 89 / 99998010") == f"tel:{E164}"
    assert await link("22") == "tel:22"
    assert await link("*21#") == "tel:*21%23"
    for template, made in (
        ("sip:{number}@pbx.example.com", f"sip:{E164}@pbx.example.com"),
        ("https://pbx.example.com/?to={number}", "https://pbx.example.com/?to=%2B498999998010"),
    ):
        changes = {"dial_link": template}
        answer = await office.ask("PATCH", "/api/tenant", company.admin, changes)
        assert answer.status_code == 200, answer.text
        assert await link(NUMBER) == made


@pytest.mark.parametrize("number", ["", " ", "anonymous", "Erika Huber", "12345678901234567890"])
async def test_what_is_no_number_is_not_dialled(
    office: Installation, company: Company, number: str
) -> None:
    answer = await office.ask("POST", "/api/dial", company.admin, {"number": number})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["number"]


async def test_everybody_dials_from_an_extension_of_their_own(
    office: Installation, company: Company
) -> None:
    user = await office.make_user(company.tenant, extensions=("21", "22"))
    for extension, status in ((None, 201), ("22", 201), ("23", 403), ("", 403)):
        given = {"number": NUMBER, "extension": extension}
        answer = await office.ask("POST", "/api/dial", user.token, given)
        assert answer.status_code == status, answer.text
    await office.post("/api/dial", company.admin, {"number": NUMBER, "extension": "23"})
    nobody = office.token(company.tenant, "user")
    answer = await office.ask("POST", "/api/dial", nobody, {"number": NUMBER})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["extension"]


WITHOUT = {
    "no id": "",
    "a blank": " ",
    "$call_id": "$call_id",
    "%1": "%1",
    "{callid}": "{callid}",
    "the number": "08999998010",
    "the number as E.164": E164,
    "null": "null",
}


@pytest.mark.parametrize("what", WITHOUT)
async def test_hits_without_an_id_of_use_make_one_call(
    office: Installation, company: Company, what: str
) -> None:
    said = line(WITHOUT[what])
    call = await office.told(company.key, "ringing", "connected", "ended", "ended", **said)
    await office.logged(company.admin, call, phase="ended", outcome="answered", identity="derived")
    office.clock.move(MINUTE)
    again = await office.told(company.key, "ringing", "missed", **said)
    assert again != call
    await office.logged(company.admin, again, phase="missed", identity="derived")
    await entries(office, company, call, again)


async def test_hits_without_an_id_at_once_make_one_call(
    office: Installation, company: Company
) -> None:
    answers = await asyncio.gather(
        *(office.hit(company.key, event, **line()) for event in ("ringing", "connected") * 5)
    )
    calls = {answer.json()["call_id"] for answer in answers}
    await entries(office, company, *calls)
    assert len(calls) == 1


async def test_hits_without_an_id_are_told_apart_by_line_and_number(
    office: Installation, company: Company
) -> None:
    calls = [
        await office.told(company.key, "ringing", extension=extension, number=number)
        for extension in ("21", "22")
        for number in (NUMBER, OTHER, "anonymous")
    ]
    assert len(set(calls)) == 6
    await entries(office, company, *calls)


async def test_a_ring_without_an_id_long_after_one_without_an_end_is_a_new_call(
    office: Installation, company: Company
) -> None:
    first = await office.told(company.key, "ringing", **line())
    office.clock.move(2 * MINUTE)
    assert await office.told(company.key, "ringing", **line()) == first
    office.clock.move(2 * MINUTE)
    second = await office.told(company.key, "ringing", **line())
    assert second != first
    office.clock.move(10 * MINUTE)
    assert await office.told(company.key, "connected", "ended", **line()) == second
    await entries(office, company, first, second)


async def test_an_id_used_again_long_after_the_end_is_a_new_call(
    office: Installation, company: Company
) -> None:
    first = await office.told(company.key, "ringing", "connected", "ended", **line("17"))
    await office.logged(company.admin, first, phase="ended", identity="phone")
    office.clock.move(MINUTE)
    assert await office.told(company.key, "ended", **line("17")) == first
    second = await office.told(company.key, "ringing", "connected", "ended", **line("17"))
    assert second != first
    await office.logged(company.admin, second, phase="ended", identity="derived")
    office.clock.move(MINUTE)
    third = await office.told(company.key, "ringing", "missed", **line("17"))
    await entries(office, company, first, second, third)


@pytest.mark.parametrize("call_id", ["17", ""])
async def test_an_end_that_comes_first_belongs_to_the_same_call(
    office: Installation, company: Company, call_id: str
) -> None:
    call = await office.told(company.key, "ended", **line(call_id))
    office.clock.move(timedelta(seconds=1))
    assert await office.told(company.key, "ringing", "connected", **line(call_id)) == call
    await office.logged(company.admin, call, phase="ended", outcome="answered")
    await entries(office, company, call)


async def test_without_redis_ids_of_phones_give_the_same_calls(
    rabbitmq: RealServer, office: Installation, company: Company
) -> None:
    nowhere = f"redis://{HOST}:{free_port()}/0"
    async with running(rabbitmq.url, office.mongo, nowhere, only={"ingest"}) as ingest:
        await known_to(ingest, company)
        window = ingest.clock().timestamp() // 300 * 300
        ingest.clock.move_to(datetime.fromtimestamp(window + 300, UTC))
        click = await dial(ingest, company)
        said = line("a84b4c76", direction="outbound")
        call = await ingest.told(company.key, "ringing", "connected", **said)
        assert call == await office.told(company.key, "ended", **said) != click
        derived = await ingest.told(company.key, "ringing", "connected", "ended", **line())
        await office.logged(company.admin, call, phase="ended", identity="phone")
        await office.logged(company.admin, derived, phase="ended", identity="derived")
        await office.logged(company.admin, click, phase="dialed", identity="click")
        await entries(office, company, click, call, derived)


async def known_to(ingest: Installation, company: Company) -> None:
    """Returns when another ingest has read its tenants and devices."""

    async def known() -> bool:
        tenant = await ingest.ask("GET", "/api/tenant", company.admin)
        device = await ingest.hit(company.key, "unknown")
        return (tenant.status_code, device.status_code) == (200, 422)

    await until(ingest.listening, what="the other ingest")
    await until(known, what="its tenants and devices")
