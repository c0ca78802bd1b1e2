"""The counter of missed calls: it stays until its user has seen them, in all tabs."""

import re

from playwright.async_api import expect

from e2e.conftest import OpenPage
from support.tenant.phone import Phone


async def test_missed_calls_are_counted_until_they_are_seen(
    open_page: OpenPage, phone: Phone
) -> None:
    bernd = await open_page("bernd")
    await bernd.at("me").click()
    await bernd.at("nav-calls").click()  # those of earlier tests are seen
    count = bernd.at("missed-count")
    await expect(count).to_be_hidden()
    await bernd.at("me").click()
    other = await bernd.page.context.new_page()
    await other.goto("/")
    elsewhere = other.get_by_test_id("missed-count")
    for number, missed in (("08999998230", 1), ("08999998231", 2)):
        line = phone.call(number)
        await line.ringing("22")
        await line.missed("22")
        await expect(count).to_contain_text(str(missed))
        await expect(bernd.page).to_have_title(re.compile(rf"^\({missed}\) "))
        await expect(elsewhere).to_contain_text(str(missed))
    await expect(count).to_contain_text("2 verpasste Anrufe")
    await bernd.picture("missed-count")
    answered = phone.call("08999998232")
    call = await answered.ringing("22")
    await answered.connected("22")
    await answered.ended("22")
    await bernd.at("nav-calls").click()
    await expect(count).to_be_hidden()
    await expect(bernd.row(call)).to_contain_text("angenommen")
    await expect(bernd.page).not_to_have_title(re.compile(r"^\("))
    await expect(elsewhere).to_be_hidden()
    await bernd.page.reload()
    await expect(bernd.row(call)).to_be_visible()
    await expect(count).to_be_hidden()
