"""All services are replaced while phones call: no hit gets another answer than 202."""

from containers.product import company_in
from containers.project import Project
from faults.load import Load

HITS_PER_SECOND = 50
SERVICES = ("ingest", "matcher", "calllog", "notifier", "janitor")


async def test_no_hit_is_refused_while_all_services_are_replaced(project: Project) -> None:
    before = await ids(project)
    async with company_in(project) as company:
        async with Load([company], HITS_PER_SECOND).on():
            await project.script("roll")
        refused = [line for line in await hits(project) if '"status":202' not in line]
        assert (company.phone.refused, company.phone.unanswered) == (0, 0), refused
        assert refused == []
        await company.until_logged()
    after = await ids(project)
    for service in SERVICES:
        assert len(after[service]) == len(before[service]), service
        assert not after[service] & before[service], service
    assert before["rabbitmq"] == after["rabbitmq"]


async def hits(project: Project) -> list[str]:
    """The gateway's log lines about hits."""
    return [line for line in (await project.logs("gateway")).splitlines() if '"/hit/' in line]


async def ids(project: Project) -> dict[str, set[str]]:
    """The ids of the containers of each service."""
    result: dict[str, set[str]] = {}
    for row in await project.containers():
        result.setdefault(row["Service"], set()).add(row["ID"])
    return result
