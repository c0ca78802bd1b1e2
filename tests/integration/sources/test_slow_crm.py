"""A run whose CRM is slow is read by one worker, which has its lease for as long as it reads."""

import asyncio
from dataclasses import replace

import pytest

from softphone_common.process.clock import utc_now
from softphone_testing.until import until
from support.stack.source_site import SourceSite
from support.vtiger.crm import VtigerCrm, settings

LEASE_SECONDS = 1.2


@pytest.fixture(autouse=True)
def short_lease(site: SourceSite, vtiger: VtigerCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that end by the clock of this machine, shorter than the reading of a page."""
    monkeypatch.setattr(site, "clock", utc_now)
    site.limits = replace(site.limits, lease_seconds=LEASE_SECONDS)
    vtiger.visible = ["Contacts"]
    vtiger.add_contacts(3)


async def test_page_of_many_slow_answers_is_read_by_one_reader(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    vtiger.seconds = LEASE_SECONDS / 4
    await site.store(settings(vtiger))
    first, second = site.reader(), site.reader()
    await first.take()
    reading = asyncio.create_task(first.finish())
    while not reading.done():
        await second.take()
        await asyncio.sleep(0.05)
    await second.finish()
    assert (await site.stored()).state == "waiting"
    assert (vtiger.logins, (await site.stored()).fetched) == (1, 3)


async def test_reading_is_given_up_once_its_run_is_lost(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    site.permit(vtiger, answer_seconds=60)
    vtiger.seconds = 60
    await site.store(settings(vtiger))
    worker = site.reader()
    await worker.take()
    await until(lambda: bool(vtiger.paths), what="the first request")
    assert await site.runs.cancel("acme", (await site.latest()).id, site.now)
    async with asyncio.timeout(5 * LEASE_SECONDS):
        await worker.finish()
    assert len(vtiger.paths) == 1
