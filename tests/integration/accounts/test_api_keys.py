"""API keys: applications use every service with the rights of their scopes, until removed."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import Json
from support.stack.full_company import make_full_company
from support.stack.installation import Installation, ready, running
from support.stack.routes import LEAST, PATHS, attempts
from support.tenant.browser import open_socket
from support.tenant.company import Company

RECORD = {"type": "contact", "name": "Erika Huber", "numbers": [{"number": "030 23125001"}]}


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def make_key(installation: Installation, admin: str, *scopes: str, **fields: Any) -> Json:
    body = {"name": "CRM", "scopes": scopes, **fields}
    return await installation.post("/api/keys", admin, body)


async def code_of(installation: Installation, token: str, path: str, **request: Any) -> str | None:
    """The code of the problem in the answer; None if there is none."""
    method = request.pop("method", "GET")
    answer = await installation.ask(method, path, token, **request)
    return answer.json()["code"] if answer.is_error else None


async def test_application_fills_the_directory_with_its_key(
    installation: Installation, company: Company
) -> None:
    made = await make_key(installation, company.admin.token, "directory:read", "directory:write")
    assert made["key"].startswith("spk_")
    saved = await installation.post("/api/directory/records", made["key"], RECORD)
    records = await installation.get("/api/directory/records", made["key"])
    assert [record["id"] for record in records["items"]] == [saved["id"]]
    assert await code_of(installation, made["key"], "/api/calls") == "scope-required"
    assert await code_of(installation, made["key"], "/api/users") == "scope-required"


async def test_scopes_open_their_routes_and_no_others(installation: Installation) -> None:
    company = await make_full_company(installation)
    made = await make_key(installation, company.admin.token, "calls:read")
    opened = set()
    for route, (path, body) in attempts(company).items():
        answer = await installation.ask(route.partition(" ")[0], path, made["key"], body)
        if answer.is_error and answer.json()["code"] in {"scope-required", "api-key-refused"}:
            assert answer.status_code == 403
        else:
            opened.add(route)
    assert opened == {
        "GET /api/calls",
        "GET /api/calls/{call}",
        "GET /api/calls/{call}/timeline",
        "GET /api/calls/{call}/comments",
        "GET /api/calls/{call}/comments/{comment}/versions",
        "GET /api/comments",
    }


async def test_no_key_reaches_what_belongs_to_people_or_operators(
    installation: Installation, company: Company
) -> None:
    key = (await make_key(installation, company.admin.token, "admin"))["key"]
    assert await code_of(installation, key, "/api/users") is None
    for path in ("/api/me", "/api/keys", "/api/sessions", "/api/dial/link"):
        assert await code_of(installation, key, path) == "api-key-refused"
    body = {"name": "another", "scopes": ["admin"]}
    made = await code_of(installation, key, "/api/keys", method="POST", json=body)
    assert made == "api-key-refused"
    for route in (
        route for route, role in LEAST.items() if role == "operator" and "{" not in route
    ):
        method, path = route.split(" ")
        if method == "GET":
            assert await code_of(installation, key, path) == "role-required", route
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": key})
        assert await browser.close_code() == 4001


async def test_removed_key_is_refused_everywhere(
    installation: Installation,
    company: Company,
    rabbitmq: RealServer,
    redis_server: RealServer,
) -> None:
    made = await make_key(installation, company.admin.token, "admin")
    paths = {name: path for name, path in PATHS.items() if name != "janitor"}
    urls = rabbitmq.url, installation.mongo, redis_server.url
    async with running(*urls, only=["matcher"]) as another:
        await ready(another)
        assert await code_of(another, made["key"], PATHS["matcher"]) is None
        for path in paths.values():
            assert await code_of(installation, made["key"], path) is None
        assert await code_of(installation, made["key"], PATHS["janitor"]) == "role-required"
        removed = await installation.ask("DELETE", f"/api/keys/{made['id']}", company.admin.token)
        assert removed.status_code == 204
        for path in PATHS.values():
            assert await code_of(installation, made["key"], path) == "api-key-invalid"

        async def is_refused() -> bool:
            return await code_of(another, made["key"], PATHS["matcher"]) == "api-key-invalid"

        await until(is_refused, what="the removal at another instance")
    again = await installation.ask("DELETE", f"/api/keys/{made['id']}", company.admin.token)
    assert again.json()["code"] == "api-key-unknown"


async def test_key_of_a_tenant_is_nothing_to_another(
    installation: Installation, company: Company
) -> None:
    stranger = installation.token(await installation.make_tenant())
    made = await make_key(installation, company.admin.token, "directory:read")
    assert (await installation.get("/api/keys", stranger))["items"] == []
    path = f"/api/keys/{made['id']}"
    assert await code_of(installation, stranger, path, method="DELETE") == "api-key-unknown"
    assert await code_of(installation, made["key"], PATHS["matcher"]) is None
    assert await code_of(installation, company.user.token, "/api/keys") == "role-required"


async def test_list_shows_the_last_use_and_never_the_key(
    installation: Installation, company: Company
) -> None:
    admin = company.admin.token
    made = await make_key(installation, admin, "directory:read")
    (listed,) = (await installation.get("/api/keys", admin))["items"]
    assert listed == {name: made[name] for name in made if name != "key"}
    assert (listed["created_by"], listed["used_at"]) == (company.admin.login, None)
    await installation.get("/api/directory/records", made["key"])

    async def is_noted() -> bool:
        (key,) = (await installation.get("/api/keys", admin))["items"]
        return key["used_at"] is not None

    await until(is_noted, what="the time of the use")
    series = f'softphone_api_key_requests_total{{key="api-key/CRM",tenant="{company.tenant}"}}'
    assert await installation.metric(series) == 1
    async with AsyncMongoClient[Json](installation.mongo) as client:
        stored = await client.get_default_database()["api_keys"].find_one({"_id": made["id"]})
    assert made["key"] not in str(stored)


async def test_making_and_removing_is_in_the_security_log(
    installation: Installation, company: Company
) -> None:
    clara = await installation.make_user(company.tenant, "admin")
    admin = clara.token
    made = await make_key(installation, admin, "calls:read", "comments:write")
    assert await code_of(installation, made["key"], "/api/users") == "scope-required"
    await installation.ask("DELETE", f"/api/keys/{made['id']}", admin)

    async def entries() -> set[tuple[str, str, str, str]]:
        items = (await installation.get("/api/audit", admin))["items"]
        found = {(e["event"], e["actor"], e["target"], e["detail"]) for e in items}
        target, owner = f"api-key/{made['id']}", clara.id
        assert found >= {
            ("api-key-added", owner, target, "calls-read comments-write"),
            ("api-key-removed", owner, target, ""),
            ("access-refused", target, "", "scope-required get-users"),
        }, found
        return found

    await until(entries, what="the events")


async def test_key_that_cannot_be_made_names_the_field(
    installation: Installation, company: Company
) -> None:
    admin = company.admin.token
    past = (installation.clock() - timedelta(seconds=1)).isoformat()
    bodies: dict[str, Json] = {
        "expires_at": {"name": "CRM", "scopes": ["admin"], "expires_at": past},
        "scopes": {"name": "CRM", "scopes": []},
        "scopes.0": {"name": "CRM", "scopes": ["root"]},
        "name": {"name": " ", "scopes": ["admin"]},
    }
    for field, body in bodies.items():
        answer = await installation.ask("POST", "/api/keys", admin, body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await installation.get("/api/keys", admin))["items"] == []


async def test_expired_key_is_refused_and_stays_listed(
    installation: Installation, company: Company
) -> None:
    until_then = (installation.clock() + timedelta(minutes=5)).isoformat()
    made = await make_key(
        installation, company.admin.token, "directory:read", expires_at=until_then
    )
    assert await code_of(installation, made["key"], PATHS["matcher"]) is None
    installation.clock.move(timedelta(minutes=6))
    try:
        assert await code_of(installation, made["key"], PATHS["matcher"]) == "api-key-expired"
        listed = await installation.get("/api/keys", company.admin.token)
        assert [key["id"] for key in listed["items"]] == [made["id"]]
    finally:
        installation.clock.reset()


async def test_keys_of_a_tenant_have_a_limit(installation: Installation, company: Company) -> None:
    admin, body = company.admin.token, {"name": "CRM", "scopes": ["calls:read"]}
    for _ in range(50):
        await installation.post("/api/keys", admin, body)
    answer = await installation.ask("POST", "/api/keys", admin, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "api-keys-full")
