"""The list of calls: filters, live changes, gaps after a lost connection, and the recycle bin."""

import json

import httpx
from playwright.async_api import WebSocketRoute, expect

from e2e.conftest import OpenPage
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
    await expect(anna.row(ended)).to_contain_text("beendet")
    await anna.at("filter-phase").select_option("missed")
    await expect(anna.row(ended)).to_have_count(0)
    await expect(anna.row(missed)).to_be_visible()
    await anna.at("filter-phase").select_option("")
    await anna.at("filter-number").fill("(089) 99998-162")
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
    await expect(anna.row(gone)).to_contain_text("nicht angenommen")


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
    await expect(anna.row(call)).to_contain_text("beendet")


async def test_deleted_call_goes_to_the_bin_and_can_be_restored(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna, clara = await open_page("anna"), await open_page("admin")
    line = phone.call("08999998181")
    call = await line.ringing()
    await line.missed()
    await expect(anna.row(call)).to_have_attribute("data-phase", "missed")
    await expect(anna.at("nav-bin")).to_have_count(0)

    await (
        clara.page.reload()
    )  # the list shows all calls to an administrator, the socket only those at the own extension
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
