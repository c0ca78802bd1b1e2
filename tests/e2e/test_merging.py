"""Two records of one person become one on the page: found, compared, chosen, merged."""

import httpx
from playwright.async_api import expect

from e2e.conftest import AddRecord, AddUser, OpenPage
from e2e.test_keyboard import Keys
from support.product import PASSWORD
from support.tenant.phone import Phone


async def test_records_of_one_person_are_merged(
    open_page: OpenPage,
    phone: Phone,
    add_record: AddRecord,
    add_user: AddUser,
    admin: httpx.AsyncClient,
) -> None:
    kept = await add_record("Vogt, Ida", "089 99998251", note="Kundin")
    details = {"note": "Nur vormittags", "address": "Am Wall 2"}
    other = await add_record("Vogt, I.", "089 99998252", "089 99998251", type="lead", **details)
    await add_record("Vogtländer, Uwe", "089 99998253")
    user = await add_user("irma", extensions=["58"])
    desk = await open_page(user.login, password=PASSWORD)
    line = phone.call("08999998252")
    call = await line.ringing("58")
    await expect(desk.popup(call).get_by_test_id("popup-match")).to_contain_text("Vogt, I.")
    await desk.page.goto(f"/#/directory/{kept}")
    await desk.at("record-merge").click()
    await expect(desk.at("merge-search")).to_be_focused()
    # the one with the same number comes first
    candidate = desk.at("merge-candidate").first
    await expect(candidate).to_have_attribute("data-key", other)
    await candidate.click()
    await expect(desk.at("merge-heading")).to_be_focused()
    await expect(desk.at("merge-name-kept")).to_be_checked()
    await expect(desk.at("merge-page")).to_contain_text("Am Wall 2")
    await desk.at("merge-type-other").check()
    await desk.at("merge-do").click()
    await expect(desk.at("merge-heading")).to_have_text("Zusammengeführt")
    await expect(desk.at("merge-heading")).to_be_focused()
    await expect(desk.at("merge-dropped").get_by_role("listitem")).to_have_text(
        ["Art: Kontakt", "Name: Vogt, I."]
    )
    # the popup that is open shows the record that stays
    await expect(desk.popup(call).get_by_test_id("popup-match")).to_contain_text("Vogt, Ida")
    await line.missed("58")
    await desk.at("merge-open").click()
    await expect(desk.at("record-title")).to_have_text("Vogt, Ida")
    for text in ("Interessent", "Am Wall 2", "Kundin", "Nur vormittags"):
        await expect(desk.at("record-page")).to_contain_text(text)
    await expect(desk.at("record-number")).to_have_count(2)
    await expect(desk.at("past-call")).to_have_count(1)
    # links to the other one lead to it
    await desk.page.goto(f"/#/directory/{other}")
    await expect(desk.at("record-title")).to_have_text("Vogt, Ida")
    binned = (await admin.get("/api/directory/recycle-bin")).json()["items"]
    assert other in {each["id"] for each in binned}


async def test_records_are_merged_by_the_keyboard_alone(
    open_page: OpenPage, add_record: AddRecord
) -> None:
    kept = await add_record("Adler, Jana", "089 99998254")
    other = await add_record("Sperber, Jana", "089 99998255")
    anna = await open_page("anna")
    await anna.page.goto(f"/#/directory/{kept}?merge=")
    await expect(anna.at("merge-search")).to_be_visible()
    await anna.at("merge-search").focus()
    keys = Keys(anna)
    await keys.write("sperber")
    await expect(anna.at("merge-candidate")).to_have_count(1)
    await keys.press("Tab", "Enter")
    await expect(anna.at("merge-heading")).to_be_focused()
    await keys.press("Tab", "ArrowRight")
    await expect(anna.at("merge-name-other")).to_be_checked()
    await keys.press("Tab", "Enter")
    await expect(anna.at("merge-result")).to_be_visible()
    await keys.press("Tab", "Enter")
    await expect(anna.at("record-title")).to_have_text("Sperber, Jana")
    await anna.page.goto(f"/#/directory/{other}")
    await expect(anna.at("record-title")).to_have_text("Sperber, Jana")


async def test_record_that_was_changed_is_compared_again(
    open_page: OpenPage, add_record: AddRecord, admin: httpx.AsyncClient
) -> None:
    kept = await add_record("Kranich, Lou", "089 99998256")
    other = await add_record("Kranich, L.", "089 99998256")
    anna = await open_page("anna")
    anna.expected.append("412")
    await anna.page.goto(f"/#/directory/{kept}?merge=")
    await anna.at("merge-candidate").first.click()
    await expect(anna.at("merge-name-other")).to_be_visible()
    await admin.patch(f"/api/directory/records/{other}", json={"name": "Kranich, Lotte"})
    await anna.at("merge-do").click()
    await expect(anna.at("merge-note")).to_contain_text("gerade geändert")
    await expect(anna.at("merge-page")).to_contain_text("Kranich, Lotte")
    await anna.at("merge-do").click()
    await expect(anna.at("merge-dropped")).to_contain_text("Kranich, Lotte")
