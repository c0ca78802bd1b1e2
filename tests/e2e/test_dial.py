"""Click-to-call: a click begins the call, the phone's own words complete it."""

import re

from playwright.async_api import expect

from e2e.conftest import Open
from e2e.desk import Desk
from e2e.phone import Phone


async def _clicked(anna: Desk, name: str, testid: str) -> str:
    async with anna.page.expect_response("**/api/dial") as asked:
        await anna.page.locator(name).get_by_test_id(testid).click()
    answer = await asked.value
    assert answer.status == 201, await answer.text()
    call: str = (await answer.json())["call_id"]
    return call


async def test_a_clicked_number_becomes_one_call_with_the_phones(desk: Open, phone: Phone) -> None:
    anna = await desk("anna")
    missed = phone.line("08999998151")
    earlier = await missed.hit("ringing")
    await missed.hit("missed")
    await expect(anna.row(earlier)).to_have_attribute("data-phase", "missed")

    call = await _clicked(anna, f"[data-testid=call-row][data-call='{earlier}']", "row-number")
    await expect(anna.row(call)).to_have_attribute("data-phase", "dialed")
    await expect(anna.row(call)).to_contain_text("gewählt")
    await expect(anna.popup(call)).to_contain_text("ausgehend")

    line = phone.line("+498999998151", direction="outbound")
    assert await line.hit("ringing") == call
    await expect(anna.row(call)).to_have_attribute("data-phase", "ringing")
    assert await line.hit("connected") == call
    await expect(anna.row(call)).to_have_attribute("data-phase", "connected")
    await expect(anna.row(call).get_by_test_id("row-talk")).to_have_text("0:01")
    await anna.picture("dialed")
    assert await line.hit("ended") == call
    await expect(anna.row(call)).to_contain_text("beendet")
    await anna.at("filter-number").fill("089 99998151")
    await expect(anna.at("call-row")).to_have_count(2)
    await expect(anna.row(call).get_by_test_id("row-talk")).to_have_text(re.compile(r"^0:0\d$"))


async def test_the_dial_field_says_what_is_wrong(desk: Open, phone: Phone) -> None:
    anna = await desk("anna")
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
    assert await phone.line("03023125152", direction="outbound").hit("ringing") == call
