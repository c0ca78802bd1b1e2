"""The own account on the page: sessions, the password, and what a sign-out leaves behind."""

import re
from typing import Any

from playwright.async_api import Route, expect

from e2e.conftest import AddUser, Facts, OpenPage
from e2e.page import DeskPage
from support.product import PASSWORD
from support.tenant.phone import Phone
from support.web_client import web_client

OTHER = "the second password of Dora"
FORGET_SESSIONS = """Object.keys(localStorage)
  .filter((key) => key.startsWith('softphone.signed-in.'))
  .forEach((key) => localStorage.removeItem(key))"""
STORED = "JSON.stringify({...localStorage, ...sessionStorage})"


async def stored(desk: DeskPage) -> str:
    """Everything that the page has stored in the browser."""
    text: str = await desk.page.evaluate(STORED)
    return text


async def test_session_is_ended_from_the_list_with_the_keyboard(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    here, there = [await open_page(dora, password=PASSWORD) for _ in range(2)]
    there.expected.append("401")  # a request may meet the session's end
    await here.at("me").click()
    await expect(here.at("session")).to_have_count(2)
    await expect(here.at("session").filter(has_text="diese Sitzung")).to_have_count(1)
    await expect(here.at("session").first).to_contain_text("Chrome, Linux")
    await expect(here.at("sessions-note")).to_have_text("")
    await here.picture("account")
    await here.at("end-session").focus()
    await here.page.keyboard.press("Enter")
    await expect(here.at("sessions-note")).to_have_text("Die Sitzung ist beendet.")
    await expect(here.at("session")).to_have_count(1)
    await expect(here.page.get_by_role("heading", name="Meine Sitzungen")).to_be_focused()
    await expect(there.at("signin-note")).to_contain_text("Sitzung wurde beendet")
    await here.connected()


async def test_all_other_sessions_are_ended_after_a_question(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    here, *others = [await open_page(dora, password=PASSWORD) for _ in range(3)]
    for other in others:
        other.expected.append("401")  # a request may meet the session's end
    await here.at("me").click()
    await expect(here.at("popup-form").get_by_test_id("save")).to_be_visible()  # nothing moves now
    await expect(here.at("second-factor").get_by_role("button")).to_be_visible()
    await here.at("end-others").click()
    await here.at("end-others-yes").click()
    await expect(here.at("sessions-note")).to_contain_text("Alle anderen")
    await expect(here.at("end-others")).to_be_hidden()
    for other in others:
        await expect(other.at("signin-note")).to_contain_text("Sitzung wurde beendet")


async def test_new_password_keeps_this_browser_and_ends_others(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    here, there = [await open_page(dora, password=PASSWORD) for _ in range(2)]
    there.expected.append("401")  # a request may meet the session's end
    here.expected.append("422")
    await here.at("me").click()
    form = here.at("password-panel")
    await form.get_by_test_id("current").fill("not the password")
    await form.get_by_test_id("password").fill(OTHER)
    await form.get_by_test_id("repeated").fill(f"{OTHER}!")
    await form.get_by_test_id("save").click()
    await expect(form.get_by_test_id("error-repeated")).to_contain_text("verschieden")
    await form.get_by_test_id("repeated").fill(OTHER)
    await form.get_by_test_id("save").click()
    await expect(form.get_by_test_id("error-current")).to_contain_text("stimmt nicht")
    await expect(form.get_by_test_id("current")).to_be_focused()
    await form.get_by_test_id("current").fill(PASSWORD)
    await here.page.keyboard.press("Enter")
    await expect(form.get_by_test_id("form-note")).to_contain_text("Das Passwort ist geändert")
    await expect(form.get_by_test_id("password")).to_have_value("")
    await expect(there.at("signin-note")).to_contain_text("Sitzung wurde beendet")
    await here.connected()
    await here.page.reload()
    await here.connected()
    await there.sign_in(dora, PASSWORD)
    await expect(there.at("signin-note")).to_contain_text("Passwort stimmt nicht")
    await there.sign_in(dora, OTHER)
    await there.connected()


async def test_sign_out_leaves_nothing_for_the_next_user(
    onebox: Facts, open_page: OpenPage, phone: Phone, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    desk = await open_page(dora, password=PASSWORD)
    desk.expected.append("401")  # a request may meet the session's end
    other = DeskPage(await desk.page.context.new_page(), onebox)
    await other.page.goto("/")
    await other.connected()
    call = await phone.call("08999998191").ringing()
    for tab in (desk, other):
        await tab.page.mouse.click(2, 2)  # the tab that was used last shows the popup
        await tab.popup(call).get_by_test_id("comment-text").fill("streng vertraulich")
    await other.page.goto(f"/#/calls/{call}")
    assert "streng vertraulich" in await stored(desk)
    await desk.at("signout").click()
    for tab in (desk, other):
        await expect(tab.at("signin-note")).to_contain_text("abgemeldet")
        left = await stored(tab)
        assert "vertraulich" not in left
        assert call not in left
        assert call not in tab.page.url
    await desk.sign_in("anna")
    await expect(desk.popup(call).get_by_test_id("comment-text")).to_have_value("")


async def test_next_user_sees_no_draft_of_a_session_that_ran_out(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    call = await phone.call("08999998175").ringing()
    await anna.popup(call).get_by_test_id("comment-text").fill("nur für mich")
    await anna.page.evaluate(FORGET_SESSIONS)
    await anna.page.reload()  # as if the session had run out while the browser was closed
    assert "nur für mich" in await stored(anna)
    await anna.sign_in("bernd")
    assert "nur für mich" not in await stored(anna)


async def test_sign_out_without_a_network_is_made_up_for(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    anna.expected += ["ERR_FAILED"]
    lost: list[str] = []

    async def lose(route: Route) -> None:
        if route.request.method == "DELETE":
            lost.append(route.request.url)
            await route.abort()
        else:
            await route.continue_()

    await anna.page.route("**/api/session", lose)
    await anna.at("signout").click()
    await expect(anna.at("signin-note")).to_contain_text("abgemeldet")
    await anna.page.unroute("**/api/session")
    assert lost
    async with anna.page.expect_response(re.compile(r"/api/session$")) as ended:
        await anna.page.reload()
    assert (await ended.value).status == 204
    await expect(anna.at("login")).to_be_visible()
    assert (await anna.page.request.post("/api/session/renew")).status == 401


async def test_switched_off_company_is_told_so(
    onebox: Facts, open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    desk = await open_page(dora, password=PASSWORD)
    desk.expected += ["401", "403"]
    boss = next(user for user in onebox["users"] if user["role"] == "operator")
    async with web_client(onebox["url"]) as client:
        credentials: dict[str, Any] = {key: boss[key] for key in ("login", "password")}
        credentials["tenant"] = boss.get("tenant", onebox["tenant"])
        answer = await client.post("/api/session", json=credentials)
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"
        path = f"/api/tenants/{onebox['tenant']}"
        try:
            (await client.put(path, json={"active": False})).raise_for_status()
            await expect(desk.at("signin-note")).to_contain_text("Firma ist abgeschaltet")
            await desk.sign_in(dora, PASSWORD)
            await expect(desk.at("signin-note")).to_contain_text("Betreiber hat sie abgeschaltet")
        finally:
            (await client.put(path, json={"active": True})).raise_for_status()
    await desk.sign_in(dora, PASSWORD)
    await desk.connected()


async def test_language_and_theme_follow_the_user_to_another_browser(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    desk = await open_page(dora, password=PASSWORD)
    desk.expected.append("401")  # a request may meet the session's end
    await desk.at("me").click()
    look = desk.at("look-form")
    await look.get_by_test_id("language").select_option("en")
    await look.get_by_test_id("theme").select_option("dark")
    await look.get_by_test_id("save").click()
    await expect(desk.page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
    await expect(desk.at("toast")).to_have_text("Saved.")
    other = await open_page(dora, password=PASSWORD)
    await expect(other.page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    await expect(other.page.locator("html")).to_have_attribute("data-theme", "dark")
    await other.page.get_by_role("button", name="DE", exact=True).click()
    await expect(other.page.get_by_role("heading", name="Anrufe", exact=True)).to_be_visible()
    await desk.at("signout").click()
    await desk.sign_in(dora, PASSWORD)
    await expect(desk.page.get_by_role("heading", name="Anrufe", exact=True)).to_be_visible()


async def test_own_name_is_changed_and_shown_at_the_top(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    desk = await open_page(dora, password=PASSWORD)
    desk.expected.append("401")  # a request may still carry the token of the earlier name
    await desk.at("me").click()
    profile = desk.at("profile-form")
    await expect(profile.get_by_test_id("extensions")).to_have_count(0)
    await profile.get_by_test_id("name").fill("Dora Dorn")
    await profile.get_by_test_id("save").click()
    await expect(desk.at("me")).to_contain_text("Dora Dorn")
    await expect(desk.at("toast")).to_have_text("Gespeichert.")
    await desk.connected()


async def test_input_in_other_cards_survives_a_saved_card(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    desk = await open_page(dora, password=PASSWORD)
    desk.expected.append("401")  # a request may still carry the token of the earlier name
    await desk.at("me").click()
    profile, look, link = [desk.at(form) for form in ("profile-form", "look-form", "link-form")]
    await expect(link.get_by_test_id("link")).to_have_attribute("placeholder", "tel:{number}")
    await link.get_by_test_id("link").fill("tel:{number}")
    await look.get_by_test_id("language").select_option("en")
    await profile.get_by_test_id("name").fill("Dora Dorn")
    await profile.get_by_test_id("save").click()
    await expect(desk.at("me")).to_contain_text("Dora Dorn")
    await expect(look.get_by_test_id("language")).to_have_value("en")
    await expect(link.get_by_test_id("link")).to_have_value("tel:{number}")
    await profile.get_by_test_id("name").fill("Dora D.")
    await look.get_by_test_id("save").click()
    await expect(desk.page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
    await expect(profile.get_by_test_id("name")).to_have_value("Dora D.")
    await expect(link.get_by_test_id("link")).to_have_value("tel:{number}")
    await desk.at("nav-calls").click()
    await expect(desk.at("leave-yes")).to_be_visible()  # both are known as unsaved
    await desk.at("leave-no").click()
    await expect(link.get_by_test_id("link")).to_have_value("tel:{number}")


async def test_popup_choices_of_a_user_are_stored_or_the_companys(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    desk = await open_page(dora, password=PASSWORD)
    await desk.at("me").click()
    popup = desk.at("popup-form")
    await expect(popup.get_by_test_id("pop_on").locator("option").first).to_have_text(
        "wie in der Firma: sobald er klingelt"
    )
    await popup.get_by_test_id("pop_on").select_option("answer")
    await popup.get_by_test_id("do_not_disturb").check()
    await popup.get_by_test_id("save").click()
    await expect(popup.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await desk.page.reload()
    await expect(popup.get_by_test_id("pop_on")).to_have_value("answer")
    await expect(popup.get_by_test_id("one_record")).to_have_value("")
    await expect(popup.get_by_test_id("do_not_disturb")).to_be_checked()


async def test_theme_that_was_chosen_stays_after_a_reload(
    open_page: OpenPage, add_user: AddUser
) -> None:
    dora = (await add_user("dora", extensions=["21"])).login
    anna = await open_page(dora, password=PASSWORD, color_scheme="light")
    root = anna.page.locator("html")
    light = "rgb(243, 245, 246)"
    await expect(root).to_have_css("background-color", light)
    await anna.at("me").click()
    look = anna.at("look-form")
    await look.get_by_test_id("theme").select_option("dark")
    await look.get_by_test_id("save").click()
    await expect(root).not_to_have_css("background-color", light)
    await anna.page.reload()
    await anna.connected()
    await expect(root).to_have_attribute("data-theme", "dark")
    await expect(root).to_have_css("background-color", "rgb(15, 21, 25)")
