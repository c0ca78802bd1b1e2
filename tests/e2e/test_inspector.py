"""Setting up a phone on the page: hits appear live, and refused ones can be corrected."""

import re

from playwright.async_api import Locator, WebSocketRoute, expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from support.web_client import web_client

CLIPBOARD = ["clipboard-read", "clipboard-write"]


async def add_phone(clara: DeskPage, preset: str, name: str, extension: str = "") -> None:
    """Adds a phone with this preset and opens its page."""
    await clara.open("phones")
    await clara.at("device-add").click()
    await clara.at("preset-search").fill(preset)
    await clara.at(f"preset-{preset}").check()
    await clara.at("name").fill(name)
    await clara.at("extension").fill(extension)
    await clara.at("save").click()
    await expect(clara.at("device-title")).to_have_text(name)


async def copied(clara: DeskPage, event: str) -> str:
    """The URL for this event, as the copy button puts it on the clipboard."""
    row = clara.page.locator(f"[data-testid=url-row][data-events~={event}]").first
    await row.get_by_test_id("url-copy").click()
    await expect(row.get_by_test_id("url-copy")).to_contain_text("Kopiert")
    url: str = await clara.page.evaluate("navigator.clipboard.readText()")
    return url


def as_snom(url: str, number: str, call: str) -> str:
    """The URL with its variables filled in as in Snom's example of an incoming call."""
    variables = {
        "$active_user": "21",
        "$local": "sip:21@pbx.example.de",
        "$remote": f"sip:{number}@pbx.example.de",
        "$call-id": f"{call}@192.168.1.21",
    }
    for name, value in variables.items():
        url = url.replace(name, value)
    assert "$" not in url
    return url


async def change_mapping(clara: DeskPage, text: str) -> None:
    await clara.at("device-settings").click()
    for name in ("advanced", "mapping"):
        fold = clara.at(f"fold-{name}")
        if await fold.get_attribute("open") is None:
            await fold.locator("summary").first.click()
    mapping = clara.at("fold-mapping")
    await clara.at("mapping").fill(text)
    form = mapping.locator("form").first
    await form.get_by_test_id("save").click()
    await expect(form.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await clara.at("device-setup").click()


def rows(clara: DeskPage, outcome: str) -> Locator:
    return clara.page.locator(f"[data-testid=hit-row][data-outcome={outcome}]")


async def test_new_phone_sends_hits_that_can_be_corrected(
    onebox: Facts, open_page: OpenPage
) -> None:
    clara, anna = await open_page("admin", permissions=CLIPBOARD), await open_page("anna")
    clara.expected.append("422")
    await add_phone(clara, "snom", "Empfang")
    ringing, missed = await copied(clara, "ringing"), await copied(clara, "missed")
    assert ringing.startswith(f"{onebox['url']}/hit/")

    async with web_client() as phone:
        first = await phone.get(as_snom(ringing, "08999998191", "313536-7k2m9x"))
        assert first.status_code == 202, first.text
        await expect(rows(clara, "accepted")).to_have_count(1)
        understood = clara.at("hit-read")
        for words in ("klingelt", "eingehend", "Nst. 21", "+49 89 99998191"):
            await expect(understood).to_contain_text(words)
        await expect(anna.popup(first.json()["call_id"])).to_be_visible()

        await change_mapping(clara, '{"fields": {"event": "query.typo"}}')
        refused = await phone.get(as_snom(ringing, "08999998192", "313536-7k2m9y"))
        assert refused.status_code == 422
        wrong = rows(clara, "refused")
        await expect(wrong.get_by_test_id("hit-read")).to_have_text("event: fehlt")
        await wrong.get_by_test_id("hit-open").click()
        await expect(wrong.get_by_test_id("hit-wrong")).to_contain_text("event")
        await expect(wrong.get_by_test_id("hit-query")).to_contain_text("08999998192")
        await clara.picture("refused-hit")
        await wrong.get_by_test_id("replay").click()
        await expect(wrong.get_by_test_id("replay-note")).to_contain_text("Immer noch nicht")

        await change_mapping(clara, "")
        hit = await wrong.get_attribute("data-hit")
        await wrong.get_by_test_id("replay").click()
        mended = clara.page.locator(f"[data-hit='{hit}']")
        await expect(mended).to_have_attribute("data-outcome", "accepted")
        await expect(mended.get_by_test_id("replay-note")).to_contain_text(
            "Jetzt verstanden: kling"
        )
        link = await mended.get_by_test_id("hit-call").get_attribute("href")
        call = str(link).rpartition("/")[2]
        await expect(anna.popup(call)).to_contain_text("+49 89 99998192")

        for number, suffix in (("08999998191", "7k2m9x"), ("08999998192", "7k2m9y")):
            ended = await phone.get(as_snom(missed, number, f"313536-{suffix}"))
            assert ended.status_code == 202, ended.text
        assert ended.json()["call_id"] == call
    await anna.at("search").fill("089 99998192")
    await expect(anna.at("call-row")).to_have_count(1)
    await expect(anna.row(call)).to_contain_text("verpasst")

    await mended.get_by_test_id("hit-call").click()
    await expect(clara.row(call)).to_have_class(re.compile("open"))
    await expect(clara.row(call)).to_contain_text("Nebenstelle 21")


async def test_hit_with_markup_is_shown_as_text(open_page: OpenPage) -> None:
    clara = await open_page("admin", permissions=CLIPBOARD)
    await add_phone(clara, "generic", "<img src=x onerror=alert(1)>", "21")
    ringing = await copied(clara, "ringing")
    evil = "<script>alert(2)</script>"
    async with web_client() as phone:
        answer = await phone.post(
            ringing.partition("?")[0] + f"?{evil}={evil}",
            content=evil,
            headers={"X-Evil": evil, "Content-Type": "text/plain"},
        )
    assert answer.status_code == 422
    await clara.at("hit-open").click()
    await expect(clara.at("hit-query")).to_contain_text(evil)
    await expect(clara.at("hit-body")).to_have_text(evil)
    await expect(clara.at("hit-details").locator("script, img")).to_have_count(0)


async def test_hit_list_over_a_lost_connection_stays_complete(open_page: OpenPage) -> None:
    clara = await open_page(None, permissions=CLIPBOARD)
    sockets: list[WebSocketRoute] = []
    texts: list[str] = []

    def relay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(socket)

        def pass_on(text: str | bytes) -> None:
            texts.append(str(text))
            server.send(text)

        socket.on_message(pass_on)

    await clara.page.route_web_socket("**/ws", relay)
    await clara.page.reload()
    await clara.sign_in("admin")
    await add_phone(clara, "generic", "Lager", "21")
    missed = (await copied(clara, "missed")).partition("?")[0]
    async with web_client() as phone:
        for turn, path in enumerate(("Anfang", "Ausfall", "Ende")):
            if path == "Ausfall":
                texts.clear()
                await sockets[-1].close(code=1012)
                await expect(clara.at("connection")).to_have_attribute("data-state", "waiting")
            assert (await phone.get(f"{missed}/{path}", params={"number": ""})).status_code == 202
            await clara.connected()
            await expect(clara.at("hit-row")).to_have_count(turn + 1)
            await expect(clara.at("hit-row").first).to_contain_text(path)
    assert sum('"watch"' in text for text in texts) == 1


async def test_inspector_pauses_and_shows_errors_alone(open_page: OpenPage) -> None:
    clara = await open_page("admin", permissions=CLIPBOARD)
    await add_phone(clara, "generic", "Werkstatt", "21")
    missed = (await copied(clara, "missed")).partition("?")[0]
    async with web_client() as phone:
        assert (await phone.get(f"{missed}/good", params={"number": ""})).status_code == 202
        await expect(clara.at("hit-row")).to_have_count(1)
        await expect(clara.at("hit-row")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d,\d{3}"))
        await clara.at("hits-pause").click()
        await expect(clara.at("hits-live")).to_be_hidden()
        assert (await phone.get(f"{missed}/bad")).status_code == 422
        await expect(clara.at("hits-pause")).to_have_text("Fortsetzen (1 neue)")
        await expect(clara.at("hit-row")).to_have_count(1)
        await clara.at("hits-pause").click()
        await expect(clara.at("hit-row")).to_have_count(2)
        await clara.at("hits-errors").check()
        await expect(clara.at("hit-row")).to_have_count(1)
        await expect(clara.at("hit-row")).to_contain_text("/bad")
        await clara.at("hits-errors").uncheck()
        await expect(clara.at("hit-row")).to_have_count(2)
    await clara.at("hit-row").filter(has_text="/good").get_by_test_id("hit-open").click()
    await expect(clara.at("hit-details")).not_to_contain_text("nach der Kennung des Telefons")


async def test_test_call_shows_its_progress_and_pops_up(open_page: OpenPage) -> None:
    clara, anna = await open_page("admin"), await open_page("anna")
    await add_phone(clara, "generic", "Klingelprobe")
    await clara.at("test-extension").fill("")
    await clara.at("test-make").click()
    await expect(clara.at("test-call")).to_contain_text("Bitte ausfüllen")
    await clara.at("test-extension").fill("21")
    await clara.at("test-make").click()
    await expect(clara.at("test-shown")).to_have_attribute("data-state", "done")
    await clara.picture("test-call")
    popup = anna.at("popup").filter(has_text="Testanruf")
    await expect(popup).to_have_count(1)
    hit = rows(clara, "accepted")
    await expect(hit).to_have_count(1)
    await clara.at("test-call").get_by_role("link").click()
    await expect(clara.at("call-row").first).to_contain_text("nicht angenommen")

    clara.expected.append("422")
    await clara.open("phones")
    await clara.at("device-row").filter(has_text="Klingelprobe").click()
    await change_mapping(clara, '{"fields": {"number": "query.no-such-field"}}')
    await clara.at("test-extension").fill("21")
    await clara.at("test-make").click()
    await expect(clara.at("test-understood")).to_have_attribute("data-state", "failed")
    await expect(clara.at("test-why")).to_contain_text("number")
