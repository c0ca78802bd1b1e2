"""The choices of company and user for callers with no, one and many records."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from e2e.conftest import OpenPage
from e2e.page import DeskPage
from e2e.test_dial import session_token
from support.tenant.phone import Phone

APPLICATION = "/favicon.ico?contact={host_id}&phone={e164}"
"""A page of the onebox itself stands for the company's application: nothing else can be reached."""
SOURCE = "crm"
OWN = {"pop_on": None, "no_record": None, "one_record": None, "many_records": None}
NUMBERS = {"no": "08999998220", "one": "08999998221", "many": "08999998222"}


@pytest.fixture
async def application(onebox: dict[str, Any], admin: httpx.AsyncClient) -> AsyncIterator[str]:
    """The address of the company's application, in which callers are opened. Returns its host."""
    records = (("one", "Amann", "17"), ("many", "Brehm", "18"), ("many", "Celik", "19"))
    items = [
        {
            "source": SOURCE,
            "host_id": host_id,
            "type": "contact",
            "name": name,
            "numbers": [{"number": NUMBERS[count]}],
        }
        for count, name, host_id in records
    ]
    (await admin.put("/api/directory/records", json={"items": items})).raise_for_status()
    url = onebox["url"].replace("127.0.0.1", "localhost")
    changes: dict[str, Any] = {"record_url": f"{url}{APPLICATION}"}
    (await admin.patch("/api/tenant", json=changes)).raise_for_status()
    yield url
    changes["record_url"] = ""
    (await admin.patch("/api/tenant", json=changes)).raise_for_status()
    saved = await admin.get("/api/directory/records", params={"source": SOURCE})
    for record in saved.raise_for_status().json()["items"]:
        await admin.delete(f"/api/directory/records/{record['id']}")


async def chosen(open_page: OpenPage, **preferences: str) -> DeskPage:
    """The page of a user who has just chosen this."""
    anna = await open_page("anna")
    await prefer(anna, **preferences)
    await anna.page.reload()
    await anna.connected()
    return anna


async def prefer(desk: DeskPage, **preferences: str) -> None:
    body = {"preferences": {**OWN, **preferences}}
    headers = await session_token(desk)
    answer = await desk.page.request.patch("/api/me", headers=headers, data=body)
    assert answer.ok, await answer.text()


@pytest.mark.parametrize(
    ("count", "address"),
    [
        ("no", "contact=&phone=%2B498999998220"),
        ("one", "contact=17&phone=%2B498999998221"),
        ("many", "contact=&phone=%2B498999998222"),
    ],
)
async def test_caller_is_opened_in_a_new_tab_once(
    open_page: OpenPage, phone: Phone, application: str, count: str, address: str
) -> None:
    anna = await chosen(open_page, no_record="open", one_record="open", many_records="open")
    try:
        line = phone.call(NUMBERS[count])
        async with anna.page.context.expect_page() as opened:
            call = await line.ringing()
        tab = await opened.value
        await tab.wait_for_url(f"**{address}")
        assert tab.url.startswith(application)
        assert await tab.evaluate("window.opener") is None
        await expect(anna.popup(call)).to_be_visible()
        await line.connected()
        await expect(anna.popup(call)).to_have_attribute("data-phase", "connected")
        await anna.page.reload()
        await expect(anna.popup(call)).to_have_attribute("data-phase", "connected")
        assert len(anna.page.context.pages) == 2
    finally:
        await prefer(anna)


async def test_popup_alone_opens_nothing_and_links_the_application(
    open_page: OpenPage, phone: Phone, application: str
) -> None:
    anna = await open_page("anna")
    none = anna.popup(await phone.call(NUMBERS["no"]).ringing())
    link = none.get_by_test_id("record-application")
    await expect(link).to_have_attribute(
        "href", f"{application}/favicon.ico?contact=&phone=%2B498999998220"
    )
    one = anna.popup(await phone.call(NUMBERS["one"]).ringing())
    record = one.get_by_test_id("popup-match").get_by_role("link")
    await expect(record).to_have_attribute(
        "href", f"{application}/favicon.ico?contact=17&phone=%2B498999998221"
    )
    assert len(anna.page.context.pages) == 1


async def test_company_decides_for_users_without_a_choice(
    open_page: OpenPage, phone: Phone, application: str, admin: httpx.AsyncClient
) -> None:
    popup = {"popup": {"one_record": "open"}}
    (await admin.patch("/api/tenant", json=popup)).raise_for_status()
    try:
        anna = await chosen(open_page)
        async with anna.page.context.expect_page() as opened:
            await phone.call(NUMBERS["one"]).ringing()
        await (await opened.value).wait_for_url("**contact=17**")
    finally:
        popup["popup"]["one_record"] = "popup"
        (await admin.patch("/api/tenant", json=popup)).raise_for_status()


async def test_browser_that_refuses_shows_the_link(
    open_page: OpenPage, phone: Phone, application: str
) -> None:
    anna = await chosen(open_page, one_record="open")
    try:
        await anna.page.evaluate("() => { window.open = () => null }")
        popup = anna.popup(await phone.call(NUMBERS["one"]).ringing())
        blocked = popup.get_by_test_id("record-blocked")
        await expect(blocked).to_contain_text("Pop-ups")
        await expect(blocked.get_by_role("link")).to_have_attribute(
            "href", f"{application}/favicon.ico?contact=17&phone=%2B498999998221"
        )
    finally:
        await prefer(anna)


async def test_new_record_is_the_first_offer_if_chosen(
    open_page: OpenPage, phone: Phone, admin: httpx.AsyncClient
) -> None:
    clara = await open_page("admin")
    await prefer(clara, no_record="new")
    try:
        await clara.page.reload()
        await clara.connected()
        popup = clara.popup(await phone.call("08999998223").ringing("20"))
        await expect(popup.get_by_test_id("record-new")).to_have_class("button small")
        await popup.get_by_test_id("record-new").click()
        await expect(clara.at("new-record").get_by_test_id("name")).to_be_focused()
    finally:
        await prefer(clara)


async def test_page_of_a_number_opens_its_record_once(
    open_page: OpenPage, application: str
) -> None:
    anna = await chosen(open_page, one_record="open")
    try:
        address = f"/pop?number={NUMBERS['one']}&extension=21"
        async with anna.page.context.expect_page() as opened:
            await anna.page.goto(address)
        await (await opened.value).wait_for_url("**contact=17**")
        await expect(anna.at("pop-who")).to_have_text("Amann")
        await anna.page.reload()
        await expect(anna.at("pop-who")).to_have_text("Amann")
        assert len(anna.page.context.pages) == 2
    finally:
        await prefer(anna)
