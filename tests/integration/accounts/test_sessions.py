"""Signing in and out over HTTP, and what ends a sign-in."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx

from support.product import PASSWORD
from support.stack.installation import Installation
from support.tenant.company import Person


async def test_sign_in_with_any_wrong_part_gets_the_same_answer(
    installation: Installation, anna: Person
) -> None:
    wrong = [
        await installation.sign_in(anna.tenant, anna.login, "not the password"),
        await installation.sign_in(anna.tenant, "nobody"),
        await installation.sign_in("no-tenant", anna.login),
    ]
    assert {(answer.status_code, answer.text) for answer in wrong} == {(401, wrong[0].text)}


async def test_session_cookie_renews_the_token_until_sign_out(
    installation: Installation, anna: Person
) -> None:
    answer = await installation.sign_in(anna.tenant, anna.login)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/api/session" in cookie
    held = {"Cookie": f"softphone_session={answer.cookies['softphone_session']}"}
    installation.clock.move(timedelta(hours=1))
    assert (await installation.ask("GET", "/api/calls", answer.json()["token"])).status_code == 401
    renewed = await installation.ask("POST", "/api/session/renew", headers=held)
    assert renewed.status_code == 201
    assert (await installation.ask("GET", "/api/calls", renewed.json()["token"])).status_code == 200
    assert (await installation.ask("DELETE", "/api/session", headers=held)).status_code == 204
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await installation.ask("POST", "/api/session/renew")).status_code == 401


async def test_new_password_ends_every_sign_in(installation: Installation, anna: Person) -> None:
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    path = f"/api/users/{anna.id}"
    change = {"password": "an even longer one"}
    answer = await installation.ask("PATCH", path, installation.token(anna.tenant), change)
    assert answer.status_code == 200
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await installation.sign_in(anna.tenant, anna.login, PASSWORD)).status_code == 401
    again = await installation.sign_in(anna.tenant, anna.login, "an even longer one")
    assert again.status_code == 201


async def test_new_role_ends_every_sign_in(installation: Installation, anna: Person) -> None:
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    path, admin = f"/api/users/{anna.id}", installation.token(anna.tenant)
    assert (await installation.ask("PATCH", path, admin, {"role": "admin"})).status_code == 200
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201


async def test_sign_in_under_way_ends_with_the_old_password(
    installation: Installation, anna: Person
) -> None:
    """All requests begin with the old password in force; half are verified after the change."""
    body = {"tenant": anna.tenant, "login": anna.login, "password": PASSWORD}

    async def signs_in() -> httpx.Response:
        # each from another network, so that no rate limit applies
        there = {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
        answer = await installation.ask("POST", "/api/session", json=body, headers=there)
        assert answer.status_code in {201, 401}, answer.text
        return answer

    async def changes() -> int:
        path, admin = f"/api/users/{anna.id}", installation.token(anna.tenant)
        change = {"password": "an even longer one"}
        return (await installation.ask("PATCH", path, admin, change)).status_code

    some, more = [[signs_in() for _ in range(20)] for _ in range(2)]
    before, changed, after = await asyncio.gather(
        asyncio.gather(*some), changes(), asyncio.gather(*more)
    )
    assert changed == 200
    accepted = [answer for answer in [*before, *after] if answer.status_code == 201]
    assert accepted, "nobody was in before the change"
    for answer in accepted:
        # the token first: a renewal that is refused ends the session
        token = answer.json()["token"]
        assert (await installation.ask("GET", "/api/calls", token)).status_code == 401
        head = {"Cookie": f"softphone_session={answer.cookies['softphone_session']}"}
        renewed = await installation.ask("POST", "/api/session/renew", headers=head)
        assert renewed.status_code == 401


async def test_short_password_is_refused_at_its_field(
    installation: Installation, anna: Person
) -> None:
    body = {"login": "bernd", "password": "short"}
    answer = await installation.ask("POST", "/api/users", installation.token(anna.tenant), body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "password"


async def test_login_in_use_is_refused(installation: Installation, anna: Person) -> None:
    body = {"login": anna.login, "password": PASSWORD}
    answer = await installation.ask("POST", "/api/users", installation.token(anna.tenant), body)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "login"
