"""Many popups: a stack that can be minimised, moved and closed, and that never covers the focus."""

import asyncio

from playwright.async_api import ViewportSize, expect

from e2e.conftest import AddUser, OpenPage
from e2e.page import DeskPage
from softphone_testing.until import until
from support.product import PASSWORD
from support.tenant.phone import Phone

COVERED = """() => {
    const focused = document.activeElement;
    const popups = document.querySelector("[data-testid=popups]");
    if (popups.hidden || popups.contains(focused) || focused === document.body) return null;
    const [one, other] = [focused.getBoundingClientRect(), popups.getBoundingClientRect()];
    const across = one.left < other.right && other.left < one.right;
    const covered = across && one.top < other.bottom && other.top < one.bottom;
    return covered ? focused.outerHTML.slice(0, 200) : null;
}"""
PAINTED = """() => new Promise(
    (done) => requestAnimationFrame(() => requestAnimationFrame(done))
)"""
CORNER = "data-corner"


async def test_28_calls_are_one_popup_rows_and_a_count(
    open_page: OpenPage, phone: Phone, add_user: AddUser
) -> None:
    anna = await open_page((await add_user("anna", extensions=["61"])).login, password=PASSWORD)
    calls = [await phone.call(f"089999984{n:02d}").ringing("61") for n in range(28)]
    await expect(anna.popup(calls[-1])).to_be_visible()
    await expect(anna.at("popups-more")).to_have_text("+25 weitere")
    await expect(anna.page.locator("[data-testid=popup]:visible")).to_have_count(1)
    rows = anna.page.locator("[data-testid=popup-row]")
    await expect(rows).to_have_count(2)
    await anna.picture("popups-28")
    await anna.at("popups-more").click()
    await expect(rows).to_have_count(27)
    await anna.at("popups-more").click()
    await expect(rows).to_have_count(2)

    await rows.first.get_by_test_id("popup-row-open").click()
    await expect(anna.popup(calls[-2])).to_be_focused()
    await expect(anna.popup(calls[-1])).to_be_hidden()
    await rows.first.get_by_test_id("popup-row-close").click()
    await expect(anna.popup(calls[-1])).to_have_count(0)

    await anna.at("popups-minimise").click()
    await expect(anna.page.locator("[data-testid=popup]:visible")).to_have_count(0)
    await expect(anna.at("popups")).to_contain_text("+49 89 99998426")
    await expect(anna.at("popups")).to_contain_text("27 Anrufe")
    await anna.picture("popups-minimised")
    await anna.page.reload()
    await expect(anna.at("popups")).to_contain_text("27 Anrufe")
    await anna.at("popups-minimise").click()
    await expect(anna.page.locator("[data-testid=popup]:visible")).to_have_count(1)
    await anna.at("popups-close-all").click()
    await expect(anna.at("popup")).to_have_count(0)
    await expect(anna.at("popups")).to_be_hidden()
    await anna.page.reload()
    await expect(anna.row(calls[-1])).to_contain_text("klingelt")
    await expect(anna.at("popup")).to_have_count(0)


async def test_comment_that_is_written_stays_open_when_others_ring(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    first = await phone.call("08999998440").ringing()
    text = anna.popup(first).get_by_test_id("comment-text")
    await text.fill("Bestellung 4711")
    for n in range(41, 44):
        last = await phone.call(f"089999984{n}").ringing()
    await expect(anna.popup(last)).to_be_visible()
    await expect(anna.at("popups-more")).to_have_count(0)
    await expect(text).to_be_visible()
    await expect(text).to_be_focused()
    await expect(text).to_have_value("Bestellung 4711")


async def test_popups_move_by_mouse_and_by_keys_and_stay_there(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    call = await phone.call("08999998446").ringing()
    popups, grip = anna.at("popups"), anna.at("popups-move")
    await expect(popups).to_have_attribute(CORNER, "bottom-right")

    async def is_dragged() -> bool:
        # a card that grows under the mouse moves the grip away from it
        await grip.hover()
        await anna.page.mouse.down()
        await anna.page.mouse.move(400, 500, steps=4)
        await anna.page.mouse.move(200, 100, steps=4)
        await anna.page.mouse.up()
        return await popups.get_attribute(CORNER) == "top-left"

    await until(is_dragged, what="the popups in the corner they were dragged to")
    await expect(popups).to_have_attribute(CORNER, "top-left")
    await grip.focus()
    await anna.page.keyboard.press("ArrowDown")
    await expect(popups).to_have_attribute(CORNER, "bottom-left")
    await expect(grip).to_have_attribute(
        "aria-label", "Anrufe verschieben, jetzt unten links. Ziehen oder Pfeiltasten."
    )
    await anna.page.reload()
    await expect(anna.popup(call)).to_be_visible()
    await expect(popups).to_have_attribute(CORNER, "bottom-left")
    await grip.click()
    await expect(popups).to_have_attribute(CORNER, "top-left")


async def test_popups_cover_nothing_that_has_the_focus(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna", viewport={"width": 1280, "height": 800})
    for n in range(3):
        call = await phone.call(f"0899999845{n}").ringing()
    await expect(anna.popup(call)).to_be_visible()
    await anna.row(call).get_by_test_id("row-open").click()
    sizes: tuple[ViewportSize, ...] = (
        {"width": 1280, "height": 800},
        {"width": 360, "height": 740},
    )
    for size in sizes:
        await anna.page.set_viewport_size(size)
        await anna.at("me").focus()
        for _ in range(16):
            await anna.page.keyboard.press("Tab")
            await anna.page.evaluate(PAINTED)
            assert await anna.page.evaluate(COVERED) is None
    await anna.row(call).get_by_test_id("comment-text").focus()
    await anna.page.evaluate(PAINTED)
    assert await anna.page.evaluate(COVERED) is None


async def test_popup_that_opens_gives_way_to_a_field_in_use(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", viewport={"width": 1000, "height": 700})
    line = phone.call("08999998456")
    call = await line.ringing()
    await anna.popup(call).get_by_test_id("popup-close").click()
    await anna.row(call).get_by_test_id("row-open").click()
    text = anna.row(call).get_by_test_id("comment-text")
    await text.fill("Bitte zurückrufen")
    other = await phone.call("08999998457").ringing()
    await expect(anna.popup(other)).to_be_attached()
    await anna.page.evaluate(PAINTED)
    assert await anna.page.evaluate(COVERED) is None
    await expect(text).to_be_focused()
    await anna.picture("popups-give-way")


async def test_popups_are_reached_by_the_second_link_of_the_page(
    open_page: OpenPage, phone: Phone
) -> None:
    anna, call = await asyncio.gather(open_page("anna"), phone.call("08999998458").ringing())
    await expect(anna.popup(call)).to_be_visible()
    await anna.page.reload()
    await expect(anna.popup(call)).to_be_visible()
    await press(anna, "Tab", "Tab")
    await expect(anna.at("skip-popups")).to_be_focused()
    await press(anna, "Enter")
    await expect(anna.popup(call)).to_be_focused()


async def press(desk: DeskPage, *keys: str) -> None:
    for key in keys:
        await desk.page.keyboard.press(key)
