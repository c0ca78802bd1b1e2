"""The onebox with its demo, as a person starts it, and Chromium to look at it."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from e2e.page import DeskPage
from softphone_testing.servers.rabbitmq import RabbitMQ
from softphone_testing.until import until
from support.tenant.phone import Phone

START_SECONDS = 90.0
STOP_SECONDS = 30.0
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


@pytest.fixture(scope="session")
async def onebox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Facts]:
    """A running onebox: the facts in its demo file, and the address of its broker."""
    folder = tmp_path_factory.mktemp("onebox")
    port = _free_port()
    rabbitmq = RabbitMQ(folder / "rabbitmq")
    await rabbitmq.start()
    environment = {
        **os.environ,
        "SOFTPHONE_AMQP_URL": rabbitmq.url,
        "SOFTPHONE_PORT": str(port),
        "SOFTPHONE_DATA_DIR": str(folder / "data"),
    }
    with (folder / "output").open("w") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "softphone_onebox", env=environment, stdout=output, stderr=output
        )
        try:
            yield {**await _facts(process, folder, port), "broker": rabbitmq.url}
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
            await rabbitmq.stop()


async def _facts(process: asyncio.subprocess.Process, folder: Path, port: int) -> Facts:
    demo = folder / "data" / "demo.json"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def phone(onebox: Facts) -> AsyncIterator[Phone]:
    """The phone of the demo, which may ring at any extension. Its calls end with the test."""
    async with httpx.AsyncClient(base_url=onebox["url"], timeout=60) as client:
        phone = Phone(
            client,
            "",
            "demo",
            onebox["device"]["key"],
            onebox["device"]["extension"],
        )
        yield phone
        await phone.hang_up()


@pytest.fixture
async def open_page(onebox: Facts, chromium: Browser) -> AsyncIterator[OpenPage]:
    """Opens the page in a new browser profile, signed in as a user of the demo.

    At the end the console of each page must be free of warnings that the test did not expect.
    """
    pages: list[DeskPage] = []

    async def open_as(login: str | None = "anna", **options: Any) -> DeskPage:
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
            await opened.sign_in(login)
        return opened

    yield open_as
    for opened in pages:
        await opened.page.context.close()
    complaints = [complaint for opened in pages for complaint in opened.complaints]
    assert complaints == []


@pytest.fixture(scope="session")
async def admin(onebox: Facts) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that is signed in as the administrator of the demo."""
    user = next(u for u in onebox["users"] if u["role"] == "admin")
    async with httpx.AsyncClient(base_url=onebox["url"], timeout=60) as client:
        credentials = {"login": user["login"], "password": user["password"]}
        answer = await client.post("/api/session", json={"tenant": onebox["tenant"], **credentials})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"
        yield client
