"""Imports of files over HTTP, without a server."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from softphone_common.bus.bus import Bus
from softphone_common.contracts.problem_codes import FIELD_PROBLEMS, PROBLEMS
from softphone_common.http import app as http_app
from softphone_common.http.auth import caller
from softphone_matcher.runs.report import as_text, report, sentence
from softphone_matcher.runs.routes import IMPORT, ImportApi
from softphone_matcher.runs.run import RowProblem
from softphone_testing.installation_keys import checked_tokens
from softphone_testing.memory.imports.mappings import MemoryMappings
from support.stack.import_site import ImportSite
from support.store_contracts.runs import RunOfAnotherRelease, stored_run
from support.write_limits import read_limit, write_limit
from unit.matcher.conftest import caller_of

PATH = IMPORT.removeprefix("POST ")
ROWS = "Name;Telefon;Mail\nHuber;089 99998001;\nMaier;4,98E+11;\nKurz;;=1+1\n"


@pytest.fixture
def site(bus: Bus) -> ImportSite:
    """The stores of a matcher."""
    return ImportSite(bus)


@pytest.fixture
async def client(site: ImportSite) -> AsyncIterator[httpx.AsyncClient]:
    """The routes of imports; nobody works the runs off."""

    async def ready() -> dict[str, Any]:
        return {"ready": True}

    api = ImportApi(
        site.runs, MemoryMappings(), site.worker(), site.security, site.clock, site.settings
    )
    app = http_app.build(
        "matcher",
        [api.router],
        checked_tokens(),
        write_limit(),
        read_limit(),
        site.security,
        65_536,
        ready,
        uploads={IMPORT: site.settings.upload_max},
    )
    app.dependency_overrides[caller] = lambda: caller_of("admin")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def post(client: httpx.AsyncClient, data: bytes | str, **query: str) -> httpx.Response:
    content = data.encode() if isinstance(data, str) else data
    return await client.post(PATH, content=content, params={"source": "outlook", **query})


async def test_import_is_accepted_worked_off_and_reported(
    client: httpx.AsyncClient, site: ImportSite
) -> None:
    accepted = await post(client, ROWS.encode("cp1252"), file="kontakte.csv")
    assert accepted.status_code == 202, accepted.text
    run = accepted.json()
    assert (run["state"], run["rows_read"], run["requested_by"]) == ("waiting", 0, "anna")
    assert (run["source"], run["file"], run["kind"]) == ("outlook", "kontakte.csv", "csv")
    assert run["mapping"]["name"] == ["Name"]
    assert not {"tenant", "actor", "planned"} & run.keys()

    await site.worker().work_next()
    shown = (await client.get(f"{PATH}/{run['id']}")).json()
    assert (shown["state"], shown["created"], shown["rejected"]) == ("finished", 1, 2)
    rounded = {"row": 3, "field": "numbers", "code": "number-rounded", "column": "Telefon"}
    assert shown["problems"][0] == {**rounded, "text": "4,98E+11", "params": {}}
    listed = (await client.get(PATH)).json()
    assert [each["id"] for each in listed["items"]] == [run["id"]]

    answer = await client.get(f"{PATH}/{run['id']}/report")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="import-')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["row", "column", "field", "code", "sentence", "value"]
    assert rows[1][:4] == ["3", "Telefon", "numbers", "number-rounded"]
    assert rows[1][4:] == ["Telefon has lost digits in a spreadsheet", "4,98E+11"]
    assert rows[2][3:] == ["email-invalid", "Mail is not an e-mail address", "'=1+1"]
    (record,) = await site.names()
    assert record == "Huber"


async def test_mapping_is_used_again_for_its_source(client: httpx.AsyncClient) -> None:
    data = "Wer;Telefon\nHuber;089 99998001\n"
    mapping = json.dumps({"name": ["Wer"]})
    chosen = (await post(client, data, mapping=mapping)).json()["mapping"]
    again = (await post(client, data)).json()["mapping"]
    assert (chosen["name"], chosen["numbers"]) == (["Wer"], [])
    assert again == chosen


async def test_file_without_a_column_leaves_the_mapping_of_its_source(
    client: httpx.AsyncClient, site: ImportSite
) -> None:
    data = "Wer;Telefon\nHuber;089 99998001\n"
    mapping = json.dumps({"name": ["Wer"], "note": ["Telefon"]})
    chosen = (await post(client, data, mapping=mapping)).json()["mapping"]
    guessed = (await post(client, "Name;Mobil\nHuber;0151 99998001\n")).json()["mapping"]
    assert guessed["name"] == ["Name"]
    await site.worker().work_next()
    assert (await post(client, data)).json()["mapping"] == chosen


async def test_cancelled_import_cannot_be_cancelled_again(client: httpx.AsyncClient) -> None:
    run = (await post(client, ROWS)).json()["id"]
    assert (await client.delete(f"{PATH}/{run}")).json()["state"] == "cancelled"
    again = await client.delete(f"{PATH}/{run}")
    assert (again.status_code, again.json()["code"]) == (409, "import-ended")


async def test_held_import_is_confirmed_once(client: httpx.AsyncClient, site: ImportSite) -> None:
    rows = "Name;Telefon\nHuber;089 99998001\nMaier;089 99998002\n"
    await post(client, rows)
    await site.worker().work_next()
    site.move(1)
    run = (await post(client, rows.removesuffix("Maier;089 99998002\n"), complete="true")).json()
    await site.worker().work_next()
    path = f"{PATH}/{run['id']}"
    shown = (await client.get(path)).json()
    assert (shown["state"], shown["code"], shown["complete"]) == (
        "held",
        "import-absent-many",
        True,
    )
    assert shown["params"] == {"absent": 1, "records": 2, "rows": 0}
    assert (await client.post(f"{path}/confirm")).json()["state"] == "waiting"
    refused = await client.post(f"{path}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "import-not-held")
    await site.worker().work_next()
    assert await site.names() == ["Huber"]


async def test_held_import_with_a_later_file_is_not_confirmed(
    client: httpx.AsyncClient, site: ImportSite
) -> None:
    rows = "Name;Telefon\nHuber;089 99998001\nMaier;089 99998002\n"
    runs = []
    for data, complete in ((rows, "false"), ("Name\nHuber\n", "true")):
        runs.append((await post(client, data, complete=complete)).json()["id"])
        await site.worker().work_next()
        site.move(1)
    await post(client, rows)
    refused = await client.post(f"{PATH}/{runs[1]}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "import-superseded")
    assert len(await site.names()) == 2


async def test_held_imports_leave_room_for_others(
    client: httpx.AsyncClient, site: ImportSite
) -> None:
    held = []
    for source in ("outlook", "crm"):
        rows = "Name;Telefon\nHuber;089 99998001\nMaier;089 99998002\n"
        await post(client, rows, source=source)
        await site.worker().work_next()
        site.move(1)
        run = await post(client, "Name\nHuber\n", source=source, complete="true")
        await site.worker().work_next()
        site.move(1)
        held.append(run.json()["id"])
    later = await post(client, ROWS, source="crm")
    assert later.status_code == 202, later.text
    await site.worker().work_next()
    runs = [(await client.get(f"{PATH}/{id_}")).json() for id_ in held]
    assert [(run["state"], run["code"]) for run in runs] == [
        ("held", "import-absent-many"),
        ("finished", "import-removal-superseded"),
    ]


async def test_import_of_another_release_hides_no_other(
    client: httpx.AsyncClient, site: ImportSite
) -> None:
    await site.add("a", ROWS)
    stored = stored_run("b", 9, complete=True).model_dump() | {"kind": "ods", "state": "held"}
    await site.runs.add(RunOfAnotherRelease(**stored), b"x", 9)
    listed = (await client.get(PATH)).json()["items"]
    assert [(run["id"], run["state"], run["kind"]) for run in listed] == [
        ("b", "unknown", None),
        ("a", "waiting", "csv"),
    ]
    shown = (await client.get(f"{PATH}/b")).json()
    assert (shown["state"], shown["code"]) == ("unknown", "import-of-another-release")
    assert (await client.get(f"{PATH}/b/report")).status_code == 200
    refused = await client.post(f"{PATH}/b/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "import-not-held")
    assert (await client.delete(f"{PATH}/b")).json()["state"] == "unknown"


async def test_tenant_has_a_limited_number_of_open_imports(client: httpx.AsyncClient) -> None:
    runs = [(await post(client, ROWS)).json()["id"] for _ in range(2)]
    refused = await post(client, ROWS)
    assert (refused.status_code, refused.json()["code"]) == (409, "imports-full")
    await client.delete(f"{PATH}/{runs[0]}")
    assert (await post(client, ROWS)).status_code == 202


@pytest.mark.parametrize(
    ("data", "query", "status", "code"),
    [
        (b"", {}, 422, "file-empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0", {}, 422, "file-kind-unknown"),
        (b"Name\nx\n", {"mapping": '{"name": ["Firma"]}'}, 422, "column-unknown"),
        (b"Name\nx\n", {"mapping": "{"}, 422, "json-invalid"),
        (b"Name\nx\n", {"source": ""}, 422, "request-invalid"),
        (b"Name\nx\n" * 20_000, {}, 413, "body-too-large"),
    ],
)
async def test_file_that_cannot_be_read_makes_no_import(
    client: httpx.AsyncClient, data: bytes, query: dict[str, str], status: int, code: str
) -> None:
    refused = await post(client, data, **query)
    codes = {refused.json()["code"], *(each["code"] for each in refused.json().get("errors", ()))}
    assert (refused.status_code, code in codes) == (status, True), refused.text
    assert (await client.get(PATH)).json()["items"] == []


@pytest.mark.parametrize("path", ["", "/report"])
async def test_unknown_import_is_not_shown(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{PATH}/none{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "import-unknown")


@pytest.mark.parametrize("text", ["=1+1", "+4989", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"])
def test_report_computes_no_text_of_the_file(text: str) -> None:
    problem = RowProblem(row=2, field="name", code="text-damaged", column=text, text=text)
    (_, cells) = csv.reader(io.StringIO(report([problem])), delimiter=";")
    assert cells[1] == cells[5] == f"'{text}" == as_text(text)
    assert cells[4].startswith("'")
    assert as_text("089 - 1") == "089 - 1"


@pytest.mark.parametrize("code", [*FIELD_PROBLEMS, "string-too-short", "an-unknown-code"])
def test_report_has_a_sentence_for_each_code(code: str) -> None:
    assert sentence(RowProblem(row=1, field="name", code=code)).startswith("name ")
    assert code not in PROBLEMS
