"""Rate limits of routes: 429 for the one sender that exceeds them, until the time is over."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from websockets.exceptions import InvalidStatus

from softphone_testing.real_servers import RealServer
from support.stack.installation import Installation, database, drop, ready, running
from support.tenant.browser import open_socket, signed_in
from support.tenant.company import Company, Person

SETTINGS = {
    # on a busy machine the limiter must not fall back to counting in memory
    "limits_wait_ms": 20_000,
    "redis_seconds": 20,
    "hits_rate": 1,
    "hits_burst_seconds": 10,
    "wrong_keys_max": 5,
    "tries_max": 3,
    "signin_failures_max": 4,
    "login_failures_max": 7,
    "address_failures_max": 8,
    "renewals_max": 5,
    "hellos_max": 4,
    "hellos_address_max": 3,
    "sockets_user_max": 4,
    "sockets_tenant_max": 6,
    "frames_per_minute": 3,
}
BURST, RING = 10, "ringing?extension=21&number=08999998001"
pytestmark = pytest.mark.usefixtures("real_clock_afterwards", "stepping_clock")


def somewhere() -> dict[str, str]:
    """Headers with an address in a new network."""
    return {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}


@pytest.fixture
def here() -> dict[str, str]:
    return somewhere()


@pytest.fixture
async def company(installation: Installation) -> Company:
    """A company for each test: what a test counts at a later time would count in the next test."""
    return await installation.make_company()


@pytest.fixture
async def anna(installation: Installation, company: Company) -> Person:
    return await installation.make_user(company.tenant, "user", ("21",))


def refused(answer: httpx.Response) -> bool:
    """Whether the answer is 429, which must carry the seconds to wait."""
    if answer.status_code != 429:
        return False
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    return True


async def statuses(
    installation: Installation, count: int, path: str, here: dict[str, str]
) -> list[int]:
    return [(await installation.ask("GET", path, headers=here)).status_code for _ in range(count)]


async def counted(installation: Installation, limit: str) -> float:
    return await installation.metric(f'softphone_limited_total{{limit="{limit}"}}', default=0)


# --- hits -----------------------------------------------------------------------------------------


async def test_key_over_its_rate_is_refused_and_no_other(
    installation: Installation, company: Company, here: dict[str, str]
) -> None:
    before = await counted(installation, "hits")
    busy, quiet = [await installation.make_phone(company.tenant) for _ in range(2)]
    path = f"/hit/{busy.key}/{RING}"
    answers = await asyncio.gather(
        *(installation.ask("GET", path, headers=here) for _ in range(BURST + 20))
    )
    assert sum(answer.status_code == 202 for answer in answers) == BURST
    assert sum(refused(answer) for answer in answers) == 20
    assert await counted(installation, "hits") == before + 20
    assert await statuses(installation, 2, f"/hit/{quiet.key}/{RING}", here) == [202, 202]
    installation.clock.move(timedelta(seconds=2))
    assert await statuses(installation, 3, path, here) == [202, 202, 429]


async def test_address_with_wrong_keys_may_use_right_ones(
    installation: Installation, company: Company, here: dict[str, str]
) -> None:
    deleted = await installation.make_phone(company.tenant)
    path = f"/api/devices/{deleted.id}"
    assert (await installation.ask("DELETE", path, company.admin.token)).status_code == 204
    keys = [deleted.key, *(uuid4().hex for _ in range(7))]
    wrong = [await installation.ask("GET", f"/hit/{key}/{RING}", headers=here) for key in keys]
    assert [answer.status_code for answer in wrong] == [404] * 5 + [429] * 3
    assert len({answer.text for answer in wrong[:5]}) == 1
    assert all(refused(answer) for answer in wrong[5:])
    assert await statuses(installation, 2, f"/hit/{company.phone.key}/{RING}", here) == [202, 202]
    neighbour = {"X-Forwarded-For": here["X-Forwarded-For"] + "234"}  # in the same /64 network
    assert await statuses(installation, 1, f"/hit/x/{RING}", neighbour) == [429]
    elsewhere = {"X-Forwarded-For": "198.51.100.23"}
    assert await statuses(installation, 1, f"/hit/x/{RING}", elsewhere) == [404]
    installation.clock.move(timedelta(minutes=1))
    assert await statuses(installation, 6, f"/hit/x/{RING}", here) == [404] * 5 + [429]


async def test_dry_runs_of_a_tenant_have_a_rate(
    installation: Installation, company: Company
) -> None:
    async def dry_run(tenant: str) -> list[httpx.Response]:
        path = f"/api/devices/{(await installation.make_phone(tenant)).id}/try"
        admin, body = installation.token(tenant), {"request": f"/{RING}"}
        return [await installation.ask("POST", path, admin, body) for _ in range(5)]

    for answers in (await dry_run(company.tenant), await dry_run(await installation.make_tenant())):
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert all(refused(answer) for answer in answers[3:])
    installation.clock.move(timedelta(minutes=1))
    assert (await dry_run(company.tenant))[0].status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"])
async def test_deleted_key_gets_the_answer_of_an_unknown_one(
    installation: Installation, company: Company, here: dict[str, str], method: str
) -> None:
    deleted = await installation.make_phone(company.tenant)
    path = f"/api/devices/{deleted.id}"
    assert (await installation.ask("DELETE", path, company.admin.token)).status_code == 204
    answers = [
        await installation.ask(method, f"/hit/{key}/{RING}", headers=here)
        for key in (deleted.key, uuid4().hex)
    ]
    comparable = [(a.status_code, a.text, dict(a.headers) | {"date": ""}) for a in answers]
    assert comparable[0] == comparable[1]
    assert answers[0].status_code in {404, 405}


async def test_untrusted_client_is_counted_by_its_connection(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> None:
    own = database(mongodb.url, f"test-{uuid4().hex[:12]}")
    # apart from the wrong keys of other tests
    uncounted = redis_server.url.removesuffix("/0") + "/1"
    urls = rabbitmq.url, own, uncounted
    untrusting: dict[str, Any] = {**SETTINGS, "trusted_proxies": "192.0.2.1"}
    async with running(*urls, only=["ingest"], **untrusting) as door:
        await ready(door)
        answers = [
            await door.ask("GET", "/hit/x", headers={"X-Forwarded-For": f"198.51.100.{n}"})
            for n in range(7)
        ]
        assert [answer.status_code for answer in answers] == [404] * 5 + [429] * 2
    await drop(own)


# --- signing in -----------------------------------------------------------------------------------


async def sign_in(
    installation: Installation, tenant: str, login: str, password: str, here: dict[str, str]
) -> httpx.Response:
    body = {"tenant": tenant, "login": login, "password": password}
    return await installation.ask("POST", "/api/session", json=body, headers=here)


@pytest.mark.parametrize("exists", [True, False], ids=["a login", "no login"])
async def test_failed_sign_ins_of_a_login_block_it_for_a_time(
    installation: Installation, anna: Person, here: dict[str, str], exists: bool
) -> None:
    login = anna.login if exists else f"nobody-{uuid4().hex[:8]}"
    wrong = await asyncio.gather(
        *(sign_in(installation, anna.tenant, login, "wrong", here) for _ in range(7))
    )
    assert sorted(answer.status_code for answer in wrong) == [401] * 4 + [429] * 3
    even_right = await sign_in(installation, anna.tenant, login, "long enough to do", here)
    assert refused(even_right)
    theirs = await sign_in(installation, anna.tenant, login, "long enough to do", somewhere())
    assert theirs.status_code == (201 if exists else 401)
    renewed = await installation.ask("POST", "/api/session/renew", headers=cookie_of(anna))
    assert renewed.status_code == 201
    installation.clock.move(timedelta(minutes=5))
    at_last = await sign_in(installation, anna.tenant, login, "long enough to do", here)
    assert at_last.status_code == (201 if exists else 401)


@pytest.mark.parametrize("exists", [True, False], ids=["a login", "no login"])
async def test_failed_sign_ins_from_everywhere_have_a_limit(
    installation: Installation, anna: Person, exists: bool
) -> None:
    login = anna.login if exists else f"nobody-{uuid4().hex[:8]}"
    wrong = await asyncio.gather(
        *(sign_in(installation, anna.tenant, login, "wrong", somewhere()) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in wrong) == [401] * 7 + [429] * 3
    assert len({answer.text for answer in wrong if answer.status_code == 401}) == 1
    installation.clock.move(timedelta(minutes=5))
    at_last = await sign_in(installation, anna.tenant, login, "long enough to do", somewhere())
    assert at_last.status_code == (201 if exists else 401)


async def test_successful_sign_in_resets_the_failures(
    installation: Installation, anna: Person, here: dict[str, str]
) -> None:
    for _ in range(2):
        for _ in range(3):
            wrong = await sign_in(installation, anna.tenant, anna.login, "wrong", here)
            assert wrong.status_code == 401
        right = await sign_in(installation, anna.tenant, anna.login, "long enough to do", here)
        assert right.status_code == 201


async def test_sign_ins_of_an_address_are_limited_by_failures_only(
    installation: Installation, anna: Person, here: dict[str, str]
) -> None:
    for _ in range(12):
        right = await sign_in(installation, anna.tenant, anna.login, "long enough to do", here)
        assert right.status_code == 201
    for n in range(10):
        wrong = await sign_in(installation, anna.tenant, f"guess-{n}", "wrong", here)
        assert wrong.status_code == (401 if n < 8 else 429)
    elsewhere = {"X-Forwarded-For": "198.51.100.24"}
    right = await sign_in(installation, anna.tenant, anna.login, "long enough to do", elsewhere)
    assert right.status_code == 201


async def test_failed_sign_in_always_computes_one_hash(
    installation: Installation, anna: Person, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[str] = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, hashed: str, password: str) -> bool:
        costs.append(
            hashed.rpartition("$")[0].rpartition("$")[0]
        )  # the parameters without salt and hash
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    for tenant, login in ((anna.tenant, anna.login), (anna.tenant, "nobody"), ("no-tenant", "x")):
        assert (await sign_in(installation, tenant, login, "wrong", here)).status_code == 401
    assert len(costs) == 3
    assert len(set(costs)) == 1


def cookie_of(person: Person) -> dict[str, str]:
    return {"Cookie": f"softphone_session={person.cookie}"}


async def test_renewals_of_a_session_have_a_rate(
    installation: Installation, anna: Person, here: dict[str, str]
) -> None:
    cookies = [anna.cookie]

    async def renew(headers: dict[str, str]) -> int:
        answer = await installation.ask("POST", "/api/session/renew", headers=here | headers)
        cookies.extend(answer.cookies.values())
        return answer.status_code

    assert [await renew(cookie_of(anna)) for _ in range(6)] == [201] * 5 + [429]
    guessed = [await renew({"Cookie": f"softphone_session={n}"}) for n in range(9)]
    assert guessed == [401] * 7 + [429] * 2
    installation.clock.move(timedelta(minutes=5))
    assert await renew({"Cookie": f"softphone_session={cookies[-1]}"}) == 201


# --- sockets --------------------------------------------------------------------------------------


async def test_sockets_without_a_hello_are_limited_by_address(
    installation: Installation, anna: Person, here: dict[str, str]
) -> None:
    before = await counted(installation, "hellos")
    async with AsyncExitStack() as silent:
        lines = [
            await silent.enter_async_context(open_socket(installation.url, here)) for _ in range(3)
        ]
        with pytest.raises(InvalidStatus) as refusal:
            await silent.enter_async_context(open_socket(installation.url, here))
        assert refusal.value.response.status_code == 429
        await lines[0].send({"type": "hello", "token": anna.token})
        await lines[0].expect("welcome")
        await silent.enter_async_context(open_socket(installation.url, here))
        elsewhere = {"X-Forwarded-For": "198.51.100.25"}
        await silent.enter_async_context(open_socket(installation.url, elsewhere))
        # the limit of all addresses together: the oldest that still waits is closed
        another = {"X-Forwarded-For": "192.0.2.9"}
        await silent.enter_async_context(open_socket(installation.url, another))
        assert await lines[1].close_code() == 4001
    assert await counted(installation, "hellos") == before + 1


async def test_too_many_sockets_of_a_user_close_the_oldest(
    installation: Installation, anna: Person
) -> None:
    async with AsyncExitStack() as sockets:
        first, *others = [
            await sockets.enter_async_context(signed_in(installation.url, anna.token))
            for _ in range(5)
        ]
        assert await first.close_code() == 4010
        phone = await installation.make_phone(anna.tenant)
        call = await phone.post_hits("ringing", extension="21", number="08999998002")
        await asyncio.gather(*(other.expect_call(call) for other in others))


async def test_too_many_sockets_of_a_tenant_close_the_newest(installation: Installation) -> None:
    tenant = await installation.make_tenant()
    async with AsyncExitStack() as sockets:
        for _ in range(6):
            await sockets.enter_async_context(
                signed_in(installation.url, installation.token(tenant))
            )
        late = await sockets.enter_async_context(open_socket(installation.url))
        await late.send({"type": "hello", "token": installation.token(tenant)})
        assert await late.close_code() == 4010
        assert late.frames == []
        other = await installation.make_tenant()
        await sockets.enter_async_context(signed_in(installation.url, installation.token(other)))


async def test_socket_with_too_many_frames_is_closed(
    installation: Installation, anna: Person
) -> None:
    async with signed_in(installation.url, anna.token) as browser:
        for _ in range(4):
            await browser.send({"type": "token", "token": anna.token})
        assert await browser.close_code() == 4009


async def test_socket_has_no_compression_and_a_frame_limit(
    installation: Installation, anna: Person
) -> None:
    async with signed_in(installation.url, anna.token) as browser:
        assert browser.extensions == []
        await browser.send({"type": "hello", "token": "x" * 70_000})
        assert await browser.close_code() == 1009
