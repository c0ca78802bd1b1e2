"""The names of a company's own numbers: entered by an administrator, shown with each call."""

from playwright.async_api import expect

from e2e.conftest import AddRecord, OpenPage
from support.tenant.phone import Phone


async def test_named_number_is_shown_in_popup_and_details(
    open_page: OpenPage, phone: Phone
) -> None:
    clara = await open_page("admin")
    await clara.open("settings")
    lines = clara.at("own-numbers")
    await lines.get_by_test_id("line-name").fill("089 999980")
    await lines.get_by_test_id("line-extension").fill("Zentrale")
    settings = clara.page.locator("form", has=lines)
    await expect(settings.get_by_test_id("ring_groups")).to_be_checked()
    await settings.get_by_test_id("save").click()
    await expect(settings.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await clara.picture("own-numbers")

    anna = await open_page("anna")
    call = await phone.call("08999998150", called="+4989999980").ringing()
    popup = anna.popup(call)
    await expect(popup.get_by_test_id("popup-called")).to_have_text("für Zentrale +49 89 999980")
    await anna.picture("called")
    await anna.row(call).get_by_test_id("row-open").click()
    await expect(anna.at("row-called")).to_have_text("für Zentrale +49 89 999980")
    plain = await phone.call("08999998151").ringing()
    await expect(anna.popup(plain)).to_be_visible()
    await expect(anna.popup(plain).get_by_test_id("popup-called")).to_be_hidden()


async def test_call_of_an_ignored_number_shows_no_record(
    open_page: OpenPage, phone: Phone, add_record: AddRecord
) -> None:
    await add_record("Türstation", "08999998152")
    anna, clara = await open_page("anna"), await open_page("admin")
    call = await phone.call("08999998152").ringing()
    popup = anna.popup(call)
    await expect(popup.get_by_test_id("popup-who")).to_have_text("Türstation")
    await clara.open("settings")
    lines = clara.at("ignored-numbers")
    await lines.get_by_test_id("line-name").fill("089 99998-152")
    await lines.get_by_test_id("line-extension").fill("Tür")
    settings = clara.page.locator("form", has=lines)
    await settings.get_by_test_id("save").click()
    await expect(settings.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await clara.picture("ignored-numbers")
    await expect(popup.get_by_test_id("no-records")).to_be_visible()
    await anna.page.goto("/pop?number=08999998152")
    await expect(anna.at("pop-note")).to_have_text(
        "Diese Nummer gehört zu den Nummern ohne Eintrag."
    )


async def test_wrong_number_is_named_at_the_form(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    clara.expected.append("422")
    await clara.open("settings")
    lines = clara.at("own-numbers")
    await lines.get_by_test_id("line-add").click()
    await lines.get_by_test_id("line-name").last.fill("Empfang")
    await lines.get_by_test_id("line-extension").last.fill("Empfang")
    settings = clara.page.locator("form", has=lines)
    await settings.get_by_test_id("ring_groups").uncheck()
    await settings.get_by_test_id("save").click()
    await expect(settings.get_by_test_id("form-note")).to_contain_text("„Empfang“ ist keine Nummer")
    await lines.get_by_label("Zeile entfernen").last.click()
    await settings.get_by_test_id("save").click()
    await expect(settings.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await clara.page.reload()
    await expect(settings.get_by_test_id("ring_groups")).not_to_be_checked()
    await settings.get_by_test_id("ring_groups").check()
    await settings.get_by_test_id("save").click()
    await expect(settings.get_by_test_id("form-note")).to_have_text("Gespeichert.")
