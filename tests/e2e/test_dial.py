"""Click-to-call: a click begins the call, the phone's own words complete it."""

import httpx
from playwright.async_api import Request, expect

from e2e.conftest import OpenPage
from e2e.page import A_SECOND_OR_MORE, DeskPage
from softphone_testing.until import until
from support.tenant.phone import Phone


async def _clicked(anna: DeskPage, name: str, testid: str) -> str:
    async with anna.page.expect_response("**/api/dial") as asked:
        await anna.page.locator(name).get_by_test_id(testid).click()
    answer = await asked.value
    assert answer.status == 201, await answer.text()
    call: str = (await answer.json())["call_id"]
    return call


async def test_a_clicked_number_becomes_one_call_with_the_phones(
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
    await expect(anna.row(call)).to_contain_text("beendet")
    await anna.at("filter-number").fill("089 99998151")
    await expect(anna.at("call-row")).to_have_count(2)
    await expect(anna.row(call).get_by_test_id("row-talk")).to_have_text(A_SECOND_OR_MORE)


async def test_the_dial_field_says_what_is_wrong(open_page: OpenPage, phone: Phone) -> None:
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
    await expect(anna.at("toast")).to_contain_text("Ihr Telefon übernimmt")
    assert await phone.call("03023125152", direction="outbound").ringing() == call


async def test_a_double_click_on_a_number_is_one_call(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    asked, opened = await _watched(anna)
    missed = phone.call("08999998153")
    earlier = await missed.ringing()
    await missed.missed()
    await expect(anna.row(earlier)).to_have_attribute("data-phase", "missed")

    await anna.row(earlier).get_by_test_id("row-number").dblclick()
    await until(lambda: len(asked) == 2, what="both clicks")
    first, second = [await request.all_headers() for request in asked]
    assert len(first["idempotency-key"]) == 32
    assert second["idempotency-key"] == first["idempotency-key"]
    first_answer, second_answer = [await _answer(request) for request in asked]
    assert first_answer == second_answer
    call = first_answer["call_id"]
    await expect(anna.row(call)).to_have_attribute("data-phase", "dialed")
    await _opens_once(anna, opened, "tel:+498999998153")
    assert await _calls(admin, "08999998153") == {call, earlier}
    await phone.call("08999998153", direction="outbound").ringing()


async def test_a_double_click_on_the_button_is_one_call(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    asked, opened = await _watched(anna)
    await anna.at("dial-number").fill("030 23125154")
    await anna.at("dial-button").dblclick()
    await expect(anna.at("dial-number")).to_have_value("")
    await expect(anna.at("dial-error")).to_have_text("")
    await _opens_once(anna, opened, "tel:+493023125154")
    (call,) = {(await _answer(request))["call_id"] for request in asked}
    await expect(anna.row(call)).to_have_attribute("data-phase", "dialed")
    assert await _calls(admin, "03023125154") == {call}
    await phone.call("03023125154", direction="outbound").ringing()


async def _watched(anna: DeskPage) -> tuple[list[Request], list[str]]:
    """What is asked for, and the links that are opened, from now on."""
    asked: list[Request] = []
    opened: list[str] = []
    anna.page.on("request", lambda r: asked.append(r) if r.url.endswith("/api/dial") else None)
    inside = await anna.page.context.new_cdp_session(anna.page)
    inside.on("Page.frameRequestedNavigation", lambda event: opened.append(event["url"]))
    await inside.send("Page.enable")
    return asked, opened


async def _opens_once(anna: DeskPage, opened: list[str], link: str) -> None:
    """Links are opened in order: behind another one there is none of these.

    A browser may wait for an answer to the first, and hear no mouse and no key meanwhile.
    """
    await until(lambda: link in opened, what="the link")
    anna.expected.append("Not allowed to launch 'tel:0'")  # nobody clicked on it
    await anna.page.evaluate("() => { location.href = 'tel:0'; }")
    await until(lambda: "tel:0" in opened, what="another link")
    assert opened == [link, "tel:0"]


async def _calls(admin: httpx.AsyncClient, number: str) -> set[str]:
    found = (await admin.get("/api/calls", params={"number": number})).raise_for_status().json()
    return {entry["id"] for entry in found["items"]}


async def _answer(request: Request) -> dict[str, str]:
    answer = await request.response()
    assert answer is not None
    assert answer.status == 201
    said: dict[str, str] = await answer.json()
    return said


async def test_everybody_has_a_link_of_his_own(open_page: OpenPage, phone: Phone) -> None:
    otto = await open_page("operator")
    otto.expected += ["404", "422"]  # no link of his own yet, and then a wrong one
    await otto.at("me").click()
    await otto.at("link").fill("tel:")
    await otto.at("save").click()
    await expect(otto.at("error-link")).to_contain_text("{number}")
    await otto.at("link").fill("callto:{number}")
    await otto.at("spelling").select_option("national")
    await otto.at("save").click()
    await expect(otto.at("form-note")).to_have_text("Gespeichert.")
    await otto.picture("own-link")
    await otto.page.reload()
    await expect(otto.at("link")).to_have_value("callto:{number}")
    token = await _token(otto)
    answer = await otto.page.request.post(
        "/api/dial", headers=token, data={"number": "030 23125153"}
    )
    assert (await answer.json())["link"] == "callto:03023125153"
    await otto.at("link").fill("")
    await otto.at("save").click()
    await expect(otto.at("form-note")).to_have_text("Gespeichert.")
    await otto.page.get_by_role("link", name="Alle Anrufe").click()
    await expect(otto.at("dial-number")).to_be_visible()
    await otto.at("me").click()
    await expect(otto.at("link")).to_have_value("")


async def _token(open_page: DeskPage) -> dict[str, str]:
    """What the page itself would send. A browser that opens a link like callto: asks its user, and
    takes no other click until he has answered."""
    renewed = await open_page.page.request.post("/api/session/renew")
    assert renewed.status == 201, await renewed.text()
    return {"Authorization": f"Bearer {(await renewed.json())['token']}"}
