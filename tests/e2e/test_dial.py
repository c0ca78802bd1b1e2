"""Click-to-call: a click begins the call, and the hits of the phone continue it."""

import httpx
from playwright.async_api import Request, expect

from e2e.conftest import OpenPage
from e2e.page import A_SECOND_OR_MORE, DeskPage
from softphone_testing.until import until
from support.tenant.phone import Phone
from support.waiting import until_passes


async def _clicked(anna: DeskPage, name: str, testid: str) -> str:
    async with anna.page.expect_response("**/api/dial") as response:
        await anna.page.locator(name).get_by_test_id(testid).click()
    answer = await response.value
    assert answer.status == 201, await answer.text()
    call: str = (await answer.json())["call_id"]
    return call


async def test_clicked_number_and_the_phones_hits_are_one_call(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    missed = phone.call("08999998151")
    earlier = await missed.ringing()
    await missed.missed()
    await expect(anna.row(earlier)).to_have_attribute("data-phase", "missed")

    call = await _clicked(anna, f"[data-testid=call-row][data-call='{earlier}']", "row-number")
    await expect(anna.row(call)).to_have_attribute("data-phase", "dialed")
    await expect(anna.row(call)).to_contain_text("gewählt")
    await expect(anna.popup(call)).to_contain_text("ausgehend")

    line = phone.call("+498999998151", direction="outbound")
    assert await line.ringing() == call
    await expect(anna.row(call)).to_have_attribute("data-phase", "ringing")
    assert await line.connected() == call
    await expect(anna.row(call)).to_have_attribute("data-phase", "connected")
    await expect(anna.row(call).get_by_test_id("row-talk")).to_have_text(A_SECOND_OR_MORE)
    await anna.picture("dialed")
    assert await line.ended() == call
    await expect(anna.row(call)).to_contain_text("angenommen")
    await anna.at("search").fill("089 99998151")
    await expect(anna.at("call-row")).to_have_count(2)
    await expect(anna.row(call).get_by_test_id("row-talk")).to_have_text(A_SECOND_OR_MORE)


async def test_dial_field_with_a_wrong_number_shows_the_error(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    anna.expected.append("422")
    await anna.at("dial-button").click()
    await expect(anna.at("dial-error")).to_contain_text("Bitte geben Sie eine Nummer ein")
    await anna.at("dial-number").fill("nobody")
    await anna.at("dial-button").click()
    await expect(anna.at("dial-error")).to_contain_text("keine wählbare Nummer")
    await anna.at("dial-number").fill("030 23125152")
    await expect(anna.at("dial-error")).to_have_text("")
    call = await _clicked(anna, "body", "dial-button")
    await expect(anna.row(call)).to_contain_text("+49 30 23125152")
    await expect(anna.at("toast")).to_contain_text("an Ihr Telefon übergeben")
    assert await phone.call("03023125152", direction="outbound").ringing() == call


async def test_double_click_on_a_number_makes_one_call(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    requests, opened = await watched(anna)
    missed = phone.call("08999998153")
    earlier = await missed.ringing()
    await missed.missed()
    await expect(anna.row(earlier)).to_have_attribute("data-phase", "missed")

    await anna.row(earlier).get_by_test_id("row-number").dblclick()
    await until(lambda: len(requests) == 2, what="both clicks")
    first, second = [await request.all_headers() for request in requests]
    assert len(first["idempotency-key"]) == 32
    assert second["idempotency-key"] == first["idempotency-key"]
    first_answer, second_answer = [await _answer(request) for request in requests]
    assert first_answer == second_answer
    call = first_answer["call_id"]
    await expect(anna.row(call)).to_have_attribute("data-phase", "dialed")
    await opens_once(anna, opened, "tel:+498999998153")
    await _until_logged(admin, "08999998153", {call, earlier})
    await phone.call("08999998153", direction="outbound").ringing()


async def test_double_click_on_the_dial_button_makes_one_call(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    requests, opened = await watched(anna)
    await anna.at("dial-number").fill("030 23125154")
    await anna.at("dial-button").dblclick()
    await expect(anna.at("dial-number")).to_have_value("")
    await expect(anna.at("dial-error")).to_have_text("")
    await opens_once(anna, opened, "tel:+493023125154")
    (call,) = {(await _answer(request))["call_id"] for request in requests}
    await expect(anna.row(call)).to_have_attribute("data-phase", "dialed")
    await _until_logged(admin, "03023125154", {call})
    await phone.call("03023125154", direction="outbound").ringing()


async def watched(anna: DeskPage) -> tuple[list[Request], list[str]]:
    """Lists of dial requests and opened links, which grow from now on."""
    requests: list[Request] = []
    opened: list[str] = []
    anna.page.on("request", lambda r: requests.append(r) if r.url.endswith("/api/dial") else None)
    inside = await anna.page.context.new_cdp_session(anna.page)
    inside.on("Page.frameRequestedNavigation", lambda event: opened.append(event["url"]))
    await inside.send("Page.enable")
    return requests, opened


async def opens_once(anna: DeskPage, opened: list[str], link: str) -> None:
    """Opens another link and asserts that exactly one was opened before it.

    A browser opens links in order. The other link is opened by a script, since the browser may
    be waiting for its user's answer to the first and ignore clicks and keys.
    """
    await until(lambda: link in opened, what="the link")
    anna.expected.append("Not allowed to launch 'tel:0'")  # links opened by scripts are blocked
    await anna.page.evaluate("() => { location.href = 'tel:0'; }")
    await until(lambda: "tel:0" in opened, what="another link")
    assert opened == [link, "tel:0"]


async def _until_logged(admin: httpx.AsyncClient, number: str, calls: set[str]) -> None:
    """Waits until the log, which may be behind the page, has these calls with the number."""

    async def logged() -> None:
        page = (await admin.get("/api/calls", params={"number": number})).raise_for_status().json()
        assert {entry["id"] for entry in page["items"]} == calls

    await until_passes(logged, f"the calls with {number}")


async def _answer(request: Request) -> dict[str, str]:
    answer = await request.response()
    assert answer is not None
    assert answer.status == 201
    body: dict[str, str] = await answer.json()
    return body


async def test_code_as_a_callers_number_is_no_button(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    missed = phone.call("**21*09005123456#")
    call = await missed.ringing()
    await missed.missed()
    for number in (
        anna.row(call).get_by_test_id("row-number"),
        anna.popup(call).get_by_test_id("popup-number"),
    ):
        await expect(number).to_have_text("**21*09005123456#")
        await expect(number).to_have_js_property("tagName", "SPAN")
    answer = await anna.page.request.post(
        "/api/dial", headers=await session_token(anna), data={"number": "**21*08999998155#"}
    )
    assert (await answer.json())["link"] == "tel:**21*08999998155%23"  # typed by hand


async def test_dial_link_of_a_user_is_checked_and_saved(open_page: OpenPage, phone: Phone) -> None:
    otto = await open_page("operator")
    otto.expected.append("422")  # of an invalid link
    await otto.at("me").click()
    own = otto.at("link-form")
    await own.get_by_test_id("link").fill("tel:")
    await own.get_by_test_id("save").click()
    await expect(own.get_by_test_id("error-link")).to_contain_text("{number}")
    await own.get_by_test_id("link").fill("callto:{number}")
    await own.get_by_test_id("spelling").select_option("national")
    await own.get_by_test_id("save").click()
    await expect(own.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await otto.picture("own-link")
    await otto.page.reload()
    await expect(own.get_by_test_id("link")).to_have_value("callto:{number}")
    token = await session_token(otto)
    answer = await otto.page.request.post(
        "/api/dial", headers=token, data={"number": "030 23125153"}
    )
    assert (await answer.json())["link"] == "callto:03023125153"
    await own.get_by_test_id("link").fill("")
    await own.get_by_test_id("save").click()
    await expect(own.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await otto.page.get_by_role("link", name="Alle Anrufe").click()
    await expect(otto.at("dial-number")).to_be_visible()
    await otto.at("me").click()
    await expect(own.get_by_test_id("link")).to_have_value("")
    await otto.at("trial").fill("030 23125154")
    await otto.at("dial-trial").get_by_test_id("save").click()
    await expect(otto.at("toast")).to_contain_text("030 23125154")


async def session_token(open_page: DeskPage) -> dict[str, str]:
    """Headers for a dial request outside of the page.

    In the page the browser would ask whether to open `callto:`, and ignore clicks until then.
    """
    renewed = await open_page.page.request.post("/api/session/renew")
    assert renewed.status == 201, await renewed.text()
    return {"Authorization": f"Bearer {(await renewed.json())['token']}"}
