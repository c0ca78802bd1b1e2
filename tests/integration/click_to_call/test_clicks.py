"""One call is one entry in the log: clicks and the hits that follow, with and without ids."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.stack.click_to_call import entries, until_loaded_by
from support.stack.installation import Installation, running
from support.tenant.company import Company

SETTINGS: dict[str, Any] = {"dial_hosts": "pbx.example.com"}
NUMBER, E164 = "089 99998010", "+498999998010"
OTHER = "030 23125110"
MINUTE = timedelta(minutes=1)


pytestmark = pytest.mark.usefixtures("real_clock_afterwards")


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


def hit_fields(call_id: str = "", *, number: str = NUMBER, direction: str = "") -> dict[str, str]:
    """The fields that all hits of one call carry."""
    optional = {"call_id": call_id, "direction": direction}
    return {"extension": "21", "number": number, **{k: v for k, v in optional.items() if v}}


async def dial(installation: Installation, company: Company, number: str = NUMBER) -> str:
    """Clicks on a number and returns the id of the call."""
    call: str = (await installation.post("/api/dial", company.admin.token, {"number": number}))[
        "call_id"
    ]
    return call


async def test_hits_after_a_click_continue_the_clicked_call(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    await installation.logged(company.admin.token, click, phase="dialed", direction="outbound")
    fields = hit_fields("a84b4c76@192.168.1.21", direction="outbound")
    for event, phase in (("ringing", "ringing"), ("connected", "connected"), ("ended", "ended")):
        assert await company.phone.post_hits(event, **fields) == click
        await installation.logged(company.admin.token, click, phase=phase, identity="click")
    (entry,) = await entries(installation, company, click)
    assert entry["direction"] == "outbound"
    assert entry["outcome"] == "answered"
    assert entry["dialed_at"] < entry["rung_at"] < entry["connected_at"] < entry["ended_at"]
    assert (entry["extension"], entry["remote"]["e164"]) == ("21", E164)


async def test_phone_without_direction_joins_the_click_on_connect(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    assert await company.phone.post_hits("connected", "ended", **hit_fields("x1")) == click
    await entries(installation, company, click)


async def test_phone_without_ids_continues_the_clicked_call(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    fields = hit_fields(direction="outbound")
    assert await company.phone.post_hits("ringing", "connected", "ended", **fields) == click
    await entries(installation, company, click)


@pytest.mark.parametrize(
    ("clicked", "reported"),
    [
        ("00 49 89 / 99998010", "sip:+498999998010@pbx.example.com"),
        ("2 2", "sip:22@pbx.example.com"),
        ("*21#", "<sip:*21%23@pbx.example.com>"),
    ],
)
async def test_number_spelt_differently_by_the_phone_is_the_same(
    installation: Installation, company: Company, clicked: str, reported: str
) -> None:
    click = await dial(installation, company, clicked)
    fields = hit_fields("x", number=reported, direction="outbound")
    assert await company.phone.post_hits("ringing", **fields) == click
    before = await company.phone.post_hits("ringing", **hit_fields(number=reported))
    assert await company.phone.post_hits("ended", **hit_fields(number=clicked)) == before
    await entries(installation, company, click, before)


async def test_click_is_joined_by_one_call_only(
    installation: Installation, company: Company
) -> None:
    click = await dial(installation, company)
    first = await company.phone.post_hits("ringing", **hit_fields("x1", direction="outbound"))
    second = await company.phone.post_hits("ringing", **hit_fields("x2", direction="outbound"))
    assert first == click != second
    await entries(installation, company, click, second)


async def test_two_clicks_and_one_call_join_the_later_click(
    installation: Installation, company: Company
) -> None:
    earlier, later = await dial(installation, company), await dial(installation, company)
    assert (
        await company.phone.post_hits("ringing", **hit_fields("x", direction="outbound")) == later
    )
    await entries(installation, company, earlier, later)


STRANGERS = {
    "another number": hit_fields("x", number=OTHER, direction="outbound"),
    "an incoming call": hit_fields("x", direction="inbound"),
    "an incoming call that does not say so": hit_fields("x"),
    "another extension": {**hit_fields("x", direction="outbound"), "extension": "22"},
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_click_is_not_joined_by_an_unrelated_call(
    installation: Installation, company: Company, stranger: str
) -> None:
    click = await dial(installation, company)
    call = await company.phone.post_hits("ringing", **STRANGERS[stranger])
    assert call != click
    await entries(installation, company, click, call)
    fields = hit_fields("mine", direction="outbound")
    assert await company.phone.post_hits("ringing", **fields) == click


async def test_click_after_its_window_is_not_joined(
    rabbitmq: RealServer, redis_server: RealServer, installation: Installation, company: Company
) -> None:
    client: Redis = Redis.from_url(redis_server.url)
    another = running(
        rabbitmq.url, installation.mongo, redis_server.url, only={"ingest"}, dial_join_seconds=3
    )
    async with client, another as ingest:
        await until_loaded_by(ingest, company)
        click = await dial(ingest, company)

        async def forgotten() -> bool:
            return not [k async for k in client.scan_iter(f"*:click:{company.tenant}:*")]

        assert not await forgotten()
        await until(forgotten, what="the end of the window")
        call = await ingest.phone(company.phone.key).post_hits(
            "ringing", **hit_fields("x", direction="outbound")
        )
        assert call != click
        await entries(installation, company, click, call)


async def test_click_returns_the_link_for_the_softphone(
    installation: Installation, company: Company
) -> None:
    async def link(number: str) -> str:
        dial_link: str = (
            await installation.post("/api/dial", company.admin.token, {"number": number})
        )["link"]
        return dial_link

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
async def test_text_that_is_no_number_is_not_dialled(
    installation: Installation, company: Company, number: str
) -> None:
    answer = await installation.ask("POST", "/api/dial", company.admin.token, {"number": number})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["number"]


async def test_user_can_dial_from_the_own_extensions_only(
    installation: Installation, company: Company
) -> None:
    user = await installation.make_user(company.tenant, extensions=("21", "22"))
    for extension, status in ((None, 201), ("22", 201), ("23", 403), ("", 403)):
        body = {"number": NUMBER, "extension": extension}
        answer = await installation.ask("POST", "/api/dial", user.token, body)
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
async def test_hits_without_a_usable_id_make_one_call(
    installation: Installation, company: Company, what: str
) -> None:
    fields = hit_fields(WITHOUT[what])
    call = await company.phone.post_hits("ringing", "connected", "ended", "ended", **fields)
    await installation.logged(
        company.admin.token, call, phase="ended", outcome="answered", identity="derived"
    )
    installation.clock.move(MINUTE)
    again = await company.phone.post_hits("ringing", "missed", **fields)
    assert again != call
    await installation.logged(company.admin.token, again, phase="missed", identity="derived")
    await entries(installation, company, call, again)


async def test_simultaneous_hits_without_an_id_make_one_call(
    installation: Installation, company: Company
) -> None:
    answers = await asyncio.gather(
        *(company.phone.hit(event, **hit_fields()) for event in ("ringing", "connected") * 5)
    )
    calls = {answer.json()["call_id"] for answer in answers}
    await entries(installation, company, *calls)
    assert len(calls) == 1


async def test_hits_without_an_id_differ_by_extension_and_number(
    installation: Installation, company: Company
) -> None:
    calls = [
        await company.phone.post_hits("ringing", extension=extension, number=number)
        for extension in ("21", "22")
        for number in (NUMBER, OTHER, "anonymous")
    ]
    assert len(set(calls)) == 6
    await entries(installation, company, *calls)


async def test_ring_without_an_id_long_after_another_is_a_new_call(
    installation: Installation, company: Company
) -> None:
    first = await company.phone.post_hits("ringing", **hit_fields())
    installation.clock.move(2 * MINUTE)
    assert await company.phone.post_hits("ringing", **hit_fields()) == first
    installation.clock.move(2 * MINUTE)
    second = await company.phone.post_hits("ringing", **hit_fields())
    assert second != first
    installation.clock.move(10 * MINUTE)
    assert await company.phone.post_hits("connected", "ended", **hit_fields()) == second
    await entries(installation, company, first, second)


async def test_id_reused_long_after_the_end_is_a_new_call(
    installation: Installation, company: Company
) -> None:
    first = await company.phone.post_hits("ringing", "connected", "ended", **hit_fields("17"))
    await installation.logged(company.admin.token, first, phase="ended", identity="phone")
    installation.clock.move(MINUTE)
    assert await company.phone.post_hits("ended", **hit_fields("17")) == first
    second = await company.phone.post_hits("ringing", "connected", "ended", **hit_fields("17"))
    assert second != first
    await installation.logged(company.admin.token, second, phase="ended", identity="derived")
    installation.clock.move(MINUTE)
    third = await company.phone.post_hits("ringing", "missed", **hit_fields("17"))
    await entries(installation, company, first, second, third)


@pytest.mark.parametrize("call_id", ["17", ""])
async def test_end_before_the_ring_belongs_to_the_same_call(
    installation: Installation, company: Company, call_id: str
) -> None:
    call = await company.phone.post_hits("ended", **hit_fields(call_id))
    installation.clock.move(timedelta(seconds=1))
    assert await company.phone.post_hits("ringing", "connected", **hit_fields(call_id)) == call
    await installation.logged(company.admin.token, call, phase="ended", outcome="answered")
    await entries(installation, company, call)


async def test_ids_of_phones_without_redis_give_the_same_calls(
    rabbitmq: RealServer, installation: Installation, company: Company
) -> None:
    nowhere = f"redis://{HOST}:{free_port()}/0"
    async with running(rabbitmq.url, installation.mongo, nowhere, only={"ingest"}) as ingest:
        await until_loaded_by(ingest, company)
        window = ingest.clock().timestamp() // 300 * 300
        ingest.clock.move_to(datetime.fromtimestamp(window + 300, UTC))
        installation.clock.move_to(datetime.fromtimestamp(window + 300, UTC))
        click = await dial(ingest, company)
        fields = hit_fields("a84b4c76", direction="outbound")
        call = await ingest.phone(company.phone.key).post_hits("ringing", "connected", **fields)
        assert call == await company.phone.post_hits("ended", **fields) != click
        derived = await ingest.phone(company.phone.key).post_hits(
            "ringing", "connected", "ended", **hit_fields()
        )
        await installation.logged(company.admin.token, call, phase="ended", identity="phone")
        await installation.logged(company.admin.token, derived, phase="ended", identity="derived")
        await installation.logged(company.admin.token, click, phase="dialed", identity="click")
        await entries(installation, company, click, call, derived)
