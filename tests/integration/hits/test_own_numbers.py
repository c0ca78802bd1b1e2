"""The names of a company's own numbers: saved by an administrator, shown with calls to them."""

from typing import Any

import pytest

from support.stack.installation import Installation
from support.tenant.browser import signed_in
from support.tenant.company import Company


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


ZENTRALE = {"number": "089 999980", "name": "Zentrale"}


def named(number: str) -> dict[str, str]:
    return {"number": number, "name": "Empfang"}


async def test_called_number_is_named_in_history_and_frames(
    installation: Installation, company: Company
) -> None:
    own = {"own_numbers": [ZENTRALE]}
    saved = await installation.ask("PATCH", "/api/tenant", company.admin.token, own)
    assert saved.json()["own_numbers"] == [ZENTRALE]
    fields = {"extension": "21", "number": "03023125202", "called": "+4989999980"}
    anna = await installation.make_user(company.tenant)
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        call = await company.phone.post_hits("ringing", call_id="a84b4c76", **fields)
        frame = await browser.expect_call(call)
    entry = await installation.logged(company.admin.token, call, phase="ringing")
    for shown in (frame, entry):
        assert (shown["called"]["e164"], shown["called_name"]) == ("+4989999980", "Zentrale")
    (listed,) = (await installation.get("/api/calls", company.admin.token))["items"]
    assert listed["called_name"] == "Zentrale"


@pytest.mark.parametrize(
    ("own_numbers", "field", "code"),
    [
        ([ZENTRALE, named("keine")], "own_numbers.1.number", "own-number-unreadable"),
        ([named("anonymous")], "own_numbers.0.number", "own-number-unreadable"),
        ([ZENTRALE, named("+4989999980")], "own_numbers.1.number", "own-number-repeated"),
        ([{"number": "089 999980", "name": " "}], "own_numbers.0.name", "string-too-short"),
        ([{"number": "089 999980"}], "own_numbers.0.name", "missing"),
        ([{**ZENTRALE, "role": "x"}], "own_numbers.0.role", "extra-forbidden"),
        ([ZENTRALE] * 201, "own_numbers", "too-long"),
    ],
)
async def test_own_numbers_that_are_wrong_are_refused(
    installation: Installation, company: Company, own_numbers: Any, field: str, code: str
) -> None:
    changes = {"own_numbers": own_numbers}
    answer = await installation.ask("PATCH", "/api/tenant", company.admin.token, changes)
    assert answer.status_code == 422
    problem = answer.json()["errors"][0]
    assert (problem["field"], problem["code"]) == (field, code)
    kept = await installation.get("/api/tenant", company.admin.token)
    assert kept["own_numbers"] == []


async def test_ignored_numbers_are_checked_and_saved(
    installation: Installation, company: Company
) -> None:
    door = {"number": "030 23125299", "name": "Tür"}
    for wrong, code in ((named("keine"), "unreadable"), ({**door, "name": "T"}, "repeated")):
        changes = {"ignored_numbers": [door, wrong]}
        answer = await installation.ask("PATCH", "/api/tenant", company.admin.token, changes)
        problem = answer.json()["errors"][0]
        assert problem["code"] == f"own-number-{code}"
        assert problem["field"] == "ignored_numbers.1.number"
    changes = {"ignored_numbers": [door]}
    saved = await installation.ask("PATCH", "/api/tenant", company.admin.token, changes)
    assert saved.json()["ignored_numbers"] == [door]


async def test_own_number_is_read_by_the_profile_saved_with_it(
    installation: Installation, company: Company
) -> None:
    own = {"own_numbers": [{"number": "99998000", "name": "Zentrale"}]}
    profile = {"numbers": {"region": "DE", "area_code": "89"}}
    answer = await installation.ask("PATCH", "/api/tenant", company.admin.token, own | profile)
    assert answer.status_code == 200, answer.text
    fields = {"extension": "21", "number": "03023125203", "called": "08999998000"}
    call = await company.phone.post_hits("ringing", call_id="a84b4c77", **fields)
    entry = await installation.logged(company.admin.token, call, phase="ringing")
    assert entry["called_name"] == "Zentrale"
