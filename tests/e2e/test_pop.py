"""The page that a phone opens for a number, in a browser tab of its own."""

from collections.abc import AsyncIterator
from urllib.parse import quote, unquote, urlsplit

import httpx
import pytest
from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from e2e.test_dial import session_token
from e2e.test_inspector import CLIPBOARD, add_phone
from support.tenant.phone import Phone

UNESCAPED = "+498999998001"
"""As phones write it, although a plus in a query means a blank."""

AS_PHONES_WRITE_IT = [
    UNESCAPED,
    "+49 (0)89 99998-001",
    "0049%2089%2F99998001",
    "%2B498999998001",
    "%20498999998001",
    "089%A099998001",
    "#31#08999998001",
    "sip:08999998001@pbx.example.de;user=phone",
    "08999998001&amp;extension=21",
    "08999998001&#38;extension=21",
    "08999998001&amp%3Bextension=21",
    "08999998001%26amp;extension=21",
]
MAKES = {
    "starface": {"$(calleridCanonical)": "+49{}"},
    "estos": {"<Call.NumberSC>": "+49{}", "<Call.LineNumberSC>": "+498999998021"},
    "generic": {"<number>": "0{}", "<call-id>": "a84b4c76"},
}
"""The values of the placeholders in the printed address."""


@pytest.fixture
async def linked(admin: httpx.AsyncClient) -> AsyncIterator[str]:
    """A number with one record that can be opened; without its zero."""
    number = "8999998161"
    record = {"type": "contact", "name": "Wagner", "url": "/favicon.ico"}
    body = {**record, "numbers": [{"number": f"0{number}"}]}
    answer = await admin.post("/api/directory/records", json=body)
    yield number
    await admin.delete(f"/api/directory/records/{answer.raise_for_status().json()['id']}")


async def printed_address(clara: DeskPage, make: str) -> str:
    """The address that the page of a new phone prints, from its copy button."""
    await add_phone(clara, make, f"Seite {make}", "21")
    await clara.at("pop-url-copy").click()
    await expect(clara.at("pop-url-copy")).to_contain_text("Kopiert")
    url: str = await clara.page.evaluate("navigator.clipboard.readText()")
    return url


@pytest.mark.parametrize("make", MAKES)
async def test_printed_address_opens_sign_in_then_the_caller(
    open_page: OpenPage, phone: Phone, linked: str, make: str
) -> None:
    url = await printed_address(await open_page("admin", permissions=CLIPBOARD), make)
    for placeholder, text in MAKES[make].items():
        assert placeholder in url
        url = url.replace(placeholder, text.format(linked))
    call = await phone.call(f"0{linked}").ringing()
    anna = await open_page(None)
    await anna.page.goto(url)
    await expect(anna.at("login")).to_be_visible()
    await anna.sign_in("anna")
    await expect(anna.at("pop")).to_have_attribute("data-call", call)
    await expect(anna.at("pop-call")).to_contain_text("Laufender Anruf")
    await anna.picture(f"pop-{make}")
    async with anna.page.context.expect_page() as record:
        await anna.at("pop-record").get_by_role("link", name="Wagner").click()
    assert (await record.value).url.endswith("/favicon.ico")
    page = anna.at("pop")  # a popup of an earlier call back may be open, too
    await page.get_by_test_id("comment-text").fill("Fragt nach dem Angebot")
    await page.get_by_test_id("comment-save").click()
    await expect(page.get_by_test_id("comment")).to_contain_text("Fragt nach dem Angebot")
    await anna.at("pop-dial").click()
    await expect(anna.at("toast")).to_contain_text(f"+49{linked}")


async def test_number_in_any_spelling_is_read_like_a_hit(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    for number in AS_PHONES_WRITE_IT:
        await anna.page.goto(f"/pop?extension=21&number={number}")
        await expect(anna.at("pop-record")).to_have_count(5)
        await expect(anna.at("pop-number")).to_have_text("+49 89 99998001")
        await anna.page.goto("about:blank")  # what is shown next is of the next number


async def test_call_is_found_by_our_id_and_by_that_of_the_phone(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    for number in ("08999998162", "anonymous"):
        lines = [phone.call(number), phone.call(number)]
        for line in lines:
            await anna.popup(await line.ringing()).get_by_test_id("popup-close").click()
        for line in lines:
            for name in (line.call_id, line.external_id):
                await anna.page.goto(f"/pop?number={number}&extension=21&call_id={name}")
                await expect(anna.at("pop")).to_have_attribute("data-call", line.call_id)


async def test_withheld_number_shows_only_the_call_at_the_extension(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    line = phone.call("anonymous")
    call = await line.ringing()
    await anna.page.goto("/pop?number=&extension=21")
    await expect(anna.at("pop")).to_have_attribute("data-call", call)
    await line.missed()
    await expect(anna.row(call)).to_have_count(0)
    await anna.page.goto("/pop?number=anonymous&extension=21")
    await expect(anna.at("pop-note")).to_have_text("Keine Nummer übermittelt")
    await expect(anna.at("pop-call")).to_contain_text("Kein Anruf")


async def test_call_of_another_desk_is_not_shown(open_page: OpenPage, phone: Phone) -> None:
    anna = await open_page("anna")
    line = phone.call("08999998186")
    call = await line.ringing("22")
    for name in (call, line.external_id):
        await anna.page.goto(f"/pop?number=08999998186&extension=22&call_id={name}")
        await expect(anna.at("pop")).to_contain_text("Keine Einträge")
        await expect(anna.at("pop-call")).to_contain_text("Kein Anruf")


async def test_page_shows_records_and_running_call_of_the_number(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    line = phone.call(onebox["caller"])
    call = await line.ringing()
    await anna.page.goto(f"/pop?number={UNESCAPED}&extension=21&call_id=a84b4c76")
    await expect(anna.at("pop-record")).to_have_count(5)
    await expect(anna.at("pop-call")).to_contain_text("Laufender Anruf")
    await expect(anna.popup(call)).to_be_hidden()  # the page itself shows this call
    page = anna.at("pop")
    await anna.picture("pop")
    await page.get_by_test_id("comment-text").fill("Fragt nach dem Angebot")
    await page.get_by_test_id("comment-save").click()
    await expect(page.get_by_test_id("comment")).to_contain_text("Fragt nach dem Angebot")
    await line.connected()
    await line.ended()
    await expect(anna.at("pop-call")).to_contain_text("Letzter Anruf")
    await anna.page.reload()
    await expect(anna.at("pop-record")).to_have_count(5)
    await anna.page.get_by_role("link", name="← Alle Anrufe").click()
    await expect(anna.row(call)).to_be_visible()


async def test_page_shows_what_the_phone_reports_of_the_call(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    await phone.call("08999998166", name="Moser, Eva").ringing()
    await anna.page.goto("/pop?number=08999998166&extension=21")
    await expect(anna.at("pop-who")).to_contain_text("Moser, Eva")


async def test_page_without_directory_or_log_shows_what_it_has(
    onebox: Facts, open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    anna.expected.append("503")
    call = await phone.call(onebox["caller"]).ringing()
    address = f"/pop?number={onebox['caller']}&extension=21"
    await anna.page.route("**/api/directory/**", lambda route: route.fulfill(status=503))
    await anna.page.goto(address)
    await expect(anna.at("pop")).to_have_attribute("data-call", call)
    await expect(anna.at("pop-note")).to_contain_text("in einer Minute")
    await anna.page.unroute("**/api/directory/**")
    await anna.page.route("**/api/calls?**", lambda route: route.fulfill(status=503))
    await anna.page.goto(address)
    await expect(anna.at("pop-record")).to_have_count(5)
    await expect(anna.at("pop")).to_have_attribute("data-call", call)


async def test_long_text_for_a_number_stays_within_the_page(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await anna.page.goto(f"/pop?number={'9' * 300}")
    await expect(anna.at("pop-note")).to_contain_text("keine Nummer")
    wide = "document.documentElement.scrollWidth <= window.innerWidth"
    assert await anna.page.evaluate(wide)


async def test_page_hides_the_popup_of_its_own_call_alone(
    open_page: OpenPage, phone: Phone
) -> None:
    anna = await open_page("anna")
    own = await phone.call("08999998164").ringing()
    other = await phone.call("08999998165").ringing()
    await anna.page.goto("/pop?number=08999998164&extension=21")
    await expect(anna.at("pop")).to_have_attribute("data-call", own)
    await expect(anna.popup(other)).to_be_visible()
    await expect(anna.popup(own)).to_be_hidden()
    await anna.page.get_by_role("link", name="← Alle Anrufe").click()
    await expect(anna.popup(own)).to_be_visible()


async def test_page_makes_no_call_by_itself_and_one_by_a_click(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    dialled: list[str] = []
    anna.page.on("request", lambda r: dialled.append(r.url) if "/api/dial" in r.url else None)
    await anna.page.goto(f"/pop?number={quote('089 99998001')}&extension=21")
    await expect(anna.at("pop-record")).to_have_count(5)
    assert not dialled
    await expect(anna.at("pop")).to_contain_text("+49 89 99998001")
    await anna.at("pop-dial").click()
    await expect(anna.at("toast")).to_contain_text("+498999998001")
    assert len(dialled) == 1


async def test_stranger_signs_in_and_is_there(open_page: OpenPage) -> None:
    anna = await open_page(None)
    await anna.page.goto("about:blank")  # the first page may not have sent its requests yet
    requests: list[str] = []
    anna.page.on("request", lambda r: requests.append(r.url) if "/api/" in r.url else None)
    await anna.page.goto(f"/pop?number={UNESCAPED}&extension=21")
    await expect(anna.at("login")).to_be_visible()
    await expect(anna.page.locator("body")).not_to_contain_text("99998001")
    # the number goes to no server before somebody has signed in
    assert sorted(urlsplit(url).path for url in requests) == ["/api/session/openid", "/api/setup"]
    assert not any("99998001" in url for url in requests)
    await anna.sign_in("anna")
    await expect(anna.at("pop-record")).to_have_count(5)


async def test_code_from_a_link_is_shown_without_a_button(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    for code in ("**21*09005123456#", "##002#", "*72", "**610"):
        await anna.page.goto(f"/pop?number={quote(code)}&extension=21")
        await expect(anna.at("pop")).to_contain_text("Keine Einträge")
        await expect(anna.at("pop").get_by_role("heading")).to_have_text(code)
        await expect(anna.at("pop-dial")).to_have_count(0)
    await anna.page.goto(f"/pop?number={quote('*31#08999998001')}&extension=21")
    await expect(anna.at("pop-dial")).to_be_visible()


async def test_click_without_a_phone_is_not_running_for_ever(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await anna.page.clock.install()
    answer = await anna.page.request.post(
        "/api/dial", headers=await session_token(anna), data={"number": "08999998167"}
    )
    call = (await answer.json())["call_id"]
    await anna.page.goto("/pop?number=08999998167&extension=21")
    await expect(anna.at("pop")).to_have_attribute("data-call", call)
    await expect(anna.at("pop-call")).to_contain_text("Laufender Anruf")
    await anna.page.clock.fast_forward("02:01")
    await expect(anna.at("pop-call")).to_contain_text("Letzter Anruf")


@pytest.mark.parametrize("number", ["%3Cnumber%3E", "$(calleridCanonical)", "%7BCALLERNUM%7D"])
async def test_unreplaced_placeholder_is_named(open_page: OpenPage, number: str) -> None:
    anna = await open_page("anna")
    await anna.page.goto(f"/pop?number={number}&extension=21")
    await expect(anna.at("pop-note")).to_contain_text("Platzhalter")
    await expect(anna.at("pop").get_by_role("heading")).to_have_text(unquote(number))
    await expect(anna.at("pop-dial")).to_have_count(0)


async def test_parameter_names_are_read_in_any_case(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await anna.page.goto(f"/pop?NUMBER={UNESCAPED}&Extension=21")
    await expect(anna.at("pop-record")).to_have_count(5)


@pytest.mark.parametrize("number", ["", "null"], ids=["empty", "null"])
async def test_page_without_a_number_says_so(open_page: OpenPage, number: str) -> None:
    anna = await open_page("anna")
    await anna.page.goto(f"/pop?number={number}&extension=21")
    await expect(anna.at("pop-note")).to_have_text("Keine Nummer übermittelt")
    await expect(anna.at("pop-dial")).to_have_count(0)
    await expect(anna.at("pop-record")).to_have_count(0)


async def test_page_with_markup_shows_it_as_text(
    open_page: OpenPage, admin: httpx.AsyncClient
) -> None:
    anna = await open_page("anna")
    await anna.page.goto(f"/pop?number={quote('<img src=x onerror=alert(1)>1')}")
    await expect(anna.at("pop")).to_contain_text("<img src=x onerror=alert(1)>1")
    await expect(anna.at("pop-note")).to_have_text("Das ist keine Nummer, die sich lesen lässt.")
    await expect(anna.at("pop-dial")).to_have_count(0)
    await expect(anna.at("pop-record")).to_have_count(0)
