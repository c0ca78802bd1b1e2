"""SIGKILL in the middle of an import: another matcher ends it, and every row counts once."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from softphone_testing.processes import ServiceFleet, ServiceProcess
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import Json, bearer
from support.tenant.company import company_of

PATH = "/api/directory/imports"
ROWS = 3000
ENVIRONMENT = {
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


async def test_import_of_a_killed_matcher_is_ended_by_another(
    fleet: ServiceFleet, tmp_path: Path
) -> None:
    async with company_of(fleet) as company, httpx.AsyncClient(timeout=30) as client:
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
        other = ServiceProcess("matcher", fleet.env, tmp_path, log="other-matcher")
        await other.start()
        try:
            assert (await shown(other))["rows_read"] < ROWS, "the import has ended too early"

            async def has_ended() -> bool:
                return bool((await shown(other))["state"] == "finished")

            await until(has_ended, what="the end of the import")
            run = await shown(other)
            counts = [run[name] for name in ("rows_read", "created", "updated", "unchanged")]
            assert (counts, run["rejected"]) == ([ROWS + 1, ROWS, 0, 0], 1)
            assert [problem["code"] for problem in run["problems"]] == ["name-missing"]
        finally:
            await other.stop()
