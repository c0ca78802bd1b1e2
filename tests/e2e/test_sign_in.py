"""Signing in and out on the page, and staying signed in."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
from playwright.async_api import Route, WebSocketRoute, expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from softphone_testing.until import until
from support.tenant.browser import signed_in
from support.web_client import web_client


async def test_sign_in_with_a_wrong_password_explains_it(open_page: OpenPage) -> None:
    page = await open_page(None)
    page.expected.append("401")
    await page.sign_in("anna", password="not hers")
    await expect(page.at("signin-note")).to_contain_text("Passwort stimmt nicht")
    await expect(page.at("tenant")).to_have_value("demo")
    await page.picture("sign-in")
    await page.sign_in("anna")


async def test_page_without_a_provider_has_no_button(open_page: OpenPage) -> None:
    page = await open_page(None)
    answer = await page.page.request.get("/api/session/openid")
    assert await answer.json() == {"name": None}
    async with page.page.expect_response("**/api/session/openid") as provider:
        await page.page.reload()
    assert (await provider.value).ok
    await expect(page.at("submit")).to_be_visible()
    await expect(page.at("signin-provider")).to_have_count(0)


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
    await expect(anna.at("signin-note")).to_have_text("")


async def test_reload_after_the_cookie_is_gone_says_why(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    anna.expected.append("401")
    await anna.page.context.clear_cookies()
    await anna.page.reload()
    expired = "Ihre Sitzung ist abgelaufen. Bitte melden Sie sich wieder an."
    await expect(anna.at("signin-note")).to_have_text(expired)
    await anna.page.reload()  # by now nobody was signed in
    await expect(anna.at("password")).to_be_focused()
    await expect(anna.at("signin-note")).to_have_text("")


async def test_page_in_english_can_be_switched_to_german(open_page: OpenPage) -> None:
    page = await open_page("anna", locale="en-GB")
    await expect(page.page.get_by_role("heading", name="Calls")).to_be_visible()
    await page.page.get_by_role("button", name="DE", exact=True).click()
    await expect(page.page.get_by_role("heading", name="Anrufe")).to_be_visible()
    await page.page.reload()
    await expect(page.page.get_by_role("heading", name="Anrufe")).to_be_visible()


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
    async with AsyncExitStack() as sockets, web_client() as client:
        answer = await client.post(f"{onebox['url']}/api/session", json=credentials)
        token = answer.raise_for_status().json()["token"]
        others = [
            await sockets.enter_async_context(signed_in(onebox["url"], token)) for _ in range(20)
        ]
        await expect(anna.at("connection")).to_have_attribute("data-state", "waiting")
        half_a_minute = re.compile(r"neuer Versuch in [2-6]\d s")
        await expect(anna.at("connection")).to_have_text(half_a_minute)
        assert not [other for other in others if other.is_closed]


async def test_second_sign_in_of_a_user_survives_the_end_of_the_first(
    onebox: Facts, open_page: OpenPage
) -> None:
    """The end reaches the first tab after the second one has stored its sign-in."""
    ends: list[Callable[[], Awaitable[None]]] = []

    def hold(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_close(lambda code, why: ends.append(lambda: socket.close(code=code, reason=why)))

    second = await open_page(None)
    first = DeskPage(await second.page.context.new_page(), onebox)
    await first.page.route_web_socket("**/ws", hold)
    await first.page.goto("/")
    await first.sign_in("anna")
    await first.connected()
    await second.sign_in("anna")
    await until(lambda: ends, what="the end of the first session")
    await ends[0]()
    await expect(first.at("signin-note")).to_contain_text("Sitzung wurde beendet")
    await second.page.reload()
    await expect(second.at("me")).to_contain_text("Anna")


async def test_tab_refused_after_a_reload_removes_no_other_sign_in(
    onebox: Facts, open_page: OpenPage
) -> None:
    bernd = await open_page(None)
    anna = DeskPage(await bernd.page.context.new_page(), onebox)
    anna.expected.append("401")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    await anna.page.goto("/")
    await anna.sign_in("anna")
    await anna.page.route("**/api/session/renew", hold)
    await anna.page.reload()
    await until(lambda: held, what="the renewal of the reloaded tab")
    await bernd.sign_in("bernd")
    await held[0].fulfill(status=401, json={"code": "login-session-missing"})
    await expect(anna.at("login")).to_be_visible()
    await bernd.page.reload()
    await expect(bernd.at("me")).to_contain_text("Bernd")
