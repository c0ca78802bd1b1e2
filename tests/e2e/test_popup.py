"""The popup: the right caller at the right desk, from the first ring to the end of the call."""

import asyncio
import re
from typing import Any

import httpx
from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage
from e2e.page import A_SECOND_OR_MORE
from support.tenant.phone import Phone

TWO_OR_MORE = re.compile(r"^(?!0:0[01]$)\d:\d\d$")
QUIET = re.compile(r"^(\(\d+\) )?Anrufe – Softphone Connector$")
"""The title without a caller; missed calls are counted before it."""
FIVE = ["Kontakt", "Organisation", "Interessent", "Partner", "Lieferant"]


async def test_popup_follows_the_call_from_ring_to_end(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    line = phone.call(onebox["caller"])
    call = await line.ringing()

    popup = anna.popup(call)
    await expect(popup).to_have_attribute("data-phase", "ringing")
    await expect(popup.get_by_test_id("popup-number")).to_have_text("+49 89 99998001")
    matches = popup.get_by_test_id("popup-match")
    await expect(matches).to_have_count(5)
    for match, word in zip(await matches.all(), FIVE, strict=True):
        await expect(match).to_contain_text(word)
        await expect(match).to_contain_text("Huber")
    await expect(anna.page).to_have_title(re.compile("klingelt.*Huber"))
    await expect(popup.get_by_test_id("popup-time")).to_have_text(A_SECOND_OR_MORE)
    await anna.picture("ringing")

    await line.connected()
    await expect(popup).to_have_attribute("data-phase", "connected")
    await expect(popup).to_contain_text("verbunden")
    await expect(popup.get_by_test_id("popup-time")).to_have_text(A_SECOND_OR_MORE)
    await expect(popup.get_by_test_id("popup-time")).to_have_text(TWO_OR_MORE)
    await anna.picture("connected")

    await line.ended()
    await expect(popup).to_have_attribute("data-phase", "ended")
    await expect(popup).to_contain_text("beendet")
    await expect(popup.get_by_test_id("popup-time")).to_have_text(TWO_OR_MORE)
    await expect(anna.page).to_have_title(QUIET)
    await anna.picture("ended")

    row = anna.row(call)
    await expect(row).to_contain_text("angenommen")
    await expect(row.get_by_test_id("row-who")).to_contain_text("Huber, Maria")
    await expect(row.get_by_test_id("row-who")).to_contain_text("+4")
    await expect(row.get_by_test_id("row-ring")).to_have_text(A_SECOND_OR_MORE)
    await expect(row.get_by_test_id("row-talk")).to_have_text(TWO_OR_MORE)
    await popup.get_by_test_id("popup-close").click()
    await expect(popup).to_have_count(0)
    await anna.page.reload()
    await expect(row.get_by_test_id("row-talk")).to_have_text(TWO_OR_MORE)
    await row.get_by_test_id("row-open").click()
    await expect(row.get_by_test_id("row-match")).to_have_count(5)
    await anna.picture("history")
    await expect(popup).to_have_count(0)


async def test_missed_call_is_shown_and_logged(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    line = phone.call("08999998110")
    call = await line.ringing()
    await expect(anna.popup(call)).to_contain_text("klingelt")
    await line.missed()
    await expect(anna.popup(call)).to_contain_text("nicht angenommen")
    await expect(anna.row(call)).to_contain_text("verpasst")
    await expect(anna.row(call).get_by_test_id("row-talk")).to_have_text("–")


async def test_withheld_number_is_shown_as_unknown(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    call = await phone.call("anonymous").ringing()
    await expect(anna.popup(call)).to_contain_text("Unbekannt/anonym")
    await expect(anna.row(call)).to_contain_text("Unbekannt/anonym")


async def test_popup_of_a_call_answered_elsewhere_says_where(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    line = phone.call("03023125120")
    call = await line.ringing()
    await expect(anna.popup(call)).to_be_visible()
    await line.ringing("22")
    await line.connected("22")
    await expect(anna.popup(call)).to_contain_text("Angenommen von Nebenstelle 22")
    await expect(anna.popup(call)).to_have_attribute("data-state", "elsewhere")
    await line.ended("22")
    await expect(anna.popup(call)).to_have_attribute("data-phase", "ended")
    await expect(anna.popup(call)).to_contain_text("Angenommen von Nebenstelle 22")
    await anna.picture("elsewhere")


async def test_popup_of_a_desk_that_gave_up_says_so(open_page: OpenPage, phone: Phone) -> None:
    anna, bernd = await asyncio.gather(open_page("anna"), open_page("bernd"))
    line = phone.call("03023125121")
    await line.ringing("21")
    call = await line.ringing("22")
    await expect(bernd.popup(call)).to_have_attribute("data-state", "ringing")
    await line.missed("21")
    await expect(anna.popup(call)).to_have_attribute("data-state", "missed")
    await expect(anna.popup(call)).to_contain_text("nicht angenommen")
    await expect(anna.popup(call)).to_have_attribute("data-phase", "ringing")
    await expect(anna.page).to_have_title(QUIET)
    await expect(bernd.popup(call)).to_have_attribute("data-state", "ringing")
    await anna.picture("gave-up")
    await line.connected("22")
    await expect(anna.popup(call)).to_have_attribute("data-state", "elsewhere")
    await expect(bernd.popup(call)).to_have_attribute("data-state", "connected")


async def test_popup_opens_again_when_the_queue_rings_again(
    open_page: OpenPage, phone: Phone
) -> None:
    anna, bernd = await asyncio.gather(open_page("anna"), open_page("bernd"))
    line = phone.call("03023125122")
    await line.ringing("21")
    call = await line.ringing("22")
    for desk in (anna, bernd):
        await expect(desk.popup(call)).to_be_visible()
    await line.missed("21")
    await line.missed("22")
    for desk in (anna, bernd):
        await expect(desk.popup(call)).to_have_attribute("data-state", "missed")
        await desk.popup(call).get_by_test_id("popup-close").click()
        await expect(desk.popup(call)).to_have_count(0)
    await line.ringing("21")
    await expect(anna.popup(call)).to_have_attribute("data-state", "ringing")
    await expect(bernd.row(call)).to_contain_text("klingelt")
    await expect(bernd.popup(call)).to_have_count(0)
    await line.connected("21")
    await expect(anna.popup(call)).to_have_attribute("data-state", "connected")
    await expect(anna.popup(call).get_by_test_id("popup-time")).to_have_text(A_SECOND_OR_MORE)
    await line.ended("21")
    await expect(anna.row(call)).to_contain_text("angenommen")
    await expect(anna.row(call)).to_have_count(1)


async def test_popup_opens_at_no_other_desk(open_page: OpenPage, phone: Phone) -> None:
    anna, bernd, clara = await asyncio.gather(
        open_page("anna"), open_page("bernd"), open_page("admin")
    )
    for_anna = await phone.call("08999998131").ringing()
    await expect(anna.popup(for_anna)).to_be_visible()
    # a later popup on the same socket proves that no earlier one was sent
    for_bernd = await phone.call("08999998132").ringing("22")
    for_clara = await phone.call("08999998133").ringing("20")
    await expect(bernd.popup(for_bernd)).to_be_visible()
    await expect(clara.popup(for_clara)).to_be_visible()
    await expect(bernd.at("popup")).to_have_count(1)
    await expect(clara.at("popup")).to_have_count(1)
    await expect(bernd.row(for_anna)).to_have_count(0)
    await expect(anna.row(for_bernd)).to_have_count(0)


async def test_popup_with_markup_shows_it_as_text(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    markup = "<img src=x onerror=alert(1)><b>Eve</b>"
    record: dict[str, Any] = {"type": "lead", "name": f"{markup} Lead"}
    record["numbers"] = [{"number": "01713920040"}]
    (await admin.post("/api/directory/records", json=record)).raise_for_status()
    anna = await open_page("anna")
    call = await phone.call("01713920040", name=f"{markup} Phone").ringing()
    popup = anna.popup(call)
    await expect(popup.get_by_test_id("popup-name")).to_contain_text(f"{markup} Phone")
    await expect(popup.get_by_test_id("popup-match")).to_contain_text(f"{markup} Lead")
    await popup.get_by_test_id("comment-text").fill(f"{markup} <script>alert(2)</script>")
    await popup.get_by_test_id("comment-save").click()
    await expect(popup.get_by_test_id("comment")).to_contain_text("<script>alert(2)</script>")
    strange = await phone.call("<svg onload=alert(3)>").ringing()
    await expect(anna.popup(strange)).to_contain_text("<svg onload=alert(3)>")
    await expect(anna.row(strange)).to_contain_text("<svg onload=alert(3)>")
    await expect(anna.page.locator("img[src=x], #app b, #app script")).to_have_count(0)


async def test_name_without_blanks_stays_inside_the_popup(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    call = await phone.call("08999998139", name="Donaudampfschiff" * 7).ringing()
    await expect(anna.popup(call).get_by_test_id("popup-who")).to_contain_text("Donaudampf")
    widths = "popup => [popup.scrollWidth, popup.clientWidth]"
    content, room = await anna.popup(call).evaluate(widths)
    assert content <= room


async def test_popup_of_a_running_call_survives_a_reload(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    line = phone.call("03023125001")
    call = await line.ringing()
    await line.connected()
    await expect(anna.popup(call)).to_have_attribute("data-phase", "connected")
    await anna.page.reload()
    await expect(anna.popup(call)).to_have_attribute("data-phase", "connected")
    await expect(anna.popup(call).get_by_test_id("popup-match")).to_contain_text("Yılmaz, Deniz")
    await line.ended()
    await expect(anna.popup(call)).to_have_attribute("data-phase", "ended")
