"""The services in the test's own event loop on one port, with a clock that can be moved."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from softphone_common.contracts.events import Role, User
from softphone_common.http.auth import Tokens
from softphone_common.process.clock import utc_now
from softphone_common.process.settings import Settings
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_testing.activation_codes import PUBLIC_KEY, code
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.fleet import lengths

Json = dict[str, Any]

SECRET = "not a secret, long enough to be taken for one"
PASSWORD = "long enough to do"


class MovedClock:
    """The real time and what it was moved by."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self._offset

    def move(self, by: timedelta) -> None:
        self._offset += by

    def move_to(self, moment: datetime) -> None:
        self.move(moment - self())

    def reset(self) -> None:
        """Back to the real time."""
        self._offset = timedelta(0)


@dataclass(frozen=True)
class Person:
    """A user who has signed in."""

    id: str
    tenant: str
    login: str
    role: Role
    token: str
    cookie: str


@dataclass(frozen=True)
class Phone:
    """A device: its id and the key in its URLs."""

    id: str
    key: str


@dataclass(frozen=True)
class Company:
    """A tenant with a device, and somebody who may read and change all of it."""

    tenant: str
    key: str
    admin: str


class Installation:
    """Running services, and short ways to what every test does with them."""

    def __init__(self, url: str, mongo: str, app: FastAPI, clock: MovedClock) -> None:
        self.url = url
        self.mongo = mongo
        self.app = app
        self.clock = clock
        # the server closes what was idle for 5 s, and must not do so while we send
        limits = httpx.Limits(keepalive_expiry=2)
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=limits)
        self.tokens = Tokens(SecretStr(SECRET), clock)
        no_cookies = DefaultCookiePolicy(allowed_domains=[])
        self.client.cookies.jar.set_policy(no_cookies)

    def token(self, tenant: str, role: Role = "admin", extensions: tuple[str, ...] = ()) -> str:
        """A token of somebody who need not exist."""
        who = User(id=uuid4().hex, tenant=tenant, login=role, role=role, extensions=extensions)
        return self.tokens.issue(who, timedelta(minutes=15))[0]

    async def listening(self) -> bool:
        """Whether it answers at all."""
        try:
            return (await self.client.get("/healthz")).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def operator(self) -> str:
        return self.token("operator", "operator")

    async def ask(
        self, method: str, path: str, token: str | None = None, json: Any = None, **more: Any
    ) -> httpx.Response:
        """One request, whatever its answer."""
        headers = {**({} if token is None else bearer(token)), **more.pop("headers", {})}
        return await self.client.request(method, path, json=json, headers=headers, **more)

    async def get(self, path: str, token: str, **params: Any) -> Json:
        """What is there; it must be."""
        answer = await self.ask("GET", path, token, params=params)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def post(self, path: str, token: str, json: Any = None) -> Json:
        """What it answers; it must succeed."""
        answer = await self.ask("POST", path, token, json)
        assert answer.is_success, answer.text
        made: Json = answer.json()
        return made

    async def make_tenant(self, **fields: Any) -> str:
        """A new active tenant that every service with an own memory of tenants has heard of."""
        tenant = f"t-{uuid4().hex[:12]}"
        given = {
            "name": "Huber GmbH",
            "activation_code": code(tenant, now=self.clock()),
            **fields,
        }
        answer = await self.ask("PUT", f"/api/tenants/{tenant}", self.operator, given)
        assert answer.status_code == 200, answer.text
        token = self.token(tenant)

        async def known() -> bool:
            paths = ("/api/directory/records?number=1", "/api/calls?number=1")
            answers = [await self.ask("GET", path, token) for path in paths]
            return all(answer.status_code in {200, 404} for answer in answers)

        await until(known, what=f"{tenant} known to all")
        return tenant

    async def make_company(self, **fields: Any) -> Company:
        tenant = await self.make_tenant(**fields)
        phone = await self.make_device(tenant)
        return Company(tenant, phone.key, self.token(tenant, extensions=("21", "22")))

    async def make_user(
        self, tenant: str, role: Role = "user", extensions: tuple[str, ...] = ("21",)
    ) -> Person:
        """A new user, signed in."""
        login = f"{role}-{uuid4().hex[:8]}"
        given = {"login": login, "password": PASSWORD, "role": role, "extensions": extensions}
        path = f"/api/users?tenant={tenant}"
        user = (await self.post(path, self.operator, given))["id"]
        answer = await self.sign_in(tenant, login)
        assert answer.status_code == 201, answer.text
        cookie = answer.cookies["softphone_session"]
        return Person(user, tenant, login, role, answer.json()["token"], cookie)

    async def sign_in(self, tenant: str, login: str, password: str = PASSWORD) -> httpx.Response:
        given = {"tenant": tenant, "login": login, "password": password}
        return await self.ask("POST", "/api/session", json=given)

    async def make_device(self, tenant: str, extension: str | None = None) -> Phone:
        given = {"name": "Desk", "extension": extension}
        device = await self.post("/api/devices", self.token(tenant), given)
        return Phone(device["id"], device["key"])

    async def make_record(self, tenant: str, number: str, name: str = "Erika Huber") -> str:
        given = {"type": "contact", "name": name, "numbers": [{"number": number}]}
        record: str = (await self.post("/api/directory/records", self.token(tenant), given))["id"]
        return record

    async def hit(self, key: str, event: str, **params: str) -> httpx.Response:
        return await self.client.get(f"/hit/{key}/{event}", params=params)

    async def told(self, key: str, *events: str, **params: str) -> str:
        """The id of the one call all these events belong to."""
        ids = set()
        for event in events:
            answer = await self.hit(key, event, **params)
            assert answer.status_code == 202, answer.text
            ids.add(answer.json()["call_id"])
        assert len(ids) == 1, ids
        call: str = ids.pop()
        return call

    async def calls(self, token: str, **wanted: str) -> list[Json]:
        """The call list."""
        items: list[Json] = (await self.get("/api/calls", token, **wanted))["items"]
        return items

    async def logged(self, token: str, call: str, **must: Any) -> Json:
        """The call from the log, as soon as all of this is so."""

        async def there() -> Json:
            seen = await self.get(f"/api/calls/{call}", token)
            assert {field: seen[field] for field in must} == must
            return seen

        return await until(there, what=f"the log of {call}")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def database(mongo: str, name: str) -> str:
    """The address of a database of its own on this server."""
    url = httpx.URL(mongo)
    return str(url.copy_with(path=f"/{name}"))


@asynccontextmanager
async def running(
    rabbitmq: str, mongo: str, redis: str, *, only: Collection[str] = (), **settings: Any
) -> AsyncIterator[Installation]:
    """Runs the services named in `only`, or all; stops them at the end.

    The database is part of the address `mongo`.
    """
    clock, port, spool = MovedClock(), free_port(), TemporaryDirectory()
    values = {
        "amqp_url": SecretStr(rabbitmq),
        "mongo_url": SecretStr(mongo),
        "redis_url": SecretStr(redis),
        "auth_secret": SecretStr(SECRET),
        "activation_public_key": PUBLIC_KEY,
        "host": HOST,
        "port": port,
        "spool_dir": spool.name,
        **settings,
    }
    services = [
        await definition.build(definition.settings(**values), clock)
        for name, definition in installed_services().items()
        if not only or name in only
    ]
    runner = Runner(Settings(**values), services, clock)
    running = asyncio.create_task(runner.run())
    installation = Installation(f"http://{HOST}:{port}", mongo, runner.app, clock)
    try:
        yield installation
    finally:
        await installation.client.aclose()
        runner.stop()
        assert await running == 0
        spool.cleanup()


@asynccontextmanager
async def everything(
    rabbitmq: str, mongo: str, redis: str, **settings: Any
) -> AsyncIterator[Installation]:
    """All five, ready, over a database of their own; at the end no message and no data is left."""
    own = database(mongo, f"test-{uuid4().hex[:12]}")
    async with running(rabbitmq, own, redis, **settings) as installation:
        await ready(installation)
        yield installation
        await until(lambda: _nothing_waits(rabbitmq), what="empty queues")
    await drop(own)


async def ready(installation: Installation) -> None:
    """Returns when `/readyz` misses nothing: ingest is ready without the broker, yet unaware."""

    async def answers() -> bool:
        try:
            answer = await installation.client.get("/readyz")
        except httpx.TransportError:
            return False
        assert (answer.status_code, answer.json()["status"]) == (200, "ok"), answer.text
        return True

    await until(answers, what="readiness")


async def drop(mongo: str) -> None:
    """Removes the database of this address."""
    client: AsyncMongoClient[Json] = AsyncMongoClient(mongo)
    async with client:
        await client.drop_database(client.get_default_database().name)


async def _nothing_waits(rabbitmq: str) -> bool:
    waiting = {name: n for name, n in (await lengths(rabbitmq)).items() if n}
    assert waiting == {}
    return True
