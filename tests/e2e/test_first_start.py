"""The first start of an empty installation, on the page, up to its first phone."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from e2e.conftest import START_SECONDS, broker, stop
from softphone_testing.servers.ports import free_port
from softphone_testing.until import until
from support.product import PASSWORD
from support.web_client import web_client


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of a onebox without a demo, and the line with its link for the set-up."""
    port = free_port()
    url, output = f"http://127.0.0.1:{port}", tmp_path / "output"
    async with broker(tmp_path) as rabbitmq:
        environment = {
            **os.environ,
            "SOFTPHONE_AMQP_URL": rabbitmq,
            "SOFTPHONE_PORT": str(port),
            "SOFTPHONE_DATA_DIR": str(tmp_path / "data"),
            "SOFTPHONE_DEMO": "false",
        }
        with output.open("w") as stream:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "softphone_onebox"),
                env=environment,
                stdout=stream,
                stderr=stream,
            )
        try:
            link = await until(
                lambda: _link(output.read_text()), within=START_SECONDS, what="the onebox"
            )
            yield url, link
        finally:
            await stop(process)


def _link(text: str) -> str:
    lines = [line for line in text.splitlines() if "/setup#" in line]
    return lines[0].split()[-1] if lines else ""


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(
        locale="de-DE", timezone_id="Europe/Vienna", viewport={"width": 1280, "height": 860}
    )
    yield await context.new_page()
    await context.close()


async def test_empty_installation_is_set_up_on_one_page(empty: tuple[str, str], page: Page) -> None:
    url, link = empty
    await page.goto(url)
    await expect(page.get_by_role("heading", name="Einrichten")).to_be_visible()
    assert page.url == f"{url}/setup"
    await page.goto("about:blank")
    await page.goto(link)
    at = page.get_by_test_id
    code = link.rpartition("#")[2]
    await expect(at("code")).to_have_value(code)
    await expect(at("time_zone")).to_have_value("Europe/Vienna")
    await at("name").fill("Möbel Huber")
    await expect(at("id")).to_have_value("moebel-huber")
    await at("region").select_option("Österreich")
    await at("person").fill("Hanna Huber")
    await expect(at("login")).to_have_value("hanna.huber")
    await at("password").fill(PASSWORD)
    await at("repeated").fill(f"{PASSWORD}!")
    await at("save").click()
    await expect(at("error-repeated")).to_contain_text("verschieden")
    await at("repeated").fill(PASSWORD)
    await at("code").fill("not the code")
    await at("save").click()
    await expect(at("form-note")).to_contain_text("nicht der Einrichtungscode")
    await at("code").fill(code)
    await at("save").click()
    await expect(at("me")).to_contain_text("Hanna Huber")
    await expect(page.get_by_role("heading", name="Telefon hinzufügen")).to_be_visible()
    await expect(at("activation-banner")).to_contain_text("noch nicht freigeschaltet")
    async with web_client(url) as client:
        credentials = {"tenant": "moebel-huber", "login": "hanna.huber", "password": PASSWORD}
        session = (await client.post("/api/session", json=credentials)).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {session['token']}"
        assert session["user"]["role"] == "admin"
        tenant = (await client.get("/api/tenant")).raise_for_status().json()
        assert (tenant["name"], tenant["time_zone"]) == ("Möbel Huber", "Europe/Vienna")
        assert tenant["numbers"]["region"] == "AT"
        operator = {**credentials, "tenant": "operator"}
        (await client.post("/api/session", json=operator)).raise_for_status()
    await page.goto(f"{url}/setup")
    await expect(at("setup-done")).to_be_visible()
