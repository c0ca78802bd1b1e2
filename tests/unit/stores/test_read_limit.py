"""Every read of a signed-in user is counted, and the reads of a tenant leave servers to others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from softphone_common.contracts.entities import User
from softphone_common.http import app as http_app
from softphone_common.http.auth import AdminCaller, AnyCaller
from softphone_common.http.problem import ProblemError
from softphone_common.http.tenant_turns import TenantTurns
from softphone_common.stores.read_limit import READS_AT_ONCE
from softphone_testing.installation_keys import checked_tokens, token_issuer
from softphone_testing.until import until
from support.observations import at
from support.security_log import RecordedSecurityLog
from support.write_limits import read_limit, write_limit

READS_MAX = 5
ISSUER, TOKENS = token_issuer(lambda: at(0)), checked_tokens(lambda: at(0))


class Database:
    """Answers reads while it is open, and counts those that have begun, by tenant."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.at_once: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.open = asyncio.Event()

    async def read(self, caller: AnyCaller) -> None:
        self.begun[caller.tenant] += 1
        self.at_once[caller.tenant] += 1
        self.most_at_once |= self.at_once
        await self.open.wait()
        self.at_once[caller.tenant] -= 1

    async def read_as_admin(self, caller: AdminCaller) -> None:
        await self.read(caller)


@asynccontextmanager
async def app_of(
    database: Database, reads_max: int = 1000, wait_seconds: float = 60
) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, Any]:
        return {"ready": True}

    router = APIRouter()
    router.add_api_route("/thing", database.read, methods=["GET", "POST"])
    router.add_api_route("/admin", database.read_as_admin, methods=["GET"])
    reads = read_limit(reads_max, wait_seconds)
    security = RecordedSecurityLog()
    app = http_app.build("test", [router], TOKENS, write_limit(), reads, security, 65_536, ready)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def ask(
    client: httpx.AsyncClient, user: str, tenant: str = "acme", path: str = "/thing"
) -> httpx.Response:
    owner = User(id=user, tenant=tenant, login=user, role="admin")
    token, _ = ISSUER.issue(owner, timedelta(hours=1))
    return await client.get(path, headers={"Authorization": f"Bearer {token}"})


@contextmanager
def asking(*requests: Any) -> Iterator[list[asyncio.Task[httpx.Response]]]:
    tasks = [asyncio.create_task(request) for request in requests]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()


async def test_user_over_the_rate_of_reads_is_refused() -> None:
    database = Database()
    database.open.set()
    async with app_of(database, READS_MAX) as client:
        for _ in range(READS_MAX):
            assert (await ask(client, "anna")).status_code == 200
        refused = await ask(client, "anna", path="/admin")
        assert refused.status_code == 429
        assert refused.json()["code"] == "rate-limit-exceeded"
        assert int(refused.headers["retry-after"]) == 60 / READS_MAX
        assert (await ask(client, "ben")).status_code == 200
    assert database.begun["acme"] == READS_MAX + 1


@pytest.mark.parametrize("path", ["/thing", "/admin"])
async def test_tenant_reads_few_at_once_and_others_meanwhile(path: str) -> None:
    database = Database()
    async with app_of(database) as client:
        crowd = [ask(client, f"user-{number}", path=path) for number in range(10)]
        with asking(*crowd, ask(client, "elsewhere", "globex")) as tasks:
            wanted = Counter(acme=READS_AT_ONCE, globex=1)
            await until(lambda: database.begun >= wanted, what="reads of both tenants")
            database.open.set()
            answers = await asyncio.gather(*tasks)
    assert {answer.status_code for answer in answers} == {200}
    assert database.begun["acme"] == len(crowd)
    assert database.most_at_once == wanted


async def test_read_that_waits_too_long_is_refused() -> None:
    database = Database()
    async with app_of(database, wait_seconds=0.01) as client:
        crowd = [ask(client, f"user-{number}") for number in range(READS_AT_ONCE)]
        with asking(*crowd) as tasks:
            await until(lambda: database.begun["acme"] == READS_AT_ONCE, what="reads at once")
            refused = await ask(client, "one-more")
            assert (refused.status_code, refused.json()["code"]) == (429, "rate-limit-exceeded")
            assert int(refused.headers["retry-after"]) >= 1
            database.open.set()
            await asyncio.gather(*tasks)
        assert (await ask(client, "one-more")).status_code == 200


async def test_turn_that_fails_or_waits_is_given_back() -> None:
    turns = TenantTurns(at_once=1, wait_seconds=0)

    async def fail() -> None:
        async with turns.turn("acme"):
            with pytest.raises(ProblemError):
                await turns.turn("acme").__aenter__()
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await fail()
