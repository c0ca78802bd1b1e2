"""A change of the language keeps what somebody has entered, chosen and opened."""

import re

from playwright.async_api import expect

from e2e.conftest import OpenPage
from e2e.page import DeskPage
from support.tenant.phone import Phone


async def test_language_switch_keeps_the_filter_and_open_rows(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    line = phone.call("08999998188")
    call = await line.ringing()
    await line.missed()
    await anna.at("dial-number").fill("089 9999")
    await anna.at("search").fill("99998188")
    await anna.at("filter-result").select_option("missed")
    await anna.row(call).get_by_test_id("row-open").click()
    await anna.row(call).get_by_test_id("comment-text").fill("noch nicht")
    await _switch(anna, "EN")
    await expect(anna.row(call).get_by_test_id("row-state")).to_have_text("missed")
    await expect(anna.row(call).get_by_test_id("comment-text")).to_have_value("noch nicht")
    await expect(anna.at("search")).to_have_value("99998188")
    await expect(anna.at("filter-result")).to_have_value("missed")
    await expect(anna.at("dial-number")).to_have_value("089 9999")
    await expect(anna.page).to_have_url(re.compile("q=99998188"))


async def test_language_switch_keeps_half_filled_forms(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await clara.open("audit")
    await clara.at("audit-event").select_option("sign-in")
    await clara.at("audit-user").select_option("anna")
    await _switch(clara, "EN")
    await expect(clara.at("audit-event")).to_have_value("sign-in")
    await expect(clara.at("audit-user").locator("option:checked")).to_have_text("anna")
    rows = clara.at("audit-row")
    await expect(rows.filter(has_text="admin")).to_have_count(0)
    await clara.open("phones")
    await clara.at("device-add").click()
    await clara.at("preset-snom").check()
    await clara.at("name").fill("Empfang")
    await _switch(clara, "DE")
    await expect(clara.at("preset-snom")).to_be_checked()
    await expect(clara.at("name")).to_have_value("Empfang")


async def _switch(page: DeskPage, language: str) -> None:
    """Changes the language by its button, which has the focus afterwards."""
    button = page.page.get_by_role("button", name=language, exact=True)
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(button).to_be_focused()
