"""The list of calls: filtered, kept up to date, caught up after a lost connection, and the bin."""

import json

import httpx
from playwright.async_api import WebSocketRoute, expect

from e2e.conftest import Open
from support.phone import Phone


async def test_is_filtered_by_phase_and_number(desk: Open, phone: Phone) -> None:
    anna = await desk("anna")
    one, two = phone.line("08999998161"), phone.line("08999998162")
    missed, ended = await one.hit("ringing"), await two.hit("ringing")
    await one.hit("missed")
    await two.hit("connected")
    await two.hit("ended")
    await expect(anna.row(ended)).to_contain_text("beendet")
    await anna.at("filter-phase").select_option("missed")
    await expect(anna.row(ended)).to_have_count(0)
    await expect(anna.row(missed)).to_be_visible()
    await anna.at("filter-phase").select_option("")
    await anna.at("filter-number").fill("(089) 99998-162")
    await expect(anna.row(missed)).to_have_count(0)
    await expect(anna.row(ended)).to_be_visible()
    later = await phone.line("08999998163").hit("ringing")
    again = await phone.line("08999998162").hit("ringing")
    await expect(anna.row(again)).to_be_visible()
    await expect(anna.row(later)).to_have_count(0)


async def test_catches_up_after_a_lost_connection(desk: Open, phone: Phone) -> None:
    anna = await desk(None)
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await anna.page.route_web_socket("**/ws", through)
    await anna.page.reload()
    await anna.sign_in("anna")
    running, missed = phone.line("08999998171"), phone.line("08999998172")
    connected = await running.hit("ringing")
    await expect(anna.popup(connected)).to_be_visible()

    await sockets[-1].close(code=1012)
    await expect(anna.at("connection")).to_have_attribute("data-state", "waiting")
    await running.hit("connected")
    gone = await missed.hit("ringing")
    await missed.hit("missed")
    await anna.connected()
    assert len(sockets) > 1
    await expect(anna.popup(connected)).to_have_attribute("data-phase", "connected")
    await expect(anna.row(gone)).to_contain_text("nicht angenommen")


async def test_asks_the_log_where_a_restarted_notifier_knows_less(desk: Open, phone: Phone) -> None:
    def only_the_end(text: str) -> str:
        frame = json.loads(text)
        call = frame.get("call", {})
        if call.get("phase") == "ended":
            leg = {**call["legs"][0], "rung_at": None, "connected_at": None, "answered": False}
            frame["call"] = {**call, "phase": "missed", "legs": [leg], "matches": []}
        return json.dumps(frame)

    def forgetful(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(only_the_end(str(text))))

    anna = await desk(None)
    await anna.page.route_web_socket("**/ws", forgetful)
    await anna.page.reload()
    await anna.sign_in("anna")
    line = phone.line("08999998001")
    call = await line.hit("ringing")
    await line.hit("connected")
    await expect(anna.popup(call).get_by_test_id("popup-match")).to_have_count(5)
    await line.hit("ended")
    await expect(anna.popup(call)).to_have_attribute("data-phase", "ended")
    await expect(anna.popup(call).get_by_test_id("popup-match")).to_have_count(5)
    await expect(anna.row(call)).to_contain_text("beendet")


async def test_deleted_calls_go_to_the_bin_and_come_back(
    desk: Open, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna, clara = await desk("anna"), await desk("admin")
    line = phone.line("08999998181")
    call = await line.hit("ringing")
    await line.hit("missed")
    await expect(anna.row(call)).to_have_attribute("data-phase", "missed")
    await expect(anna.at("nav-bin")).to_have_count(0)

    await clara.page.reload()  # an administrator's list has all calls, the socket only her own
    await expect(clara.row(call)).to_be_visible()
    (await admin.delete(f"/api/calls/{call}")).raise_for_status()
    await expect(anna.row(call)).to_have_count(0)
    await clara.at("nav-bin").click()
    binned = clara.page.locator(f"[data-testid=bin-row][data-call='{call}']")
    await expect(binned).to_contain_text("von admin")
    await clara.picture("bin")
    await binned.get_by_test_id("bin-restore").click()
    await expect(binned).to_have_count(0)
    await expect(anna.row(call)).to_be_visible()
    await clara.at("nav-calls").click()
    await expect(clara.row(call)).to_be_visible()
