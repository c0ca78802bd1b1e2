"""Keys of lookups, which stand in addresses of PBXs: they name callers, and open nothing else."""

import pytest

from softphone_testing.until import until
from support.product import Json
from support.stack.full_company import make_full_company
from support.stack.installation import Installation
from support.stack.routes import attempts
from support.tenant.browser import open_socket
from support.tenant.company import Company

NUMBER, SPELLED = "030 23125001", "+49 (0)30 / 23125-001"
RECORD = {"type": "contact", "name": "Erika Huber", "numbers": [{"number": NUMBER}]}


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def make_key(installation: Installation, company: Company, *scopes: str) -> Json:
    body = {"name": "PBX", "scopes": scopes or ["lookup"]}
    return await installation.post("/api/keys", company.admin.token, body)


async def named(installation: Installation, key: str, number: str = SPELLED) -> tuple[int, str]:
    """The status and the text that a PBX gets for a number."""
    path = f"/api/lookup/{key}"
    answer = await installation.ask("GET", path, params={"number": number})
    return answer.status_code, answer.text


async def test_pbx_gets_the_name_of_its_own_tenant(
    installation: Installation, company: Company
) -> None:
    made = await make_key(installation, company)
    stranger = await make_key(installation, await installation.make_company())
    await installation.post("/api/directory/records", company.admin.token, RECORD)
    assert await named(installation, made["key"]) == (200, "Erika Huber")
    assert await named(installation, stranger["key"]) == (200, "")
    assert await named(installation, made["key"], "030 23125002") == (200, "")

    async def is_noted() -> bool:
        (listed,) = (await installation.get("/api/keys", company.admin.token))["items"]
        return listed["used_at"] is not None

    await until(is_noted, what="the time of the use")
    await installation.ask("DELETE", f"/api/keys/{made['id']}", company.admin.token)
    assert (await named(installation, made["key"]))[0] == 401


async def test_lookup_key_opens_nothing_else(installation: Installation) -> None:
    company = await make_full_company(installation)
    key = (await make_key(installation, company))["key"]
    for route, (path, body) in attempts(company).items():
        answer = await installation.ask(route.partition(" ")[0], path, key, body)
        assert answer.status_code == 403, (route, answer.text)
        assert answer.json()["code"] in {"scope-required", "api-key-refused"}, route
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": key})
        assert await browser.close_code() == 4001


async def test_lookup_goes_with_no_other_scope(
    installation: Installation, company: Company
) -> None:
    for other in ("admin", "directory:read"):
        body = {"name": "PBX", "scopes": ["lookup", other]}
        answer = await installation.ask("POST", "/api/keys", company.admin.token, body)
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("scopes", "api-key-lookup-alone")
    assert (await installation.get("/api/keys", company.admin.token))["items"] == []
    twice = await make_key(installation, company, "lookup", "lookup")
    assert twice["scopes"] == ["lookup"]


async def test_other_key_in_an_address_is_refused_and_recorded(
    installation: Installation, company: Company
) -> None:
    clara = await installation.make_user(company.tenant, "admin")
    made = await make_key(installation, company, "admin")
    answer = await installation.ask("GET", f"/api/lookup/{made['key']}?number=1")
    assert (answer.status_code, answer.json()["code"]) == (403, "lookup-key-required")

    async def is_recorded() -> bool:
        events = (await installation.get("/api/audit", clara.token))["items"]
        found = {(event["event"], event["actor"], event["detail"]) for event in events}
        key = f"api-key/{made['id']}"
        return ("access-refused", key, "lookup-key-required get-lookup") in found

    await until(is_recorded, what="the event")
