"""The operators' pages of tenants: search, a new one with its administrator, off and on."""

from typing import Any

import httpx
from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from support.web_client import web_client

PASSWORD = "a long password of six words"


async def begin(otto: DeskPage, name: str, login: str) -> None:
    """Opens the form of a new tenant and fills in its name and its administrator."""
    await otto.open("tenants")
    await otto.at("tenant-add").click()
    await otto.at("tenant-name").fill(name)
    await otto.at("tenant-admin").fill("Rita Rahm")
    await otto.at("tenant-login").fill(login)


async def sign_in(onebox: Facts, tenant: str, login: str) -> httpx.Response:
    async with web_client(onebox["url"]) as client:
        credentials: dict[str, Any] = {"tenant": tenant, "login": login, "password": PASSWORD}
        return await client.post("/api/session", json=credentials)


async def test_new_tenant_has_an_administrator_with_an_invitation(open_page: OpenPage) -> None:
    otto = await open_page("operator")
    otto.expected += ["412", "422"]
    await begin(otto, "Rahm & Söhne GmbH", "rita")
    await expect(otto.at("tenant-id")).to_have_value("rahm-soehne")
    await otto.picture("new-tenant")
    await otto.at("tenant-activation_code").fill("no code at all")
    await otto.at("tenant-save").click()
    code = otto.page.locator("[data-field=activation_code]")
    await expect(code).to_have_attribute("aria-invalid", "true")
    await expect(code).to_be_focused()
    await code.fill("")
    await otto.at("tenant-save").click()
    await expect(otto.at("made-link-text")).to_contain_text("://")
    await expect(otto.at("made-tenant-text")).to_have_text("rahm-soehne")
    await expect(otto.at("made-login-text")).to_have_text("rita")
    await otto.picture("tenant-made")
    await otto.at("made-done").click()

    await otto.at("tenants-search").fill("söhne")
    row = otto.at("tenant-row")
    await expect(row).to_have_count(1)
    await expect(row).to_have_attribute("data-state", "no-code")
    await otto.page.reload()
    await expect(otto.at("tenants-search")).to_have_value("söhne")
    await expect(row).to_have_attribute("data-state", "no-code")
    await otto.at("tenants-search").fill("nobody")
    await expect(otto.page.get_by_text("Kein Mandant passt")).to_be_visible()

    await begin(otto, "Rahm & Soehne", "other")
    await otto.at("tenant-save").click()
    taken = otto.page.locator("[data-field=id]")
    await expect(taken).to_have_attribute("aria-invalid", "true")
    await expect(taken).to_be_focused()
    await expect(otto.page.get_by_text("Diese Firmenkennung ist vergeben")).to_be_visible()


async def test_tenant_that_is_switched_off_refuses_its_users(
    onebox: Facts, open_page: OpenPage
) -> None:
    otto = await open_page("operator", locale="en-GB")
    await begin(otto, "Flur", "fred")
    await otto.at("tenant-by-password").check()
    await otto.at("tenant-password").fill(PASSWORD)
    await otto.at("tenant-save").click()
    await expect(otto.at("made-login-text")).to_have_text("fred")
    await expect(otto.at("made-link-text")).to_have_count(0)
    assert (await sign_in(onebox, "flur", "fred")).status_code == 201

    await otto.open("tenants")
    row = otto.page.locator("[data-tenant=flur]")
    await row.get_by_test_id("tenant-switch").click()
    await otto.page.keyboard.press("Escape")
    await expect(row.get_by_test_id("tenant-switch")).to_be_focused()
    await expect(row).to_have_attribute("data-state", "no-code")
    await row.get_by_test_id("tenant-switch").click()
    await expect(otto.page.get_by_role("dialog")).to_contain_text("Switch Flur off?")
    await otto.picture("tenant-off")
    await otto.at("tenant-switch-yes").click()
    await expect(row).to_have_attribute("data-state", "switched-off")
    assert (await sign_in(onebox, "flur", "fred")).status_code in {401, 403}
    await row.get_by_test_id("tenant-switch").click()
    await otto.at("tenant-switch-yes").click()
    await expect(row).to_have_attribute("data-state", "no-code")
    assert (await sign_in(onebox, "flur", "fred")).status_code == 201
