"""The settings of a source at vtiger CRM: their test, and what a change of them keeps."""

import pytest

from softphone_matcher.fetching.routes import SourceApi
from softphone_matcher.sources.source import SourceInput
from support.observations import at
from support.stack.source_site import SourceSite
from support.vtiger.crm import VtigerCrm, settings
from unit.matcher.conftest import caller_of


@pytest.fixture
def api(site: SourceSite, vtiger: VtigerCrm) -> SourceApi:
    """The routes of sources, which may call the CRM."""
    assert vtiger.port
    return SourceApi(
        site.sources,
        site.starter(),
        site.reader(),
        site.readers(),
        site.secrets,
        site.tenant,
        site.security,
        site.clock,
        site.settings.model_copy(update={"sources_max": 2}),
    )


async def test_test_of_vtiger_shows_records_of_its_own_mapping(
    api: SourceApi, vtiger: VtigerCrm
) -> None:
    vtiger.add("Accounts", accountname="Huber GmbH", phone="089 99990001")
    vtiger.add("Contacts", lastname="Huber", mobile="0171 9999001")
    order = SourceInput.model_validate(settings(vtiger))
    preview = await api.test_source(order, caller_of("admin"))
    assert [(row.type, row.name) for row in preview.rows] == [
        ("organization", "Huber GmbH"),
        ("contact", "Huber"),
    ]
    numbers = [(each.label, each.keys) for row in preview.rows for each in row.numbers]
    assert numbers == [
        ("Office Phone", ("+498999990001",)),
        ("Mobile Phone", ("+491719999001",)),
    ]


async def test_change_keeps_the_modules_of_the_same_crm(
    api: SourceApi, site: SourceSite, vtiger: VtigerCrm
) -> None:
    order = SourceInput.model_validate(settings(vtiger))
    made = await api.create_source(order, caller_of("admin"))
    stored = (await site.sources.list_all("acme"))[0]
    marks = {"Contacts": "2026-11-30 09:00:00"}
    read = stored.model_copy(update={"marks": marks, "read_at": at(0)})
    await site.sources.note(read, "r1", None)
    for address, expected in ((order.address, marks), (f"{vtiger.url}/crm/", {})):
        changed = order.model_copy(update={"address": address})
        await api.change_source(made.id, changed, caller_of("admin"))
        now = (await site.sources.list_all("acme"))[0]
        assert (now.marks, now.read_at) == (expected, None)
