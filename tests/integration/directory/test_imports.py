"""Imports of files at a running installation, on MongoDB."""

import asyncio

from pymongo import AsyncMongoClient

from softphone_testing.until import until
from support.product import Json
from support.stack.full_company import make_full_company
from support.stack.installation import Installation
from support.tenant.company import Company

PATH = "/api/directory/imports"
ROWS = 450  # more than two batches


def file(name: str = "Neumann") -> bytes:
    rows = (f"{name} {n};0899999{n:04d};n{n}\r\n" for n in range(ROWS))
    return ("Name;Telefon;Id\r\n" + "".join(rows)).encode("cp1252")


async def imported(installation: Installation, company: Company, data: bytes, **query: str) -> Json:
    """The import of this file after its end."""
    token, parameters = company.admin.token, {"source": "list", **query}
    answer = await installation.ask("POST", PATH, token, params=parameters, content=data)
    assert answer.status_code == 202, answer.text
    path = f"{PATH}/{answer.json()['id']}"

    async def ended() -> Json | None:
        run = await installation.get(path, token)
        return run if run["finished_at"] else None

    return await until(ended, what="the end of the import")


async def test_file_is_imported_once_and_again_unchanged(installation: Installation) -> None:
    company = await make_full_company(installation)
    token = company.admin.token
    first = await imported(installation, company, file() + b"Kurz;4,98E+11;k\r\n", file="liste.csv")
    counts = [first[name] for name in ("rows_read", "created", "unchanged", "rejected")]
    assert (first["state"], counts) == ("finished", [ROWS + 1, ROWS, 0, 1])
    found = await installation.get("/api/directory/matches", token, number="08999990017")
    assert [match["name"] for match in found["matches"]] == ["Neumann 17"]
    again = await imported(installation, company, file())
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, ROWS)
    report = await installation.ask("GET", f"{PATH}/{first['id']}/report", token)
    assert "number-rounded" in report.text
    assert len((await installation.get(PATH, token))["items"]) == 3


async def test_imports_of_tenants_do_not_meet(installation: Installation) -> None:
    ours, theirs = [await make_full_company(installation) for _ in range(2)]
    runs = await asyncio.gather(
        imported(installation, ours, file()), imported(installation, theirs, file("Kaiser"))
    )
    assert [run["created"] for run in runs] == [ROWS, ROWS]
    for company, name in ((ours, "Neumann 3"), (theirs, "Kaiser 3")):
        token = company.admin.token
        found = await installation.get("/api/directory/matches", token, number="08999990003")
        assert [match["name"] for match in found["matches"]] == [name]


async def test_import_of_somebody_without_the_role_is_not_read(
    installation: Installation,
) -> None:
    company = await make_full_company(installation)
    for token, status in ((None, 401), (company.user.token, 403)):
        answer = await installation.ask("POST", f"{PATH}?source=x", token, content=file())
        assert answer.status_code == status


async def test_file_is_removed_after_its_import(installation: Installation) -> None:
    company = await make_full_company(installation)
    run = await imported(installation, company, file())
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        files = client.get_default_database()["import_files"]
        assert await files.count_documents({"run": run["id"]}) == 0
