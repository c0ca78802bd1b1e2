"""The settings of a company: country and time zone from lists, numbers tried, changes of two."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Route, expect

from e2e.conftest import Facts, OpenPage
from e2e.test_devices import ENGLISH
from softphone_common.process.clock import utc_now

Tenant = dict[str, Any]
OWN = ("name", "time_zone", "numbers", "popup", "record_url", "own_extensions")


@pytest.fixture
async def tenant(admin: httpx.AsyncClient) -> AsyncIterator[Tenant]:
    """The company as it was before the test, which it is again afterwards."""
    before: Tenant = (await admin.get("/api/tenant")).raise_for_status().json()
    yield before
    fields = {name: before[name] for name in OWN}
    (await admin.patch("/api/tenant", json=fields)).raise_for_status()


async def stored(admin: httpx.AsyncClient) -> Tenant:
    tenant: Tenant = (await admin.get("/api/tenant")).raise_for_status().json()
    return tenant


@pytest.mark.usefixtures("tenant")
async def test_country_and_time_zone_are_chosen_from_lists(
    open_page: OpenPage, admin: httpx.AsyncClient
) -> None:
    clara = await open_page("admin")
    await clara.open("settings")
    form = clara.at("company-form")
    await form.get_by_test_id("name").fill("Huber AG")
    await form.get_by_test_id("region").select_option("Schweiz (+41)")
    await form.get_by_test_id("time_zone").select_option("Europe/Zurich")
    await form.get_by_test_id("save").click()
    await expect(form.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await clara.picture("company")
    changed = await stored(admin)
    assert (changed["name"], changed["time_zone"]) == ("Huber AG", "Europe/Zurich")
    assert changed["numbers"]["region"] == "CH"
    await clara.page.reload()
    await expect(form.get_by_test_id("region")).to_have_value("CH")


@pytest.mark.usefixtures("tenant")
async def test_company_settings_are_checked_and_saved(open_page: OpenPage) -> None:
    clara = await open_page("admin", **ENGLISH)
    clara.expected.append("422")
    await clara.open("settings")
    company, numbers, activation = (
        clara.at(f"{name}-form") for name in ("company", "numbers", "activation")
    )
    area_code, longest = clara.at("numbers.area_code"), clara.at("numbers.extension_max_len")
    before = await longest.input_value()
    for field, wrong, right in ((area_code, "xx", "89"), (longest, "99", before)):
        await field.fill(wrong)
        await numbers.get_by_test_id("save").click()
        error = clara.at(f"error-{await field.get_attribute('data-testid')}")
        await expect(error).to_be_visible()
        await field.fill(right)
        await numbers.get_by_test_id("save").click()
        await expect(error).to_be_hidden()
    await expect(numbers.get_by_test_id("form-note")).to_have_text("Saved.")
    await company.get_by_test_id("region").select_option("Austria (+43)")
    await company.get_by_test_id("save").click()
    await expect(company.get_by_test_id("form-note")).to_have_text("Saved.")
    await expect(clara.at("activation-state")).to_contain_text("active")
    await expect(clara.at("activation-state")).to_contain_text("25 users")
    await expect(clara.at("activation-state")).to_contain_text("valid until")
    await activation.get_by_test_id("code").fill("not a code")
    await activation.get_by_test_id("save").click()
    await expect(clara.at("error-code")).to_contain_text("not an activation code")
    await activation.get_by_test_id("code").fill("")  # a reload asks about unsaved input

    await clara.page.reload()
    await expect(company.get_by_test_id("region")).to_have_value("AT")
    await expect(area_code).to_have_value("89")
    await expect(longest).to_have_value(before)
    await area_code.fill("")
    await numbers.get_by_test_id("save").click()
    await expect(numbers.get_by_test_id("form-note")).to_have_text("Saved.")


@pytest.mark.usefixtures("tenant")
async def test_saved_note_goes_away_when_another_form_fails(open_page: OpenPage) -> None:
    clara = await open_page("admin")
    clara.expected.append("422")
    await clara.open("settings")
    company, calls = clara.at("company-form"), clara.at("calls-form")
    await company.get_by_test_id("name").fill("Huber KG")
    await company.get_by_test_id("save").click()
    await expect(company.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    await calls.get_by_test_id("record_url").fill("javascript:alert(1)")
    await calls.get_by_test_id("save").click()
    await expect(calls.get_by_test_id("error-record_url")).to_be_visible()
    await expect(company.get_by_test_id("form-note")).to_have_text("")


@pytest.mark.usefixtures("tenant")
async def test_number_is_tried_with_values_that_are_not_saved(
    open_page: OpenPage, admin: httpx.AsyncClient
) -> None:
    clara = await open_page("admin")
    await clara.open("settings")
    trial = clara.at("try-form")
    await trial.get_by_test_id("number").fill("99998123")
    await clara.at("numbers.area_code").fill("89")
    await trial.get_by_test_id("save").click()
    await expect(clara.at("tried")).to_contain_text("+49 89 99998123")
    await expect(clara.at("tried")).to_contain_text("Nummer im Telefonnetz")
    assert (await stored(admin))["numbers"]["area_code"] == ""
    await clara.at("numbers-form").get_by_test_id("save").click()
    await expect(clara.at("numbers-form").get_by_test_id("form-note")).to_have_text("Gespeichert.")
    assert (await stored(admin))["numbers"]["area_code"] == "89"


@pytest.mark.usefixtures("tenant")
async def test_other_change_of_another_administrator_is_kept(
    open_page: OpenPage, admin: httpx.AsyncClient
) -> None:
    clara = await open_page("admin")
    clara.expected.append("412")
    await clara.open("settings")
    form = clara.at("company-form")
    await form.get_by_test_id("name").fill("Huber OHG")
    (await admin.patch("/api/tenant", json={"time_zone": "Europe/Vienna"})).raise_for_status()
    await form.get_by_test_id("region").select_option("AT")
    await form.get_by_test_id("save").click()
    note = form.get_by_test_id("form-note")
    await expect(note).to_contain_text("Zeitzone: Europe/Vienna")
    await expect(form.get_by_test_id("name")).to_have_value("Huber OHG")
    assert (await stored(admin))["time_zone"] == "Europe/Vienna"
    calls = clara.at("calls-form")
    (await admin.patch("/api/tenant", json={"name": "Huber & Co"})).raise_for_status()
    await calls.get_by_test_id("own_extensions").check()
    await calls.get_by_test_id("save").click()
    await expect(calls.get_by_test_id("form-note")).to_have_text("Gespeichert.")
    changed = await stored(admin)
    assert (changed["name"], changed["own_extensions"]) == ("Huber & Co", True)


async def test_activation_that_ends_soon_is_shown_on_all_pages(
    onebox: Facts, open_page: OpenPage
) -> None:
    """The answer of the server is replaced, since no test has the key of the demo's codes."""
    clara = await open_page(None)

    async def ends_soon(route: Route) -> None:
        answer = await route.fetch()
        tenant: Tenant = await answer.json()
        soon = (utc_now() + timedelta(days=3)).isoformat()
        tenant["activation"]["expires_at"] = soon
        await route.fulfill(response=answer, json=tenant)

    await clara.page.route("**/api/tenant", ends_soon)
    await clara.sign_in("admin")
    await expect(clara.at("activation-banner")).to_contain_text("Freischaltung Ihrer Firma endet")
    await clara.picture("activation-banner")
    await clara.open("people")
    await expect(clara.at("activation-banner")).to_be_visible()
    await clara.at("activation-banner").get_by_role("link").click()
    await expect(clara.at("activation-form")).to_be_visible()
    anna = await open_page("anna")
    await expect(anna.at("activation-banner")).to_be_hidden()
