"""Outages sign nobody out, and a sign-out ends tokens although a server is away."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation, everything, ready
from support.stack.proxied import proxied
from support.tenant.browser import signed_in
from support.tenant.company import Person

SERVERS = ("RabbitMQ", "MongoDB", "Redis")
CACHED = "/api/tenant"
"""A route that answers from memory."""

Proxies = dict[str, FaultProxy]


@pytest.fixture(scope="module")
async def proxies(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Proxies]:
    async with AsyncExitStack() as stack:
        urls = zip(SERVERS, (rabbitmq.url, mongodb.url, redis_server.url), strict=True)
        yield {name: await stack.enter_async_context(proxied(url)) for name, url in urls}


@pytest.fixture(scope="module")
async def installation(proxies: Proxies) -> AsyncIterator[Installation]:
    urls = [proxies[name].url for name in SERVERS]
    async with everything(urls[0], urls[1], urls[2], publish_seconds=1) as running:
        yield running


@pytest.fixture
async def anna(installation: Installation, proxies: Proxies) -> AsyncIterator[Person]:
    """A user who is signed in; all servers are there again at the end."""
    yield await installation.make_user(await installation.make_tenant())
    for proxy in proxies.values():
        await proxy.start()
    await ready(installation)


async def renew(installation: Installation, cookie: str) -> httpx.Response:
    held = {"Cookie": f"softphone_session={cookie}"}
    return await installation.ask("POST", "/api/session/renew", headers=held)


async def sign_out(installation: Installation, who: Person) -> httpx.Response:
    held = {"Cookie": f"softphone_session={who.cookie}"}
    return await installation.ask("DELETE", "/api/session", who.token, headers=held)


async def code_of(installation: Installation, token: str) -> str | None:
    """The code with which the token is refused; None if it is accepted."""
    answer = await installation.ask("GET", CACHED, token)
    return answer.json()["code"] if answer.is_error else None


@pytest.mark.parametrize("away", SERVERS)
async def test_outage_of_a_server_signs_nobody_out(
    installation: Installation, anna: Person, proxies: Proxies, away: str
) -> None:
    async with signed_in(installation.url, anna.token) as browser:
        await proxies[away].cut()
        assert await code_of(installation, anna.token) is None
        renewed = await renew(installation, anna.cookie)
        assert renewed.status_code == (503 if away == "MongoDB" else 201)
        assert "set-cookie" not in renewed.headers or away != "MongoDB"
        await proxies[away].start()
        await ready(installation)
        assert not browser.is_closed
        await browser.send({"type": "token", "token": anna.token})
    again = await renew(installation, renewed.cookies.get("softphone_session") or anna.cookie)
    assert again.status_code == 201
    assert await code_of(installation, again.json()["token"]) is None


async def test_sign_out_without_mongodb_ends_token_and_socket(
    installation: Installation, anna: Person, proxies: Proxies
) -> None:
    async with signed_in(installation.url, anna.token) as browser:
        await proxies["MongoDB"].cut()
        assert (await sign_out(installation, anna)).status_code == 503
        assert await browser.close_code(within=1) == 4005
    assert await code_of(installation, anna.token) == "session-ended"
    await proxies["MongoDB"].start()
    await ready(installation)
    # the page repeats the sign-out; its token is refused by now, and the cookie suffices
    assert (await sign_out(installation, anna)).status_code == 204
    assert (await renew(installation, anna.cookie)).status_code == 401


async def test_sign_out_without_rabbitmq_ends_the_session(
    installation: Installation, anna: Person, proxies: Proxies
) -> None:
    await proxies["RabbitMQ"].cut()
    assert (await sign_out(installation, anna)).status_code == 204
    assert await code_of(installation, anna.token) == "session-ended"
    assert (await renew(installation, anna.cookie)).status_code == 401
