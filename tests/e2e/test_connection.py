"""A connection that is dead without being closed: the page notices, says so and catches up."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from e2e.conftest import ALIVE_SECONDS, Facts, OpenPage, Prefer, broker, running_onebox
from e2e.page import DeskPage
from e2e.test_inspector import add_phone
from softphone_testing.proxy import FaultProxy
from softphone_testing.servers.ports import free_port
from softphone_testing.until import until
from support.tenant.phone import Phone
from support.web_client import web_client

SIXTY_SECONDS = 60_000
AT_ONCE = 1000 * ALIVE_SECONDS
"""Sooner than the silence of two intervals could be noticed."""

FREEZE = """document.dispatchEvent(new Event("resume"))"""
JUMP = """const wall = Date.now.bind(Date); Date.now = () => wall() + 3_600_000"""
SLEEP = f"""() => {{ {JUMP}; document.dispatchEvent(new Event("visibilitychange")); }}"""
ANNOUNCEMENTS = """() => {
    window.heard = [];
    new MutationObserver(() => {
        const region = document.querySelector("[data-testid=announcement]");
        const text = [...(region?.children ?? [])].map((p) => p.textContent).join("; ");
        if (text && text !== window.heard.at(-1)) window.heard.push(text);
    }).observe(document, { childList: true, subtree: true });
}"""
NOTIFICATIONS = """() => {
    window.shown = [];
    window.Notification = class {
        static permission = "granted";
        constructor(title, { tag }) { window.shown.push([tag, title]); }
        close() {}
    };
    Object.defineProperty(document, "hidden", { get: () => true });
}"""


async def count_sockets(desk: DeskPage) -> list[str]:
    """The websockets the page opens from now on; the list grows."""
    opened: list[str] = []
    desk.page.on("websocket", lambda socket: opened.append(socket.url))
    return opened


async def test_silent_line_is_shown_and_the_missed_call_is_there_later(
    line: FaultProxy, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", base_url=line.url)
    anna.expected.append("WebSocket connection to")
    line.freeze()
    sign = anna.at("connection")
    await expect(sign).not_to_have_attribute("data-state", "connected", timeout=SIXTY_SECONDS)
    await expect(sign).to_contain_text("getrennt")
    await anna.picture("line-dead")
    call = phone.call("08999998140")
    missed = await call.ringing()
    await call.missed()
    await expect(sign).to_contain_text("getrennt", timeout=SIXTY_SECONDS)
    line.thaw()
    await anna.connected()
    await expect(anna.row(missed)).to_contain_text("verpasst")


async def test_call_that_rings_after_a_dead_line_pops_up(
    line: FaultProxy, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", base_url=line.url)
    anna.expected.append("WebSocket connection to")
    line.freeze()
    await expect(anna.at("connection")).not_to_have_attribute("data-state", "connected")
    ringing = await phone.call("08999998141").ringing()
    line.thaw()
    await expect(anna.popup(ringing)).to_have_attribute("data-phase", "ringing")


@pytest.mark.parametrize("what", [FREEZE, SLEEP, JUMP], ids=["frozen", "slept", "jumped"])
async def test_page_that_stood_still_connects_anew(open_page: OpenPage, what: str) -> None:
    anna = await open_page("anna")
    opened = await count_sockets(anna)
    async with anna.page.expect_websocket():
        await anna.page.evaluate(what)
    await anna.connected()
    assert opened


async def test_page_without_a_network_says_so_at_once(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    anna.expected += ["WebSocket connection to", "ERR_INTERNET_DISCONNECTED"]
    await anna.page.context.set_offline(True)
    await expect(anna.at("connection")).to_contain_text("getrennt", timeout=AT_ONCE)
    call = await phone.call("08999998142").ringing()
    await anna.page.context.set_offline(False)
    await anna.connected()
    await expect(anna.popup(call)).to_be_visible()


async def test_live_sign_of_a_phone_is_gone_without_a_network(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    clara.expected += ["WebSocket connection to", "ERR_INTERNET_DISCONNECTED"]
    await add_phone(clara, "generic", "Empfang", "21")
    await expect(clara.at("hits-live")).to_be_visible()
    await clara.page.context.set_offline(True)
    await expect(clara.at("hits-live")).to_be_hidden()
    await clara.page.context.set_offline(False)
    await expect(clara.at("hits-live")).to_be_visible()


async def test_page_without_tls_says_why_it_shows_no_notifications(open_page: OpenPage) -> None:
    anna = await open_page(None)
    await anna.page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: 0})")
    await anna.page.reload()
    await anna.sign_in("anna")
    await expect(anna.page.locator("body")).to_contain_text("nur auf https-Adressen")


async def test_idle_page_stays_connected(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    opened = await count_sockets(anna)
    for _ in range(3):  # more than the page waits in silence
        async with anna.page.expect_event("console", timeout=SIXTY_SECONDS):
            await anna.page.evaluate("setTimeout(() => console.log('later'), 5000)")
    await anna.connected()
    assert not opened


async def other_tab(desk: DeskPage) -> DeskPage:
    """Another tab of the same browser, which is signed in by the cookie."""
    other = DeskPage(await desk.page.context.new_page(), {})
    await other.page.goto("/")
    await other.connected()
    return other


async def expect_once(desk: DeskPage, *calls: str) -> None:
    """Expects one popup and one row of each call."""
    for call in calls:
        await expect(desk.popup(call)).to_have_attribute("data-phase", "ringing")
        await expect(desk.row(call)).to_have_count(1)
        await expect(desk.popup(call)).to_have_count(1)


async def test_frozen_page_says_so_and_catches_up_without_doubles(
    line: FaultProxy, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", base_url=line.url)
    anna.expected.append("WebSocket connection to")
    before = await phone.call("08999998143").ringing()
    await expect_once(anna, before)
    line.freeze()
    meanwhile = await phone.call("08999998144").ringing()
    await anna.page.evaluate(FREEZE)
    await expect(anna.at("connection")).to_contain_text("getrennt", timeout=AT_ONCE)
    line.thaw()
    await anna.connected()
    await expect_once(anna, before, meanwhile)


async def test_closed_line_is_shown_and_resumed_without_doubles(
    line: FaultProxy, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", base_url=line.url)
    anna.expected += ["WebSocket connection to", "Failed to load resource"]
    before = await phone.call("08999998145").ringing()
    await expect_once(anna, before)
    await line.cut()
    await expect(anna.at("connection")).to_contain_text("getrennt", timeout=AT_ONCE)
    meanwhile = await phone.call("08999998146").ringing()
    await line.start()
    await anna.connected()
    after = await phone.call("08999998147").ringing()
    await expect_once(anna, before, meanwhile, after)


async def test_restarted_server_is_resumed_without_loss_or_doubles(
    chromium: Browser, tmp_path: Path
) -> None:
    port = free_port()
    async with AsyncExitStack() as servers:
        rabbitmq = await servers.enter_async_context(broker(tmp_path))
        async with running_onebox(tmp_path, port, rabbitmq) as facts:
            context = await chromium.new_context(base_url=facts["url"], locale="de-DE")
            anna = DeskPage(await context.new_page(), facts)
            client = await servers.enter_async_context(web_client(facts["url"]))
            phone = Phone(client, "", "demo", facts["device"]["key"])
            await anna.page.goto("/")
            await anna.sign_in("anna")
            answered, missed = phone.call("08999998143"), phone.call("08999998144")
            calls = [await answered.ringing(), await missed.ringing()]
            await expect_once(anna, *calls)
            await answered.connected()
            text = anna.popup(calls[0]).get_by_test_id("comment-text")
            await text.fill("mitten im Satz")
        await expect(anna.at("connection")).to_contain_text("getrennt", timeout=AT_ONCE)
        async with running_onebox(tmp_path, port, rabbitmq):
            await missed.missed()
            after = await phone.call("08999998145").ringing()
            await anna.connected()
            await expect_once(anna, after)
            await answered.ended()
            for call, end in zip(calls, ("ended", "missed"), strict=True):
                await expect(anna.row(call)).to_have_attribute("data-phase", end)
                await expect(anna.popup(call)).to_have_count(1)
            await expect(text).to_have_value("mitten im Satz")
            await context.close()


async def test_silent_line_is_noticed_by_every_tab(
    line: FaultProxy, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", base_url=line.url)
    anna.expected.append("WebSocket connection to")
    other = await other_tab(anna)
    line.freeze()
    for tab in (anna, other):
        await expect(tab.at("connection")).to_contain_text("getrennt", timeout=SIXTY_SECONDS)
    call = await phone.call("08999998148").ringing()
    line.thaw()
    for tab in (anna, other):
        await tab.connected()
        await expect_once(tab, call)


async def test_sign_out_in_one_tab_ends_the_others(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    other = await other_tab(anna)
    call = await phone.call("08999998149").ringing()
    await other.popup(call).get_by_test_id("comment-text").fill("noch nicht gespeichert")
    anna.expected.append("401")  # of requests that the sign-out overtakes
    await anna.at("signout").click()
    await expect(other.at("signin-note")).to_contain_text("abgemeldet")
    await expect(other.at("connection")).to_have_count(0)
    await expect(other.page.locator("body")).not_to_contain_text("99998149")
    await anna.sign_in("anna")
    await expect(other.at("login")).to_be_visible()
    await expect(anna.popup(call).get_by_test_id("comment-text")).to_have_value("")


async def test_tab_ends_when_another_user_signed_in_elsewhere(
    onebox: Facts, open_page: OpenPage
) -> None:
    bernd = await open_page(None)
    anna = DeskPage(await bernd.page.context.new_page(), onebox)
    await anna.page.goto("/")
    await anna.sign_in("anna")
    await anna.page.context.clear_cookies()  # otherwise his sign-in would end her session
    await bernd.sign_in("bernd")  # the cookie is his from now on
    await anna.page.route("**/api/calls?**", lambda route: route.fulfill(status=401), times=1)
    await anna.at("search").fill("089 99998001")
    await expect(anna.at("signin-note")).to_contain_text("abgemeldet")
    await expect(bernd.at("me")).to_contain_text("Bernd")


async def test_sign_in_of_another_user_ends_other_tabs_at_once(
    onebox: Facts, open_page: OpenPage
) -> None:
    bernd = await open_page(None)
    anna = DeskPage(await bernd.page.context.new_page(), onebox)
    anna.expected.append("401")
    await anna.page.goto("/")
    await anna.sign_in("anna")
    await bernd.sign_in("bernd")
    await expect(anna.at("login")).to_be_visible()
    await bernd.page.reload()
    await expect(bernd.at("me")).to_contain_text("Bernd")


async def test_name_that_is_found_later_is_announced_and_notified(
    onebox: Facts, open_page: OpenPage, phone: Phone, prefer: Prefer
) -> None:
    await prefer("anna", notifications=True)
    anna = await open_page("anna")
    await anna.page.evaluate(NOTIFICATIONS)
    call = await phone.call(onebox["caller"]).ringing()
    await expect(anna.popup(call).get_by_test_id("popup-match")).to_have_count(5)
    await expect(anna.at("announcement")).to_contain_text("Huber")
    shown = await anna.page.evaluate("window.shown")
    assert {tag for tag, _ in shown} == {call}
    assert "Huber" in shown[-1][1]


async def test_calls_whose_names_are_there_are_announced_once_together(
    onebox: Facts, open_page: OpenPage, phone: Phone, prefer: Prefer
) -> None:
    anna = await open_page("anna")
    numbers = [onebox["caller"], *(f"089999981{n}" for n in range(70, 79))]
    calls = [await phone.call(number).ringing() for number in numbers]
    await expect(anna.popup(calls[0]).get_by_test_id("popup-match")).to_have_count(5)
    await prefer("anna", notifications=True)
    await anna.page.add_init_script(f"({ANNOUNCEMENTS})(); ({NOTIFICATIONS})();")
    await anna.page.reload()
    for call in calls:
        await expect(anna.popup(call)).to_have_count(1)
    await expect(anna.at("announcement")).to_contain_text("Huber")
    heard = await anna.page.evaluate("window.heard")
    assert len(heard) == 1
    for number in numbers[1:]:
        assert number[-8:] in heard[0]
    assert heard[0].count("Huber") == 1
    shown = await anna.page.evaluate("window.shown")
    assert sorted(tag for tag, _ in shown) == sorted(calls)


async def test_calls_that_ring_together_are_read_out_together(
    open_page: OpenPage, phone: Phone
) -> None:
    sockets: list[WebSocketRoute] = []
    held: dict[str, str] = {}

    def hold(socket: WebSocketRoute) -> None:
        def pass_on(text: str) -> None:
            frame = json.loads(text)
            if frame["type"] == "call":
                held.setdefault(frame["call"]["id"], text)
            else:
                socket.send(text)

        sockets.append(socket)
        socket.connect_to_server().on_message(lambda text: pass_on(str(text)))

    anna = await open_page(None)
    await anna.page.route_web_socket("**/ws", hold)
    empty = '{"items": [], "next": null}'
    await anna.page.route("**/api/calls?**", lambda route: route.fulfill(body=empty))
    await anna.page.add_init_script(f"({ANNOUNCEMENTS})()")
    await anna.page.reload()
    await anna.sign_in("anna")
    numbers = [f"089999981{n}" for n in range(80, 90)]
    calls = {await phone.call(number).ringing() for number in numbers}
    await until(lambda: calls <= held.keys(), what="the frames of all calls")
    for call in calls:
        sockets[-1].send(held[call])
    await expect(anna.at("announcement")).to_contain_text(numbers[-1][-8:])
    heard = await anna.page.evaluate("window.heard")
    assert len(heard) == 1
    assert all(number[-8:] in heard[0] for number in numbers)
