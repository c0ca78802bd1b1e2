"""Users are added without a password and set it by a link, which opens one account once."""

from datetime import timedelta
from uuid import uuid4

import httpx
from pymongo import AsyncMongoClient

from support.product import PASSWORD, Json
from support.stack.installation import Installation
from support.tenant.browser import signed_in
from support.tenant.company import Person

SETTINGS = {"limits_wait_ms": 20_000, "redis_seconds": 20}
"""While Redis is slow, the limiter would begin to count in memory, from zero."""

NEW = "an even longer one"


async def invite(installation: Installation, tenant: str, user: str) -> str:
    """The token in a new link of the user."""
    path = f"/api/users/{user}/invitation"
    answer = await installation.post(path, installation.token(tenant))
    address, token = answer["url"].split("/#/invitation/")
    assert address == installation.url
    return str(token)


async def accept(
    installation: Installation, token: str, password: str = NEW, address: str = "203.0.113.9"
) -> httpx.Response:
    body = {"token": token, "password": password}
    there = {"X-Forwarded-For": address}
    return await installation.ask("POST", "/api/invitations/accept", json=body, headers=there)


async def listed(installation: Installation, tenant: str, user: str) -> Json:
    """The user in the list of the administrator."""
    users = await installation.get("/api/users", installation.token(tenant))
    (found,) = [each for each in users["items"] if each["id"] == user]
    return dict(found)


async def test_invited_user_sets_a_password_and_signs_in(installation: Installation) -> None:
    tenant = await installation.make_tenant()
    body = {"login": "eva", "name": "Eva Maier", "teams": [" Büro ", "Büro", "Verkauf"]}
    added = await installation.post("/api/users", installation.token(tenant), body)
    assert (added["teams"], added["password_set"]) == (["Büro", "Verkauf"], False)
    for password in ("", "the password of no user"):
        assert (await installation.sign_in(tenant, "eva", password)).status_code == 401
    token = await invite(installation, tenant, added["id"])
    assert (await listed(installation, tenant, added["id"]))["invited_until"] is not None
    accepted = await accept(installation, token)
    assert accepted.json() == {"tenant": tenant, "login": "eva", "name": "Eva Maier"}
    assert (await installation.sign_in(tenant, "eva", NEW)).status_code == 201
    entry = await listed(installation, tenant, added["id"])
    assert (entry["password_set"], entry["invited_until"]) == (True, None)


async def test_used_replaced_or_expired_link_opens_nothing(
    installation: Installation, anna: Person
) -> None:
    replaced = await invite(installation, anna.tenant, anna.id)
    used = await invite(installation, anna.tenant, anna.id)
    assert (await accept(installation, used)).status_code == 200
    expired = await invite(installation, anna.tenant, anna.id)
    installation.clock.move(timedelta(days=7, seconds=1))
    for token in (replaced, used, expired, "", "guessed"):
        answer = await accept(installation, token, PASSWORD)
        assert (answer.status_code, answer.json()["code"]) == (404, "invitation-unknown")
    installation.clock.reset()
    assert (await installation.sign_in(anna.tenant, anna.login, NEW)).status_code == 201


async def test_password_by_link_ends_all_sessions(installation: Installation, anna: Person) -> None:
    token = await invite(installation, anna.tenant, anna.id)
    assert (await accept(installation, token, "short")).status_code == 422
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201
    async with signed_in(installation.url, anna.token) as browser:
        assert (await accept(installation, token)).status_code == 200
        assert await browser.close_code(within=1) == 4005
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await installation.ask("GET", "/api/calls", anna.token)).status_code == 401
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 401


async def test_link_is_stored_as_a_hash(installation: Installation, anna: Person) -> None:
    token = await invite(installation, anna.tenant, anna.id)
    assert len(token) == 43, "256 random bits"
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        stored = await client.get_default_database()["users"].find_one({"_id": anna.id})
    assert stored is not None
    assert stored["invitation"].keys() == {"hash", "expires_at"}
    assert token not in str(stored)


async def test_administrator_makes_no_link_for_an_operator(
    installation: Installation, anna: Person
) -> None:
    operator = await installation.make_user(anna.tenant, "operator", ())
    admin = installation.token(anna.tenant)
    path = f"/api/users/{operator.id}"
    refused = [
        await installation.ask("POST", f"{path}/invitation", admin),
        await installation.ask("DELETE", f"{path}/sessions", admin),
    ]
    assert {answer.json()["code"] for answer in refused} == {"user-role-refused"}
    stranger = installation.token(await installation.make_tenant())
    path = f"/api/users/{anna.id}"
    unknown = [
        await installation.ask("POST", f"{path}/invitation", stranger),
        await installation.ask("DELETE", f"{path}/sessions", stranger),
    ]
    assert {answer.json()["code"] for answer in unknown} == {"user-unknown"}
    assert (await installation.ask("GET", "/api/calls", anna.token)).status_code == 200


async def test_guessed_links_have_a_limit(installation: Installation, anna: Person) -> None:
    token = await invite(installation, anna.tenant, anna.id)
    thief = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    with installation.clock.held():
        guesses = [await accept(installation, "guess", address=thief) for _ in range(101)]
        right = await accept(installation, token, address=thief)
    assert [answer.status_code for answer in guesses] == [404] * 100 + [429]
    assert right.status_code == 429
    assert (await accept(installation, token)).status_code == 200


async def test_locked_user_is_signed_out_until_unlocked(
    installation: Installation, anna: Person
) -> None:
    admin, path = installation.token(anna.tenant), f"/api/users/{anna.id}"
    token = await invite(installation, anna.tenant, anna.id)
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    async with signed_in(installation.url, anna.token) as browser:
        locked = await installation.ask("PATCH", path, admin, {"locked": True})
        assert locked.json()["locked"] is True
        assert await browser.close_code(within=1) == 4005
    assert (await installation.ask("GET", "/api/calls", anna.token)).status_code == 401
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    right = await installation.sign_in(anna.tenant, anna.login)
    assert (right.status_code, right.json()["code"]) == (403, "user-locked")
    wrong = await installation.sign_in(anna.tenant, anna.login, "a guess")
    assert wrong.json()["code"] == "login-failed", "a stranger learns nothing"
    assert (await accept(installation, token)).status_code == 404
    invited = await installation.ask("POST", f"{path}/invitation", admin)
    assert invited.json()["code"] == "user-locked"
    await installation.ask("PATCH", path, admin, {"locked": False})
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201


async def test_nobody_locks_themselves(installation: Installation) -> None:
    tenant = await installation.make_tenant()
    admin = await installation.make_user(tenant, "admin", ())
    change = {"locked": True}
    answer = await installation.ask("PATCH", f"/api/users/{admin.id}", admin.token, change)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-user-refused")
    assert (await installation.ask("GET", "/api/users", admin.token)).status_code == 200


async def test_administrator_ends_all_sessions_of_a_user(
    installation: Installation, anna: Person
) -> None:
    again = (await installation.sign_in(anna.tenant, anna.login)).json()["token"]
    admin = installation.token(anna.tenant)
    async with signed_in(installation.url, again) as browser:
        path = f"/api/users/{anna.id}/sessions"
        assert (await installation.ask("DELETE", path, admin)).status_code == 204
        assert await browser.close_code(within=1) == 4005
    for token in (anna.token, again):
        assert (await installation.ask("GET", "/api/calls", token)).status_code == 401
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201


async def test_name_of_a_team_has_few_characters(installation: Installation, anna: Person) -> None:
    admin, path = installation.token(anna.tenant), f"/api/users/{anna.id}"
    for team in ("", " ", "a" * 41, "a,b", "<b>", "a\nb"):
        answer = await installation.ask("PATCH", path, admin, {"teams": [team]})
        assert answer.status_code == 422, team
    many = {"teams": [f"team {n}" for n in range(21)]}
    assert (await installation.ask("PATCH", path, admin, many)).status_code == 422
    kept = await installation.ask("PATCH", path, admin, {"teams": ["Vertrieb Süd"]})
    assert kept.json()["teams"] == ["Vertrieb Süd"]
