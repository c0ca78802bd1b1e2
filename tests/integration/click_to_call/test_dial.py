"""The link a click returns: whose template, which spelling, and idempotency keys."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import HOST, free_port
from support.stack.click_to_call import entries, until_loaded_by
from support.stack.installation import Installation, running
from support.stack.proxied import proxied
from support.tenant.company import Company

NUMBER, E164 = "089 99998010", "+498999998010"
MOBILE, MOBILE_E164 = "0176 04069001", "+4917604069001"
DESK = {"region": "DE", "outside_prefix": "0"}
HTTP = "http://localhost:61234?action=make_call&target={number}"


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def change(
    installation: Installation, company: Company, method: str, path: str, body: dict[str, Any]
) -> None:
    answer = await installation.ask(method, path, company.admin.token, body)
    assert answer.is_success, answer.text


async def click(
    installation: Installation, company: Company, *, token: str = "", key: str = "", **fields: str
) -> tuple[str, str]:
    """Sends a click that must be accepted, and returns its call and its link."""
    headers = {"Idempotency-Key": key} if key else {}
    body = {"number": NUMBER, **fields}
    answer = await installation.ask(
        "POST", "/api/dial", token or company.admin.token, body, headers=headers
    )
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"call_id", "link"}
    return answer.json()["call_id"], answer.json()["link"]


async def link(installation: Installation, company: Company, **fields: str) -> str:
    return (await click(installation, company, **fields))[1]


@pytest.mark.parametrize(
    ("spelling", "near", "abroad"),
    [
        ("e164", "+498999998010", "+12125550123"),
        ("international", "00498999998010", "0012125550123"),
        ("national", "08999998010", "0012125550123"),
        ("outside", "008999998010", "00012125550123"),
    ],
)
async def test_number_is_spelt_by_the_tenants_profile(
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


async def test_typed_number_is_read_without_an_outside_prefix(
    installation: Installation, company: Company
) -> None:
    numbers = {**DESK, "outside_prefix_mode": "always"}
    changes = {"numbers": numbers, "dial_spelling": "outside"}
    await change(installation, company, "PATCH", "/api/tenant", changes)
    for typed in (MOBILE, MOBILE_E164):
        assert await link(installation, company, number=typed) == "tel:0017604069001"


async def test_link_of_the_user_precedes_device_and_tenant(
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


async def test_user_has_a_link_apart_from_other_users(
    installation: Installation, company: Company
) -> None:
    user = await installation.make_user(company.tenant)
    none = await installation.ask("GET", "/api/dial/link", user.token)
    assert (none.status_code, none.json()) == (200, None)
    assert (await installation.ask("DELETE", "/api/dial/link", user.token)).status_code == 404
    for body, kept in (
        ({"link": "zoiper:{number}"}, {"link": "zoiper:{number}", "spelling": "e164"}),
        ({"link": HTTP, "spelling": "national"}, {"link": HTTP, "spelling": "national"}),
    ):
        answer = await installation.ask("PUT", "/api/dial/link", user.token, body)
        assert (answer.status_code, answer.json()) == (200, kept)
        assert await installation.get("/api/dial/link", user.token) == kept
    none = await installation.ask("GET", "/api/dial/link", company.admin.token)
    assert (none.status_code, none.json()) == (200, None)
    assert await link(installation, company) == f"tel:{E164}"
    assert await link(installation, company, token=user.token) == HTTP.format(number="08999998010")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"link": "javascript:alert({number})"}, "link"),
        ({"link": "data:text/html,{number}"}, "link"),
        ({"link": "vbscript:{number}"}, "link"),
        ({"link": "{number}"}, "link"),
        ({"link": "tel:"}, "link"),
        ({"link": "tel:{number}{number}"}, "link"),
        ({"spelling": "e164"}, "link"),
        ({"link": "tel:{number}", "spelling": "loud"}, "spelling"),
        ({"link": "tel:{number}", "user": "somebody else"}, "user"),
    ],
)
async def test_invalid_link_is_refused_at_its_field(
    installation: Installation, company: Company, body: dict[str, str], field: str
) -> None:
    answer = await installation.ask("PUT", "/api/dial/link", company.admin.token, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_number_in_a_web_address_is_percent_encoded(
    installation: Installation, company: Company
) -> None:
    await change(installation, company, "PUT", "/api/dial/link", {"link": HTTP})
    made = "http://localhost:61234?action=make_call&target=%2B498999998010"
    assert await link(installation, company) == made
    assert await link(installation, company, number="*21#") == made.replace(
        "%2B498999998010", "%2A21%23"
    )


async def test_click_without_mongodb_returns_the_tenants_link(
    rabbitmq: RealServer, redis_server: RealServer, installation: Installation, company: Company
) -> None:
    await change(installation, company, "PUT", "/api/dial/link", {"link": "zoiper:{number}"})
    async with (
        proxied(installation.mongo) as store,
        running(
            rabbitmq.url, store.url, redis_server.url, only={"ingest"}, ping_seconds=0.5
        ) as ingest,
    ):
        await until_loaded_by(ingest, company)
        first, own = await click(ingest, company)
        await store.cut()
        second, fallback = await click(ingest, company)
        answer = await ingest.ask("GET", "/api/dial/link", company.admin.token)
        assert answer.status_code == 503
        assert (own, fallback) == (f"zoiper:{E164}", f"tel:{E164}")
        await entries(installation, company, first, second)


async def test_repeated_click_is_one_call_with_one_answer(
    installation: Installation, company: Company
) -> None:
    key = uuid4().hex
    first = await click(installation, company, key=key)
    fields = {"extension": "21", "number": NUMBER, "direction": "outbound"}
    assert await company.phone.post_hits("ringing", call_id="x1", **fields) == first[0]
    await change(installation, company, "PATCH", "/api/tenant", {"dial_link": "callto:{number}"})
    for number in (NUMBER, E164, "0049 89 99998010"):
        assert await click(installation, company, key=key, number=number, extension="21") == first
    # the repeated click does not wait for another call of the phone
    second = await company.phone.post_hits("ringing", call_id="x2", **fields)
    await entries(installation, company, first[0], second)


async def test_idempotency_key_belongs_to_one_user(
    installation: Installation, company: Company
) -> None:
    key = uuid4().hex
    user = await installation.make_user(company.tenant)
    mine, _ = await click(installation, company, key=key)
    theirs, _ = await click(installation, company, key=key, token=user.token)
    other = await installation.make_company()
    elsewhere, _ = await click(installation, other, key=key)
    another, _ = await click(installation, company, key=uuid4().hex)
    assert len({mine, theirs, elsewhere, another}) == 4
    await entries(installation, company, mine, theirs, another)


@pytest.mark.parametrize("other", [{"number": MOBILE}, {"extension": "22"}])
async def test_idempotency_key_with_another_number_is_refused(
    installation: Installation, company: Company, other: dict[str, str]
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    body = {"number": NUMBER, "extension": "21"}
    answer = await installation.ask("POST", "/api/dial", company.admin.token, body, headers=headers)
    assert answer.status_code == 201
    wrong = await installation.ask(
        "POST", "/api/dial", company.admin.token, body | other, headers=headers
    )
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["Idempotency-Key"]
    again = await installation.ask("POST", "/api/dial", company.admin.token, body, headers=headers)
    assert (again.status_code, again.json()) == (201, answer.json())
    await entries(installation, company, answer.json()["call_id"])


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "schlüssel"])
async def test_invalid_idempotency_key_is_refused(
    installation: Installation, company: Company, key: str
) -> None:
    headers = {"Idempotency-Key": key.encode()}
    body = {"number": NUMBER}
    answer = await installation.ask("POST", "/api/dial", company.admin.token, body, headers=headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    assert await installation.calls(company.admin.token) == []


@pytest.mark.parametrize("key", ["x" * 255, '"8e03978e-40d5-43e8-bc93-6894a57f9324" !~'])
async def test_simultaneous_clicks_with_one_key_are_one_call(
    installation: Installation, company: Company, key: str
) -> None:
    answers = await asyncio.gather(*(click(installation, company, key=key) for _ in range(10)))
    ((call, made),) = set(answers)
    assert made == f"tel:{E164}"
    marker, _ = await click(installation, company)
    await entries(installation, company, call, marker)


async def test_click_without_the_broker_is_published_later(
    rabbitmq: RealServer, redis_server: RealServer, installation: Installation, company: Company
) -> None:
    async with (
        proxied(rabbitmq.url) as broker,
        running(broker.url, installation.mongo, redis_server.url, only={"ingest"}) as ingest,
    ):
        await until_loaded_by(ingest, company)
        await broker.cut()
        call, link = await click(ingest, company)
        assert link == f"tel:{E164}"
        await broker.start()
        await entries(installation, company, call)


async def test_repeated_click_without_redis_is_the_same_call(
    rabbitmq: RealServer, installation: Installation, company: Company
) -> None:
    key = uuid4().hex
    first = await click(installation, company, key=key)
    nowhere = f"redis://{HOST}:{free_port()}/0"
    async with running(rabbitmq.url, installation.mongo, nowhere, only={"ingest"}) as ingest:
        await until_loaded_by(ingest, company)
        assert await click(ingest, company, key=key) == first
        assert await click(ingest, company, key=key) == first
        other = await click(ingest, company)
        await entries(installation, company, first[0], other[0])


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize(
    "echo",
    ["0017604069001", "017604069001", "004917604069001", MOBILE_E164, "sip:0017604069001@pbx"],
)
async def test_hits_with_any_spelling_continue_the_clicked_call(
    installation: Installation, company: Company, echo: str, mode: str
) -> None:
    numbers = {**DESK, "outside_prefix_mode": mode}
    changes = {"numbers": numbers, "dial_spelling": "outside"}
    await change(installation, company, "PATCH", "/api/tenant", changes)
    clicked_call, made = await click(installation, company, number=MOBILE)
    assert made == "tel:0017604069001"
    fields = {"extension": "21", "number": echo, "direction": "outbound", "call_id": "a84b4c76"}
    assert await company.phone.post_hits("ringing", "connected", "ended", **fields) == clicked_call
    seen = await installation.logged(
        company.admin.token, clicked_call, phase="ended", outcome="answered"
    )
    assert (seen["direction"], seen["remote"]["e164"]) == ("outbound", MOBILE_E164)
    await entries(installation, company, clicked_call)
