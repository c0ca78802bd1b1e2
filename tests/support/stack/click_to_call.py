"""Waiting for the calls of clicks, and for a second ingest that takes clicks."""

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company


async def entries(installation: Installation, company: Company, *calls: str) -> list[Json]:
    """Waits until the log holds exactly these calls, and returns their entries."""

    async def exactly() -> list[Json]:
        logged = await installation.calls(company.admin.token)
        assert sorted(call["id"] for call in logged) == sorted(calls)
        return logged

    return await until(exactly, what=f"{len(calls)} entries")


async def until_loaded_by(ingest: Installation, company: Company) -> None:
    """Returns when another ingest has loaded its tenants and devices."""

    async def is_loaded() -> bool:
        tenant = await ingest.ask("GET", "/api/tenant", company.admin.token)
        device = await ingest.phone(company.phone.key).hit("unknown")
        return (tenant.status_code, device.status_code) == (200, 422)

    await until(ingest.is_listening, what="the other ingest")
    await until(is_loaded, what="its tenants and devices")
