"""The administrator's page of the security log."""

import httpx
from playwright.async_api import expect

from e2e.conftest import AddUser, OpenPage
from support.tenant.phone import Phone


async def test_security_log_shows_who_did_what(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    await expect(anna.at("nav-audit")).to_have_count(0)
    admin = await open_page("admin")
    await admin.open("audit")
    rows = admin.at("audit-row")
    signed_in = rows.filter(has_text="Anmeldung").filter(has_text="anna")
    await expect(signed_in.first).to_contain_text("127.0.0.1")
    await admin.picture("security-log")
    await admin.at("audit-event").select_option("device-added")
    await expect(signed_in).to_have_count(0)
    await expect(rows.first).to_have_attribute("data-event", "device-added")
    await expect(rows.first).to_contain_text("Telefon angelegt")
    await admin.page.reload()
    await expect(admin.at("audit-event")).to_have_value("device-added")
    await expect(rows.first).to_contain_text("Telefon angelegt")
    await admin.at("audit-day").fill("2020-01-01")
    await expect(admin.at("audit")).to_contain_text("Keine Ereignisse.")
    await admin.at("audit-day").fill("")
    await admin.at("audit-event").select_option("sign-in")
    await admin.at("audit-user").select_option("anna")
    await expect(signed_in.first).to_be_visible()
    await expect(rows.filter(has_text="admin")).to_have_count(0)


async def test_change_of_a_role_is_shown_in_words(
    open_page: OpenPage, admin: httpx.AsyncClient, add_user: AddUser
) -> None:
    rolf = await add_user("rolf")
    (await admin.patch(f"/api/users/{rolf.id}", json={"role": "admin"})).raise_for_status()
    boss = await open_page("admin")
    await boss.open("audit")
    rows = boss.at("audit-row").filter(has_text=rolf.login)
    changed = rows.filter(has_text="Rollenwechsel")
    await expect(changed).to_contain_text("Nutzer wird Administrator")
    await boss.page.get_by_role("button", name="EN", exact=True).click()
    await boss.open("audit")
    await expect(rows.filter(has_text="Role change")).to_contain_text("User becomes Administrator")


async def test_whole_menu_is_to_be_seen_on_a_narrow_screen(open_page: OpenPage) -> None:
    operator = await open_page("operator")
    await operator.page.set_viewport_size({"width": 390, "height": 844})
    await operator.open("audit")
    await expect(operator.page).to_have_title("Sicherheitsprotokoll – Softphone Connector")
    entries = operator.page.locator("nav:visible .tab")
    assert await entries.count() == 10
    for place in range(10):
        await expect(entries.nth(place)).to_be_in_viewport(ratio=1)
