"""vtiger CRM is read module by module, and nothing is lost or removed by mistake."""

import pytest

from softphone_matcher.directory.record import Record
from support.stack.source_site import SourceSite
from support.vtiger.crm import VtigerCrm, settings


async def records(site: SourceSite) -> dict[str, Record]:
    """The records of the source by their ids in the CRM."""
    page = await site.directory.list_ids("acme", "crm", None, 500)
    stored = [await site.directory.get("acme", ids[0]) for ids in page.items]
    return {record.host_id: record for record in stored if record is not None}


async def test_modules_become_records_of_their_types(site: SourceSite, vtiger: VtigerCrm) -> None:
    vtiger.visible.append("Partners")
    company = vtiger.add("Accounts", accountname="Huber GmbH", phone="089 99990001")
    person = vtiger.add(
        "Contacts", firstname="Maria", lastname="Huber", account_id=company, mobile="0171 9999001"
    )
    lead = vtiger.add("Leads", firstname="Leo", lastname="Lang", company="Lang KG")
    supplier = vtiger.add("Vendors", vendorname="Papier AG", phone="089 99990004")
    partner = vtiger.add("Partners", partnername="Partner OHG", cf_901="089 99990005")
    await site.store(settings(vtiger, partner_module="Partners"))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.created, run.rejected) == ("finished", "", 5, 0)
    found = await records(site)
    assert {id_: (each.type, each.name) for id_, each in found.items()} == {
        company: ("organization", "Huber GmbH"),
        person: ("contact", "Maria Huber"),
        lead: ("lead", "Leo Lang"),
        supplier: ("supplier", "Papier AG"),
        partner: ("partner", "Partner OHG"),
    }
    assert (found[person].organization, found[lead].organization) == ("Huber GmbH", "Lang KG")
    assert [(n.number, n.label) for n in found[partner].numbers] == [("089 99990005", "Hotline")]
    number = person.partition("x")[2]
    link = f"{vtiger.url}/index.php?module=Contacts&view=Detail&record={number}"
    assert found[person].url == link


@pytest.mark.parametrize("many", [0, 1, 99, 100, 101, 250])
async def test_all_pages_of_a_module_are_saved(
    site: SourceSite, vtiger: VtigerCrm, many: int
) -> None:
    vtiger.add("Accounts", accountname="Huber GmbH")
    ids = vtiger.add_contacts(many)
    await site.store(settings(vtiger))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.created) == ("finished", "", many + 1)
    assert {*ids} <= {*await records(site)}
    assert vtiger.sessions == set()
