"""Logs, metrics and stored data of a whole run contain no secret and no forged line."""

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

from softphone_common.process.ed25519 import encode_private_key
from softphone_testing.activation_codes import code
from softphone_testing.installation_keys import SEALING_KEY, SIGNING_KEY
from softphone_testing.processes import ServiceFleet
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import PASSWORD, Json
from support.stack.installation import database, drop
from support.tenant.browser import open_socket, signed_in
from support.web_client import web_client

OPERATOR = "the operator's own password"
WRONG = "nobody's password at all"
PHONE_PASSWORD = "hunter2-of-the-phone"
NUMBER = "08999998044"
CALLER = "Erika Mustermann-Geheim"
BROKEN = 'x\r\n{"event": "forged", "level": "info"}\r\nX-Forged: yes\r\n\r\n'
"""Would forge a line in a log or a header of an answer, if it were written unescaped."""


@dataclass
class Workday:
    """Work with every kind of secret, and the traces that it leaves."""

    fleet: ServiceFleet
    broker: FaultProxy
    store: FaultProxy
    redis: str
    tenant: str = field(default_factory=lambda: f"t-{uuid4().hex[:12]}")
    secrets: dict[str, str] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)
    device: str = ""

    async def work(self) -> None:
        async with web_client() as client:
            self._client = client
            await self._people()
            await self._phones()
            await self._lookups()
            await self._sockets()
            await self._failures()
            await self._outages()
            await self._collect_traces()

    async def ask(
        self, service: str, method: str, path: str, token: str = "", json: Json | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.fleet[service].url}{path}"
        answer = await self._client.request(method, url, json=json, headers=headers)
        self.answers.append(answer)
        return answer

    async def _sign_in(self, tenant: str, login: str, password: str) -> httpx.Response:
        credentials = {"tenant": tenant, "login": login, "password": password}
        return await self.ask("notifier", "POST", "/api/session", json=credentials)

    async def _people(self) -> None:
        async def made() -> bool:
            return bool((await self.ask("notifier", "GET", "/readyz")).json()["status"] == "ok")

        await until(made, what="the first operator")
        signed = await self._sign_in("operator", "operator", OPERATOR)
        operator: str = signed.raise_for_status().json()["token"]
        self.admin = self.fleet.token(self.tenant, "admin", ("21",))
        body: Json = {"name": "Huber GmbH", "activation_code": code(self.tenant)}
        path = f"/api/tenants/{self.tenant}"
        (await self.ask("ingest", "PUT", path, operator, body)).raise_for_status()
        body = {"login": "anna", "password": PASSWORD, "extensions": ["21"]}

        async def let_in() -> bool:
            return (await self.ask("notifier", "POST", "/api/users", self.admin, body)).is_success

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
        body: Json = {"name": BROKEN}
        made = await self.ask("ingest", "POST", "/api/devices", self.admin, body)
        self.device, key = (made.raise_for_status().json()[name] for name in ("id", "key"))
        self.secrets["a key"] = key
        self._hit = f"/hit/{key}"
        query = f"extension=21&number={NUMBER}&password={PHONE_PASSWORD}"
        token = f"{PHONE_PASSWORD}-as-a-token"
        for path, status in (
            (f"{self._hit}/ringing?{query}", 202),
            (f"{self._hit}/ended?{query}&name={quote(BROKEN)}&call_id={quote(BROKEN)}", 202),
            (f"{self._hit}/{quote(BROKEN, safe='')}?{query}", 404),
            (f"{self._hit}/no-event?{query}&name={quote(BROKEN)}", 422),
            (f"/hit/{key[::-1]}/ringing?{query}", 404),
        ):
            assert (await self.ask("ingest", "GET", path, token)).status_code == status, path
        body = {"number": NUMBER, "extension": "21"}
        (await self.ask("ingest", "POST", "/api/dial", self.anna, body)).raise_for_status()

    async def _lookups(self) -> None:
        body: Json = {"name": "PBX", "scopes": ["lookup"]}
        made = await self.ask("notifier", "POST", "/api/keys", self.admin, body)
        key = self.secrets["a key of lookups"] = made.raise_for_status().json()["key"]
        self._lookup = f"/api/lookup/{key}?number={NUMBER}"

        async def is_known() -> bool:
            return (await self.ask("matcher", "GET", self._lookup)).is_success

        await until(is_known, what="the key at matcher")
        for path in (f"{self._lookup}&format=x", self._lookup.replace("spk_", "spk_x")):
            assert (await self.ask("matcher", "GET", path)).is_error

    async def _sockets(self) -> None:
        notifier = self.fleet["notifier"].url
        async with signed_in(notifier, self.anna) as browser:
            await browser.send({"type": "watch", "device": BROKEN[:64]})
        async with open_socket(notifier) as stranger:
            await stranger.send(
                {"type": "hello", "token": f"{self.anna}{PHONE_PASSWORD}", "seen": None}
            )
            await stranger.close_code()

    async def _failures(self) -> None:
        """Makes writes fail whose errors have whole documents and values in their texts."""
        mongo: AsyncMongoClient[Json] = AsyncMongoClient(self.store.url)
        async with mongo:
            stored = mongo.get_default_database()
            await stored["records"].create_index([("tenant", 1), ("name", 1)], unique=True)
            record = {"type": "contact", "name": CALLER, "numbers": [{"number": NUMBER}]}
            path = "/api/directory/records"
            answers = [
                (await self.ask("matcher", "POST", path, self.admin, record)).status_code
                for _ in range(2)
            ]
            assert answers == [201, 500]
            hit = f"{self._hit}/ringing?extension=21&number={NUMBER}&name={quote(CALLER)}"
            answer = await self.ask("ingest", "GET", f"{hit}&call_id=broken")
            call = {"call_id": answer.json()["call_id"]}

            async def is_matched() -> bool:
                entry = await stored["calls"].find_one(call)
                return entry is not None and entry["matched_at"] is not None

            # nothing else is written of the call after that, which would mend it
            await until(is_matched, what="the call with its match")
            broken = {"$set": {"evidence": [{"name": CALLER, "number": NUMBER}]}}
            await stored["calls"].update_one(call, broken)
            await self.ask("ingest", "GET", f"{hit.replace('ringing', 'missed')}&call_id=broken")

            def has_failed() -> bool:
                return "handler failed" in self.fleet["calllog"].log_text()

            await until(has_failed, what="the failure")
            await stored["calls"].delete_one(call)

    async def _outages(self) -> None:
        """Cuts off servers, since errors about them may contain their addresses with passwords."""
        await self.broker.cut()
        path = f"{self._hit}/missed?extension=21&number={NUMBER}"
        assert (await self.ask("ingest", "GET", path)).status_code == 202
        await self.store.cut()

        async def all_degraded() -> bool:
            requests = (self.ask(process.name, "GET", "/readyz") for process in self.fleet)
            answers = await asyncio.gather(*requests)
            self.traces |= {f"readyz of {a.url}": a.text for a in answers}
            return all(answer.json()["status"] != "ok" for answer in answers)

        await until(all_degraded, what="services that report failed checks")
        answers = await asyncio.gather(
            self.ask("calllog", "GET", "/api/calls", self.admin),
            self.ask("matcher", "GET", "/api/directory/records", self.admin),
            self.ask("matcher", "GET", self._lookup),
        )
        assert [answer.status_code for answer in answers] == [503, 503, 503]
        await self.broker.start()
        await self.store.start()
        for process in self.fleet:
            await process.wait_ready()

    async def _collect_traces(self) -> None:
        path = f"/api/devices/{self.device}/hits"

        async def recorded() -> bool:
            hits = (await self.ask("ingest", "GET", path, self.admin)).json()["items"]
            return len(hits) >= len((202, 202, 422, 202))

        await until(recorded, what="the hits in the inspector")
        self.traces["the page"] = (await self.ask("notifier", "GET", "/")).text
        for process in self.fleet:
            metrics = await self.ask(process.name, "GET", "/metrics")
            self.traces[f"metrics of {process.name}"] = metrics.text
            line = Path(f"/proc/{process.pid}/cmdline").read_text(errors="replace")
            self.traces[f"ps of {process.name}"] = line
            self.traces[f"log of {process.name}"] = process.log_text()
        mongo: AsyncMongoClient[Json] = AsyncMongoClient(self.store.url)
        async with mongo:
            stored = mongo.get_default_database()
            for name in await stored.list_collection_names():
                self.traces[f"MongoDB {name}"] = repr([one async for one in stored[name].find()])
        async with Redis.from_url(self.redis) as redis:
            keys = [key async for key in redis.scan_iter()]
            self.traces["Redis"] = repr([keys, *[await redis.dump(key) for key in keys]])


@pytest.fixture(scope="module")
async def workday(
    rabbitmq: RealServer,
    mongodb: RealServer,
    redis_server: RealServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Workday]:
    folder = tmp_path_factory.mktemp("secrets")
    own = database(mongodb.url, f"secrets-{uuid4().hex[:8]}")
    ways = broker, store = FaultProxy(rabbitmq.url), FaultProxy(own)
    env = {
        "SOFTPHONE_LOG_LEVEL": "DEBUG",
        "SOFTPHONE_OPERATOR_PASSWORD": OPERATOR,
        "SOFTPHONE_SPOOL_DIR": str(folder / "spool"),
    }
    fleet = ServiceFleet(broker.url, store.url, redis_server.url, folder, env)
    workday = Workday(fleet, broker, store, redis_server.url)
    configured = {
        "the key that signs tokens": encode_private_key(SIGNING_KEY),
        "the key that seals": SEALING_KEY,
        "the operator's password": OPERATOR,
    }
    configured |= {
        "a user's password": PASSWORD,
        "a wrong password": WRONG,
        "a phone's": PHONE_PASSWORD,
    }
    workday.secrets |= configured | {
        "the broker's password": urlsplit(rabbitmq.url).password or "softphone"
    }
    for way in ways:
        await way.start()
    try:
        await fleet.start()
        await workday.work()
        yield workday
        await fleet.stop()
    finally:
        await fleet.kill()
        for way in ways:
            await way.cut()
    await drop(own)


async def test_traces_of_a_run_contain_no_secret(workday: Workday) -> None:
    leaks = {
        (what, where)
        for what, secret in workday.secrets.items()
        for where, text in workday.traces.items()
        if secret in text
    }
    assert leaks == set()
    assert all(workday.traces.values())


async def test_logs_contain_no_phone_number(workday: Workday) -> None:
    logs = {where for where, text in workday.traces.items() if where.startswith("log of")}
    assert len(logs) == 5
    assert [log for log in logs if NUMBER[1:] in workday.traces[log]] == []


async def test_logs_of_failures_contain_no_data(workday: Workday) -> None:
    logs = {where: text for where, text in workday.traces.items() if where.startswith("log of")}
    assert "DuplicateKeyError: code 11000" in logs["log of matcher"]
    assert "ValidationError" in logs["log of calllog"]
    for where, text in logs.items():
        assert CALLER not in text, where
        assert NUMBER[-8:] not in text, where


async def test_line_breaks_in_input_forge_no_log_line_or_header(workday: Workday) -> None:
    for where, text in workday.traces.items():
        if not where.startswith("log of"):
            continue
        for line in text.splitlines():
            entry = json.loads(line)
            assert entry["service"] == where.removeprefix("log of ")
            assert entry["event"] != "forged"
    assert [answer for answer in workday.answers if "x-forged" in answer.headers] == []


async def test_errors_contain_no_secret_of_the_request(workday: Workday) -> None:
    """Only the answer that creates a device contains its key; errors contain no secret."""
    wrong = [answer for answer in workday.answers if answer.is_error]
    assert {answer.status_code for answer in wrong} >= {401, 404, 422, 503}
    for answer in wrong:
        for what, secret in workday.secrets.items():
            assert secret not in answer.text, (what, answer.url.path)
