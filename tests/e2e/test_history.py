"""The list of calls: filters, live changes, gaps after a lost connection, and the recycle bin."""

import json
import re
from typing import Any

from playwright.async_api import Route, WebSocketRoute, expect

from e2e.conftest import OpenPage
from softphone_testing.until import until
from support.tenant.phone import Phone


async def test_call_list_with_filters_shows_matching_calls(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    one, two = phone.call("08999998161"), phone.call("08999998162")
    missed, ended = await one.ringing(), await two.ringing()
    await one.missed()
    await two.connected()
    await two.ended()
    await expect(anna.row(ended)).to_contain_text("angenommen")
    await anna.at("filter-result").select_option("missed")
    await expect(anna.row(ended)).to_have_count(0)
    await expect(anna.row(missed)).to_be_visible()
    await anna.at("filter-result").select_option("")
    await anna.at("search").fill("(089) 99998-162")
    await expect(anna.row(missed)).to_have_count(0)
    await expect(anna.row(ended)).to_be_visible()
    later = await phone.call("08999998163").ringing()
    again = await phone.call("08999998162").ringing()
    await expect(anna.row(again)).to_be_visible()
    await expect(anna.row(later)).to_have_count(0)


async def test_call_list_after_a_lost_connection_catches_up(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page(None)
    sockets: list[WebSocketRoute] = []

    def relay(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await anna.page.route_web_socket("**/ws", relay)
    await anna.page.reload()
    await anna.sign_in("anna")
    running, missed = phone.call("08999998171"), phone.call("08999998172")
    connected = await running.ringing()
    await expect(anna.popup(connected)).to_be_visible()

    await sockets[-1].close(code=1012)
    await expect(anna.at("connection")).to_have_attribute("data-state", "waiting")
    await running.connected()
    gone = await missed.ringing()
    await missed.missed()
    await anna.connected()
    assert len(sockets) > 1
    await expect(anna.popup(connected)).to_have_attribute("data-phase", "connected")
    await expect(anna.row(gone)).to_contain_text("verpasst")


async def test_popup_after_a_notifier_restart_is_read_from_the_log(
    open_page: OpenPage, phone: Phone
) -> None:
    def only_the_end(text: str) -> str:
        frame = json.loads(text)
        call = frame.get("call", {})
        if call.get("phase") == "ended":
            leg = {**call["legs"][0], "rung_at": None, "connected_at": None, "answered": False}
            frame["call"] = {**call, "phase": "missed", "legs": [leg], "matches": []}
        return json.dumps(frame)

    def forgetting(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(only_the_end(str(text))))

    anna = await open_page(None)
    await anna.page.route_web_socket("**/ws", forgetting)
    await anna.page.reload()
    await anna.sign_in("anna")
    line = phone.call("08999998001")
    call = await line.ringing()
    await line.connected()
    await expect(anna.popup(call).get_by_test_id("popup-match")).to_have_count(5)
    await line.ended()
    await expect(anna.popup(call)).to_have_attribute("data-phase", "ended")
    await expect(anna.popup(call).get_by_test_id("popup-match")).to_have_count(5)
    await expect(anna.row(call)).to_contain_text("angenommen")


async def test_frame_of_the_rest_never_replaces_a_later_whole_one(
    open_page: OpenPage, phone: Phone
) -> None:
    """The page waits for the log before it believes a frame that knows less; a whole frame that
    comes meanwhile counts, however long the log stays behind."""
    rung: dict[str, Any] = {}
    reads: list[str] = []

    def relay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def forward(text: str | bytes) -> None:
            call = json.loads(text).get("call", {})
            if call.get("phase") == "ringing":
                rung[call["id"]] = call
            if call.get("id") in rung and call["phase"] == "missed" and not reads:
                leg = {**call["legs"][0], "rung_at": None}
                rest = {**call, "legs": [leg], "phase": "ended", "outcome": "unanswered"}
                socket.send(json.dumps({**json.loads(text), "call": rest}))
            socket.send(text)

        server.on_message(forward)

    async def behind(route: Route) -> None:
        call = route.request.url.rpartition("/")[2]
        reads.append(call)
        await route.fulfill(json=rung[call])

    anna = await open_page(None)
    await anna.page.route_web_socket("**/ws", relay)
    await anna.page.route(re.compile(r"/api/calls/[0-9a-f-]{36}$"), behind)
    await anna.page.reload()
    await anna.sign_in("anna")
    line = phone.call("08999998191")
    call = await line.ringing()
    await expect(anna.row(call)).to_be_visible()
    await line.missed()
    await expect(anna.row(call)).to_have_attribute("data-phase", "missed")
    await until(lambda: reads.count(call) >= 4, what="four reads of a log that is behind")
    later = await phone.call("08999998174").ringing()
    await expect(anna.row(later)).to_be_visible()
    # at once, since the page reads its list again later
    assert await anna.row(call).get_attribute("data-phase") == "missed"


async def test_deleted_call_goes_to_the_bin_and_can_be_restored(
    open_page: OpenPage, phone: Phone
) -> None:
    anna, clara = await open_page("anna"), await open_page("admin")
    line = phone.call("08999998181")
    call = await line.ringing()
    await line.missed()
    await expect(anna.row(call)).to_have_attribute("data-phase", "missed")
    await expect(anna.at("nav-bin")).to_have_count(0)
    await expect(anna.row(call).get_by_test_id("row-delete")).to_have_count(0)

    # frames bring an administrator the calls of the own extension only
    await clara.at("search").fill("99998181")
    await clara.row(call).get_by_test_id("row-open").press("Delete")
    await expect(clara.row(call)).to_have_count(0)
    await expect(clara.page.locator(".history :focus")).to_have_count(1)
    await expect(anna.row(call)).to_have_count(0)
    await clara.at("toast-action").click()
    await expect(clara.row(call)).to_be_visible()
    await expect(anna.row(call)).to_be_visible()

    await clara.row(call).get_by_test_id("row-delete").click()
    await expect(anna.row(call)).to_have_count(0)
    await clara.open("bin")
    binned = clara.page.locator(f"[data-testid=bin-row][data-key='{call}']")
    await expect(binned).to_contain_text("von Clara Conrad")
    await clara.picture("bin")
    await clara.at("search").fill("nobody has this name")
    await expect(binned).to_have_count(0)
    await clara.at("search").fill("8181")
    await expect(clara.page).to_have_url(re.compile("#/bin.q=8181$"))
    await expect(binned).to_have_count(1)
    await clara.page.reload()
    await expect(clara.at("search")).to_have_value("8181")
    await binned.get_by_test_id("bin-restore").click()
    await expect(binned).to_have_count(0)
    await expect(anna.row(call)).to_be_visible()
    await clara.open("calls")
    await expect(clara.row(call)).to_be_visible()


async def test_keys_move_through_the_list(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    for number in ("08999998182", "08999998183", "08999998184"):
        line = phone.call(number)
        call = await line.ringing()
        await line.missed()
        await expect(anna.row(call)).to_be_visible()
    rows = anna.at("call-row")
    openers = [rows.nth(place).get_by_test_id("row-open") for place in range(3)]
    await anna.at("search").press("ArrowDown")
    for place, key in ((0, "ArrowDown"), (1, "ArrowDown"), (2, "ArrowUp"), (1, "Home"), (0, "End")):
        await expect(openers[place]).to_be_focused()
        await anna.page.keyboard.press(key)
    await expect(rows.last.get_by_test_id("row-open")).to_be_focused()
    await anna.page.keyboard.press("Home")
    await expect(openers[1]).to_have_attribute("tabindex", "-1")
    await anna.page.keyboard.press("Enter")
    await expect(openers[0]).to_have_attribute("aria-expanded", "true")
    await rows.first.get_by_test_id("comment-text").press("ArrowDown")
    await expect(rows.first.get_by_test_id("comment-text")).to_be_focused()


async def test_timeline_shows_what_each_phone_reported(open_page: OpenPage, phone: Phone) -> None:
    line = phone.call("08999998185")
    call = await line.ringing()
    await line.ringing("22")
    await line.connected("22")
    await line.ended("22")
    clara, anna = await open_page("admin"), await open_page("anna")
    await expect(anna.row(call).get_by_test_id("row-state")).to_have_text("anderswo angenommen")
    await expect(clara.row(call).get_by_test_id("row-people")).to_contain_text("Bernd Brandt")
    for user in (clara, anna):
        await user.row(call).get_by_test_id("row-open").click()
        legs = user.row(call).get_by_test_id("timeline-leg")
        await expect(legs.filter(has_text="Anna Albrecht")).to_contain_text("klingelt")
        steps = legs.filter(has_text="Bernd Brandt").get_by_test_id("timeline-step")
        await expect(steps).to_contain_text(["klingelt", "verbunden", "beendet"])
    await expect(anna.at("timeline-hit")).to_have_count(0)
    await clara.picture("timeline")
    await clara.at("timeline-hit").first.click()
    await expect(clara.page).to_have_url(re.compile("#/phones/.*hit="))
    await expect(clara.at("hit-details")).to_contain_text("8185")


async def test_printed_list_has_no_controls(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    line = phone.call("08999998187")
    call = await line.ringing()
    await line.missed()
    await anna.at("search").fill("99998187")
    await expect(anna.row(call)).to_be_visible()
    await anna.page.emulate_media(media="print")
    await anna.page.set_viewport_size({"width": 680, "height": 1000})  # about that of A4
    line_of_table = anna.row(call).locator(".line")
    assert await line_of_table.evaluate("row => getComputedStyle(row).display") == "table-row"
    await expect(anna.page.get_by_text("Suche: 99998187")).to_be_visible()
    await expect(anna.row(call).get_by_test_id("row-number")).to_be_visible()
    for control in ("search", "filter-result", "dial-number", "row-open", "nav-calls", "signout"):
        await expect(anna.at(control).first).to_be_hidden()
