"""Whatever a whole run leaves behind, no secret is in it, and nobody writes in it for others."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from softphone_testing.activation_codes import code
from softphone_testing.processes import SECRET, Fleet
from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import PASSWORD, Json
from support.stack.installation import database, drop
from support.tenant.browser import open_socket, signed_in

OPERATOR = "the operator's own password"
WRONG = "nobody's password at all"
SPOKEN = "hunter2-of-the-phone"
NUMBER = "08999998044"
BROKEN = 'x\r\n{"event": "forged", "level": "info"}\r\nX-Forged: yes\r\n\r\n'
"""Would be a line of a log, or of an answer's head, if it were written as it is."""


@dataclass
class Day:
    """One day's work with everything in it that is secret, and what it has left behind."""

    fleet: Fleet
    broker: Proxy
    store: Proxy
    redis: str
    tenant: str = field(default_factory=lambda: f"t-{uuid4().hex[:12]}")
    secrets: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)
    device: str = ""

    async def work(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            self._client = client
            await self._people()
            await self._phones()
            await self._sockets()
            await self._outages()
            await self._look()

    async def ask(
        self, service: str, method: str, path: str, token: str = "", json: Json | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.fleet[service].url}{path}"
        answer = await self._client.request(method, url, json=json, headers=headers)
        self.answers.append(answer)
        return answer

    async def _sign_in(self, tenant: str, login: str, password: str) -> httpx.Response:
        given = {"tenant": tenant, "login": login, "password": password}
        return await self.ask("notifier", "POST", "/api/session", json=given)

    async def _people(self) -> None:
        async def made() -> bool:
            return bool((await self.ask("notifier", "GET", "/readyz")).json()["status"] == "ok")

        await until(made, what="the first operator")
        signed = await self._sign_in("operator", "operator", OPERATOR)
        operator: str = signed.raise_for_status().json()["token"]
        self.admin = self.fleet.token(self.tenant, "admin", ("21",))
        given: Json = {"name": "Huber GmbH", "activation_code": code(self.tenant)}
        path = f"/api/tenants/{self.tenant}"
        (await self.ask("ingest", "PUT", path, operator, given)).raise_for_status()
        given = {"login": "anna", "password": PASSWORD, "extensions": ["21"]}

        async def let_in() -> bool:
            return (await self.ask("notifier", "POST", "/api/users", self.admin, given)).is_success

        await until(let_in, what="a user")
        for login in ("anna", "nobody", BROKEN):
            assert (await self._sign_in(self.tenant, login, WRONG)).status_code == 401
        signed = (await self._sign_in(self.tenant, "anna", PASSWORD)).raise_for_status()
        self.anna: str = signed.json()["token"]
        cookie = signed.cookies["softphone_session"]
        (await self.ask("notifier", "POST", "/api/session/renew")).raise_for_status()
        assert (await self.ask("calllog", "GET", "/api/calls", self.anna + "x")).status_code == 401
        self.secrets |= {"an operator's token": operator, "an admin's token": self.admin}
        self.secrets |= {"a user's token": self.anna, "a cookie": cookie}

    async def _phones(self) -> None:
        given: Json = {"name": BROKEN}
        made = await self.ask("ingest", "POST", "/api/devices", self.admin, given)
        self.device, key = (made.raise_for_status().json()[name] for name in ("id", "key"))
        self.secrets["a key"] = key
        self._hit = f"/hit/{key}"
        said = f"extension=21&number={NUMBER}&password={SPOKEN}"
        token = f"{SPOKEN}-as-a-token"
        for path, status in (
            (f"{self._hit}/ringing?{said}", 202),
            (f"{self._hit}/ended?{said}&name={quote(BROKEN)}&call_id={quote(BROKEN)}", 202),
            (f"{self._hit}/{quote(BROKEN, safe='')}?{said}", 404),
            (f"{self._hit}/no-event?{said}&name={quote(BROKEN)}", 422),
            (f"/hit/{key[::-1]}/ringing?{said}", 404),
        ):
            assert (await self.ask("ingest", "GET", path, token)).status_code == status, path
        given = {"number": NUMBER, "extension": "21"}
        (await self.ask("ingest", "POST", "/api/dial", self.anna, given)).raise_for_status()

    async def _sockets(self) -> None:
        notifier = self.fleet["notifier"].url
        async with signed_in(notifier, self.anna) as browser:
            await browser.send({"type": "watch", "device": BROKEN[:64]})
        async with open_socket(notifier) as stranger:
            await stranger.send({"type": "hello", "token": f"{self.anna}{SPOKEN}", "seen": None})
            await stranger.close_code()

    async def _outages(self) -> None:
        """The addresses of servers, with passwords in them, are in many an error."""
        await self.broker.cut()
        path = f"{self._hit}/missed?extension=21&number={NUMBER}"
        assert (await self.ask("ingest", "GET", path)).status_code == 202
        await self.store.cut()

        async def told() -> bool:
            asked = (self.ask(process.name, "GET", "/readyz") for process in self.fleet)
            answers = await asyncio.gather(*asked)
            self.left |= {f"readyz of {a.url}": a.text for a in answers}
            return all(answer.json()["status"] != "ok" for answer in answers)

        await until(told, what="services that say what they miss")
        answers = await asyncio.gather(
            self.ask("calllog", "GET", "/api/calls", self.admin),
            self.ask("matcher", "GET", "/api/directory/records", self.admin),
        )
        assert [answer.status_code for answer in answers] == [503, 503]
        await self.broker.start()
        await self.store.start()
        for process in self.fleet:
            await process.wait_ready()

    async def _look(self) -> None:
        path = f"/api/devices/{self.device}/hits"

        async def recorded() -> bool:
            hits = (await self.ask("ingest", "GET", path, self.admin)).json()["items"]
            return len(hits) >= len((202, 202, 422, 202))

        await until(recorded, what="the hits in the inspector")
        self.left["the page"] = (await self.ask("notifier", "GET", "/")).text
        for process in self.fleet:
            metrics = await self.ask(process.name, "GET", "/metrics")
            self.left[f"metrics of {process.name}"] = metrics.text
            line = Path(f"/proc/{process.pid}/cmdline").read_text(errors="replace")
            self.left[f"ps of {process.name}"] = line
            self.left[f"log of {process.name}"] = process.log_text()
        mongo: AsyncMongoClient[Json] = AsyncMongoClient(self.store.url)
        async with mongo:
            stored = mongo.get_default_database()
            for name in await stored.list_collection_names():
                self.left[f"MongoDB {name}"] = repr([one async for one in stored[name].find()])
        async with Redis.from_url(self.redis) as redis:
            keys = [key async for key in redis.scan_iter()]
            self.left["Redis"] = repr([keys, *[await redis.dump(key) for key in keys]])


@pytest.fixture(scope="module")
async def day(
    rabbitmq: RealServer,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Day]:
    folder = tmp_path_factory.mktemp("secrets")
    own = database(mongodb.url, f"secrets-{uuid4().hex[:8]}")
    ways = broker, store = Proxy(rabbitmq.url), Proxy(own)
    env = {
        "SOFTPHONE_LOG_LEVEL": "DEBUG",
        "SOFTPHONE_OPERATOR_PASSWORD": OPERATOR,
        "SOFTPHONE_SPOOL_DIR": str(folder / "spool"),
    }
    fleet = Fleet(broker.url, store.url, redis_server.url, folder, env)
    day = Day(fleet, broker, store, redis_server.url)
    known = {"the secret of tokens": SECRET, "the operator's password": OPERATOR}
    known |= {"a user's password": PASSWORD, "a wrong password": WRONG, "a phone's": SPOKEN}
    day.secrets |= known | {"the broker's password": urlsplit(rabbitmq.url).password or "softphone"}
    for way in ways:
        await way.start()
    try:
        await fleet.start()
        await day.work()
        yield day
        await fleet.stop()
    finally:
        await fleet.kill()
        for way in ways:
            await way.cut()
    await drop(own)


async def test_no_secret_is_left_anywhere(day: Day) -> None:
    found = {
        (what, where)
        for what, secret in day.secrets.items()
        for where, text in day.left.items()
        if secret in text
    }
    assert found == set()
    assert all(day.left.values())


async def test_no_number_is_in_a_log(day: Day) -> None:
    logs = {where for where, text in day.left.items() if where.startswith("log of")}
    assert len(logs) == 5
    assert [log for log in logs if NUMBER[1:] in day.left[log]] == []


async def test_nobody_writes_a_line_of_a_log_or_a_head(day: Day) -> None:
    for where, text in day.left.items():
        if not where.startswith("log of"):
            continue
        for line in text.splitlines():
            told = json.loads(line)
            assert told["service"] == where.removeprefix("log of ")
            assert told["event"] != "forged"
    assert [answer for answer in day.answers if "x-forged" in answer.headers] == []


async def test_no_answer_says_what_only_the_asker_knew(day: Day) -> None:
    """The new device's key is told once; what went wrong is told without what was secret in it."""
    wrong = [answer for answer in day.answers if answer.is_error]
    assert {answer.status_code for answer in wrong} >= {401, 404, 422, 503}
    for answer in wrong:
        for what, secret in day.secrets.items():
            assert secret not in answer.text, (what, answer.url.path)
