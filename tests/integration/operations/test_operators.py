"""Operators see all tenants, and the state of each service."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractChannel

from softphone_common.bus.envelope import Envelope
from softphone_common.runtime.registry import service_names
from softphone_common.runtime.release import release
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.bus.dead_letters import put_message
from support.product import Json
from support.stack.installation import Installation
from support.tenant.browser import signed_in


@pytest.fixture
async def names(installation: Installation) -> list[str]:
    """Three new tenants, whose names no other tenant has, in the order of the list."""
    mark = uuid4().hex[:8]
    names = [f"{mark} Ähre", f"{mark} bauer", f"{mark} Zimmer"]
    for name in names:
        await installation.make_tenant(name=name)
    return sorted(names, key=str.casefold)


@pytest.fixture
async def channel(rabbitmq: RealServer) -> AsyncIterator[AbstractChannel]:
    async with broker_channel(rabbitmq.url) as channel:
        yield channel


async def test_tenants_are_listed_by_name_and_page(
    installation: Installation, names: list[str]
) -> None:
    mark = names[0].split()[0].upper()
    listed: list[Json] = []
    cursor: str | None = None
    while cursor is not None or not listed:
        params = {"q": mark, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await installation.get("/api/tenants", installation.operator, **params)
        assert len(page["items"]) <= 2
        listed += page["items"]
        cursor = page["next"]
    assert [each["name"] for each in listed] == names
    assert {each["state"] for each in listed} == {"active"}
    assert all(each["seats"] and each["expires_at"] and each["updated_at"] for each in listed)


async def test_tenants_are_found_by_state(installation: Installation, names: list[str]) -> None:
    mark = names[0].split()[0]
    token = installation.operator
    (first, *_) = (await installation.get("/api/tenants", token, q=mark))["items"]
    path = f"/api/tenants/{first['id']}"
    off = await installation.ask("PUT", path, token, {"active": False})
    assert off.status_code == 200, off.text
    for state, expected in (("switched-off", names[:1]), ("active", names[1:]), ("expired", [])):
        found = (await installation.get("/api/tenants", token, q=mark, state=state))["items"]
        assert [each["name"] for each in found] == expected
    shown = await installation.get(path, token)
    assert (shown["name"], shown["active"], shown["state"]) == (names[0], False, "switched-off")
    unknown = await installation.ask("GET", "/api/tenants/no-such-tenant", token)
    assert unknown.json()["code"] == "tenant-unknown"


@pytest.mark.parametrize("service", service_names())
async def test_service_shows_its_resources_and_queues(
    installation: Installation, service: str
) -> None:
    shown = await installation.get(f"/api/system/{service}", installation.operator)
    assert (shown["service"], shown["status"]) == (service, "ok")
    assert shown["version"] == release()
    assert {each["state"] for each in shown["resources"]} == {"ok"}
    assert "RabbitMQ" in {each["name"] for each in shown["resources"]}
    assert all(isinstance(each["messages"], int) for each in shown["queues"])


async def test_open_sockets_are_counted(installation: Installation) -> None:
    async def count() -> int:
        shown = await installation.get("/api/system/notifier", installation.operator)
        return int(shown["figures"]["sockets"])

    anna = await installation.make_user(await installation.make_tenant())
    before = await count()
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        assert await count() == before + 1


async def test_spool_is_measured(installation: Installation) -> None:
    shown = await installation.get("/api/system/ingest", installation.operator)
    assert shown["figures"] == {"spool_depth": 0, "spool_age_seconds": 0}


async def test_dead_letters_are_counted(
    installation: Installation, channel: AbstractChannel
) -> None:
    async def count() -> int:
        shown = await installation.get("/api/system/janitor", installation.operator)
        return int(shown["figures"]["dead_letters"])

    before, poison = await count(), Envelope(b"{", {"cloudEvents_id": uuid4().hex})
    await put_message(channel, poison, "matcher.call")

    async def is_counted() -> bool:
        return await count() == before + 1

    await until(is_counted, what="one more letter")
    listed = await installation.get(
        "/api/dead-letters", installation.operator, queue="matcher.call"
    )
    (letter,) = (each for each in listed["items"] if each["headers"]["cloudEvents_id"] == poison.id)
    await installation.ask("DELETE", f"/api/dead-letters/{letter['id']}", installation.operator)
    assert await count() == before
