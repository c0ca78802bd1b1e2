"""The preview of a file of contacts at a running installation."""

from support.stack.full_company import make_full_company
from support.stack.installation import Installation

PATH = "/api/directory/imports/preview"
HEADER = "Nachname;Telefon\r\n"


async def test_file_over_the_usual_body_is_previewed(installation: Installation) -> None:
    company = await make_full_company(installation)
    content = HEADER + "Neumann;08999998001\r\n" * 10_000
    assert len(content) > 65_536
    answer = await installation.ask("POST", PATH, company.admin.token, content=content.encode())
    assert answer.status_code == 200, answer.text
    [number] = answer.json()["rows"][0]["numbers"]
    assert number["keys"] == ["+498999998001"]
    before = await installation.get("/api/directory/records", company.admin.token)
    assert "Neumann" not in str(before["items"])


async def test_file_of_somebody_without_the_role_is_not_read(installation: Installation) -> None:
    company = await make_full_company(installation)
    for token, status in ((None, 401), (company.user.token, 403)):
        answer = await installation.ask("POST", PATH, token, content=HEADER.encode())
        assert answer.status_code == status


async def test_file_over_the_limit_of_uploads_is_refused(installation: Installation) -> None:
    company = await make_full_company(installation)
    content = HEADER.encode() * 600_000
    answer = await installation.ask("POST", PATH, company.admin.token, content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
