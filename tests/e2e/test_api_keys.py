"""The administrator's page of API keys."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage
from softphone_common.process.clock import utc_now
from support.web_client import web_client


async def status(facts: Facts, key: str, path: str) -> int:
    """The status of the answer to an application with this key."""
    headers = {"Authorization": f"Bearer {key}"}
    async with web_client(facts["url"], headers=headers) as client:
        return (await client.get(path)).status_code


async def test_key_is_made_used_and_removed(onebox: Facts, open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await clara.open("api-keys")
    await expect(clara.page).to_have_title(re.compile(r"^(\(\d+\) )?API-Schlüssel – "))
    await clara.at("api-key-add").click()
    form = clara.at("api-key-form")
    await form.get_by_test_id("name").fill("CRM des Vertriebs")
    clara.expected.append("422")
    await form.get_by_test_id("save").click()
    await expect(form).to_contain_text("mindestens ein Recht")
    await form.get_by_test_id("directory:read").check()
    await form.get_by_test_id("expires_at").select_option("90")
    await form.get_by_test_id("save").click()
    key = await clara.at("api-key-text-text").inner_text()
    assert key.startswith("spk_")
    assert await status(onebox, key, "/api/directory/records") == 200
    assert await status(onebox, key, "/api/calls") == 403
    await clara.at("api-key-done").click()
    row = clara.at("api-key").filter(has_text="CRM des Vertriebs")
    await expect(row).to_contain_text("Verzeichnis lesen")
    await expect(row).to_contain_text("erstellt von admin")
    end = (utc_now() + timedelta(days=90)).astimezone(ZoneInfo("Europe/Berlin"))
    await expect(row).to_contain_text(f"{end:%d.%m.%Y}")
    await expect(clara.page.locator("body")).not_to_contain_text(key)
    await row.get_by_test_id("api-key-remove").click()
    await clara.at("api-key-remove-no").click()
    await expect(row.get_by_test_id("api-key-remove")).to_be_focused()
    await row.get_by_test_id("api-key-remove").click()
    await clara.at("api-key-remove-yes").click()
    await expect(clara.at("toast")).to_contain_text("ist entfernt")
    await expect(row).to_have_count(0)
    assert await status(onebox, key, "/api/directory/records") == 401


async def test_key_of_lookups_is_an_address_for_a_pbx(onebox: Facts, open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await clara.open("api-keys")
    await clara.at("api-key-add").click()
    form = clara.at("api-key-form")
    await form.get_by_test_id("name").fill("Telefonanlage")
    await form.get_by_test_id("lookup").check()
    await form.get_by_test_id("directory:read").check()
    clara.expected.append("422")
    await form.get_by_test_id("save").click()
    await expect(form).to_contain_text("geht nur allein")
    await form.get_by_test_id("directory:read").uncheck()
    await form.get_by_test_id("save").click()
    address = await clara.at("api-key-text-text").inner_text()
    assert address.startswith(f"{onebox['url']}/api/lookup/spk_")
    async with web_client() as pbx:
        answer = await pbx.get(f"{address}anonymous")
    assert (answer.status_code, answer.text) == (200, "")
    await clara.at("api-key-done").click()
    row = clara.at("api-key").filter(has_text="Telefonanlage")
    await expect(row).to_contain_text("Namen von Anrufern nachschlagen")


async def test_page_of_keys_is_for_administrators(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await expect(anna.at("nav-api-keys")).to_have_count(0)
    await anna.page.goto("/#/api-keys")
    await expect(anna.page.get_by_role("heading", name="Anrufe", exact=True)).to_be_visible()
