"""The directory: its list, one record, and the form of a record."""

from playwright.async_api import expect

from e2e.tour.account import to_top
from e2e.tour.guide import Entries, Visit

DIRECTORY = Entries()


@DIRECTORY.entry("directory", "lena")
async def directory(at: Visit) -> None:
    await at.desk.open("directory")
    await expect(at.desk.at("record-row").first).to_be_visible()


@DIRECTORY.entry("directory-found", "lena")
async def found(at: Visit) -> None:
    await at.desk.open("directory")
    await at.desk.at("search").fill("som")
    await expect(at.desk.at("record-row")).to_have_count(1)


@DIRECTORY.entry("directory-no-results", "lena")
async def no_results(at: Visit) -> None:
    await at.desk.page.goto("/#/directory?q=nobody+has+this+name&type=lead")
    await expect(at.desk.page.locator("sc-empty-state")).to_be_visible()


@DIRECTORY.entry("record", "lena")
async def record(at: Visit) -> None:
    await found(at)
    await at.desk.at("record-open").first.click()
    await expect(at.desk.at("record-title")).to_be_visible()
    await expect(at.desk.at("past-call").first).to_be_visible()


@DIRECTORY.entry("record-admin", "admin")
async def record_of_an_administrator(at: Visit) -> None:
    await record(at)
    await expect(at.desk.at("record-remove")).to_be_visible()


@DIRECTORY.entry("record-edit", "lena")
async def record_edit(at: Visit) -> None:
    await record(at)
    await at.desk.at("record-change").click()
    await expect(at.desk.at("record-form")).to_be_visible()


@DIRECTORY.entry("record-refused", "lena")
async def record_refused(at: Visit) -> None:
    """Sends a form with an e-mail address that is none."""
    await record_edit(at)
    await at.desk.at("emails").fill("katrin")
    await at.desk.at("save").click()
    await expect(at.desk.at("error-emails")).to_be_visible()
    await to_top(at.desk.at("record-form"))


@DIRECTORY.entry("record-new", "lena")
async def record_new(at: Visit) -> None:
    await at.desk.open("directory")
    await at.desk.at("record-add").click()
    form = at.desk.at("record-form")
    await form.get_by_test_id("name").fill("Peters, Paula")
    await form.get_by_test_id("line-name").fill("0221 4710702")
    await form.get_by_test_id("line-extension").fill("Mobil")
    await form.get_by_test_id("line-add").click()
    await form.get_by_test_id("record-more").click()


@DIRECTORY.entry("imports", "admin")
async def imports(at: Visit) -> None:
    """The choice of a file, and earlier imports."""
    await at.desk.open("directory")
    await at.desk.at("record-imports").click()
    await expect(at.desk.at("import-form")).to_be_visible()
    await expect(at.desk.at("import-earlier").first).to_be_visible()


@DIRECTORY.entry("imports-preview", "admin")
async def imports_preview(at: Visit) -> None:
    """A file with rows that are saved and others that are not."""
    await imports(at)
    rows = (
        "Name;Firma;Telefon;E-Mail;Kunde seit",
        "Sommer, Katrin;Praxis Dr. Sommer;0221 4710701;katrin@sommer.example;2019",
        "Berger, Jonas;;4,98E+11;;2020",
        ";;030 23125703;;2021",
    )
    content = "\r\n".join(rows).encode("cp1252")
    await at.desk.at("import-source").fill("Outlook")
    await at.desk.at("import-file").set_input_files(
        {"name": "kontakte.csv", "mimeType": "text/csv", "buffer": content}
    )
    await expect(at.desk.at("import-problem").first).to_be_visible()
    await to_top(at.desk.at("import-preview"))


@DIRECTORY.entry("imports-source", "admin")
async def imports_source(at: Visit) -> None:
    """The form of a scheduled source, here of a directory service."""
    await imports(at)
    await expect(at.desk.at("source")).to_contain_text("vtiger CRM")
    await at.desk.at("source-add").click()
    await at.desk.at("source-kind").select_option("ldap")
    await at.desk.at("source-name").fill("Mitarbeiter")
    await at.desk.at("source-address").fill("ldaps://ldap.example.com")
    await at.desk.at("source-base").fill("ou=people,dc=example,dc=com")
    await to_top(at.desk.at("source-form"))


@DIRECTORY.entry("imports-held", "admin")
async def imports_held(at: Visit) -> None:
    """A complete file that waits for the administrator, with a report."""
    await imports(at)
    await expect(at.desk.at("import-run")).to_have_attribute("data-state", "held")
    await to_top(at.desk.at("import-run"))


@DIRECTORY.entry("merge", "lena")
async def merge(at: Visit) -> None:
    """The records that may be the same person; one of them is sent by an application."""
    lead = {"type": "lead", "name": "Aydin, Selin", "note": "Interessiert an Wartung"}
    own = {"source": "Messe", "host_id": "17", "numbers": [{"number": "0171 3920071"}]}
    sent = await at.scenery.admin.put("/api/directory/records", json={"items": [lead | own]})
    sent.raise_for_status()
    await at.desk.open("directory")
    await at.desk.at("search").fill("Immobilien")
    await expect(at.desk.at("record-row")).to_have_count(1)
    await at.desk.at("record-open").first.click()
    await at.desk.at("record-merge").click()
    await expect(at.desk.at("merge-candidate")).to_have_count(1)


@DIRECTORY.entry("merge-compared", "lena")
async def merge_compared(at: Visit) -> None:
    await merge(at)
    await at.desk.at("merge-candidate").click()
    await expect(at.desk.at("merge-name-other")).to_be_visible()
