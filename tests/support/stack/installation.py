"""The services in the event loop of the test, on one port, with a clock that tests can move."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from softphone_common.contracts.entities import Role, User
from softphone_common.process.clock import utc_now
from softphone_common.process.settings import Settings
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_testing.activation_codes import PUBLIC_KEY, code
from softphone_testing.installation_keys import KEYS, token_issuer
from softphone_testing.real_servers import ADDRESSES
from softphone_testing.servers.ports import HOST, free_port
from softphone_testing.until import until
from support.bus.queues import consumer_counts, queue_lengths
from support.product import PASSWORD, Json, bearer
from support.tenant.company import Company, Person
from support.tenant.phone import EXTENSION, Phone
from support.web_client import web_client


class MovedClock:
    """The real time plus an offset that tests set."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stopped or utc_now()) + self._offset

    def move(self, by: timedelta) -> None:
        self._offset += by

    def move_to(self, moment: datetime) -> None:
        self.move(moment - self())

    def reset(self) -> None:
        """Goes back to the real time."""
        self._offset = timedelta(0)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Time stands still inside, apart from moves, and afterwards jumps to where it would be."""
        self._stopped = utc_now()
        try:
            yield
        finally:
            self._stopped = None


class Installation:
    """Running services behind one address, and the requests that most tests need."""

    def __init__(self, url: str, mongo: str, app: FastAPI, clock: MovedClock) -> None:
        self.url = url
        self.mongo = mongo
        self.app = app
        self.clock = clock
        self.client = web_client(url)
        self.tokens = token_issuer(clock)
        no_cookies = DefaultCookiePolicy(allowed_domains=[])
        self.client.cookies.jar.set_policy(no_cookies)

    def address(self, _: str) -> str:
        return self.url

    def token(
        self,
        tenant: str,
        role: Role = "admin",
        extensions: tuple[str, ...] = (),
        user: str = "",
    ) -> str:
        """A token for a user, who need not exist."""
        claims = User(
            id=user or uuid4().hex, tenant=tenant, login=role, role=role, extensions=extensions
        )
        return self.tokens.issue(claims, timedelta(minutes=15))[0]

    @property
    def operator(self) -> str:
        return self.token("operator", "operator")

    def phone(self, key: str, id_: str = "none") -> Phone:
        """A phone that sends to this installation with this key, whether it is valid or not."""
        return Phone(self.client, "", id_, key)

    async def is_listening(self) -> bool:
        """Whether the server answers at all."""
        try:
            return (await self.client.get("/healthz")).status_code == 200
        except httpx.TransportError:
            return False

    async def ask(
        self, method: str, path: str, token: str | None = None, json: Any = None, **options: Any
    ) -> httpx.Response:
        """Sends one request and returns its answer, whatever the status."""
        headers = {**({} if token is None else bearer(token)), **options.pop("headers", {})}
        return await self.client.request(method, path, json=json, headers=headers, **options)

    async def get(self, path: str, token: str, **params: Any) -> Json:
        """The body of an answer that must be 200."""
        answer = await self.ask("GET", path, token, params=params)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    async def post(self, path: str, token: str, json: Any = None) -> Json:
        """The body of an answer that must be a success."""
        answer = await self.ask("POST", path, token, json)
        assert answer.is_success, answer.text
        body: Json = answer.json()
        return body

    async def metric(self, series: str, default: float | None = None) -> float:
        """The value of a series, named with its labels; must be present without a default."""
        lines = (await self.client.get("/metrics")).text.splitlines()
        values = (float(line.split()[-1]) for line in lines if line.startswith(f"{series} "))
        value = next(values, default)
        assert value is not None, f"no metric {series}"
        return value

    async def make_tenant(self, **fields: Any) -> str:
        """A new active tenant. Returns when matcher and calllog have received it from the bus."""
        tenant = f"t-{uuid4().hex[:12]}"
        body = {
            "name": "Huber GmbH",
            "activation_code": code(tenant, now=self.clock()),
            **fields,
        }
        answer = await self.ask("PUT", f"/api/tenants/{tenant}", self.operator, body)
        assert answer.status_code == 200, answer.text
        token = self.token(tenant)

        async def is_received() -> bool:
            paths = ("/api/directory/records?number=1", "/api/calls?number=1")
            answers = [await self.ask("GET", path, token) for path in paths]
            return all(answer.status_code in {200, 404} for answer in answers)

        await until(is_received, what=f"{tenant} at every service")
        return tenant

    async def make_company(self, **fields: Any) -> Company:
        """A new tenant with a phone; administrator and user have tokens, but no accounts."""
        return await self.company_of(await self.make_tenant(**fields))

    async def company_of(self, tenant: str) -> Company:
        """The company of a tenant that exists, with a new phone."""
        phone = await self.make_phone(tenant)
        admin = Person("", tenant, "admin", "admin", self.token(tenant, "admin", ("21", "22")))
        user = Person("", tenant, "user", "user", self.token(tenant, "user", (EXTENSION,)))
        return Company(self, tenant, phone, admin, user)

    async def make_user(
        self,
        tenant: str,
        role: Role = "user",
        extensions: tuple[str, ...] = (EXTENSION,),
        teams: tuple[str, ...] = (),
    ) -> Person:
        """A new user, who is signed in."""
        login = f"{role}-{uuid4().hex[:8]}"
        body = {"login": login, "password": PASSWORD, "role": role, "extensions": extensions}
        body |= {"teams": teams}
        path = f"/api/users?tenant={tenant}"
        user = (await self.post(path, self.operator, body))["id"]
        answer = await self.sign_in(tenant, login)
        assert answer.status_code == 201, answer.text
        cookie = answer.cookies["softphone_session"]
        return Person(user, tenant, login, role, answer.json()["token"], cookie)

    async def sign_in(self, tenant: str, login: str, password: str = PASSWORD) -> httpx.Response:
        body = {"tenant": tenant, "login": login, "password": password}
        return await self.ask("POST", "/api/session", json=body)

    async def make_phone(self, tenant: str, extension: str | None = None) -> Phone:
        body = {"name": "Desk", "extension": extension}
        device = await self.post("/api/devices", self.token(tenant), body)
        return self.phone(device["key"], device["id"])

    async def make_record(self, tenant: str, number: str, name: str = "Erika Huber") -> str:
        """A new contact in the directory; returns its id."""
        body = {"type": "contact", "name": name, "numbers": [{"number": number}]}
        record: str = (await self.post("/api/directory/records", self.token(tenant), body))["id"]
        return record

    async def calls(self, token: str, **filters: str) -> list[Json]:
        """The first page of the call list."""
        items: list[Json] = (await self.get("/api/calls", token, **filters))["items"]
        return items

    async def logged(self, token: str, call: str, **fields: Any) -> Json:
        """Waits until the log has this call with these fields, and returns its entry."""

        async def matching() -> Json:
            entry = await self.get(f"/api/calls/{call}", token)
            assert {name: entry[name] for name in fields} == fields
            return entry

        return await until(matching, what=f"the log of {call}")


def database(mongo: str, name: str) -> str:
    """The address of the database with this name on the server."""
    url = httpx.URL(mongo)
    return str(url.copy_with(path=f"/{name}"))


@asynccontextmanager
async def running(
    rabbitmq: str,
    mongo: str,
    redis: str,
    *,
    only: Collection[str] = (),
    own: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> AsyncIterator[Installation]:
    """Runs the services named in `only`, or all; stops them at the end.

    The database is part of the address `mongo`. `own` has settings of single services.
    """
    clock, port, spool = MovedClock(), free_port(), TemporaryDirectory()
    values = {
        "amqp_url": SecretStr(rabbitmq),
        "mongo_url": SecretStr(mongo),
        "redis_url": SecretStr(redis),
        **KEYS,
        "activation_public_key": PUBLIC_KEY,
        "host": HOST,
        "port": port,
        "spool_dir": spool.name,
        "wrong_keys_max": 10_000,  # all tests come from one address
        "source_hosts": "crm.invalid",  # which no name server knows (RFC 2606)
        "reads_max": 100_000,  # tests ask again until something has happened
        **settings,
    }
    services = [
        await definition.build(
            definition.settings(**{**values, **(own or {}).get(name, {})}), clock
        )
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
    """All five services, ready, over a new database. At the end the queues must be empty.

    Fails if another installation consumes from the broker, since half of the calls would go there.
    """
    own = database(mongo, f"test-{uuid4().hex[:12]}")
    async with running(rabbitmq, own, redis, **settings) as installation:
        await ready(installation)
        counts = await consumer_counts(rabbitmq)
        assert set(counts.values()) == {1}, f"another installation consumes: {counts}"
        yield installation
        await until(lambda: _queues_are_empty(rabbitmq), what="empty queues")
    await drop(own)


async def ready(installation: Installation) -> None:
    """Returns when `/readyz` reports no failed check.

    Status 200 alone is not enough: ingest answers it without the broker as well.
    """

    async def answers() -> bool:
        try:
            answer = await installation.client.get("/readyz")
        except httpx.TransportError:
            return False
        assert (answer.status_code, answer.json()["status"]) == (200, "ok"), answer.text
        return True

    await until(answers, what="readiness")


async def drop(mongo: str) -> None:
    """Removes the database that the address names from a server that outlives the tests.

    All others lose it with their folder, and SecantusDB takes a minute to remove some thousand
    records.
    """
    if ADDRESSES["mongodb"] not in os.environ:
        return
    client: AsyncMongoClient[Json] = AsyncMongoClient(mongo)
    async with client:
        await client.drop_database(client.get_default_database().name)


async def _queues_are_empty(rabbitmq: str) -> bool:
    waiting = {name: n for name, n in (await queue_lengths(rabbitmq)).items() if n}
    assert waiting == {}
    return True
