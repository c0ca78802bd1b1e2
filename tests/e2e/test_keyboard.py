"""The page by keyboard alone: the keys, where the focus goes, and a day with few keystrokes."""

import re

from playwright.async_api import Locator, expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from support.tenant.phone import Phone

DAY_KEYSTROKES = 13
"""For a call with a comment, a missed call that is returned, and an old call that is looked up."""

FOCUS_IN_PAGE = "document.activeElement !== document.body"


class Keys:
    """A keyboard that counts what is pressed; the text that people write is not counted."""

    def __init__(self, desk: DeskPage) -> None:
        self._keyboard = desk.page.keyboard
        self.pressed = 0

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed += 1
            await self._keyboard.press(key)

    async def write(self, text: str) -> None:
        await self._keyboard.type(text)


async def test_f2_leads_to_the_newest_popup_and_back(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    keys = Keys(anna)
    older = await phone.call("08999998501").ringing()
    newest = await phone.call("08999998502").ringing()
    await expect(anna.popup(newest)).to_be_visible()
    await anna.at("dial-number").focus()
    await keys.press("F2")
    await expect(anna.popup(newest)).to_be_focused()
    await keys.press("F2")
    await expect(anna.at("dial-number")).to_be_focused()
    await keys.press("F2", "Escape")
    await expect(anna.popup(newest)).to_have_count(0)
    await expect(anna.at("dial-number")).to_be_focused()
    await keys.press("F2")
    await expect(anna.popup(older)).to_be_focused()


async def test_popup_closed_by_its_button_leaves_the_focus_in_the_page(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    call = await phone.call("08999998503").ringing()
    await anna.row(call).get_by_test_id("row-open").focus()
    await anna.popup(call).get_by_test_id("popup-close").focus()
    await anna.page.keyboard.press("Enter")
    await expect(anna.popup(call)).to_have_count(0)
    await expect(anna.row(call).get_by_test_id("row-open")).to_be_focused()
    other = await phone.call("08999998504").ringing()
    await anna.page.reload()
    await anna.popup(other).get_by_test_id("popup-close").click()
    await expect(anna.popup(other)).to_have_count(0)
    assert await anna.page.evaluate(FOCUS_IN_PAGE)


async def test_letters_write_in_fields_and_can_be_turned_off(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    keys = Keys(anna)
    call = await phone.call("08999998505").ringing()
    await expect(anna.popup(call)).to_be_visible()
    await anna.at("dial-number").focus()
    await keys.write("cnrjkp/?")
    await expect(anna.at("dial-number")).to_have_value("cnrjkp/?")
    await expect(anna.at("keys")).to_be_hidden()

    await anna.at("me").focus()
    await keys.press("?")
    await expect(anna.at("keys")).to_be_visible()
    for words in ("F2", "Strg", "Zum nächsten verpassten Anruf", "Suchen"):
        await expect(anna.at("keys")).to_contain_text(words)
    await anna.picture("keys")
    await anna.at("keys-letters").uncheck()
    await keys.press("Escape")
    await expect(anna.at("keys")).to_be_hidden()
    await expect(anna.at("me")).to_be_focused()
    await keys.press("c", "?")
    await anna.page.reload()
    await expect(anna.popup(call)).to_be_visible()
    await anna.at("me").focus()
    await keys.press("c", "?")
    await expect(anna.at("me")).to_be_focused()
    await expect(anna.at("keys")).to_be_hidden()
    await keys.press("F2")
    await expect(anna.popup(call)).to_be_focused()
    await anna.at("keys-open").click()
    await anna.at("keys-letters").check()


async def test_arrow_keys_go_through_the_list_which_is_one_stop(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    keys = Keys(anna)
    calls = [await phone.call(f"0899999851{n}").ringing() for n in range(3)]
    for call in calls:
        await anna.popup(call).get_by_test_id("popup-close").click()
    openers = [anna.row(call).get_by_test_id("row-open") for call in reversed(calls)]
    await openers[0].focus()
    for opener in openers[1:]:
        await keys.press("ArrowDown")
        await expect(opener).to_be_focused()
    await keys.press("k")
    await expect(openers[1]).to_be_focused()
    await keys.press("Enter", "c")
    await expect(anna.row(calls[1]).get_by_test_id("comment-text")).to_be_focused()
    await keys.press("Escape")
    await expect(openers[1]).to_be_focused()
    await expect(openers[1]).to_have_attribute("aria-expanded", "false")
    await keys.press("Tab")
    for opener in openers:
        await expect(opener).not_to_be_focused()


async def test_day_of_a_user_needs_the_keyboard_alone(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    old = phone.call("03023125520")
    looked_up = await old.ringing()
    await old.connected()
    await old.ended()
    missed = phone.call("03023125521")
    to_return = await missed.ringing()
    await missed.missed()
    anna = await open_page("anna")
    await expect(anna.row(to_return)).to_contain_text("verpasst")
    keys = Keys(anna)

    call = await phone.call(onebox["caller"]).ringing()
    popup = anna.popup(call)
    await expect(popup).to_be_visible()
    await keys.press("F2", "c")
    await expect(popup.get_by_test_id("comment-text")).to_be_focused()
    await keys.write("Angebot zugesagt")
    await keys.press("Control+Enter")
    await expect(popup.get_by_test_id("comment")).to_contain_text("Angebot zugesagt")
    await keys.press("Escape")
    await expect(popup).to_have_count(0)
    assert await anna.page.evaluate(FOCUS_IN_PAGE)

    await keys.press("/")
    await keys.write("03023125520")
    row = anna.row(looked_up)
    await expect(anna.row(to_return)).to_have_count(0)
    await expect(row).to_be_visible()
    await keys.press("ArrowDown")
    await expect(row.get_by_test_id("row-open")).to_be_focused()
    await keys.press("Enter")
    await expect(row.get_by_test_id("comment-text")).to_be_visible()
    await keys.press("Escape")

    await keys.press("/", "Backspace")
    await expect(anna.row(to_return)).to_be_visible()
    await keys.press("ArrowDown", "n")
    await expect(focused_row(anna)).to_have_attribute("data-call", to_return)
    await keys.press("r")  # at last, since the browser hands the keyboard to the softphone
    await expect(anna.at("toast")).to_contain_text(re.compile(r"\+493023125521"))
    assert keys.pressed <= DAY_KEYSTROKES


def focused_row(desk: DeskPage) -> Locator:
    return desk.page.locator("[data-testid=call-row]:focus-within")
