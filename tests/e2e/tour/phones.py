"""The pages of phones: the list, a new one, and one with its addresses, requests and settings."""

import json
from typing import Any

from playwright.async_api import expect

from e2e.tour.account import to_top
from e2e.tour.guide import Entries, Visit

PHONES = Entries()
INSPECTED = "Türsprechstelle"
LISTED = "Empfang"
DOOR = "38"
"""The extension of the door, at which nobody sits."""


async def open_phone(at: Visit, name: str) -> None:
    await at.desk.page.goto(f"/#/phones/{at.scenery.devices[name]['id']}")
    await expect(at.desk.at("device-title")).to_have_text(name)
    await expect(at.desk.at("url-row").first).to_be_visible()


@PHONES.entry("phones", "admin")
async def phones(at: Visit) -> None:
    await at.desk.open("phones")
    await expect(at.desk.at("device-row").first).to_be_visible()


@PHONES.entry("phone-new", "admin")
async def new_phone(at: Visit) -> None:
    await at.desk.open("phones")
    await at.desk.at("device-add").click()
    await at.desk.at("preset-snom").check()
    await at.desk.at("name").fill("Werkstatt 2")
    await at.desk.at("extension").fill("35")


@PHONES.entry("phone-new-invalid", "admin")
async def new_phone_invalid(at: Visit) -> None:
    await at.desk.open("phones")
    await at.desk.at("device-add").click()
    await at.desk.at("preset-search").fill("no such make")
    await at.desk.at("save").click()
    await expect(at.desk.at("form-note")).not_to_be_empty()


@PHONES.entry("phone", "admin")
async def phone(at: Visit) -> None:
    await open_phone(at, LISTED)


@PHONES.entry("phone-test-call", "admin")
async def test_call(at: Visit) -> None:
    await open_phone(at, INSPECTED)
    await at.desk.at("test-extension").fill(DOOR)
    await at.desk.at("test-make").click()
    await expect(at.desk.at("test-shown")).to_have_attribute("data-state", "done")
    await to_top(at.desk.at("test-call"))


@PHONES.entry("phone-requests", "admin")
async def requests(at: Visit) -> None:
    """Sends one request that is understood and one that is not, and opens the second."""
    await open_phone(at, INSPECTED)
    shown = await at.desk.at("hit-row").count()
    client = at.scenery.phone.client
    path = f"/hit/{at.scenery.devices[INSPECTED]['key']}/missed"
    fields: list[dict[str, Any]] = [
        {"extension": DOOR, "number": "0221 4710701", "call_id": "tuer-17"},
        {"extension": DOOR, "rufnummer": "0221 4710701"},
    ]
    for values in fields:
        await client.get(path, params=values)
    await expect(at.desk.at("hit-row")).to_have_count(shown + 2)
    await at.desk.at("hit-open").first.click()
    await expect(at.desk.at("hit-wrong")).to_be_visible()
    await to_top(at.desk.at("inspector"))


@PHONES.entry("phone-settings", "admin")
async def settings(at: Visit) -> None:
    await open_phone(at, INSPECTED)
    await at.desk.at("device-settings").click()
    for name in ("lines", "dial"):
        await at.desk.at(f"fold-{name}").locator("summary").click()
    await at.desk.at("line-name").fill("tuer@pbx.example.de")
    await at.desk.at("line-extension").fill(DOOR)


@PHONES.entry("phone-dry-run", "admin")
async def dry_run(at: Visit) -> None:
    await open_phone(at, INSPECTED)
    await at.desk.at("device-settings").click()
    for name in ("advanced", "mapping"):
        await at.desk.at(f"fold-{name}").locator("summary").first.click()
    await at.desk.at("mapping").fill(json.dumps({"fields": {"number": "query.caller"}}, indent=2))
    request = "GET /ringing?extension=38&caller=08999998001 HTTP/1.1"
    await at.desk.at("trial-request").fill(request)
    await at.desk.at("try").click()
    await expect(at.desk.at("trial-result")).not_to_be_empty()
    await at.desk.at("trial-result").scroll_into_view_if_needed()
