"""One popup over all tabs of a user: the tab in use shows it, and another one takes over."""

import asyncio
import re
from typing import Any

from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage, Prefer
from e2e.page import DeskPage
from softphone_testing.until import until
from support.tenant.phone import Phone

CHIMES = """() => {
    window.chimes = 0;
    const create = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () {
        window.chimes += 1;
        return create.call(this);
    };
}"""
ICON = "document.querySelector('link[rel=icon]').getAttribute('href')"


async def open_tabs(first: DeskPage, onebox: Facts, count: int) -> list[DeskPage]:
    """The page in several tabs of one browser; the last of the list was opened last."""
    tabs = [first]
    for _ in range(count - 1):
        tab = DeskPage(await first.page.context.new_page(), onebox)
        await tab.page.goto("/")
        await tab.connected()
        tabs.append(tab)
    return tabs


async def leader(tabs: list[DeskPage], call: str) -> DeskPage:
    """The one tab that shows the popup of a call."""

    async def one() -> DeskPage | None:
        showing = [tab for tab in tabs if await tab.popup(call).is_visible()]
        return showing[0] if len(showing) == 1 else None

    return await until(one, what="one popup over all tabs")


async def test_five_tabs_show_one_popup_in_the_tab_in_use(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    tabs = await open_tabs(await open_page("anna"), onebox, 5)
    call = await phone.call("08999998301").ringing()
    for tab in tabs:
        await expect(tab.popup(call)).to_have_count(1)
    assert await leader(tabs, call) is tabs[-1]
    await tabs[1].at("dial-number").click()
    await expect(tabs[1].popup(call)).to_be_visible()
    assert await leader(tabs, call) is tabs[1]
    for tab in tabs:
        await expect(tab.page).to_have_title(re.compile("klingelt"))


async def test_popup_moves_on_when_its_tab_closes_or_crashes(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    tabs = await open_tabs(await open_page("anna"), onebox, 3)
    call = await phone.call("08999998302").ringing()
    shown = await leader(tabs, call)
    tabs.remove(shown)
    await shown.page.close()
    shown = await leader(tabs, call)
    tabs.remove(shown)
    session = await shown.page.context.new_cdp_session(shown.page)
    crash = asyncio.ensure_future(session.send("Page.crash"))
    await expect(tabs[0].popup(call)).to_be_visible()
    crash.cancel()


async def test_popup_closed_in_one_tab_is_closed_in_all(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    tabs = await open_tabs(await open_page("anna"), onebox, 3)
    line = phone.call("08999998303")
    call = await line.ringing()
    await (await leader(tabs, call)).popup(call).get_by_test_id("popup-close").click()
    for tab in tabs:
        await expect(tab.popup(call)).to_have_count(0)
    await line.connected()
    await expect(tabs[0].row(call)).to_contain_text("verbunden")
    for tab in tabs:
        await expect(tab.row(call)).to_contain_text("verbunden")
        await expect(tab.popup(call)).to_have_count(0)
    await tabs[0].page.reload()
    await expect(tabs[0].row(call)).to_contain_text("verbunden")
    await expect(tabs[0].popup(call)).to_have_count(0)


async def test_comment_goes_on_in_the_tab_that_takes_over(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    tabs = await open_tabs(await open_page("anna"), onebox, 2)
    call = await phone.call("08999998304").ringing()
    shown = await leader(tabs, call)
    await shown.popup(call).get_by_test_id("comment-text").fill("Rückruf am Montag")
    tabs.remove(shown)
    await tabs[0].at("dial-number").click()
    text = tabs[0].popup(call).get_by_test_id("comment-text")
    await expect(text).to_be_visible()
    await expect(text).to_have_value("Rückruf am Montag")


async def test_sound_is_off_and_once_switched_on_only_one_tab_rings(
    onebox: Facts, open_page: OpenPage, phone: Phone, prefer: Prefer
) -> None:
    await prefer("anna", sound=False)
    first = await open_page("anna")
    await first.page.context.add_init_script(f"({CHIMES})()")
    await first.page.reload()
    await first.connected()  # a tab that is in later leads
    tabs = await open_tabs(first, onebox, 2)
    call = await phone.call("08999998305").ringing()
    await expect(tabs[1].popup(call)).to_be_visible()
    await expect(tabs[1].at("switch-sound")).to_have_attribute("aria-checked", "false")
    assert await chimes(tabs) == [0, 0]
    await tabs[1].at("switch-sound").click()
    await expect(tabs[1].at("switch-sound")).to_have_attribute("aria-checked", "true")
    await expect(tabs[0].at("switch-sound")).to_have_attribute("aria-checked", "true")

    async def rang() -> Any:
        _, second = await chimes(tabs)
        return second > 4  # the first two are those of the switch

    await until(rang, what="the sound of the call")
    assert (await chimes(tabs))[0] == 0


async def chimes(tabs: list[DeskPage]) -> list[int]:
    return [await tab.page.evaluate("window.chimes") for tab in tabs]


async def test_do_not_disturb_holds_calls_back_until_they_are_opened(
    open_page: OpenPage, phone: Phone, prefer: Prefer
) -> None:
    await prefer("anna", do_not_disturb=False)
    anna = await open_page("anna")
    icon = await anna.page.evaluate(ICON)
    await anna.at("switch-disturb").click()
    await expect(anna.at("switch-disturb")).to_have_attribute("aria-checked", "true")
    call = await phone.call("08999998306").ringing()
    await expect(anna.row(call)).to_contain_text("klingelt")
    await expect(anna.at("popups-waiting")).to_have_text("1 Anruf anzeigen")
    await expect(anna.popup(call)).to_have_count(0)
    await expect(anna.page).to_have_title(re.compile(r"^(\(\d+\) )?Anrufe – "))
    assert await anna.page.evaluate(ICON) == icon
    await anna.picture("do-not-disturb")
    await anna.at("popups-waiting").click()
    await expect(anna.popup(call)).to_be_focused()
    await expect(anna.at("popups-waiting")).to_have_count(0)


async def test_popup_on_answer_opens_when_the_call_is_answered(
    open_page: OpenPage, phone: Phone, prefer: Prefer
) -> None:
    await prefer("anna", pop_on="answer")
    anna = await open_page("anna")
    line = phone.call("08999998307")
    call = await line.ringing()
    await expect(anna.row(call)).to_contain_text("klingelt")
    await expect(anna.at("popups-waiting")).to_be_visible()
    await expect(anna.popup(call)).to_have_count(0)
    await line.connected()
    await expect(anna.popup(call)).to_have_attribute("data-phase", "connected")


async def test_icon_counts_the_calls_that_ring(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    icon = await anna.page.evaluate(ICON)
    lines = [phone.call(f"0899999831{n}") for n in range(2)]
    for line in lines:
        await line.ringing()
    await expect(anna.page.locator("link[rel=icon]")).to_have_attribute(
        "href", re.compile("ringing-2")
    )
    await expect(anna.page).to_have_title(re.compile(r"^\(2\) klingelt"))
    answer = await anna.page.request.get(await anna.page.evaluate(ICON))
    assert answer.headers["content-type"] == "image/svg+xml"
    for line in lines:
        await line.missed()
    await expect(anna.page.locator("link[rel=icon]")).to_have_attribute("href", icon)
