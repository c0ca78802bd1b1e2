"""The popup says who calls: name, company, records, what was before, and what can be done."""

import re
from time import time
from typing import Any

import httpx
from playwright.async_api import expect

from e2e.conftest import AddRecord, OpenPage
from support.tenant.phone import Phone

CLIPBOARD = ["clipboard-read", "clipboard-write"]
# all at once, since the popup grows while its parts arrive
TOPS = """(popup, parts) => parts.map(
    (part) => popup.querySelector(`[data-testid=${part}]`).getBoundingClientRect().top
)"""
WIDTHS = "popup => [popup.scrollWidth, popup.clientWidth]"


async def test_name_and_company_come_before_the_number(
    open_page: OpenPage, phone: Phone, add_record: AddRecord
) -> None:
    await add_record("Voss, Ida", "08999998201", organization="Voss Metallbau")
    anna = await open_page("anna")
    call = await phone.call("08999998201", called="+4989999981").ringing()
    popup = anna.popup(call)
    await expect(popup.get_by_test_id("popup-who")).to_have_text("Voss, Ida")
    await expect(popup.get_by_test_id("popup-company")).to_have_text("Voss Metallbau")
    await expect(popup.get_by_test_id("popup-number")).to_have_text("+49 89 99998201")
    await expect(popup.get_by_test_id("popup-called")).to_have_text("für +49 89 999981")
    parts = ("popup-who", "popup-company", "popup-number", "popup-called", "popup-match")
    await expect(popup.get_by_test_id("popup-match")).to_be_visible()
    tops = await popup.evaluate(TOPS, parts)
    assert tops == sorted(tops)


async def test_each_record_has_its_company_mail_note_and_link(
    open_page: OpenPage, phone: Phone, add_record: AddRecord
) -> None:
    details = {
        "organization": "Ortner AG",
        "emails": ["eva@ortner.example"],
        "note": "Zahlt pünktlich",
        "tags": ["VIP", "Süd"],
    }
    url = "https://crm.example/{record}?phone={e164}"
    contact = await add_record("Ortner, Eva", "08999998202", url=url, **details)
    await add_record("Ortner Versand", "08999998202", type="supplier", note="Nur vormittags")
    anna = await open_page("anna")
    call = await phone.call("08999998202").ringing()
    records = anna.popup(call).get_by_test_id("popup-match")
    await expect(records).to_have_count(2)
    first, second = records.first, records.last
    await expect(first).to_contain_text("Kontakt")
    await expect(first.get_by_role("link", name="Ortner, Eva")).to_have_attribute(
        "href", f"https://crm.example/{contact}?phone=%2B498999998202"
    )
    await expect(first.get_by_role("link", name="eva@ortner.example")).to_be_visible()
    await expect(first).to_contain_text("Zahlt pünktlich")
    await expect(first.get_by_test_id("match-tag")).to_have_text(["VIP", "Süd"])
    await expect(second).to_contain_text("Lieferant")
    await expect(second).to_contain_text("Nur vormittags")
    await expect(second.get_by_role("link")).to_have_attribute("href", re.compile("^#/directory/"))
    await anna.picture("records")


async def test_record_that_was_opened_is_first_from_then_on(
    open_page: OpenPage, phone: Phone, add_record: AddRecord
) -> None:
    await add_record("Pohl, Ada", "08999998203")
    await add_record("Pohl Transporte", "08999998203", type="supplier")
    anna = await open_page("anna")
    call = await phone.call("08999998203").ringing()
    records = anna.popup(call).get_by_test_id("popup-match")
    await expect(records).to_have_count(2)
    await expect(records.first).to_contain_text("Pohl, Ada")
    await records.last.get_by_role("link").click()
    await expect(anna.at("record-title")).to_have_text("Pohl Transporte")
    await expect(records.first).to_contain_text("Pohl Transporte")
    await phone.hang_up()
    other = anna.popup(await phone.call("08999998203").ringing())
    await expect(other.get_by_test_id("popup-match").first).to_contain_text("Pohl Transporte")
    await expect(other.get_by_test_id("popup-who")).to_have_text("Pohl Transporte")


async def test_direct_line_shows_its_company_and_why(
    open_page: OpenPage, phone: Phone, add_record: AddRecord
) -> None:
    await add_record("Ortner AG", "089 9999878-0", type="organization")
    anna = await open_page("anna")
    call = await phone.call("08999998785").ringing()
    popup = anna.popup(call)
    await expect(popup.get_by_test_id("popup-who")).to_have_text("Ortner AG")
    await expect(popup.get_by_test_id("match-level")).to_have_text("Durchwahl")
    why = "gleiche Zentrale wie dieser Eintrag"
    await expect(popup.get_by_test_id("match-why")).to_have_text(why)
    chosen = popup.get_by_test_id("comment-record").locator("option:checked")
    await expect(chosen).to_have_text("Organisation: Ortner AG")
    await anna.picture("direct-line")
    await popup.get_by_test_id("record-new").click()
    dialog = anna.at("new-record")
    await expect(dialog.get_by_test_id("line-name")).to_have_value("+498999998785")
    await expect(dialog.get_by_test_id("organization")).to_have_value("Ortner AG")


async def test_last_calls_and_comments_of_the_caller_are_shown(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    for number in range(4):
        line = phone.call("08999998203")
        call = await line.ringing()
        popup = anna.popup(call)
        await popup.get_by_test_id("comment-text").fill(f"Notiz {number}")
        await popup.get_by_test_id("comment-save").click()
        await expect(popup.get_by_test_id("comment")).to_contain_text(f"Notiz {number}")
        await line.missed()
        await expect(anna.row(call)).to_contain_text("verpasst")
        await popup.get_by_test_id("popup-close").click()
    await anna.page.reload()  # from now on the log has it all
    await expect(anna.row(call)).to_contain_text("verpasst")
    past = anna.popup(await phone.call("08999998203").ringing()).get_by_test_id("past")
    await expect(past.get_by_test_id("past-call")).to_have_count(3)
    for entry in await past.get_by_test_id("past-call").all():
        await expect(entry).to_contain_text("eingehend, nicht angenommen")
        await expect(entry).to_contain_text("heute")
    comments = past.get_by_test_id("past-comment")
    await expect(comments).to_have_count(3)
    for comment, number in zip(await comments.all(), (3, 2, 1), strict=True):
        await expect(comment).to_contain_text(f"Notiz {number}")
        await expect(comment).to_contain_text("Anna Albrecht")
    await anna.picture("past")


async def test_no_record_is_said_without_waiting(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    await anna.page.clock.install()
    await anna.page.clock.pause_at(time() + 60)  # no timer of the page fires any more
    call = await phone.call("08999998204").ringing()
    without = anna.popup(call).get_by_test_id("no-records")
    await expect(without).to_have_text("Keine Einträge zu dieser Nummer")


async def test_user_adds_a_record_from_the_popup(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    popup = anna.popup(await phone.call("08999998206", name="Ritter, Jo").ringing())
    await popup.get_by_test_id("record-new").click()
    dialog = anna.at("new-record")
    await expect(dialog.get_by_test_id("name")).to_have_value("Ritter, Jo")
    await expect(dialog.get_by_test_id("name")).to_be_focused()
    await expect(dialog.get_by_test_id("line-name")).to_have_value("+498999998206")
    emails = dialog.get_by_test_id("emails")
    await emails.fill("ritter")
    await dialog.get_by_test_id("save").click()
    await expect(emails).to_have_attribute("aria-invalid", "true")
    await expect(emails).to_be_focused()
    await expect(dialog).to_contain_text("„ritter“ ist keine E-Mail-Adresse.")
    await emails.fill("jo@ritter.example")
    await dialog.get_by_test_id("organization").fill("Ritter OHG")
    await dialog.get_by_test_id("type").select_option("Interessent")
    await anna.picture("new-record")
    await dialog.get_by_test_id("save").click()
    await expect(popup.get_by_test_id("popup-who")).to_have_text("Ritter, Jo")
    await expect(popup.get_by_test_id("popup-company")).to_have_text("Ritter OHG")
    match = popup.get_by_test_id("popup-match")
    await expect(match).to_contain_text("jo@ritter.example")
    await expect(dialog).to_have_count(0)
    await match.get_by_role("link", name="Ritter, Jo").click()
    await expect(anna.at("record-title")).to_have_text("Ritter, Jo")
    await anna.at("record-change").click()
    await anna.at("record-form").get_by_test_id("name").fill("Ritter-Vogt, Jo")
    await anna.at("record-form").get_by_test_id("emails").fill("vogt@ritter.example")
    await anna.at("record-form").get_by_test_id("save").click()
    await expect(popup.get_by_test_id("popup-who")).to_have_text("Ritter-Vogt, Jo")
    await expect(match).to_contain_text("vogt@ritter.example")
    found = await admin.get("/api/directory/matches", params={"number": "08999998206"})
    assert [match["type"] for match in found.json()["matches"]] == ["lead"]
    await admin.delete(f"/api/directory/records/{found.json()['matches'][0]['record']}")


async def test_caller_in_the_list_is_added_to_the_directory(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    line = phone.call("08999998242", name="Ott, Sina")
    call = await line.ringing()
    await line.missed()
    await anna.row(call).get_by_test_id("row-open").click()
    await anna.row(call).get_by_test_id("match-new").click()
    form = anna.at("record-form")
    await expect(form.get_by_test_id("name")).to_have_value("Ott, Sina")
    await expect(form.get_by_test_id("line-name")).to_have_value("+498999998242")
    await form.get_by_test_id("save").click()
    await expect(anna.at("record-title")).to_have_text("Ott, Sina")
    await expect(anna.at("past-call")).to_have_count(1)
    await admin.delete(f"/api/directory/records/{anna.page.url.rsplit('/', 1)[1]}")


async def test_user_attaches_the_number_to_a_record(
    open_page: OpenPage, phone: Phone, add_record: AddRecord, admin: httpx.AsyncClient
) -> None:
    record = await add_record("Zimmer, Lea", "08999998207")
    anna = await open_page("anna")
    popup = anna.popup(await phone.call("08999998208").ringing())
    await popup.get_by_test_id("record-attach").click()
    await anna.at("record-search").fill("zimmer")
    choice = anna.at("record-choice")
    await expect(choice).to_have_text([r"Kontakt Zimmer, Lea"])
    await anna.picture("attach")
    await choice.click()
    await expect(popup.get_by_test_id("popup-who")).to_have_text("Zimmer, Lea")
    saved = (await admin.get(f"/api/directory/records/{record}")).json()
    assert [number["e164"] for number in saved["numbers"]] == ["+498999998207", "+498999998208"]


async def test_missed_caller_is_called_back_and_copied(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna", permissions=CLIPBOARD)
    line = phone.call("08999998209")
    popup = anna.popup(await line.ringing())
    await popup.get_by_test_id("copy-number").click()
    assert await anna.page.evaluate("navigator.clipboard.readText()") == "+498999998209"
    await expect(popup.get_by_test_id("popup-dial")).to_have_count(0)
    await line.missed()
    await expect(popup.get_by_test_id("popup-dial")).to_have_text("Zurückrufen")
    await popup.get_by_test_id("popup-dial").click()
    await expect(anna.at("toast")).to_contain_text("+498999998209")


async def test_text_of_strangers_breaks_nothing_on_a_narrow_screen(
    open_page: OpenPage, phone: Phone, add_record: AddRecord
) -> None:
    strange = {
        "08999998210": "\u202eGmbH nehcnüM",
        "08999998211": "Z" + "\u0301\u0323" * 60 + "algo",
        "08999998212": "Donaudampfschiff" * 12,
    }
    await add_record(
        "W" * 200,
        "08999998213",
        organization="X" * 200,
        note="Y" * 1000,
        emails=[f"{'z' * 200}@a.b"],
    )
    anna = await open_page("anna", viewport={"width": 320, "height": 800})
    for number in (*strange, "08999998213"):
        call = await phone.call(number, **_name(strange.get(number))).ringing()
        popup = anna.popup(call)
        who = popup.get_by_test_id("popup-who")
        await expect(who.locator("bdi")).to_be_visible()
        content, room = await popup.evaluate(WIDTHS)
        assert content <= room
        box, own = await popup.bounding_box(), await who.bounding_box()
        assert box is not None
        assert own is not None
        assert box["x"] <= own["x"]
        assert own["x"] + own["width"] <= box["x"] + box["width"]
        if number == "08999998210":
            await expect(who).to_have_text("GmbH nehcnüM")  # without the override
        if number == "08999998211":
            assert own["height"] < 60
        await popup.get_by_test_id("popup-close").click()


def _name(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"name": name}
