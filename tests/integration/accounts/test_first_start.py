"""The setup code of an empty installation makes its first operator, once."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from softphone_onebox.__main__ import invitation
from softphone_onebox.keys import Keys
from softphone_onebox.settings import OneboxSettings
from softphone_testing.activation_codes import code as activation_code
from softphone_testing.real_servers import RealServer
from support.product import PASSWORD
from support.stack.installation import Installation, database, drop, ready, running


@pytest.fixture
async def empty(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    own = database(mongodb.url, f"test-{uuid4().hex[:12]}")
    urls, only = (rabbitmq.url, own, redis_server.url), {"ingest", "notifier"}
    async with running(*urls, only=only, setup_code=SecretStr(setup_code(own))) as started:
        await ready(started)
        yield started
    await drop(own)


def setup_code(mongo: str) -> str:
    """A code for each database, since wrong codes are counted in a Redis that all tests share."""
    return f"setup code of {mongo}"


async def ask(installation: Installation, **fields: str) -> httpx.Response:
    account = {"code": setup_code(installation.mongo), "login": "otto", "password": PASSWORD}
    return await installation.ask("POST", "/api/setup", json={**account, **fields})


async def set_up(installation: Installation, **fields: str) -> tuple[int, str | None]:
    answer = await ask(installation, **fields)
    return answer.status_code, answer.json().get("code")


async def state(installation: Installation) -> tuple[bool, bool]:
    shown = (await installation.ask("GET", "/api/setup")).json()
    return shown["needed"], shown["available"]


async def test_first_operator_creates_company_and_administrator(empty: Installation) -> None:
    assert await state(empty) == (True, True)
    answer = await ask(empty, name="Otto Ohm")
    assert answer.status_code == 201, answer.text
    token, user = answer.json()["token"], answer.json()["user"]
    assert (user["tenant"], user["login"], user["role"]) == ("operator", "otto", "operator")
    assert "softphone_session" in answer.cookies
    company = {"name": "Huber GmbH", "activation_code": activation_code("huber")}
    once = {"If-None-Match": "*"}
    admin = {"login": "clara", "password": PASSWORD, "role": "admin", "extensions": ["20"]}
    for _ in range(2):
        created = await empty.ask("PUT", "/api/tenants/huber", token, company, headers=once)
        assert (created.status_code, created.json()["state"]) == (200, "active")
    assert (await empty.ask("POST", "/api/users?tenant=huber", token, admin)).status_code == 201
    repeated = await empty.ask("POST", "/api/users?tenant=huber", token, admin)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "login-taken")
    assert (await empty.sign_in("huber", "clara")).status_code == 201
    assert (await empty.sign_in("operator", "otto")).status_code == 201
    assert await state(empty) == (False, False)


async def test_setup_code_works_once_and_for_one_request(empty: Installation) -> None:
    requests = (set_up(empty, login=login) for login in ("otto", "olga", "oskar", "otto"))
    answers = sorted(await asyncio.gather(*requests))
    assert [status for status, _ in answers] == [201, 409, 409, 409]
    assert await set_up(empty, login="later") == (409, "setup-done")
    operators = (await empty.get("/api/users", empty.operator))["items"]
    assert len(operators) == 1
    removed = await empty.ask("DELETE", f"/api/users/{operators[0]['id']}", empty.operator)
    assert removed.status_code == 204
    assert await set_up(empty, login="later") == (409, "setup-done")
    assert await state(empty) == (False, False)


async def test_stranger_without_the_code_sets_nothing_up(empty: Installation) -> None:
    code = setup_code(empty.mongo)
    for guess in ("", code[:-1], f"{code} ", "ß"):
        assert await set_up(empty, code=guess) == (403, "setup-code-wrong")
    statuses = [(await set_up(empty, code="guess"))[0] for _ in range(12)]
    assert statuses[-1] == 429
    assert await state(empty) == (True, True)
    assert (await empty.get("/api/users", empty.operator))["items"] == []


async def test_onebox_prints_the_address_of_its_setup_until_it_is_used(
    empty: Installation, tmp_path: Path
) -> None:
    kept = Keys(OneboxSettings(data_dir=tmp_path, demo=False)).setup_code
    again = Keys(OneboxSettings(data_dir=tmp_path, demo=False)).setup_code
    assert kept is not None
    assert kept == again
    assert stat.S_IMODE((tmp_path / "setup_code").stat().st_mode) == 0o600
    assert (
        await invitation(empty.url, "c") == f"Set up your Softphone Connector: {empty.url}/setup#c"
    )
    assert await set_up(empty) == (201, None)
    assert "#c" not in await invitation(empty.url, "c")


async def test_password_that_is_too_short_uses_no_code(empty: Installation) -> None:
    assert (await set_up(empty, password="short"))[0] == 422
    assert await state(empty) == (True, True)
    assert await set_up(empty) == (201, None)


async def test_installation_without_a_code_is_not_set_up(installation: Installation) -> None:
    assert await set_up(installation) == (403, "setup-unavailable")
    assert (await state(installation))[1] is False
