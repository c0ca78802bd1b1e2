"""An administrator adds a CRM that is read by schedule, and sees how its runs end."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import expect

from e2e.conftest import OpenPage
from e2e.page import DeskPage
from e2e.tour import axe
from support.crm import PASSWORD, PERMITTED_PORT, USER, Crm, contacts
from support.vtiger.crm import KEY, VtigerCrm

NAME = "Unser CRM"
MAPPED = {
    "name.first": "name",
    "name.last": "name",
    "phones.0.number": "number:work",
    "mails": "emails",
    "id": "host_id",
}


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    """A CRM with 150 contacts on two pages, which asks for a password."""
    made = Crm(PERMITTED_PORT)
    made.records, made.password = contacts(150, name="Quelle"), PASSWORD
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def clara(open_page: OpenPage, admin: httpx.AsyncClient) -> AsyncIterator[DeskPage]:
    """An administrator at the imports, whose sources are removed afterwards."""
    desk = await open_page("admin")
    await desk.open("directory")
    await desk.at("record-imports").click()
    await expect(desk.at("sources")).to_be_visible()
    yield desk
    for source in (await admin.get("/api/directory/sources")).json()["items"]:
        await admin.delete(f"/api/directory/sources/{source['id']}")
    query = {"source": NAME, "inactive": "true", "limit": "200"}
    listed = (await admin.get("/api/directory/records", params=query)).raise_for_status().json()
    for record in listed["items"]:
        (await admin.delete(f"/api/directory/records/{record['id']}")).raise_for_status()


async def fill(desk: DeskPage, address: str, password: str = PASSWORD) -> None:
    """Fills the form in, but for the mapping."""
    await desk.at("source-name").fill(NAME)
    await desk.at("source-address").fill(address)
    await desk.at("source-items").fill("data.contacts")
    await desk.at("source-paging").select_option("page")
    await desk.at("source-parameter").fill("page")
    await desk.at("source-credentials").select_option("basic")
    await desk.at("source-credentials_name").fill(USER)
    await desk.at("source-secret").fill(password)


async def assign(desk: DeskPage, column: str, field: str) -> None:
    """Has a column become another field."""
    row = desk.page.locator(f"[data-key='{column}']")
    await row.get_by_test_id("import-becomes").select_option(field)


async def test_source_is_tested_added_read_and_removed(clara: DeskPage, crm: Crm) -> None:
    clara.expected.append("422")
    await clara.at("source-add").click()
    await expect(clara.page.locator("#source-form-title")).to_be_focused()
    await fill(clara, "https://crm.example.com/contacts")
    await clara.at("source-test").click()
    await expect(clara.at("source-failure")).to_contain_text("example.com ist nicht freigegeben")
    await clara.at("source-address").fill(f"{crm.url}/page")
    await clara.at("source-secret").fill("falsch")
    await clara.at("source-test").click()
    await expect(clara.at("source-failure")).to_contain_text("lehnt die Zugangsdaten ab")
    await clara.at("source-secret").fill(PASSWORD)
    await clara.at("source-test").click()
    await expect(clara.at("source-tested")).to_contain_text("Die Quelle antwortet")
    await assign(clara, "id", "")
    await clara.at("source-save").click()
    await expect(clara.at("source-failure")).to_contain_text("Es fehlt das Feld mit der Kennung")
    for column, field in MAPPED.items():
        await assign(clara, column, field)
    await clara.at("source-test").click()
    await expect(clara.at("import-row").first).to_contain_text("Quelle 1")
    await expect(clara.at("import-row").first).to_contain_text("+498999990001")
    await axe.load(clara.page)
    assert await axe.violations(clara.page) == []
    await clara.at("source-schedule").select_option("at")
    await clara.at("source-at").fill("03:15")
    await clara.at("source-save").click()
    await expect(clara.page.locator("#sources-title")).to_be_focused()
    row = clara.at("source")
    await expect(row).to_contain_text(NAME)
    await expect(row).to_contain_text("Täglich um 03:15")
    await expect(row).not_to_contain_text(PASSWORD)

    await clara.at("source-run").click()
    await expect(clara.at("import-run")).to_have_attribute("data-state", "finished")
    await expect(clara.at("import-created")).to_have_text("150")
    await expect(clara.at("source-state")).to_have_attribute("data-state", "finished")

    await clara.at("source-remove").click()
    await clara.at("source-remove-yes").click()
    await expect(clara.at("source")).to_have_count(0)


async def test_run_that_failed_says_why(clara: DeskPage, crm: Crm) -> None:
    await clara.at("source-add").click()
    await fill(clara, f"{crm.url}/page")
    await clara.at("source-test").click()
    await expect(clara.at("source-preview")).to_be_visible()
    await clara.at("source-schedule").select_option("")
    await clara.at("source-save").click()
    await expect(clara.at("source")).to_contain_text("Nur von Hand")
    crm.password = "another"
    await clara.at("source-run").click()
    state = clara.at("source-state")
    await expect(state).to_have_attribute("data-state", "failed")
    await expect(state).to_contain_text("lehnt die Zugangsdaten ab (Status 401)")
    await clara.at("source-change").click()
    await expect(clara.at("source-secret")).to_have_value("")
    await expect(clara.at("source-form")).to_contain_text("Ist gespeichert")
    await clara.at("source-close").click()
    await expect(clara.at("source-form")).to_have_count(0)


async def test_form_has_the_fields_of_the_kind_of_source(clara: DeskPage) -> None:
    own = {"json": "items", "vtiger": "partner_module", "ldap": "base"}
    await clara.at("source-add").click()
    for kind in ("ldap", "carddav", "vtiger", "json"):
        await clara.at("source-kind").select_option(kind)
        for each, field in own.items():
            await expect(clara.at(f"source-{field}")).to_have_count(int(each == kind))
        address = "ldaps://" if kind == "ldap" else "https://"
        await expect(clara.at("source-address")).to_have_value(address)
    await clara.at("source-kind").select_option("vtiger")
    await expect(clara.at("source-credentials")).to_have_count(0)
    await axe.load(clara.page)
    assert await axe.violations(clara.page) == []


async def test_crm_with_modules_of_its_own_is_read(clara: DeskPage) -> None:
    crm = VtigerCrm(PERMITTED_PORT)
    crm.add("Accounts", accountname="Modul GmbH", phone="089 99990001")
    for n in range(3):
        crm.add("Contacts", firstname="Modul", lastname=str(n), phone=f"089 9999001{n}")
    await crm.start()
    try:
        await clara.at("source-add").click()
        await clara.at("source-kind").select_option("vtiger")
        await clara.at("source-name").fill(NAME)
        await clara.at("source-address").fill(crm.url)
        await clara.at("source-credentials_name").fill(USER)
        await clara.at("source-secret").fill(KEY)
        await clara.at("source-test").click()
        await expect(clara.at("source-tested")).to_have_text("Die Quelle antwortet.")
        await expect(clara.at("import-row").first).to_contain_text("Modul")
        await expect(clara.at("import-becomes")).to_have_count(0)
        await clara.at("source-save").click()
        await expect(clara.at("source")).to_contain_text("vtiger CRM oder CRM+")
        await clara.at("source-run").click()
        await expect(clara.at("source-state")).to_have_attribute("data-state", "finished")
        await expect(clara.at("import-created")).to_have_text("4")
    finally:
        await crm.stop()
