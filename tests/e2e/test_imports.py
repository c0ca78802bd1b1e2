"""A file of contacts with every kind of damage: its preview, its import and its report."""

import csv
import io
from pathlib import Path

import httpx
import pytest
from playwright.async_api import FilePayload, expect

from e2e.conftest import OpenPage
from e2e.page import DeskPage

HEADER = "Name;Firma;Telefon;E-Mail;Notiz;Kunde seit;Id"
ROWS = (
    "Müller-Özdemir, Jürgen;Müller GmbH;089 99998301;j@mueller.example;;2019;q1",
    ";Öztürk & Söhne;089 99998302 / 089 99998303;;;2020;q2",
    "Gerundet;;4,98E+11;;;;q3",
    "Gerechnet;;-49899999830;;;;q4",
    ";;089 99998305;;;;q5",
    "Ohne Klammeraffe;;089 99998306;info.mueller.example;;;q6",
    'Formel;;089 99998307;=HYPERLINK("http://evil.example");;;q7',
    "Fehler;;089 99998308;;#NAME?;;q8",
    "Noch einmal;;089 99998309;;;;q1",
    f"{'lang' * 60};;089 99998310;;;;q10",
    "Verrutscht;;089 99998311;;a;b;c;d",
    'Offen;;089 99998312;;"ohne Ende;;q12',
    "Schön, Änne;;089 99998313;;;;q13",
)
DAMAGED = {
    4: "gerundet",
    5: "als Formel ausgerechnet",
    6: "Name und Firma fehlen",
    7: "keine E-Mail-Adresse",
    8: "keine E-Mail-Adresse",
    9: "Fehler einer Formel",
    10: "schon eine frühere Zeile",
    11: "länger als 200 Zeichen",
    12: "mehr Zellen als die Kopfzeile",
    13: "Anführungszeichen",
}
"""Words of the sentence about each damaged row, by its line in the file."""
SOURCE = "Excel von Jürgen"


def file(*rows: str, name: str = "kontakte.csv") -> FilePayload:
    """The rows as Excel saves them on Windows."""
    content = "\r\n".join((HEADER, *rows, "")).encode("cp1252")
    return {"name": name, "mimeType": "text/csv", "buffer": content}


async def choose(desk: DeskPage, chosen: FilePayload, source: str = SOURCE) -> None:
    await desk.at("import-source").fill(source)
    await desk.at("import-file").set_input_files(chosen)
    await expect(desk.at("import-preview")).to_be_visible()


async def begin(desk: DeskPage, state: str = "finished") -> None:
    """Starts the import, and waits until the page shows its end by itself."""
    await desk.at("import-start").click()
    await expect(desk.at("import-preview")).to_have_count(0)
    await expect(desk.at("import-run")).to_have_attribute("data-state", state)


async def counts(desk: DeskPage, **expected: int) -> None:
    for name, number in expected.items():
        await expect(desk.at(f"import-{name}")).to_have_text(str(number))


@pytest.fixture
async def clara(open_page: OpenPage, admin: httpx.AsyncClient) -> DeskPage:
    """An administrator at the imports."""
    desk = await open_page("admin")
    await desk.open("directory")
    await desk.at("record-imports").click()
    await expect(desk.at("import-form")).to_be_visible()
    return desk


async def remove(admin: httpx.AsyncClient, source: str = SOURCE) -> None:
    """Takes the records of the test away, for other tests."""
    query = {"source": source, "inactive": "true", "limit": "200"}
    listed = (await admin.get("/api/directory/records", params=query)).raise_for_status().json()
    for record in listed["items"]:
        (await admin.delete(f"/api/directory/records/{record['id']}")).raise_for_status()


async def test_damaged_file_is_previewed_imported_and_reported(
    clara: DeskPage, admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    await choose(clara, file(*ROWS))
    for row, words in DAMAGED.items():
        problem = clara.page.locator(f"[data-testid=import-problem][data-row='{row}']")
        await expect(problem).to_contain_text(words)
    await expect(clara.at("import-problem")).to_have_count(len(DAMAGED))
    shown = clara.at("import-row")
    await expect(shown).to_have_count(3)
    await expect(shown.first).to_contain_text("Müller-Özdemir, Jürgen")
    await expect(shown.nth(1)).to_contain_text("+498999998302, +498999998303")
    # another encoding shows other letters, and the right one is a choice away
    await clara.at("import-encoding").select_option("cp850")
    await expect(shown.first).not_to_contain_text("Jürgen")
    await clara.at("import-encoding").select_option("cp1252")
    await expect(shown.first).to_contain_text("Jürgen")
    column = clara.page.locator("[data-key='Kunde seit']")
    await expect(column.get_by_test_id("import-becomes")).to_have_value("")
    await expect(column).to_contain_text("2019")
    await column.get_by_test_id("import-becomes").select_option("tags")
    await expect(column.get_by_test_id("import-becomes")).to_have_value("tags")

    await begin(clara)
    await counts(clara, created=3, updated=0, rejected=len(DAMAGED))
    async with clara.page.expect_download() as downloading:
        await clara.at("import-report").click()
    saved = tmp_path / "report.csv"
    await (await downloading.value).save_as(saved)
    text = saved.read_bytes().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert header == ["Zeile", "Spalte", "Grund", "Text in der Datei"]
    assert {int(row[0]): DAMAGED[int(row[0])] in row[2] for row in rows} == dict.fromkeys(
        DAMAGED, True
    )
    by_row = {row[0]: row[3] for row in rows}
    assert by_row["8"] == '\'=HYPERLINK("http://evil.example")'
    assert by_row["5"] == "'-49899999830"
    await clara.at("records-back").click()
    await clara.at("search").fill("öztürk")
    found = clara.at("record-row")
    await expect(found).to_have_count(1)
    await found.get_by_test_id("record-open").click()
    await expect(clara.at("record-page")).to_contain_text("2020")
    await remove(admin)


async def test_columns_of_a_source_are_remembered_and_rows_unchanged(
    clara: DeskPage, admin: httpx.AsyncClient
) -> None:
    source = "Kassensystem"
    await choose(clara, file(ROWS[0], ROWS[-1]), source)
    await expect(clara.at("import-sound")).to_contain_text("2 Zeilen gelesen")
    becomes = clara.page.locator("[data-key='Kunde seit']").get_by_test_id("import-becomes")
    await becomes.select_option("note")
    await begin(clara)
    await counts(clara, created=2, unchanged=0)
    await choose(clara, file(ROWS[0], ROWS[-1]), source)
    await expect(clara.at("import-mapped")).to_contain_text(source)
    await expect(becomes).to_have_value("note")
    await begin(clara)
    await counts(clara, created=0, updated=0, unchanged=2, rejected=0)
    await expect(clara.at("import-earlier").first).to_contain_text("kontakte.csv")
    await remove(admin, source)


async def test_complete_file_asks_before_many_records_go(
    clara: DeskPage, admin: httpx.AsyncClient
) -> None:
    source = "Vereinsliste"
    await choose(clara, file(ROWS[0], ROWS[-1]), source)
    await begin(clara)
    for answer, left in (("keep", 2), ("confirm", 1)):
        await choose(clara, file(ROWS[0]), source)
        await clara.at("import-complete").check()
        await begin(clara, "held")
        held = "Einträge dieser Herkunft fehlen: 1 von 2"
        await expect(clara.at("import-state")).to_contain_text(held)
        await clara.at(f"import-{answer}").click()
        ended = "finished" if answer == "confirm" else "cancelled"
        await expect(clara.at("import-run")).to_have_attribute("data-state", ended)
        listed = await admin.get("/api/directory/records", params={"source": source})
        assert len(listed.json()["items"]) == left
    await counts(clara, removed=1)
    await remove(admin, source)


async def test_file_that_is_none_is_refused_in_words(clara: DeskPage) -> None:
    clara.expected.append("422")
    picture: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\0\0"}
    await clara.at("import-source").fill("x")
    await clara.at("import-file").set_input_files(picture)
    await expect(clara.at("import-failure")).to_contain_text("weder CSV noch XLSX noch vCard")
    await expect(clara.at("import-start")).to_have_count(0)


async def test_file_is_imported_by_the_keyboard_alone(
    clara: DeskPage, admin: httpx.AsyncClient
) -> None:
    source = "Tastatur"
    await choose(clara, file(ROWS[0]), source)
    await clara.at("import-complete").focus()
    await clara.page.keyboard.press("Tab")
    await expect(clara.at("import-start")).to_be_focused()
    await clara.page.keyboard.press("Enter")
    await expect(clara.at("import-run")).to_have_attribute("data-state", "finished")
    await expect(clara.page.locator("#import-run-title")).to_be_focused()
    await remove(admin, source)


async def test_user_without_the_role_finds_no_imports(open_page: OpenPage) -> None:
    anna = await open_page("anna")
    await anna.open("directory")
    await expect(anna.at("records-count")).not_to_be_empty()
    await expect(anna.at("record-imports")).to_have_count(0)
    await anna.page.goto("/#/directory/imports")
    await expect(anna.at("imports")).to_have_count(0)
