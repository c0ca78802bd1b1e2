"""Requests on a connection that is dead without being closed: they end, and reads are repeated."""

from playwright.async_api import Route, expect

from e2e.conftest import OpenPage
from e2e.test_connection import JUMP
from e2e.test_dial import opens_once, watched
from softphone_testing.proxy import FaultProxy
from softphone_testing.until import until
from support.tenant.phone import Phone

LONGEST = 25_000
"""Milliseconds: those a request may take, and some for a busy machine."""


async def test_dial_without_an_answer_says_so_and_dials_nothing(
    line: FaultProxy, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna", base_url=line.url)
    requests, opened = await watched(anna)
    line.lose()
    await anna.at("dial-number").fill("030 23125156")
    await anna.at("dial-button").click()
    error = anna.at("dial-error")
    await expect(error).to_contain_text("konnte nicht gesendet werden", timeout=LONGEST)
    await expect(error).to_contain_text("noch einmal")
    assert len(requests) == 1
    assert not opened
    await anna.at("dial-button").click()
    await opens_once(anna, opened, "tel:+493023125156")
    await phone.call("03023125156", direction="outbound").ringing()


async def test_dial_answered_after_sleep_does_not_dial(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    _, opened = await watched(anna)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await anna.page.route("**/api/dial", hold)
    await anna.at("dial-number").fill("030 23125157")
    await anna.at("dial-button").click()
    await until(lambda: held, what="the request")
    await anna.page.evaluate(JUMP)
    await held[0].continue_()
    await expect(anna.at("dial-error")).to_contain_text("konnte nicht gesendet werden")
    assert not opened


async def test_hanging_read_is_sent_again_after_the_reconnect(
    line: FaultProxy, open_page: OpenPage
) -> None:
    clara = await open_page("admin", base_url=line.url)
    sockets: list[str] = []
    clara.page.on("websocket", lambda socket: sockets.append(socket.url))
    failed: list[str] = []
    clara.page.on("requestfailed", lambda request: failed.append(request.url))
    line.lose()
    await clara.open("settings")
    await expect(clara.at("own-numbers")).to_be_visible(timeout=LONGEST)
    assert sockets
    assert failed


async def test_renewal_without_an_answer_is_tried_again(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    anna.expected.append("401")
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await anna.page.route("**/api/session/renew", hold, times=1)
    await anna.page.route("**/api/calls?**", lambda route: route.fulfill(status=401), times=1)
    async with anna.page.expect_response("**/api/session/renew", timeout=2 * LONGEST) as renewal:
        await anna.at("search").fill("089 99998001")
    assert (await renewal.value).status == 201
    assert len(held) == 1
