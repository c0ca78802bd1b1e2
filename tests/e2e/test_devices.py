"""The pages of phones and of the company: access, changes, and errors at their fields."""

import json
import re

from playwright.async_api import expect

from e2e.conftest import Facts, OpenPage
from e2e.page import DeskPage
from e2e.test_inspector import CLIPBOARD, add_phone, copied
from softphone_ingest.mapping.presets.preset import load_all
from support.web_client import web_client

ENGLISH = {"locale": "en-GB"}


ADVANCED = {"numbers", "sharing", "mapping"}


async def unfold(clara: DeskPage, name: str) -> None:
    await clara.at("device-settings").click()
    advanced = clara.at("fold-advanced")
    if name in ADVANCED and await advanced.get_attribute("open") is None:
        await advanced.locator("summary").first.click()
    await clara.at(f"fold-{name}").locator("summary").click()


async def save(clara: DeskPage, name: str, note: str = "Gespeichert.") -> None:
    fold = clara.at(f"fold-{name}")
    await fold.get_by_test_id("save").first.click()
    await expect(fold.get_by_test_id("form-note").first).to_have_text(note)


async def test_phones_page_is_hidden_from_users(onebox: Facts, open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await anna.page.goto(f"{onebox['url']}/#/phones")
    await expect(anna.at("nav-phones")).to_have_count(0)
    await expect(anna.at("devices")).to_have_count(0)
    await expect(anna.at("search")).to_be_visible()


async def test_phone_can_be_added_with_the_keyboard_alone(open_page: OpenPage) -> None:
    clara = await open_page("admin", **ENGLISH)
    keys = clara.page.keyboard
    await clara.at("nav-phones").focus()
    await keys.press("Enter")
    await clara.at("device-add").focus()
    await keys.press("Enter")
    await expect(clara.at("preset-search")).to_be_focused()
    await keys.type("no such make")
    await expect(clara.page.get_by_text("Nothing found")).to_be_visible()
    await expect(clara.at("preset-generic")).to_be_visible()
    await clara.at("save").focus()
    await keys.press("Enter")
    await expect(clara.at("form-note")).to_contain_text("choose a phone")
    await expect(clara.at("preset-search")).to_have_value("")
    await expect(clara.at("preset-search")).to_be_focused()
    await expect(clara.at("preset-microsip")).to_be_visible()
    await clara.at("preset-search").fill("octopus")
    await expect(clara.at("aliases")).to_contain_text("Octopus NetPhone (Telekom)")
    await clara.at("preset-search").fill("microsip")
    await clara.at("preset-search").focus()
    await keys.press("Tab")
    await expect(clara.at("preset-microsip")).to_be_focused()
    await keys.press("Space")
    await keys.press("Tab")
    await expect(clara.at("name")).to_be_focused()
    await keys.press("Control+A")
    await keys.type("Workshop")
    await keys.press("Enter")
    await expect(clara.at("device-title")).to_have_text("Workshop")
    await expect(clara.at("url-row")).not_to_have_count(0)
    await clara.picture("device")
    await clara.open("phones")
    workshop = clara.at("device-row").filter(has_text="Workshop")
    await expect(workshop).to_have_attribute("data-state", "never")
    await clara.picture("devices")
    await clara.at("devices-search").fill("microsip works")
    await expect(clara.at("device-row")).to_have_count(1)
    await expect(clara.at("devices-count")).to_have_text("1 phone")
    await clara.page.reload()
    await expect(clara.at("devices-search")).to_have_value("microsip works")
    await expect(clara.at("devices-count")).to_have_text("1 phone")
    await clara.at("devices-search").fill("no such phone")
    await expect(clara.page.get_by_text("No phone matches")).to_be_visible()


async def test_presets_show_how_far_they_are_proven(open_page: OpenPage) -> None:
    clara = await open_page("admin", **ENGLISH)
    await clara.open("phones")
    await clara.at("device-add").click()
    await expect(clara.at("preset-search")).to_be_visible()
    presets = load_all().values()
    grades = {
        "documented": "Written from the maker's documents.",
        "recorded": "Tested with recorded requests.",
        "run": "Tested with the real program.",
    }
    for preset in presets:
        choice = clara.page.locator("label", has=clara.at(f"preset-{preset.id}"))
        limits = [limit.en for limit in preset.proof.limits]
        text = " ".join([grades[preset.proof.grade], *limits])
        await expect(choice.get_by_test_id("proof")).to_have_text(text)


async def test_phone_settings_survive_a_reload(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await add_phone(clara, "generic", "Messe")
    await unfold(clara, "lines")
    await clara.at("line-name").fill("anna@pbx.example.de")
    await clara.at("line-extension").fill("21")
    await save(clara, "lines")
    await unfold(clara, "numbers")
    await clara.at("numbers.area_code").fill("30")
    await save(clara, "numbers")
    await unfold(clara, "dial")
    await clara.at("dial.link").fill("sip:{number}@pbx.example.de")
    await clara.at("dial.spelling").select_option("national")
    await save(clara, "dial")
    await clara.at("name").fill("Messestand")
    await save(clara, "general")
    await expect(clara.at("device-title")).to_have_text("Messestand")

    await clara.page.reload()
    await expect(clara.at("device-title")).to_have_text("Messestand")
    await unfold(clara, "lines")
    await expect(clara.at("line-name")).to_have_value("anna@pbx.example.de")
    await expect(clara.at("line-extension")).to_have_value("21")
    await unfold(clara, "numbers")
    await expect(clara.at("numbers.area_code")).to_have_value("30")
    await expect(clara.at("numbers.region")).to_have_value("")
    await unfold(clara, "dial")
    await expect(clara.at("dial.link")).to_have_value("sip:{number}@pbx.example.de")
    await expect(clara.at("dial.spelling")).to_have_value("national")
    await clara.picture("settings")


async def test_ids_of_an_exchange_are_shared_by_a_choice(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await add_phone(clara, "kamailio", "Knoten 1")
    await unfold(clara, "sharing")
    await expect(clara.at("mapping.scope")).not_to_be_checked()
    await clara.at("mapping.scope").check()
    await save(clara, "sharing")
    await expect(clara.at("mapping").first).to_have_value('{\n  "scope": "shared"\n}')
    await clara.page.reload()
    await unfold(clara, "sharing")
    await expect(clara.at("mapping.scope")).to_be_checked()
    await clara.at("mapping.scope").uncheck()
    await save(clara, "sharing")
    await expect(clara.at("mapping").first).to_have_value("")
    await add_phone(clara, "yealink", "Tischtelefon")
    await clara.at("device-settings").click()
    await expect(clara.at("fold-mapping")).to_be_hidden()
    await clara.at("fold-advanced").locator("summary").first.click()
    await expect(clara.at("fold-mapping")).to_be_visible()
    await expect(clara.at("fold-sharing")).to_have_count(0)


async def test_secret_of_a_phone_is_stored_and_never_shown(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await add_phone(clara, "twilio", "Wolke")
    await unfold(clara, "secret")
    await clara.at("secret").fill("not to be seen again")
    await save(clara, "secret")
    await clara.page.reload()
    await unfold(clara, "secret")
    await expect(clara.at("secret")).to_have_value("")
    await expect(clara.at("secret")).to_have_attribute(
        "placeholder", "gesetzt; ein neues ersetzt es"
    )
    await save(clara, "secret", "Entfernt: Meldungen werden nicht mehr geprüft.")


async def test_url_of_a_phone_shows_its_length_and_limit(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await add_phone(clara, "yealink", "Flur")
    await expect(clara.at("url-row")).not_to_have_count(0)
    lengths = clara.at("url-length")
    await expect(lengths).to_have_count(await clara.at("url-row").count())
    text = clara.at("url-text").first
    await expect(text).to_contain_text("/hit/••••••••/")
    await expect(clara.at("url-warning")).to_contain_text("Kein Telefon erreicht diese Adresse")
    await clara.at("urls-reveal").click()
    await expect(text).not_to_contain_text("•")
    shown = await text.inner_text()
    await expect(lengths.first).to_have_text(f"{len(shown)} von höchstens 511 Zeichen")


async def test_invalid_setting_shows_the_error_at_its_field(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    clara.expected.append("422")
    await add_phone(clara, "generic", "Probe")
    await unfold(clara, "numbers")
    await clara.at("numbers.extension_max_len").fill("99")
    await save(clara, "numbers", "Nicht gespeichert. Bitte prüfen Sie die markierte Angabe.")
    await expect(clara.at("error-numbers.extension_max_len")).to_be_visible()
    await unfold(clara, "dial")
    await clara.at("dial.link").fill("javascript:alert({number})")
    await save(clara, "dial", "Nicht gespeichert. Bitte prüfen Sie die markierte Angabe.")
    await expect(clara.at("error-dial.link")).to_contain_text("tel:{number}")
    await unfold(clara, "mapping")
    await clara.at("mapping").fill("{")
    await save(clara, "mapping", "")
    await expect(clara.at("error-mapping")).to_contain_text("Das JSON hört zu früh auf")
    await clara.at("mapping").fill('{"fields": {"event": "nowhere.at.all"}}')
    await save(clara, "mapping", "Nicht gespeichert. Bitte prüfen Sie die markierte Angabe.")
    error = clara.at("error-mapping")
    await expect(error).to_contain_text(re.compile(r"mapping\.fields\.event.*: .*nowhere\.at\.all"))
    wrong = {"scope": "town", "fields": {"name": [{"from": "query."}]}}
    await clara.at("mapping").fill(json.dumps(wrong))
    await save(clara, "mapping", "Nicht gespeichert. Bitte prüfen Sie die markierte Angabe.")
    await expect(error).to_contain_text(
        "mapping.scope: muss einer dieser Werte sein: 'pbx', 'shared', 'device'"
    )
    await expect(error).not_to_contain_text(" or ")
    await clara.at("nav-people").click()
    await clara.at("leave-no").click()
    await expect(error).to_be_visible()


async def test_dry_run_uses_the_unsaved_mapping(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await add_phone(clara, "generic", "Probelauf", "21")
    await unfold(clara, "mapping")
    await clara.at("trial-request").fill("GET /ringing?caller=08999998194 HTTP/1.1")
    await clara.at("try").click()
    result = clara.at("trial-result")
    await expect(result).to_contain_text("würde abgelehnt")
    await expect(result).to_contain_text("number: fehlt")
    await clara.at("mapping").fill(json.dumps({"fields": {"number": "query.caller"}}))
    await clara.at("try").click()
    await expect(result).to_contain_text("würde angenommen")
    await expect(result).to_contain_text("+498999998194")
    await clara.picture("dry-run")
    await clara.at("device-setup").click()
    await expect(clara.at("inspector")).to_contain_text("Noch keine Meldung")


async def test_phone_with_a_new_key_or_removed_refuses_old_urls(open_page: OpenPage) -> None:
    clara = await open_page("admin", permissions=CLIPBOARD)
    await add_phone(clara, "generic", "Alt", "21")
    old = await copied(clara, "missed")
    await unfold(clara, "danger")
    await clara.at("renew-key").click()
    await expect(clara.at("renew-key-no")).to_be_focused()
    await clara.at("renew-key-yes").click()
    await expect(clara.at("toast")).to_contain_text("Der Schlüssel ist neu")
    await clara.at("device-setup").click()
    row = clara.page.locator("[data-testid=url-row][data-events~=missed]")
    await expect(row.get_by_test_id("url-text")).not_to_have_text(old)
    new = await copied(clara, "missed")
    async with web_client() as phone:
        assert (await phone.get(old)).status_code == 404
        assert (await phone.get(new.replace("<number>", ""))).status_code == 202
        await expect(clara.at("hit-row")).to_have_count(1)
        await clara.at("device-settings").click()
        await clara.at("remove-device").click()
        await clara.page.keyboard.press("Escape")
        await expect(clara.at("remove-device")).to_be_focused()
        await clara.at("remove-device").click()
        await clara.at("remove-device-yes").click()
        await expect(clara.at("devices")).to_be_visible()
        await expect(clara.at("device-row").filter(has_text="Alt")).to_have_count(0)
        assert (await phone.get(new)).status_code == 404


async def test_language_switch_stays_on_the_page(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    await add_phone(clara, "generic", "Zweisprachig")
    await clara.page.get_by_role("button", name="EN", exact=True).click()
    await expect(clara.at("device-title")).to_have_text("Zweisprachig")
    await expect(clara.at("device-setup")).to_have_text("Set up and check")
    await clara.page.go_back()
    await expect(clara.at("new-device")).to_be_visible()
