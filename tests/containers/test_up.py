"""The installation of compose.yaml as its users meet it: used, scaled and started again."""

from collections.abc import AsyncIterator

import pytest

from containers.product import company_in
from containers.project import Project
from support.tenant.company import LISTED, UNLISTED, Company
from support.tenant.traffic import traffic_of
from support.web_client import web_client


@pytest.fixture(scope="module")
async def company(project: Project) -> AsyncIterator[Company]:
    async with company_in(project) as company:
        yield company


async def test_all_containers_are_healthy_and_setup_has_ended(project: Project) -> None:
    rows = await project.containers()
    states = {row["Service"]: row["Health"] or row["State"] for row in rows}
    assert {states.pop(name) for name in ("replica-set", "setup")} == {"exited"}
    assert set(states.values()) == {"healthy"}
    assert {row["ExitCode"] for row in rows} == {0}


async def test_first_operator_signs_in_with_the_password_made_for_it(project: Project) -> None:
    password = project.secret("operator_password")
    credentials = {"tenant": "operator", "login": "operator", "password": password}
    async with web_client(project.url) as client:
        session = (await client.post("/api/session", json=credentials)).raise_for_status().json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        tenants = await client.get("/api/tenants", headers=headers)
        assert tenants.status_code == 200, tenants.text
        page = await client.get("/")
        assert page.headers["content-type"].startswith("text/html")


async def test_call_pops_up_and_is_logged_with_its_record(company: Company) -> None:
    async with company.browser() as browser:
        known, unknown = company.new_call(LISTED), company.new_call(UNLISTED[0])
        for call in (known, unknown):
            await call.send_all()
        await browser.pops_up(known, [company.record])
        await browser.pops_up(unknown)
    await company.until_logged()


async def test_third_ingest_comes_and_goes_while_calls_go_on(
    project: Project, company: Company
) -> None:
    async with traffic_of(company) as traffic:
        await project.up("ingest", "--scale", "ingest=3", "--no-recreate")
        ingests = [row for row in await project.containers() if row["Service"] == "ingest"]
        assert [row["Health"] for row in ingests] == ["healthy"] * 3
        await traffic.more(20)
        await project.up("ingest", "--scale", "ingest=2", "--no-recreate")
        await traffic.more(20)
    await company.until_logged()


async def test_calls_are_still_there_after_down_and_up(project: Project, company: Company) -> None:
    await company.make_calls(5)
    await company.until_logged()
    await project.compose("down", "--timeout", "30")
    assert await project.containers() == []
    await project.up()
    await company.make_call()
    await company.until_logged()
