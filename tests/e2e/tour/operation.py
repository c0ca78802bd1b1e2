"""The pages of the operator: the state of the installation, tenants, dead letters."""

from dataclasses import replace

from playwright.async_api import expect

from e2e.tour.guide import Entries, Visit
from softphone_common.bus import topology
from softphone_common.bus.envelope import REASON_HEADER
from softphone_common.runtime.registry import service_names
from support.bus.broker import broker_channel
from support.bus.dead_letters import missed_call, put_message

OPERATION = Entries()
QUEUE = "calllog.call"
REASON = "ValueError: the database refused the document"


@OPERATION.entry("system", "operator")
async def system(at: Visit) -> None:
    await at.desk.open("system")
    await expect(at.desk.at("service")).to_have_count(len(service_names()))


@OPERATION.entry("system-fault", "operator")
async def system_fault(at: Visit) -> None:
    """The answer is replaced: all services of the installation are well."""
    await at.desk.page.route(
        "**/api/system/matcher", lambda route: route.fulfill(status=503, body="")
    )
    await at.desk.open("system")
    await expect(at.desk.page.locator("[data-kind=away]")).to_be_visible()


@OPERATION.entry("tenants", "operator")
async def tenants(at: Visit) -> None:
    await at.desk.open("tenants")
    await expect(at.desk.at("tenant-row").first).to_be_visible()


@OPERATION.entry("tenant-switch", "operator")
async def tenant_switch(at: Visit) -> None:
    await tenants(at)
    await at.desk.at("tenant-switch").first.click()
    await expect(at.desk.at("tenant-switch-yes")).to_be_visible()


@OPERATION.entry("tenant-new", "operator")
async def new_tenant(at: Visit) -> None:
    await tenants(at)
    await at.desk.at("tenant-add").click()
    await at.desk.at("tenant-name").fill("Rahm & Söhne GmbH")
    await at.desk.at("tenant-admin").fill("Rita Rahm")
    await at.desk.at("tenant-login").fill("rita")
    await expect(at.desk.at("tenant-id")).to_have_value("rahm-soehne")


@OPERATION.entry("dead-letters", "operator")
async def dead_letters(at: Visit) -> None:
    letters = at.desk.at("letter-row").filter(has_text=REASON)
    if not at.scenery.has_dead_letter:
        await _bury(at)
        at.scenery.has_dead_letter = True
    await at.desk.open("dead-letters")
    await letters.first.get_by_test_id("letter-open").click()
    await expect(letters.first.get_by_test_id("letter-body")).to_be_visible()


async def _bury(at: Visit) -> None:
    _, envelope = missed_call(at.scenery.facts["tenant"], "0221 4710701")
    headers = {**envelope.headers, REASON_HEADER: REASON}
    async with broker_channel(at.scenery.facts["broker"]) as channel:
        await put_message(channel, replace(envelope, headers=headers), topology.dead(QUEUE))
