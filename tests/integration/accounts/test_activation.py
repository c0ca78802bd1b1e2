"""A valid activation code makes a tenant active, and limits the number of its users."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from softphone_common.process.ed25519 import PrivateKey
from softphone_ingest.tenants.activation import issue
from softphone_testing.activation_codes import code
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import PASSWORD, Json
from support.stack.activation import activate, enter_code, make_inactive, put_tenant
from support.stack.installation import Installation, running
from support.tenant.company import Company

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIELDS = {"extension": "21", "number": "089 99998040"}
COMPLETE = ("ringing", "connected", "ended")
"""A complete call, which the nightly sweep does not move."""


pytestmark = pytest.mark.usefixtures("real_clock_afterwards")


async def tenant_of(installation: Installation, tenant: str) -> Json:
    """The tenant as its administrator sees it."""
    return await installation.get("/api/tenant", installation.token(tenant))


async def make_logged_call(installation: Installation, company: Company) -> str:
    """Makes a whole call, waits until it is logged, and returns its id."""
    call = await company.phone.post_hits(*COMPLETE, call_id=uuid4().hex, **FIELDS)
    await installation.logged(installation.token(company.tenant), call, phase="ended")
    return call


async def require_refused(installation: Installation, company: Company, why: str) -> None:
    """Asserts that hits and clicks are refused with this reason."""
    token = installation.token(company.tenant, extensions=("21",))
    for answer in (
        await company.phone.hit("ringing", call_id=uuid4().hex, **FIELDS),
        await installation.ask("POST", "/api/dial", token, {"number": FIELDS["number"]}),
    ):
        assert answer.status_code == 403, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == f"This tenant is not active: {why}"


async def test_tenant_with_an_expired_code_refuses_hits_until_renewed(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    company = await installation.company_of(tenant)
    await require_refused(installation, company, "it has no activation code")

    shown = await activate(installation, tenant, seats=25, lasts=30 * DAY)
    assert (shown["state"], shown["activation"]["seats"]) == ("active", 25)
    assert await tenant_of(installation, tenant) == shown
    before = await make_logged_call(installation, company)

    installation.clock.move(30 * DAY)
    expired = datetime.fromisoformat(shown["activation"]["expires_at"])
    await require_refused(
        installation, company, f"its activation code expired on {expired:%Y-%m-%d}"
    )
    assert await tenant_of(installation, tenant) == {**shown, "state": "expired"}

    again = await activate(installation, tenant, seats=30)
    assert (again["state"], again["activation"]["seats"]) == ("active", 30)
    after = await make_logged_call(installation, company)
    assert {c["id"] for c in await installation.calls(installation.token(tenant))} == {
        before,
        after,
    }


async def test_operator_can_activate_and_switch_off_a_tenant(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    company = await installation.company_of(tenant)
    answer = await put_tenant(
        installation, tenant, {"activation_code": f" {code(tenant, seats=7)}\n"}
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "active"), answer.text
    await make_logged_call(installation, company)
    off = await put_tenant(installation, tenant, {"active": False})
    assert off.json()["state"] == "switched-off"
    await require_refused(installation, company, "an operator has switched it off")
    renewed = await put_tenant(installation, tenant, {"activation_code": code(tenant, seats=8)})
    assert renewed.json()["state"] == "switched-off"
    assert (await put_tenant(installation, tenant, {"active": True})).json()["state"] == "active"
    await make_logged_call(installation, company)


async def test_invalid_activation_code_changes_nothing(installation: Installation) -> None:
    tenant = await installation.make_tenant()
    now = installation.clock()
    older = code(tenant, now=now - HOUR)
    before = await tenant_of(installation, tenant)
    for text, why in (
        (code("another"), "another tenant"),
        (issue(PrivateKey.generate(), tenant, 9, now, now + DAY), "not signed by a key"),
        (code(tenant, now=now - 2 * DAY, lasts=DAY), "expired on"),
        (older, "issued before the one in force"),
        ("not a code", "not an activation code"),
        ("", "fewer than 1 character"),
        ("x" * 1001, "more than 1000 characters"),
    ):
        entered = await enter_code(installation, tenant, text)
        by_operator = await put_tenant(
            installation, tenant, {"name": "Meier AG", "activation_code": text}
        )
        for answer, field in ((entered, "code"), (by_operator, "activation_code")):
            assert answer.status_code == 422, answer.text
            (error,) = answer.json()["errors"]
            assert (error["field"], why in error["message"]) == (field, True), error
    assert await tenant_of(installation, tenant) == before

    fresh = f"t-{uuid4().hex[:12]}"
    refused = await put_tenant(installation, fresh, {"name": "x", "activation_code": code(tenant)})
    assert refused.status_code == 422
    answer = await installation.ask("GET", "/api/tenant", installation.token(fresh))
    assert answer.status_code == 404
    assert (await enter_code(installation, fresh, code(fresh))).status_code == 404


async def test_ingest_without_a_public_key_names_the_setting(
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


async def add_user(installation: Installation, tenant: str, role: str = "user") -> httpx.Response:
    """The answer to an operator who adds one more user."""
    body = {"login": f"u-{uuid4().hex[:8]}", "password": PASSWORD, "role": role}
    return await installation.ask(
        "POST", f"/api/users?tenant={tenant}", installation.operator, body
    )


def is_full(answer: httpx.Response, *words: str) -> bool:
    """Whether the 409 for a missing seat contains all these words."""
    assert answer.status_code == 409, answer.text
    return all(word in answer.json()["detail"] for word in words)


async def test_users_added_at_once_never_exceed_the_seats(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    await activate(installation, tenant, seats=3)
    answers = await asyncio.gather(*(add_user(installation, tenant) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    assert is_full(
        await add_user(installation, tenant, "admin"), "All seats (3)", "remove a user", "code"
    )

    operator = await add_user(installation, tenant, "operator")  # operators take no seat
    assert operator.status_code == 201, operator.text
    path = f"/api/users/{operator.json()['id']}?tenant={tenant}"
    as_user = await installation.ask("PATCH", path, installation.operator, {"role": "user"})
    assert is_full(as_user, "All seats (3)")

    user = next(a.json()["id"] for a in answers if a.status_code == 201)
    renamed = f"/api/users/{user}?tenant={tenant}"
    body = {"name": "Erika", "role": "admin"}
    assert (
        await installation.ask("PATCH", renamed, installation.operator, body)
    ).status_code == 200
    assert (await installation.ask("DELETE", renamed, installation.operator)).status_code == 204
    as_user = await installation.ask("PATCH", path, installation.operator, {"role": "user"})
    assert as_user.status_code == 200, as_user.text
    assert is_full(await add_user(installation, tenant))

    await activate(installation, tenant, seats=4)
    assert (await add_user(installation, tenant)).status_code == 201
    await activate(installation, tenant, seats=1)
    assert is_full(await add_user(installation, tenant), "All seats (1)")
    listed = await installation.get("/api/users", installation.token(tenant))
    assert len(listed["items"]) == 4


async def test_tenant_without_a_code_has_one_seat(
    installation: Installation,
) -> None:
    tenant = await make_inactive(installation)
    assert (await add_user(installation, tenant, "admin")).status_code == 201
    assert is_full(
        await add_user(installation, tenant), "Without an activation code", "enter a code first"
    )
    await activate(installation, tenant, seats=2)
    assert (await add_user(installation, tenant)).status_code == 201
    assert is_full(await add_user(installation, tenant))
    assert (await add_user(installation, "nobody")).status_code == 404
