"""One call is one entry: clicks and what the phone then says, phones with and without call ids."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.stack.installation import Installation, running
from support.tenant.company import Company

NUMBER, E164 = "089 99998010", "+498999998010"
OTHER = "030 23125110"
MINUTE = timedelta(minutes=1)


pytestmark = pytest.mark.usefixtures("present")


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


def line(call_id: str = "", *, number: str = NUMBER, direction: str = "") -> dict[str, str]:
    """What all hits of one call say."""
    said = {"call_id": call_id, "direction": direction}
    return {"extension": "21", "number": number, **{k: v for k, v in said.items() if v}}


async def dial(installation: Installation, company: Company, number: str = NUMBER) -> str:
    """The id of the call the click began."""
    call: str = (await installation.post("/api/dial", company.admin.token, {"number": number}))[
        "call_id"
    ]
    return call


async def entries(
    installation: Installation, company: Company, *calls: str
) -> list[dict[str, Any]]:
    """The log, in which exactly these calls must be."""

    async def there() -> list[dict[str, Any]]:
        found = await installation.calls(company.admin.token)
        assert sorted(call["id"] for call in found) == sorted(calls)
        return found

    return await until(there, what=f"{len(calls)} entries")


async def test_the_phone_goes_on_with_the_clicked_call(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    await installation.logged(company.admin.token, click, phase="dialed", direction="outbound")
    said = line("a84b4c76@192.168.1.21", direction="outbound")
    for event, phase in (("ringing", "ringing"), ("connected", "connected"), ("ended", "ended")):
        assert await company.phone.post_hits(event, **said) == click
        await installation.logged(company.admin.token, click, phase=phase, identity="click")
    (entry,) = await entries(installation, company, click)
    assert entry["direction"] == "outbound"
    assert entry["outcome"] == "answered"
    assert entry["dialed_at"] < entry["rung_at"] < entry["connected_at"] < entry["ended_at"]
    assert (entry["extension"], entry["remote"]["e164"]) == ("21", E164)


async def test_a_phone_without_direction_joins_when_it_connects(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    assert await company.phone.post_hits("connected", "ended", **line("x1")) == click
    await entries(installation, company, click)


async def test_a_phone_without_ids_goes_on_with_the_clicked_call(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    said = line(direction="outbound")
    assert await company.phone.post_hits("ringing", "connected", "ended", **said) == click
    await entries(installation, company, click)


@pytest.mark.parametrize(
    ("clicked", "told"),
    [
        ("00 49 89 / 99998010", "sip:+498999998010@pbx.example.com"),
        ("2 2", "sip:22@pbx.example.com"),
        ("*21#", "<sip:*21%23@pbx.example.com>"),
    ],
)
async def test_a_number_may_be_spelt_otherwise_by_the_phone(
    installation: Installation, company: Company, clicked: str, told: str
) -> None:
    click = await dial(installation, company, clicked)
    said = line("x", number=told, direction="outbound")
    assert await company.phone.post_hits("ringing", **said) == click
    before = await company.phone.post_hits("ringing", **line(number=told))
    assert await company.phone.post_hits("ended", **line(number=clicked)) == before
    await entries(installation, company, click, before)


async def test_only_one_call_takes_the_click(installation: Installation, company: Company) -> None:
    click = await dial(installation, company)
    first = await company.phone.post_hits("ringing", **line("x1", direction="outbound"))
    second = await company.phone.post_hits("ringing", **line("x2", direction="outbound"))
    assert first == click != second
    await entries(installation, company, click, second)


async def test_of_two_clicks_the_later_waits_for_the_phone(
    installation: Installation, company: Company
) -> None:
    earlier, later = await dial(installation, company), await dial(installation, company)
    assert await company.phone.post_hits("ringing", **line("x", direction="outbound")) == later
    await entries(installation, company, earlier, later)


STRANGERS = {
    "another number": line("x", number=OTHER, direction="outbound"),
    "an incoming call": line("x", direction="inbound"),
    "an incoming call that does not say so": line("x"),
    "another extension": {**line("x", direction="outbound"), "extension": "22"},
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_click_is_not_joined_by_a_stranger(
    installation: Installation, company: Company, stranger: str
) -> None:
    click = await dial(installation, company)
    call = await company.phone.post_hits("ringing", **STRANGERS[stranger])
    assert call != click
    await entries(installation, company, click, call)
    said = line("mine", direction="outbound")
    assert await company.phone.post_hits("ringing", **said) == click


async def test_a_click_is_forgotten_after_its_window(
    rabbitmq: RealServer, redis_server: RealServer, installation: Installation, company: Company
) -> None:
    client: Redis = Redis.from_url(redis_server.url)
    another = running(
        rabbitmq.url, installation.mongo, redis_server.url, only={"ingest"}, dial_join_seconds=3
    )
    async with client, another as ingest:
        await known_to(ingest, company)
        click = await dial(ingest, company)

        async def forgotten() -> bool:
            return not [k async for k in client.scan_iter(f"*:click:{company.tenant}:*")]

        assert not await forgotten()
        await until(forgotten, what="the end of the window")
        call = await ingest.phone(company.phone.key).post_hits(
            "ringing", **line("x", direction="outbound")
        )
        assert call != click
        await entries(installation, company, click, call)


async def test_a_click_hands_the_number_to_the_softphone(
    installation: Installation, company: Company
) -> None:
    async def link(number: str) -> str:
        given: str = (
            await installation.post("/api/dial", company.admin.token, {"number": number})
        )["link"]
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
        answer = await installation.ask("PATCH", "/api/tenant", company.admin.token, changes)
        assert answer.status_code == 200, answer.text
        assert await link(NUMBER) == made


@pytest.mark.parametrize("number", ["", " ", "anonymous", "Erika Huber", "12345678901234567890"])
async def test_what_is_no_number_is_not_dialled(
    installation: Installation, company: Company, number: str
) -> None:
    answer = await installation.ask("POST", "/api/dial", company.admin.token, {"number": number})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["number"]


async def test_everybody_dials_from_an_extension_of_their_own(
    installation: Installation, company: Company
) -> None:
    user = await installation.make_user(company.tenant, extensions=("21", "22"))
    for extension, status in ((None, 201), ("22", 201), ("23", 403), ("", 403)):
        given = {"number": NUMBER, "extension": extension}
        answer = await installation.ask("POST", "/api/dial", user.token, given)
        assert answer.status_code == status, answer.text
    await installation.post("/api/dial", company.admin.token, {"number": NUMBER, "extension": "23"})
    nobody = installation.token(company.tenant, "user")
    answer = await installation.ask("POST", "/api/dial", nobody, {"number": NUMBER})
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
    installation: Installation, company: Company, what: str
) -> None:
    said = line(WITHOUT[what])
    call = await company.phone.post_hits("ringing", "connected", "ended", "ended", **said)
    await installation.logged(
        company.admin.token, call, phase="ended", outcome="answered", identity="derived"
    )
    installation.clock.move(MINUTE)
    again = await company.phone.post_hits("ringing", "missed", **said)
    assert again != call
    await installation.logged(company.admin.token, again, phase="missed", identity="derived")
    await entries(installation, company, call, again)


async def test_hits_without_an_id_at_once_make_one_call(
    installation: Installation, company: Company
) -> None:
    answers = await asyncio.gather(
        *(company.phone.hit(event, **line()) for event in ("ringing", "connected") * 5)
    )
    calls = {answer.json()["call_id"] for answer in answers}
    await entries(installation, company, *calls)
    assert len(calls) == 1


async def test_hits_without_an_id_are_told_apart_by_line_and_number(
    installation: Installation, company: Company
) -> None:
    calls = [
        await company.phone.post_hits("ringing", extension=extension, number=number)
        for extension in ("21", "22")
        for number in (NUMBER, OTHER, "anonymous")
    ]
    assert len(set(calls)) == 6
    await entries(installation, company, *calls)


async def test_a_ring_without_an_id_long_after_one_without_an_end_is_a_new_call(
    installation: Installation, company: Company
) -> None:
    first = await company.phone.post_hits("ringing", **line())
    installation.clock.move(2 * MINUTE)
    assert await company.phone.post_hits("ringing", **line()) == first
    installation.clock.move(2 * MINUTE)
    second = await company.phone.post_hits("ringing", **line())
    assert second != first
    installation.clock.move(10 * MINUTE)
    assert await company.phone.post_hits("connected", "ended", **line()) == second
    await entries(installation, company, first, second)


async def test_an_id_used_again_long_after_the_end_is_a_new_call(
    installation: Installation, company: Company
) -> None:
    first = await company.phone.post_hits("ringing", "connected", "ended", **line("17"))
    await installation.logged(company.admin.token, first, phase="ended", identity="phone")
    installation.clock.move(MINUTE)
    assert await company.phone.post_hits("ended", **line("17")) == first
    second = await company.phone.post_hits("ringing", "connected", "ended", **line("17"))
    assert second != first
    await installation.logged(company.admin.token, second, phase="ended", identity="derived")
    installation.clock.move(MINUTE)
    third = await company.phone.post_hits("ringing", "missed", **line("17"))
    await entries(installation, company, first, second, third)


@pytest.mark.parametrize("call_id", ["17", ""])
async def test_an_end_that_comes_first_belongs_to_the_same_call(
    installation: Installation, company: Company, call_id: str
) -> None:
    call = await company.phone.post_hits("ended", **line(call_id))
    installation.clock.move(timedelta(seconds=1))
    assert await company.phone.post_hits("ringing", "connected", **line(call_id)) == call
    await installation.logged(company.admin.token, call, phase="ended", outcome="answered")
    await entries(installation, company, call)


async def test_without_redis_ids_of_phones_give_the_same_calls(
    rabbitmq: RealServer, installation: Installation, company: Company
) -> None:
    nowhere = f"redis://{HOST}:{free_port()}/0"
    async with running(rabbitmq.url, installation.mongo, nowhere, only={"ingest"}) as ingest:
        await known_to(ingest, company)
        window = ingest.clock().timestamp() // 300 * 300
        ingest.clock.move_to(datetime.fromtimestamp(window + 300, UTC))
        click = await dial(ingest, company)
        said = line("a84b4c76", direction="outbound")
        call = await ingest.phone(company.phone.key).post_hits("ringing", "connected", **said)
        assert call == await company.phone.post_hits("ended", **said) != click
        derived = await ingest.phone(company.phone.key).post_hits(
            "ringing", "connected", "ended", **line()
        )
        await installation.logged(company.admin.token, call, phase="ended", identity="phone")
        await installation.logged(company.admin.token, derived, phase="ended", identity="derived")
        await installation.logged(company.admin.token, click, phase="dialed", identity="click")
        await entries(installation, company, click, call, derived)


async def known_to(ingest: Installation, company: Company) -> None:
    """Returns when another ingest has read its tenants and devices."""

    async def known() -> bool:
        tenant = await ingest.ask("GET", "/api/tenant", company.admin.token)
        device = await ingest.phone(company.phone.key).hit("unknown")
        return (tenant.status_code, device.status_code) == (200, 422)

    await until(ingest.is_listening, what="the other ingest")
    await until(known, what="its tenants and devices")
