"""The onebox with its demo, as a person starts it, and Chromium to look at it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from e2e.page import DeskPage
from softphone_testing.proxy import FaultProxy
from softphone_testing.servers.ports import free_port
from softphone_testing.servers.rabbitmq import RabbitMQ
from softphone_testing.until import until
from support.crm import PERMITTED_PORT
from support.product import PASSWORD
from support.tenant.phone import Phone
from support.web_client import web_client

START_SECONDS = 90.0
ALIVE_SECONDS = 5
STOP_SECONDS = 30.0
TOKEN_SECONDS = 900
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Facts = dict[str, Any]
OpenPage = Callable[..., Awaitable[DeskPage]]
Prefer = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Account:
    """A user of one test."""

    id: str
    login: str


AddRecord = Callable[..., Awaitable[str]]
AddUser = Callable[..., Awaitable[Account]]


@pytest.fixture(scope="session")
async def onebox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Facts]:
    """A running onebox: the facts in its demo file, and the address of its broker."""
    folder = tmp_path_factory.mktemp("onebox")
    async with broker(folder) as rabbitmq, running_onebox(folder, free_port(), rabbitmq) as facts:
        yield facts


@asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[str]:
    """The address of a RabbitMQ, which keeps running when a onebox stops."""
    rabbitmq = RabbitMQ(folder / "rabbitmq")
    await rabbitmq.start()
    try:
        yield rabbitmq.url
    finally:
        await rabbitmq.stop()


@asynccontextmanager
async def running_onebox(
    folder: Path, port: int, rabbitmq: str, **settings: str
) -> AsyncIterator[Facts]:
    """A onebox with its data in this folder and these settings, started anew or again."""
    environment = {
        **os.environ,
        "SOFTPHONE_SOURCE_HOSTS": f"127.0.0.1:{PERMITTED_PORT}",
        **{f"SOFTPHONE_{name.upper()}": value for name, value in settings.items()},
        "SOFTPHONE_AMQP_URL": rabbitmq,
        "SOFTPHONE_PORT": str(port),
        "SOFTPHONE_ALIVE_SECONDS": str(ALIVE_SECONDS),
        "SOFTPHONE_DATA_DIR": str(folder / "data"),
    }
    with (folder / "output").open("w") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "softphone_onebox", env=environment, stdout=output, stderr=output
        )
        try:
            yield {**await _facts(process, folder, port), "broker": rabbitmq}
        finally:
            await stop(process)


async def stop(process: asyncio.subprocess.Process) -> None:
    """Stops a onebox as a person does, and kills it if it takes too long."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _facts(process: asyncio.subprocess.Process, folder: Path, port: int) -> Facts:
    demo = folder / "data" / "demo.json"
    async with web_client(f"http://127.0.0.1:{port}") as client:

        async def ready() -> Facts:
            if process.returncode is not None:
                pytest.fail(f"the onebox stopped:\n{(folder / 'output').read_text()}")
            try:
                up = demo.exists() and (await client.get("/readyz")).is_success
            except httpx.TransportError:
                up = False
            facts: Facts = json.loads(demo.read_text()) if up else {}
            return facts

        return await until(ready, within=START_SECONDS, what="the onebox")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def phone(onebox: Facts) -> AsyncIterator[Phone]:
    """The phone of the demo, which may ring at any extension. Its calls end with the test."""
    async with web_client(onebox["url"]) as client:
        phone = Phone(
            client,
            "",
            "demo",
            onebox["device"]["key"],
            onebox["device"]["extension"],
        )
        yield phone
        await phone.hang_up()


class Administrator:
    """The administrator of the demo over HTTP, who signs in again before the token ends."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._client: httpx.AsyncClient | None = None
        self._since = 0.0

    async def delete_running_calls(self) -> None:
        """Moves calls that have not ended to the bin, with their popups."""
        client = await self.client()
        path = "/api/calls?phase=dialed&phase=ringing&phase=connected&limit=200"
        running = (await client.get(path)).raise_for_status().json()
        for call in running["items"]:
            (await client.delete(f"/api/calls/{call['id']}")).raise_for_status()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def client(self) -> httpx.AsyncClient:
        """An HTTP client that is signed in."""
        now = asyncio.get_running_loop().time()
        if self._client is None or now - self._since > TOKEN_SECONDS / 2:
            await self.close()
            self._client, self._since = await signed_in(self._facts, "admin"), now
        return self._client


@pytest.fixture(scope="session")
async def administrator(onebox: Facts) -> AsyncIterator[Administrator]:
    made = Administrator(onebox)
    yield made
    await made.close()


@pytest.fixture
async def add_user(administrator: Administrator) -> AsyncIterator[AddUser]:
    """Adds users with the tests' `PASSWORD`, whom no other test knows. They go after the test."""
    added: list[Account] = []

    async def add(name: str, /, **fields: Any) -> Account:
        body = {"login": f"{name}-{uuid4().hex[:8]}", "password": PASSWORD, **fields}
        client = await administrator.client()
        answer = (await client.post("/api/users", json=body)).raise_for_status()
        added.append(Account(answer.json()["id"], body["login"]))
        return added[-1]

    yield add
    for account in added:
        answer = await (await administrator.client()).delete(f"/api/users/{account.id}")
        assert answer.status_code in {204, 404}, "404 if the test has removed the user"


@pytest.fixture
async def open_page(
    onebox: Facts,
    chromium: Browser,
    administrator: Administrator,
    add_user: AddUser,  # so that the pages of its users are closed before the users are removed
) -> AsyncIterator[OpenPage]:
    """Opens the page in a new browser profile, signed in as a user of the demo or of the test.

    Calls that earlier tests have clicked and never ended show no popup.

    At the end the console of each page must be free of warnings that the test did not expect.
    """
    pages: list[DeskPage] = []
    await administrator.delete_running_calls()

    async def open_as(
        login: str | None = "anna", *, password: str | None = None, **options: Any
    ) -> DeskPage:
        context = await chromium.new_context(
            **{
                "base_url": onebox["url"],
                "locale": "de-DE",
                "timezone_id": "Europe/Berlin",
                "viewport": {"width": 1280, "height": 860},
                **options,
            }
        )
        opened = DeskPage(await context.new_page(), onebox)
        pages.append(opened)
        await opened.page.goto("/")
        if login is not None:
            await opened.sign_in(login, password)
            await opened.connected()
        return opened

    yield open_as
    for opened in pages:
        await opened.forget_preferences()
        await opened.page.context.close()
    complaints = [complaint for opened in pages for complaint in opened.complaints]
    assert complaints == []


@pytest.fixture
async def prefer(onebox: Facts) -> AsyncIterator[Prefer]:
    """Changes preferences of a user of the demo over HTTP; they are as before after the test."""
    before: list[tuple[httpx.AsyncClient, dict[str, Any]]] = []

    async def change(login: str, **changes: Any) -> None:
        client = await signed_in(onebox, login)
        profile = (await client.get("/api/me")).raise_for_status().json()
        before.append((client, {name: profile["preferences"][name] for name in changes}))
        answer = await client.patch("/api/me", json={"preferences": changes})
        answer.raise_for_status()

    yield change
    for client, preferences in reversed(before):
        answer = await client.patch("/api/me", json={"preferences": preferences})
        answer.raise_for_status()
        await client.aclose()


async def signed_in(onebox: Facts, login: str) -> httpx.AsyncClient:
    """An HTTP client that is signed in as a user of the demo, for 15 minutes."""
    user = next(u for u in onebox["users"] if u["login"] == login)
    client = web_client(onebox["url"])
    credentials = {"login": login, "password": user["password"]}
    answer = await client.post("/api/session", json={"tenant": onebox["tenant"], **credentials})
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"
    return client


@pytest.fixture
async def line(onebox: Facts) -> AsyncIterator[FaultProxy]:
    """The line between the page and the onebox."""
    proxy = FaultProxy(onebox["url"])
    await proxy.start()
    yield proxy
    await proxy.cut()


@pytest.fixture(scope="module")
async def admin(onebox: Facts) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that is signed in as the administrator of the demo, for 15 minutes."""
    client = await signed_in(onebox, "admin")
    yield client
    await client.aclose()


@pytest.fixture
async def add_record(admin: httpx.AsyncClient) -> AsyncIterator[AddRecord]:
    """Adds records to the directory of the demo until the end of the test, by default contacts."""
    added: list[str] = []

    async def add(name: str, *numbers: str, **details: Any) -> str:
        listed = [{"number": number} for number in numbers]
        body = {"type": "contact", "name": name, "numbers": listed, **details}
        answer = await admin.post("/api/directory/records", json=body)
        record: str = answer.raise_for_status().json()["id"]
        added.append(record)
        return record

    yield add
    for record in added:
        await admin.delete(f"/api/directory/records/{record}")
