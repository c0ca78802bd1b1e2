"""SIGKILL in the middle of an import: another matcher ends it, and every row counts once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.real_servers import RealServer
from softphone_testing.servers.ports import free_port
from softphone_testing.until import until
from support.crm import Crm, contacts, settings
from support.product import Json, bearer
from support.tenant.company import company_of
from support.web_client import web_client

PATH = "/api/directory/imports"
SOURCES = "/api/directory/sources"
ROWS = 3000
CRM_PORT = free_port()
ENVIRONMENT = {
    "SOFTPHONE_SOURCE_HOSTS": f"127.0.0.1:{CRM_PORT}",
    "SOFTPHONE_SOURCE_ANSWER_SECONDS": "10",
    "SOFTPHONE_IMPORT_LEASE_SECONDS": "20",
    "SOFTPHONE_IMPORT_CHECK_SECONDS": "0.2",
}


@pytest.fixture
async def fleet(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer, tmp_path: Path
) -> AsyncIterator[ServiceFleet]:
    servers = (rabbitmq.url, mongodb.url, redis_server.url)
    services = ServiceFleet(*servers, tmp_path, ENVIRONMENT)
    async with services.running():
        yield services


@asynccontextmanager
async def another(fleet: ServiceFleet, tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    """A second matcher of the same fleet."""
    process = ServiceProcess("matcher", fleet.env, tmp_path, log="other-matcher")
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def test_import_of_a_killed_matcher_is_ended_by_another(
    fleet: ServiceFleet, tmp_path: Path
) -> None:
    async with company_of(fleet) as company, web_client(timeout=30) as client:
        headers = bearer(company.admin.token)
        rows = "".join(f"Neumann {n};0899{n:07d};{n}\n" for n in range(ROWS))
        first = fleet["matcher"]
        sent = await client.post(
            f"{first.url}{PATH}?source=list",
            headers=headers,
            content=f"Name;Telefon;Id\n{rows};089 99998001;no name\n",
        )
        path = f"{PATH}/{sent.raise_for_status().json()['id']}"

        async def shown(process: ServiceProcess) -> Json:
            answer = await client.get(f"{process.url}{path}", headers=headers)
            return dict(answer.raise_for_status().json())

        async def has_begun() -> bool:
            return bool((await shown(first))["rows_read"] > 0)

        await until(has_begun, what="the first batch")
        await first.kill()
        async with another(fleet, tmp_path) as other:
            assert (await shown(other))["rows_read"] < ROWS, "the import has ended too early"

            async def has_ended() -> bool:
                return bool((await shown(other))["state"] == "finished")

            await until(has_ended, what="the end of the import")
            run = await shown(other)
            counts = [run[name] for name in ("rows_read", "created", "updated", "unchanged")]
            assert (counts, run["rejected"]) == ([ROWS + 1, ROWS, 0, 0], 1)
            assert [problem["code"] for problem in run["problems"]] == ["name-missing"]


async def test_source_of_a_killed_matcher_is_read_on_by_another(
    fleet: ServiceFleet, tmp_path: Path
) -> None:
    crm, on_second_page, released = Crm(CRM_PORT), asyncio.Event(), asyncio.Event()
    crm.records = contacts(250)

    async def late() -> AsyncIterator[bytes]:
        on_second_page.set()
        await released.wait()
        yield b"{}"

    def answer(request: Request) -> Response | None:
        waits = request.query_params.get("page") == "2" and not on_second_page.is_set()
        return StreamingResponse(late()) if waits else None

    crm.answer = answer
    await crm.start()
    try:
        async with company_of(fleet) as company, web_client(timeout=30) as client:
            headers = bearer(company.admin.token)
            first = fleet["matcher"]
            made = await client.post(f"{first.url}{SOURCES}", headers=headers, json=settings(crm))
            source = made.raise_for_status().json()["id"]
            begun = await client.post(f"{first.url}{SOURCES}/{source}/run", headers=headers)
            path = f"{PATH}/{begun.raise_for_status().json()['id']}"
            await asyncio.wait_for(on_second_page.wait(), 30)
            await first.kill()
            released.set()
            async with another(fleet, tmp_path) as other:

                async def ended() -> Json | None:
                    shown = await client.get(f"{other.url}{path}", headers=headers)
                    run: Json = shown.raise_for_status().json()
                    return run if run["finished_at"] else None

                run = await until(ended, what="the end of the run")
            assert (run["state"], run["fetched"], run["created"]) == ("finished", 250, 250)
            assert crm.paths == [f"/page?page={page}" for page in (1, 2, 2, 3, 4)]
    finally:
        released.set()
        await crm.stop()
