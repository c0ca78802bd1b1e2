"""The directory: people are found and called in a few keys, added, and changed by two at once."""

import re

import httpx
from playwright.async_api import Locator, expect

from e2e.conftest import AddRecord, AddUser, OpenPage
from e2e.page import DeskPage
from e2e.test_keyboard import Keys
from support.product import PASSWORD
from support.tenant.phone import Phone

KEYSTROKES = 4
"""To call the second of those found: `/`, down, down, and the key that calls; letters aside."""


def row(desk: DeskPage, record: str) -> Locator:
    return desk.page.locator(f"[data-testid=record-row][data-key='{record}']")


async def test_contact_is_found_by_three_letters_and_called(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    record = await add_record("Zobel, Irma", "089 99998231", organization="Zobel Gartenbau")
    other = await add_record("Quast, Udo", "089 99998232")
    anna = await open_page("anna")
    await anna.open("directory")
    search = anna.at("records").get_by_test_id("search")  # not that of the calls
    await search.fill("zob")
    await expect(row(anna, other)).to_have_count(0)
    await expect(row(anna, record)).to_contain_text("Zobel Gartenbau")
    await expect(anna.at("records-count")).to_have_text("1 Eintrag")
    for words in ("irma", "zobel gart", "98231", "0 89 / 99998-231"):
        await search.fill(words)
        await expect(row(anna, other)).to_have_count(0)
        await expect(row(anna, record)).to_be_visible()
    await search.fill("nobody has this name")
    await expect(anna.page.get_by_text("Kein Eintrag passt")).to_be_visible()
    await anna.at("records-reset").first.click()
    await expect(search).to_be_focused()
    await expect(row(anna, other)).to_be_visible()
    # at last, since the browser hands the keyboard and the mouse to the softphone
    await row(anna, record).get_by_role("button", name="089 99998231 anrufen").click()
    await expect(anna.at("toast")).to_contain_text("+498999998231")


async def test_contact_is_called_by_the_keyboard_alone(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    records = [
        await add_record("Xylander, Cem", "089 99998233"),
        await add_record("Xylander, Ela", "089 99998234"),
    ]
    anna = await open_page("anna")
    await anna.open("directory")
    await expect(anna.at("records-count")).not_to_be_empty()
    keys = Keys(anna)
    await keys.press("/")
    await keys.write("xyl")
    await expect(anna.at("record-row")).to_have_count(2)
    await keys.press("ArrowDown")
    await expect(row(anna, records[0]).get_by_test_id("record-open")).to_be_focused()
    await keys.press("Enter")
    await expect(anna.at("record-title")).to_have_text("Xylander, Cem")
    await expect(anna.page).to_have_title(re.compile(r"^(\(\d+\) )?Xylander, Cem – "))
    await anna.at("records-back").click()
    await expect(anna.at("record-row")).to_have_count(2)
    await expect(anna.at("search")).to_have_value("xyl")
    keys.pressed = 0
    await keys.press("/", "ArrowDown", "ArrowDown")
    await expect(row(anna, records[1]).get_by_test_id("record-open")).to_be_focused()
    await keys.press("r")
    await expect(anna.at("toast")).to_contain_text("+498999998234")
    assert keys.pressed <= KEYSTROKES


async def test_filter_of_the_directory_is_in_the_address(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    lead = await add_record("Xaver, Toni", type="lead", tags=["Messe"])
    gone = await add_record("Xaver, Alt", type="lead", inactive=True)
    contact = await add_record("Xaver, Rosa")
    anna = await open_page("anna")
    await anna.page.goto("/#/directory?q=xaver&type=lead&inactive=yes")
    await expect(anna.at("record-row")).to_have_count(2)
    await expect(row(anna, gone)).to_contain_text("inaktiv")
    await anna.at("records-inactive").click()
    await expect(row(anna, gone)).to_have_count(0)
    await anna.at("records-type").select_option("")
    await expect(row(anna, contact)).to_be_visible()
    await expect(anna.page).to_have_url(re.compile(r"#/directory\?q=xaver$"))
    await row(anna, lead).get_by_test_id("record-open").click()
    await anna.at("record-tag").click()
    await expect(anna.at("record-row")).to_have_count(1)
    await expect(anna.page).to_have_url(re.compile(r"#/directory\?tag=Messe$"))


async def test_user_adds_a_contact_with_labelled_numbers(
    open_page: OpenPage, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    await anna.open("directory")
    await anna.at("record-add").click()
    form = anna.at("record-form")
    await expect(form.get_by_test_id("name")).to_be_focused()
    await form.get_by_test_id("name").fill("Wirth, Kai")
    for n, (number, use) in enumerate((("089 99998237", "Mobil"), ("21", "Intern"), ("030 1", ""))):
        if n > 0:
            await form.get_by_test_id("line-add").click()
        await form.get_by_test_id("line-name").last.fill(number)
        await form.get_by_test_id("line-extension").last.fill(use)
    await form.get_by_test_id("line-remove").last.click()
    await form.get_by_test_id("emails").fill("kai@wirth.example, buero@wirth.example")
    await form.get_by_test_id("record-more").click()
    await form.get_by_test_id("address").fill("Am Wall 1\n28195 Bremen")
    await form.get_by_test_id("save").click()
    await expect(anna.at("record-title")).to_have_text("Wirth, Kai")
    page = anna.at("record-page")
    await expect(page).to_contain_text("Am Wall 1")
    await expect(page.get_by_role("link", name="buero@wirth.example")).to_be_visible()
    await expect(anna.at("record-why")).to_have_count(1)
    await expect(anna.at("record-why")).to_contain_text("Nebenstelle")
    await page.get_by_role("button", name="089 99998237 anrufen").click()
    await expect(anna.at("toast")).to_contain_text("+498999998237")
    await expect(anna.at("record-remove")).to_have_count(0)
    record = anna.page.url.rsplit("/", 1)[1]
    await admin.delete(f"/api/directory/records/{record}")


async def test_organisation_of_a_contact_leads_to_its_record(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    organization = await add_record("Ulmer Werke", type="organization")
    record = await add_record("Ulrich, Bo")
    anna = await open_page("anna")
    await anna.page.goto(f"/#/directory/{record}?edit=")
    field = anna.at("record-form").get_by_test_id("organization")
    await field.fill("ulmer")
    await expect(anna.page.locator("option[value='Ulmer Werke']")).to_have_count(1)
    await field.fill("Ulmer Werke")
    await anna.at("save").click()
    await anna.at("record-page").get_by_role("link", name="Ulmer Werke").click()
    await expect(anna.at("record-title")).to_have_text("Ulmer Werke")
    await expect(anna.page).to_have_url(re.compile(f"#/directory/{organization}$"))


async def test_two_who_change_a_record_are_told_and_lose_nothing(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    record = await add_record("Voigt, Ina", "089 99998238")
    anna, bernd = await open_page("anna"), await open_page("bernd")
    for desk in (anna, bernd):
        desk.expected.append("412")
        await desk.page.goto(f"/#/directory/{record}?edit=")
        await expect(desk.at("record-form").get_by_test_id("name")).to_have_value("Voigt, Ina")
    await bernd.at("name").fill("Voigt-Hahn, Ina")
    await bernd.at("save").click()
    await expect(bernd.at("record-title")).to_have_text("Voigt-Hahn, Ina")
    await anna.at("name").fill("Voigt, Dr. Ina")
    await anna.at("note").fill("Nur nachmittags")
    await anna.at("save").click()
    await expect(anna.at("form-note")).to_contain_text("Voigt-Hahn, Ina")
    await expect(anna.at("name")).to_have_value("Voigt, Dr. Ina")
    await anna.at("save").click()
    await expect(anna.at("record-title")).to_have_text("Voigt, Dr. Ina")
    await expect(anna.at("record-page")).to_contain_text("Nur nachmittags")


async def test_input_is_asked_about_before_it_is_left(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    record = await add_record("Thoma, Leo")
    anna = await open_page("anna")
    await anna.page.goto(f"/#/directory/{record}")
    await anna.at("record-change").click()
    await anna.at("note").fill("Angefangen")
    await anna.at("record-cancel").click()
    await anna.at("leave-no").click()
    await expect(anna.at("note")).to_have_value("Angefangen")
    await anna.at("record-cancel").click()
    await anna.at("leave-yes").click()
    await expect(anna.at("record-title")).to_have_text("Thoma, Leo")


async def test_deleted_record_is_restored_at_once_or_from_the_bin(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    record = await add_record("Seidl, Max", "089 99998239")
    clara = await open_page("admin")
    await clara.page.goto(f"/#/directory/{record}")
    await clara.at("record-remove").click()
    await expect(clara.at("records-count")).not_to_be_empty()
    await expect(row(clara, record)).to_have_count(0)
    await clara.at("toast-action").click()
    await expect(clara.at("record-title")).to_have_text("Seidl, Max")
    await clara.at("record-remove").click()
    await expect(clara.at("records-count")).not_to_be_empty()
    await clara.open("bin")
    binned = clara.page.locator(f"[data-testid=bin-record][data-key='{record}']")
    await expect(binned).to_contain_text("von Clara Conrad")
    await binned.get_by_test_id("bin-restore").click()
    await expect(binned).to_have_count(0)
    await clara.page.goto(f"/#/directory/{record}")
    await expect(clara.at("record-title")).to_have_text("Seidl, Max")


async def test_record_shows_its_own_calls_and_comments(
    open_page: OpenPage, phone: Phone, add_record: AddRecord, add_user: AddUser
) -> None:
    record = await add_record("Roth, Pia", "089 99998240", "089 99998241")
    other = await add_record("Roth, Paul")
    user = await add_user("rosa", extensions=["57"])
    desk = await open_page(user.login, password=PASSWORD)
    for number in ("08999998240", "08999998241"):
        line = phone.call(number)
        call = await line.ringing("57")
        popup = desk.popup(call)
        await expect(popup.get_by_test_id("popup-match")).to_contain_text("Roth, Pia")
        await popup.get_by_test_id("comment-text").fill(f"Notiz zu {number}")
        await popup.get_by_test_id("comment-save").click()
        await expect(popup.get_by_test_id("comment")).to_be_visible()
        await line.missed("57")
        await expect(desk.row(call)).to_contain_text("verpasst")
        await popup.get_by_test_id("popup-close").click()
    await desk.page.goto(f"/#/directory/{record}")
    await expect(desk.at("past-call")).to_have_count(2)
    await expect(desk.at("record-comment")).to_have_count(2)
    await expect(desk.at("record-comment").first).to_contain_text("Notiz zu 08999998241")
    await desk.page.goto(f"/#/directory/{other}")
    await expect(desk.at("record-calls")).to_contain_text("Noch kein Anruf")
    await desk.page.goto(f"/#/directory/{record}")
    await desk.at("past-call").first.get_by_role("link").click()
    await expect(desk.row(call).get_by_test_id("comment")).to_contain_text("Notiz zu")


async def test_number_block_is_proposed_and_added(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    lines = [{"number": f"030 23125-{line}"} for line in (712, 734, 756)]
    company = await add_record("Block GmbH", type="organization", numbers=lines)
    desk = await open_page("anna")
    await desk.page.goto(f"/#/directory/{company}")
    proposal = desk.at("record-proposal")
    await expect(proposal).to_contain_text("Nummernblock vorschlagen: +49 30 231257-xx")
    await expect(proposal).to_contain_text("+493023125712")
    await proposal.get_by_test_id("proposal-add").click()
    await expect(proposal).to_have_count(0)
    await expect(desk.at("record-page")).to_contain_text("+49 30 231257-0")
    await expect(desk.at("record-range").first).to_contain_text("Durchwahlen mit 2 Stellen")


async def test_number_block_that_is_dismissed_stays_away(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    lines = [{"number": f"030 23125-{line}"} for line in (812, 834, 856)]
    company = await add_record("Ohne Block GmbH", type="organization", numbers=lines)
    desk = await open_page("anna")
    await desk.page.goto(f"/#/directory/{company}")
    await desk.at("proposal-dismiss").click()
    await expect(desk.at("record-proposal")).to_have_count(0)
    await desk.page.reload()
    await expect(desk.at("record-title")).to_have_text("Ohne Block GmbH")
    await expect(desk.at("record-proposal")).to_have_count(0)


async def test_administrator_chooses_colleagues_by_name(
    open_page: OpenPage, add_user: AddUser, add_record: AddRecord
) -> None:
    record = await add_record("Rauch, Ole")
    wanda = await add_user("wanda", teams=["Einkauf"], name="Wanda Weber")
    desk = await open_page("admin")
    await desk.page.goto(f"/#/directory/{record}?edit=")
    form = desk.at("record-form")
    owner = form.get_by_test_id("owner")
    await owner.focus()
    offered = f"#{await owner.get_attribute('list')} option[value='{wanda.login}']"
    await expect(desk.page.locator(offered)).to_have_attribute("label", "Wanda Weber")
    await owner.fill(wanda.login)
    await expect(form.get_by_test_id("owner-name")).to_have_text("Wanda Weber")
    team = form.get_by_test_id("team")
    await team.focus()
    teams = desk.page.locator(f"#{await team.get_attribute('list')} option[value=Einkauf]")
    await expect(teams).to_have_count(1)
    await team.fill("Einkauf")
    await form.get_by_test_id("save").click()
    await expect(desk.at("record-page")).to_contain_text(f"{wanda.login}, Einkauf")


async def test_user_shows_a_record_to_their_team_only(
    open_page: OpenPage, add_user: AddUser, add_record: AddRecord
) -> None:
    record = await add_record("Quandt, Ria")
    sales = await add_user("vera", teams=["Vertrieb"])
    support = await add_user("theo", teams=["Technik"])
    vera = await open_page(sales.login, password=PASSWORD)
    theo = await open_page(support.login, password=PASSWORD)
    await vera.page.goto(f"/#/directory/{record}?edit=")
    form = vera.at("record-form")
    await form.get_by_test_id("visible_to").select_option("team")
    await form.get_by_test_id("save").click()
    await expect(vera.at("record-page")).to_contain_text("Team Vertrieb")
    theo.expected.append("404 (Not Found)")
    await theo.page.goto(f"/#/directory/{record}")
    await expect(theo.at("record-page")).to_contain_text("gibt es nicht")
    await theo.page.goto("/#/directory?q=quandt")
    await expect(theo.page.get_by_text("Kein Eintrag passt")).to_be_visible()
