"""Tokens and sockets of an ended session or a switched-off tenant are refused everywhere."""

from collections.abc import AsyncIterator

import pytest

from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.installation import Installation, ready, running
from support.stack.routes import PATHS
from support.tenant.browser import open_socket, signed_in
from support.tenant.company import Person


@pytest.fixture(params=PATHS)
async def another(
    request: pytest.FixtureRequest,
    installation: Installation,
    rabbitmq: RealServer,
    redis_server: RealServer,
) -> AsyncIterator[tuple[Installation, str]]:
    """A second instance of one service in a process of its own, and a route of it."""
    urls = rabbitmq.url, installation.mongo, redis_server.url
    async with running(*urls, only=[request.param]) as instance:
        await ready(instance)
        yield instance, PATHS[request.param]


async def answers(instance: Installation, path: str, token: str, code: str | None) -> bool:
    """Asserts that the token is accepted, or refused with this code."""
    answer = await instance.ask("GET", path, token)
    assert (answer.json().get("code") if answer.is_error else None) == code, answer.text
    return True


async def sign_out(installation: Installation, who: Person) -> None:
    held = {"Cookie": f"softphone_session={who.cookie}"}
    answer = await installation.ask("DELETE", "/api/session", headers=held)
    assert answer.status_code == 204


async def switch(installation: Installation, tenant: str, *, active: bool) -> None:
    path, body = f"/api/tenants/{tenant}", {"active": active}
    assert (await installation.ask("PUT", path, installation.operator, body)).status_code == 200


async def test_sign_out_ends_the_token_at_every_service(
    installation: Installation, boss: Person
) -> None:
    elsewhere = (await installation.sign_in(boss.tenant, boss.login)).json()["token"]
    for path in PATHS.values():
        await answers(installation, path, boss.token, None)
    await sign_out(installation, boss)
    for path in PATHS.values():
        await answers(installation, path, boss.token, "session-ended")
        await answers(installation, path, elsewhere, None)


async def test_sign_out_reaches_other_instances(
    installation: Installation, boss: Person, another: tuple[Installation, str]
) -> None:
    instance, path = another
    await answers(instance, path, boss.token, None)
    await sign_out(installation, boss)
    refused = lambda: answers(instance, path, boss.token, "session-ended")  # noqa: E731
    await until(refused, what="the end of the session at another instance")


@pytest.mark.parametrize("service", PATHS)
async def test_service_that_starts_refuses_what_was_revoked(
    installation: Installation,
    boss: Person,
    rabbitmq: RealServer,
    redis_server: RealServer,
    service: str,
) -> None:
    elsewhere = (await installation.sign_in(boss.tenant, boss.login)).json()["token"]
    colleague = await installation.make_user(boss.tenant, "operator")
    await sign_out(installation, boss)
    body = {"name": "Another"}
    edit = f"/api/users/{colleague.id}"
    assert (await installation.ask("PATCH", edit, elsewhere, body)).status_code == 200
    urls = rabbitmq.url, installation.mongo, redis_server.url
    async with running(*urls, only=[service]) as instance:
        await ready(instance)
        await answers(instance, PATHS[service], boss.token, "session-ended")
        await answers(instance, PATHS[service], colleague.token, "token-outdated")
        await answers(instance, PATHS[service], elsewhere, None)


async def test_sign_out_closes_the_sockets_of_all_tabs(
    installation: Installation, anna: Person
) -> None:
    there = (await installation.sign_in(anna.tenant, anna.login)).json()["token"]
    async with (
        signed_in(installation.url, anna.token) as one,
        signed_in(installation.url, anna.token) as tab,
        signed_in(installation.url, there) as elsewhere,
    ):
        await sign_out(installation, anna)
        assert await one.close_code(within=1) == 4005
        assert await tab.close_code(within=1) == 4005
        await elsewhere.send({"type": "token", "token": there})
        await elsewhere.send({"type": "token", "token": anna.token})
        assert await elsewhere.close_code() == 4005
    async with open_socket(installation.url) as late:
        await late.send({"type": "hello", "token": anna.token})
        assert await late.close_code() == 4005


async def test_switched_off_tenant_is_off_for_people(
    installation: Installation, anna: Person
) -> None:
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    async with signed_in(installation.url, anna.token) as browser:
        await switch(installation, anna.tenant, active=False)
        assert await browser.close_code(within=1) == 4005
    for path in PATHS.values():
        await answers(installation, path, anna.token, "tenant-switched-off")
    refusals = [
        await installation.sign_in(anna.tenant, anna.login),
        await installation.ask("POST", "/api/session/renew", headers=held),
    ]
    for refusal in refusals:
        assert (refusal.status_code, refusal.json()["code"]) == (403, "tenant-switched-off")
    wrong = await installation.sign_in(anna.tenant, anna.login, "not the password")
    assert wrong.json()["code"] == "login-failed", "only who knows the password learns the state"
    await switch(installation, anna.tenant, active=True)
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201
    renewed = await installation.ask("POST", "/api/session/renew", headers=held)
    assert renewed.status_code == 201
    await answers(installation, PATHS["calllog"], renewed.json()["token"], None)


async def test_operator_of_a_switched_off_tenant_can_go_on(
    installation: Installation, boss: Person
) -> None:
    async with signed_in(installation.url, boss.token) as browser:
        await switch(installation, boss.tenant, active=False)
        for path in PATHS.values():
            await answers(installation, path, boss.token, None)
        again = await installation.sign_in(boss.tenant, boss.login)
        assert again.status_code == 201
        await browser.send({"type": "token", "token": again.json()["token"]})
        await switch(installation, boss.tenant, active=True)


async def test_switched_off_tenant_reaches_other_instances(
    installation: Installation, another: tuple[Installation, str]
) -> None:
    instance, path = another
    admin = await installation.make_user(await installation.make_tenant(), "admin")
    code = "role-required" if path == PATHS["janitor"] else None
    accepted = lambda: answers(instance, path, admin.token, code)  # noqa: E731
    await until(accepted, what="an instance that knows the tenant")
    await switch(installation, admin.tenant, active=False)
    refused = lambda: answers(instance, path, admin.token, "tenant-switched-off")  # noqa: E731
    await until(refused, what="the switched-off tenant at another instance")
