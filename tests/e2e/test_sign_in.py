"""Signing in and out on the page, and staying signed in."""

import re
from contextlib import AsyncExitStack

import httpx
from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage
from support.tenant.browser import signed_in


async def test_sign_in_with_a_wrong_password_explains_it(open_page: OpenPage) -> None:
    page = await open_page(None)
    page.expected.append("401")
    await page.sign_in("anna", password="not hers")
    await expect(page.at("signin-note")).to_contain_text("Passwort stimmt nicht")
    await expect(page.at("tenant")).to_have_value("demo")
    await page.picture("sign-in")
    await page.sign_in("anna")


async def test_page_after_a_reload_stays_signed_in(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await anna.page.reload()
    await anna.connected()
    kept = await anna.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "ey" not in kept  # every JWT begins with these letters


async def test_sign_out_survives_a_reload(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    async with anna.page.expect_response("**/api/session") as ended:
        await anna.at("signout").click()
    assert (await ended.value).status == 204
    await expect(anna.at("signin-note")).to_contain_text("abgemeldet")
    await anna.page.reload()
    await expect(anna.at("login")).to_have_value("anna")
    await expect(anna.at("password")).to_be_focused()


async def test_page_in_english_can_be_switched_to_german(open_page: OpenPage) -> None:
    page = await open_page("anna", locale="en-GB")
    await expect(page.page.get_by_role("heading", name="Recent calls")).to_be_visible()
    await page.page.get_by_role("button", name="DE", exact=True).click()
    await expect(page.page.get_by_role("heading", name="Letzte Anrufe")).to_be_visible()
    await page.page.reload()
    await expect(page.page.get_by_role("heading", name="Letzte Anrufe")).to_be_visible()


async def test_revoked_user_is_signed_out_at_once(
    onebox: Facts, open_page: OpenPage, admin: httpx.AsyncClient
) -> None:
    bernd = await open_page("bernd")
    users = (await admin.get("/api/users")).raise_for_status().json()["items"]
    bernd_account = next(user for user in users if user["login"] == "bernd")
    password = next(user["password"] for user in onebox["users"] if user["login"] == "bernd")
    changed = await admin.patch(f"/api/users/{bernd_account['id']}", json={"password": password})
    changed.raise_for_status()
    await expect(bernd.at("signin-note")).to_contain_text("Zugang wurde geändert oder gesperrt")
    await bernd.sign_in("bernd")


async def test_page_over_the_socket_limit_waits_to_reconnect(
    onebox: Facts, open_page: OpenPage
) -> None:
    anna = await open_page("anna")
    await anna.connected()
    user = next(user for user in onebox["users"] if user["login"] == "anna")
    credentials = {"tenant": onebox["tenant"], "login": "anna", "password": user["password"]}
    async with AsyncExitStack() as sockets, httpx.AsyncClient() as client:
        answer = await client.post(f"{onebox['url']}/api/session", json=credentials)
        token = answer.raise_for_status().json()["token"]
        others = [
            await sockets.enter_async_context(signed_in(onebox["url"], token)) for _ in range(20)
        ]
        await expect(anna.at("connection")).to_have_attribute("data-state", "waiting")
        half_a_minute = re.compile(r"neuer Versuch in [2-6]\d s")
        await expect(anna.at("connection")).to_have_text(half_a_minute)
        assert not [other for other in others if other.is_closed]
