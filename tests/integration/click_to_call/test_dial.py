"""A click reaches the softphone: whose link, which spelling, and once however often it is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.stack.installation import Installation, running
from support.tenant.company import Company

NUMBER, E164 = "089 99998010", "+498999998010"
MOBILE, MOBILE_E164 = "0176 04069001", "+4917604069001"
DESK = {"region": "DE", "outside_prefix": "0"}
HTTP = "http://localhost:61234?action=make_call&target={number}"


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def change(
    installation: Installation, company: Company, method: str, path: str, given: dict[str, Any]
) -> None:
    answer = await installation.ask(method, path, company.admin.token, given)
    assert answer.is_success, answer.text


async def clicked(
    installation: Installation, company: Company, *, token: str = "", key: str = "", **given: str
) -> tuple[str, str]:
    """The call and the link of a click that is taken."""
    headers = {"Idempotency-Key": key} if key else {}
    asked = {"number": NUMBER, **given}
    answer = await installation.ask(
        "POST", "/api/dial", token or company.admin.token, asked, headers=headers
    )
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"call_id", "link"}
    return answer.json()["call_id"], answer.json()["link"]


async def link(installation: Installation, company: Company, **given: str) -> str:
    return (await clicked(installation, company, **given))[1]


async def entries(
    installation: Installation, company: Company, *calls: str
) -> list[dict[str, Any]]:
    """The log, in which exactly these calls must be."""

    async def there() -> list[dict[str, Any]]:
        found = await installation.calls(company.admin.token)
        assert sorted(call["id"] for call in found) == sorted(calls)
        return found

    return await until(there, what=f"{len(calls)} entries")


async def known_to(another: Installation, company: Company) -> None:
    """Returns when another ingest has read its tenants."""

    async def known() -> bool:
        return (await another.ask("GET", "/api/tenant", company.admin.token)).status_code == 200

    await until(another.is_listening, what="the other ingest")
    await until(known, what="its tenants")


@asynccontextmanager
async def through(server_url: str) -> AsyncIterator[Proxy]:
    """A way to the server that can be cut."""
    proxy = Proxy(server_url)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.cut()


@pytest.mark.parametrize(
    ("spelling", "near", "abroad"),
    [
        ("e164", "+498999998010", "+12125550123"),
        ("international", "00498999998010", "0012125550123"),
        ("national", "08999998010", "0012125550123"),
        ("outside", "008999998010", "00012125550123"),
    ],
)
async def test_the_tenants_profile_spells_the_number(
    installation: Installation, company: Company, spelling: str, near: str, abroad: str
) -> None:
    await change(
        installation, company, "PATCH", "/api/tenant", {"numbers": DESK, "dial_spelling": spelling}
    )
    assert await link(installation, company) == f"tel:{near}"
    assert await link(installation, company, number="+1 212 555 0123") == f"tel:{abroad}"
    for same in ("22", "112"):
        assert await link(installation, company, number=same) == f"tel:{same}"
    assert await link(installation, company, number="*21#") == "tel:*21%23"


async def test_what_people_type_has_no_outside_prefix_though_the_phone_shows_one(
    installation: Installation, company: Company
) -> None:
    numbers = {**DESK, "outside_prefix_mode": "always"}
    changes = {"numbers": numbers, "dial_spelling": "outside"}
    await change(installation, company, "PATCH", "/api/tenant", changes)
    for typed in (MOBILE, MOBILE_E164):
        assert await link(installation, company, number=typed) == "tel:0017604069001"


async def test_an_own_link_goes_before_the_devices_and_that_before_the_tenants(
    installation: Installation, company: Company
) -> None:
    device = await installation.make_phone(company.tenant, extension="21")
    assert await link(installation, company) == f"tel:{E164}"
    await change(installation, company, "PATCH", "/api/tenant", {"dial_link": "callto:{number}"})
    assert await link(installation, company) == f"callto:{E164}"
    changes = {
        "numbers": {"outside_prefix": "9"},
        "dial": {"link": "sip:{number}@pbx.example.de", "spelling": "outside"},
    }
    await change(installation, company, "PATCH", f"/api/devices/{device.id}", changes)
    assert await link(installation, company) == "sip:908999998010@pbx.example.de"
    assert await link(installation, company, extension="22") == f"callto:{E164}"
    own = {"link": "zoiper:{number}", "spelling": "outside"}
    await change(installation, company, "PUT", "/api/dial/link", own)
    assert await link(installation, company) == "zoiper:908999998010"
    assert await link(installation, company, extension="22") == "zoiper:08999998010"
    assert (
        await installation.ask("DELETE", "/api/dial/link", company.admin.token)
    ).status_code == 204
    assert await link(installation, company) == "sip:908999998010@pbx.example.de"
    assert (
        await installation.ask("DELETE", f"/api/devices/{device.id}", company.admin.token)
    ).is_success
    assert await link(installation, company) == f"callto:{E164}"


async def test_everybody_has_a_link_of_their_own(
    installation: Installation, company: Company
) -> None:
    user = await installation.make_user(company.tenant)
    for method in ("GET", "DELETE"):
        assert (await installation.ask(method, "/api/dial/link", user.token)).status_code == 404
    for given, kept in (
        ({"link": "zoiper:{number}"}, {"link": "zoiper:{number}", "spelling": "e164"}),
        ({"link": HTTP, "spelling": "national"}, {"link": HTTP, "spelling": "national"}),
    ):
        answer = await installation.ask("PUT", "/api/dial/link", user.token, given)
        assert (answer.status_code, answer.json()) == (200, kept)
        assert await installation.get("/api/dial/link", user.token) == kept
    assert (await installation.ask("GET", "/api/dial/link", company.admin.token)).status_code == 404
    assert await link(installation, company) == f"tel:{E164}"
    assert await link(installation, company, token=user.token) == HTTP.format(number="08999998010")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"link": "javascript:alert({number})"}, "link"),
        ({"link": "data:text/html,{number}"}, "link"),
        ({"link": "vbscript:{number}"}, "link"),
        ({"link": "{number}"}, "link"),
        ({"link": "tel:"}, "link"),
        ({"spelling": "e164"}, "link"),
        ({"link": "tel:{number}", "spelling": "loud"}, "spelling"),
        ({"link": "tel:{number}", "user": "somebody else"}, "user"),
    ],
)
async def test_what_is_no_link_is_named(
    installation: Installation, company: Company, given: dict[str, str], field: str
) -> None:
    answer = await installation.ask("PUT", "/api/dial/link", company.admin.token, given)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_in_the_query_of_a_web_address_a_plus_is_escaped(
    installation: Installation, company: Company
) -> None:
    await change(installation, company, "PUT", "/api/dial/link", {"link": HTTP})
    made = "http://localhost:61234?action=make_call&target=%2B498999998010"
    assert await link(installation, company) == made
    assert await link(installation, company, number="*21#") == made.replace(
        "%2B498999998010", "%2A21%23"
    )


async def test_while_mongodb_is_away_a_click_has_the_tenants_link(
    rabbitmq: RealServer, redis_server: RealServer, installation: Installation, company: Company
) -> None:
    await change(installation, company, "PUT", "/api/dial/link", {"link": "zoiper:{number}"})
    async with (
        through(installation.mongo) as store,
        running(
            rabbitmq.url, store.url, redis_server.url, only={"ingest"}, ping_seconds=0.5
        ) as ingest,
    ):
        await known_to(ingest, company)
        first, own = await clicked(ingest, company)
        await store.cut()
        second, fallback = await clicked(ingest, company)
        answer = await ingest.ask("GET", "/api/dial/link", company.admin.token)
        assert answer.status_code == 503
        assert (own, fallback) == (f"zoiper:{E164}", f"tel:{E164}")
        await entries(installation, company, first, second)


async def test_a_repeated_click_is_one_call_with_one_answer(
    installation: Installation, company: Company
) -> None:
    key = uuid4().hex
    first = await clicked(installation, company, key=key)
    said = {"extension": "21", "number": NUMBER, "direction": "outbound"}
    assert await company.phone.post_hits("ringing", call_id="x1", **said) == first[0]
    await change(installation, company, "PATCH", "/api/tenant", {"dial_link": "callto:{number}"})
    for number in (NUMBER, E164, "0049 89 99998010"):
        assert await clicked(installation, company, key=key, number=number, extension="21") == first
    # nor does it wait for the phone again
    second = await company.phone.post_hits("ringing", call_id="x2", **said)
    await entries(installation, company, first[0], second)


async def test_a_key_is_of_one_user(installation: Installation, company: Company) -> None:
    key = uuid4().hex
    user = await installation.make_user(company.tenant)
    mine, _ = await clicked(installation, company, key=key)
    theirs, _ = await clicked(installation, company, key=key, token=user.token)
    other = await installation.make_company()
    elsewhere, _ = await clicked(installation, other, key=key)
    another, _ = await clicked(installation, company, key=uuid4().hex)
    assert len({mine, theirs, elsewhere, another}) == 4
    await entries(installation, company, mine, theirs, another)


@pytest.mark.parametrize("other", [{"number": MOBILE}, {"extension": "22"}])
async def test_a_key_stands_for_one_number_and_extension(
    installation: Installation, company: Company, other: dict[str, str]
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    asked = {"number": NUMBER, "extension": "21"}
    answer = await installation.ask(
        "POST", "/api/dial", company.admin.token, asked, headers=headers
    )
    assert answer.status_code == 201
    wrong = await installation.ask(
        "POST", "/api/dial", company.admin.token, asked | other, headers=headers
    )
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["Idempotency-Key"]
    again = await installation.ask("POST", "/api/dial", company.admin.token, asked, headers=headers)
    assert (again.status_code, again.json()) == (201, answer.json())
    await entries(installation, company, answer.json()["call_id"])


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "schlüssel"])
async def test_a_key_that_is_none_is_named(
    installation: Installation, company: Company, key: str
) -> None:
    headers = {"Idempotency-Key": key.encode()}
    asked = {"number": NUMBER}
    answer = await installation.ask(
        "POST", "/api/dial", company.admin.token, asked, headers=headers
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    assert await installation.calls(company.admin.token) == []


@pytest.mark.parametrize("key", ["x" * 255, '"8e03978e-40d5-43e8-bc93-6894a57f9324" !~'])
async def test_clicks_at_once_with_one_key_are_one_call(
    installation: Installation, company: Company, key: str
) -> None:
    answers = await asyncio.gather(*(clicked(installation, company, key=key) for _ in range(10)))
    ((call, made),) = set(answers)
    assert made == f"tel:{E164}"
    marker, _ = await clicked(installation, company)
    await entries(installation, company, call, marker)


async def test_a_click_the_broker_can_not_take_waits_for_it(
    rabbitmq: RealServer, redis_server: RealServer, installation: Installation, company: Company
) -> None:
    async with (
        through(rabbitmq.url) as broker,
        running(broker.url, installation.mongo, redis_server.url, only={"ingest"}) as ingest,
    ):
        await known_to(ingest, company)
        await broker.cut()
        call, link = await clicked(ingest, company)
        assert link == f"tel:{E164}"
        await broker.start()
        await entries(installation, company, call)


async def test_without_redis_a_repeated_click_is_the_same_call(
    rabbitmq: RealServer, installation: Installation, company: Company
) -> None:
    key = uuid4().hex
    first = await clicked(installation, company, key=key)
    nowhere = f"redis://{HOST}:{free_port()}/0"
    async with running(rabbitmq.url, installation.mongo, nowhere, only={"ingest"}) as ingest:
        await known_to(ingest, company)
        assert await clicked(ingest, company, key=key) == first
        assert await clicked(ingest, company, key=key) == first
        other = await clicked(ingest, company)
        await entries(installation, company, first[0], other[0])


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize(
    "echo",
    ["0017604069001", "017604069001", "004917604069001", MOBILE_E164, "sip:0017604069001@pbx"],
)
async def test_the_phone_goes_on_with_the_click_in_whichever_spelling_it_tells_the_number(
    installation: Installation, company: Company, echo: str, mode: str
) -> None:
    numbers = {**DESK, "outside_prefix_mode": mode}
    changes = {"numbers": numbers, "dial_spelling": "outside"}
    await change(installation, company, "PATCH", "/api/tenant", changes)
    click, made = await clicked(installation, company, number=MOBILE)
    assert made == "tel:0017604069001"
    said = {"extension": "21", "number": echo, "direction": "outbound", "call_id": "a84b4c76"}
    assert await company.phone.post_hits("ringing", "connected", "ended", **said) == click
    seen = await installation.logged(company.admin.token, click, phase="ended", outcome="answered")
    assert (seen["direction"], seen["remote"]["e164"]) == ("outbound", MOBILE_E164)
    await entries(installation, company, click)
