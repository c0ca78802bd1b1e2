"""The search and the filters of the call list: what they find, and that an address shares them."""

import re

from playwright.async_api import Page, expect

from e2e.conftest import Facts, OpenPage
from support.tenant.phone import Phone


async def test_search_finds_names_companies_and_parts_of_numbers(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    huber, other = phone.call(onebox["caller"]), phone.call("08999998164")
    found, gone = await huber.ringing(), await other.ringing()
    await huber.missed()
    await other.missed()
    await expect(anna.row(found).get_by_test_id("row-who")).to_contain_text("Huber")
    await expect(anna.row(gone)).to_be_visible()
    for words in ("maria hub", "Partner", "8001", "089 / 99998-001"):
        await anna.at("search").fill(words)
        await expect(anna.row(gone)).to_have_count(0)
        await expect(anna.row(found)).to_be_visible()
    await expect(anna.at("history-count")).to_contain_text("gefunden")
    await expect(anna.at("history-news")).to_contain_text("gefunden")
    await anna.at("search").fill("x")
    await expect(anna.at("search")).to_have_accessible_description(re.compile("zwei Buchstaben"))
    await anna.at("search").fill("nobody has this name")
    await expect(anna.page.get_by_text("Kein Anruf passt")).to_be_visible()
    await anna.at("empty-reset").click()
    await expect(anna.at("search")).to_be_focused()
    await expect(anna.row(gone)).to_be_visible()
    await expect(anna.at("filter-reset")).to_be_hidden()


async def test_address_of_a_filtered_list_shows_it_to_others(
    open_page: OpenPage, phone: Phone
) -> None:
    clara = await open_page("admin")
    for number, login in (("08999998165", "21"), ("08999998166", "22")):
        line = phone.call(number)
        await line.ringing(login)
        await line.missed(login)
    await clara.at("filter-user").select_option("Bernd Brandt")
    await clara.at("filter-result").select_option("missed")
    await clara.at("filter-days").select_option("today")
    await expect(clara.page).to_have_url(re.compile("#/calls.*user=.*from=.*result=missed"))
    await _shows(clara.page, "8166", "8165")

    other = await open_page(None)
    await other.page.goto(clara.page.url)
    await other.page.reload()
    await other.sign_in("admin")
    await expect(other.at("filter-result")).to_have_value("missed")
    await expect(other.at("filter-days")).to_have_value("today")
    await _shows(other.page, "8166", "8165")
    await other.page.reload()
    await _shows(other.page, "8166", "8165")

    await other.at("filter-reset").click()
    await expect(other.page).to_have_url(re.compile("#/calls$"))
    await _shows(other.page, "8165")
    await other.page.goto(clara.page.url)
    await _shows(other.page, "8166", "8165")
    await other.at("nav-calls").click()
    await expect(other.at("filter-result")).to_have_value("")


async def test_own_calls_are_told_from_those_of_colleagues(
    open_page: OpenPage, phone: Phone
) -> None:
    clara = await open_page("admin")
    for number, extension in (("08999998167", "20"), ("08999998168", "21")):
        line = phone.call(number)
        await line.ringing(extension)
        await line.missed(extension)
    await clara.at("filter-mine").click()
    await expect(clara.at("filter-mine")).to_have_attribute("aria-pressed", "true")
    await _shows(clara.page, "8167", "8168")
    await clara.at("filter-mine").click()
    await clara.at("filter-extension").fill("21")
    await _shows(clara.page, "8168", "8167")
    anna = await open_page("anna")
    await expect(anna.at("search")).to_be_visible()
    await expect(anna.at("filter-mine")).to_have_count(0)
    await expect(anna.at("filter-user")).to_have_count(0)


async def _shows(page: Page, number: str, other: str | None = None) -> None:
    """Waits until the list has a call with one number, and none with another."""
    rows = page.get_by_test_id("call-row")
    await expect(rows.filter(has_text=number).first).to_be_visible()
    if other is not None:
        await expect(rows.filter(has_text=other)).to_have_count(0)
