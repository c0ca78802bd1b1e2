"""A tenant is active with a code that holds: its phones are heard, and its users have seats."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from softphone_ingest.tenants.activation import PrivateKey, issue
from softphone_testing.activation_codes import code
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import PASSWORD, Json
from support.stack.activation import activate, enter_code, make_inactive, put_tenant
from support.stack.installation import Installation, running
from support.tenant.company import Company

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAID = {"extension": "21", "number": "089 99998040"}
KEPT = ("ringing", "connected", "ended")
"""A call the nightly sweep leaves alone."""


pytestmark = pytest.mark.usefixtures("present")


async def own(installation: Installation, tenant: str) -> Json:
    """What the tenant is told of itself."""
    return await installation.get("/api/tenant", installation.token(tenant))


async def heard(installation: Installation, company: Company) -> str:
    """The id of a whole call the log has."""
    call = await company.phone.post_hits(*KEPT, call_id=uuid4().hex, **SAID)
    await installation.logged(installation.token(company.tenant), call, phase="ended")
    return call


async def unheard(installation: Installation, company: Company, why: str) -> None:
    """Hits and clicks are refused for this reason."""
    token = installation.token(company.tenant, extensions=("21",))
    for answer in (
        await company.phone.hit("ringing", call_id=uuid4().hex, **SAID),
        await installation.ask("POST", "/api/dial", token, {"number": SAID["number"]}),
    ):
        assert answer.status_code == 403, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == f"This tenant is not active: {why}"


async def test_phones_are_heard_while_a_code_holds_and_nothing_is_lost_in_between(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    company = await installation.company_of(tenant)
    await unheard(installation, company, "it has no activation code")

    shown = await activate(installation, tenant, seats=25, lasts=30 * DAY)
    assert (shown["state"], shown["activation"]["seats"]) == ("active", 25)
    assert await own(installation, tenant) == shown
    before = await heard(installation, company)

    installation.clock.move(30 * DAY)
    expired = datetime.fromisoformat(shown["activation"]["expires_at"])
    await unheard(installation, company, f"its activation code expired on {expired:%Y-%m-%d}")
    assert await own(installation, tenant) == {**shown, "state": "expired"}

    again = await activate(installation, tenant, seats=30)
    assert (again["state"], again["activation"]["seats"]) == ("active", 30)
    after = await heard(installation, company)
    assert {c["id"] for c in await installation.calls(installation.token(tenant))} == {
        before,
        after,
    }


async def test_the_operator_activates_too_and_can_switch_off_what_is_activated(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    company = await installation.company_of(tenant)
    answer = await put_tenant(
        installation, tenant, {"activation_code": f" {code(tenant, seats=7)}\n"}
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "active"), answer.text
    await heard(installation, company)
    off = await put_tenant(installation, tenant, {"active": False})
    assert off.json()["state"] == "switched-off"
    await unheard(installation, company, "an operator has switched it off")
    assert (await activate(installation, tenant))["state"] == "switched-off"
    assert (await put_tenant(installation, tenant, {"active": True})).json()["state"] == "active"
    await heard(installation, company)


async def test_a_code_that_does_not_hold_changes_nothing(installation: Installation) -> None:
    tenant = await installation.make_tenant()
    now = installation.clock()
    older = code(tenant, now=now - HOUR)
    before = await own(installation, tenant)
    for text, why in (
        (code("another"), "another tenant"),
        (issue(PrivateKey.generate(), tenant, 9, now, now + DAY), "not signed by a key"),
        (code(tenant, now=now - 2 * DAY, lasts=DAY), "expired on"),
        (older, "issued before the one in force"),
        ("not a code", "not an activation code"),
        ("", "at least 1 character"),
        ("x" * 1001, "at most 1000 characters"),
    ):
        entered = await enter_code(installation, tenant, text)
        by_operator = await put_tenant(
            installation, tenant, {"name": "Meier AG", "activation_code": text}
        )
        for answer, field in ((entered, "code"), (by_operator, "activation_code")):
            assert answer.status_code == 422, answer.text
            (error,) = answer.json()["errors"]
            assert (error["field"], why in error["message"]) == (field, True), error
    assert await own(installation, tenant) == before

    fresh = f"t-{uuid4().hex[:12]}"
    refused = await put_tenant(installation, fresh, {"name": "x", "activation_code": code(tenant)})
    assert refused.status_code == 422
    answer = await installation.ask("GET", "/api/tenant", installation.token(fresh))
    assert answer.status_code == 404
    assert (await enter_code(installation, fresh, code(fresh))).status_code == 404


async def test_without_a_key_ingest_says_what_to_set(
    installation: Installation, rabbitmq: RealServer, redis_server: RealServer
) -> None:
    tenant = await installation.make_tenant()
    urls = rabbitmq.url, installation.mongo, redis_server.url
    async with running(*urls, only={"ingest"}, activation_public_key="") as keyless:

        async def refused() -> str:
            answer = await enter_code(keyless, tenant, code(tenant))
            assert answer.status_code == 422
            return str(answer.json()["detail"])

        await until(keyless.is_listening, what="the other ingest")
        assert "set SOFTPHONE_ACTIVATION_PUBLIC_KEY" in await until(refused, what="the answer")


# --- seats ----------------------------------------------------------------------------------------


async def add(installation: Installation, tenant: str, role: str = "user") -> httpx.Response:
    """One more user, by the operator."""
    given = {"login": f"u-{uuid4().hex[:8]}", "password": PASSWORD, "role": role}
    return await installation.ask(
        "POST", f"/api/users?tenant={tenant}", installation.operator, given
    )


def full(answer: httpx.Response, *said: str) -> bool:
    """Whether it was refused for want of a seat, saying all this."""
    assert answer.status_code == 409, answer.text
    return all(word in answer.json()["detail"] for word in said)


async def test_there_are_as_many_users_as_seats_however_many_come_at_once(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    await activate(installation, tenant, seats=3)
    answers = await asyncio.gather(*(add(installation, tenant) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    assert full(await add(installation, tenant, "admin"), "All seats (3)", "remove a user", "code")

    operator = await add(installation, tenant, "operator")  # takes none
    assert operator.status_code == 201, operator.text
    path = f"/api/users/{operator.json()['id']}?tenant={tenant}"
    as_user = await installation.ask("PATCH", path, installation.operator, {"role": "user"})
    assert full(as_user, "All seats (3)")

    user = next(a.json()["id"] for a in answers if a.status_code == 201)
    renamed = f"/api/users/{user}?tenant={tenant}"
    given = {"name": "Erika", "role": "admin"}
    assert (
        await installation.ask("PATCH", renamed, installation.operator, given)
    ).status_code == 200
    assert (await installation.ask("DELETE", renamed, installation.operator)).status_code == 204
    as_user = await installation.ask("PATCH", path, installation.operator, {"role": "user"})
    assert as_user.status_code == 200, as_user.text
    assert full(await add(installation, tenant))

    await activate(installation, tenant, seats=4)
    assert (await add(installation, tenant)).status_code == 201
    await activate(installation, tenant, seats=1)
    assert full(await add(installation, tenant), "All seats (1)")
    listed = await installation.get("/api/users", installation.token(tenant))
    assert len(listed["items"]) == 4


async def test_without_a_code_there_is_one_seat_for_who_enters_it(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    assert (await add(installation, tenant, "admin")).status_code == 201
    assert full(await add(installation, tenant), "Without an activation code", "enter a code first")
    await activate(installation, tenant, seats=2)
    assert (await add(installation, tenant)).status_code == 201
    assert full(await add(installation, tenant))
    assert (await add(installation, "nobody")).status_code == 404
