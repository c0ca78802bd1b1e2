"""The settings of a company: their choices, their versions, and tries of numbers over HTTP."""

import pytest

from softphone_testing.activation_codes import code
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company


@pytest.fixture
async def company(installation: Installation) -> Company:
    return await installation.make_company()


async def test_choices_are_listed_without_a_token(installation: Installation) -> None:
    regions = (await installation.ask("GET", "/api/regions")).json()["items"]
    assert {"region": "CH", "country_code": 41, "name_de": "Schweiz", "name_en": "Switzerland"} in (
        regions
    )
    assert "Europe/Berlin" in (await installation.ask("GET", "/api/time-zones")).json()["items"]


@pytest.mark.parametrize("region", ["Schweiz", "Sc", "sc", "S", ""])
async def test_text_that_is_no_country_is_refused(
    installation: Installation, company: Company, region: str
) -> None:
    changes = {"numbers": {"region": region}}
    answer = await installation.ask("PATCH", "/api/tenant", company.admin.token, changes)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("numbers.region", "region-unknown")


async def test_change_of_an_outdated_version_is_refused(
    installation: Installation, company: Company
) -> None:
    first = await installation.ask("GET", "/api/tenant", company.admin.token)
    based = {"If-Match": first.headers["ETag"]}
    token = company.admin.token
    renamed = await installation.ask(
        "PATCH", "/api/tenant", token, {"name": "Huber AG"}, headers=based
    )
    assert renamed.status_code == 200, renamed.text
    assert renamed.headers["ETag"] != first.headers["ETag"]
    assert renamed.json()["updated_at"] >= first.json()["updated_at"]
    for tag in (based["If-Match"], "1", '"x"', f"W/{based['If-Match']}"):
        late = await installation.ask(
            "PATCH", "/api/tenant", token, {"name": "Huber KG"}, headers={"If-Match": tag}
        )
        assert (late.status_code, late.json()["code"]) == (412, "tenant-changed")
    assert (await installation.get("/api/tenant", token))["name"] == "Huber AG"


@pytest.mark.parametrize("form", ["{}", "W/{}", "*"])
async def test_change_of_the_present_version_is_stored(
    installation: Installation, company: Company, form: str
) -> None:
    tag = (await installation.ask("GET", "/api/tenant", company.admin.token)).headers["ETag"]
    answer = await installation.ask(
        "PATCH",
        "/api/tenant",
        company.admin.token,
        {"name": "Huber AG"},
        headers={"If-Match": form.format(tag)},
    )
    assert answer.status_code == 200, answer.text


async def test_creation_is_repeated_and_takes_no_other_id(installation: Installation) -> None:
    tenant = "new-company"
    body: Json = {"name": "Neu GmbH", "activation_code": code(tenant)}

    async def put(fields: Json) -> tuple[int, str | None]:
        answer = await installation.ask(
            "PUT",
            f"/api/tenants/{tenant}",
            installation.operator,
            fields,
            headers={"If-None-Match": "*"},
        )
        return answer.status_code, answer.json().get("code")

    assert await put(body) == (200, None)
    assert await put(body) == (200, None)
    assert await put({**body, "name": "Alt GmbH"}) == (412, "tenant-exists")
    stored = await installation.get("/api/tenant", installation.token(tenant))
    assert (stored["name"], stored["version"], stored["state"]) == ("Neu GmbH", 1, "active")


async def test_number_is_tried_with_settings_that_are_not_saved(
    installation: Installation, company: Company
) -> None:
    path, token = "/api/tenant/try-number", company.admin.token
    local = {"number": "99998001"}
    read = await installation.post(path, token, local)
    assert (read["number"]["kind"], read["code"]) == ("invalid", "number-without-area-code")
    proposed = {"numbers": {"region": "DE", "area_code": "89"}}
    read = await installation.post(path, token, local | proposed)
    assert (read["number"]["e164"], read["link"]) == ("+498999998001", "tel:+498999998001")
    assert (await installation.get("/api/tenant", token))["numbers"]["area_code"] == ""
