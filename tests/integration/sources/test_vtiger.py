"""vtiger CRM is read module by module, and each of its records becomes one of the directory."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from softphone_matcher.directory.record import Record
from softphone_matcher.outbound import vtiger as outbound_vtiger
from softphone_matcher.outbound.vtiger import service_address
from softphone_matcher.sources.kinds import beginning_of
from support.stack.import_site import KilledError
from support.stack.source_site import SourceSite
from support.vtiger.crm import VtigerCrm, settings
from support.vtiger.query_language import QueryError, parse
from support.web_client import web_client


async def records(site: SourceSite) -> dict[str, Record]:
    """The records of the source by their ids in the CRM."""
    found = dict[str, Record]()
    after = None
    while True:
        page = await site.directory.list_ids("acme", "crm", after, 500)
        for each in page.items:
            record = await site.directory.get("acme", each.ids[0])
            assert record is not None
            found[record.host_id] = record
        after = page.next
        if after is None:
            return found


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
    number = person.partition("x")[2]
    link = f"{vtiger.url}/index.php?module=Contacts&view=Detail&record={number}"
    assert found[person].url == link


async def test_fields_are_those_that_the_crm_describes(site: SourceSite, vtiger: VtigerCrm) -> None:
    vtiger.add_field("Contacts", "cf_852", "phone")
    vtiger.add_field("Contacts", "cf_853", "email")
    id_ = vtiger.add(
        "Contacts",
        lastname="O'Neil & Söhne",
        phone="089 99990001",
        mobile="0171 9999002",
        fax="089 99990003",
        cf_852="089 99990004",
        email="a@huber.example",
        cf_853="b@huber.example",
        mailingstreet="Hof 1\r\nHinterhaus",
        mailingzip="80331",
        mailingcity="München",
        mailingcountry="Deutschland",
        description="x" * 2500,
    )
    await site.store(settings(vtiger))
    await site.read()
    record = (await records(site))[id_]
    assert [(each.number, each.label) for each in record.numbers] == [
        ("089 99990001", "Office Phone"),
        ("0171 9999002", "Mobile Phone"),
        ("089 99990003", "Fax"),
        ("089 99990004", "Cf 852"),
    ]
    assert record.emails == ("a@huber.example", "b@huber.example")
    assert record.address == "Hof 1, Hinterhaus, 80331 München, Deutschland"
    assert (record.name, len(record.note), record.note[-2:]) == ("O'Neil & Söhne", 2000, "x…")


async def test_record_with_many_numbers_has_all_of_them(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    for n in range(20):
        vtiger.add_field("Contacts", f"cf_{n}", "phone")
    numbers = {f"cf_{n}": f"089 99990{n:03d}" for n in range(20)}
    id_ = vtiger.add("Contacts", lastname="Huber", **numbers)
    await site.store(settings(vtiger))
    await site.read()
    found = (await records(site))[id_]
    assert [each.number for each in found.numbers] == list(numbers.values())


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


async def test_row_deleted_while_reading_moves_no_other(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(250)
    pages = iter(range(9))

    async def deletes() -> None:
        if next(pages, None) == 1:  # behind the page of Accounts and the first of Contacts
            for id_ in ids[:30]:
                vtiger.remove(id_)

    site.fetches.before_page = deletes
    await site.store(settings(vtiger))
    await site.read()
    assert (await site.latest()).created == 250
    assert {*ids} == {*await records(site)}


@pytest.mark.parametrize("hidden", [1, 99, 100, 101, 230, 320])
async def test_rows_that_the_user_may_not_see_end_no_module(
    site: SourceSite, vtiger: VtigerCrm, hidden: int
) -> None:
    ids = vtiger.add_contacts(330)
    vtiger.hide(*ids[5 : 5 + hidden])
    await site.store(settings(vtiger))
    await site.read()
    assert ((await site.latest()).state, (await site.latest()).code) == ("finished", "")
    assert {*await records(site)} == {*ids} - {*ids[5 : 5 + hidden]}


async def test_killed_reader_is_followed_by_one_with_its_own_session(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(350)
    pages = iter(range(9))

    async def dies() -> None:
        if next(pages, None) == 3:
            raise KilledError

    site.fetches.before_page = dies
    await site.store(settings(vtiger))
    killed = site.reader()
    await killed.take()
    with pytest.raises(KilledError):
        await killed.finish()
    site.move(61)
    await site.read()
    assert ((await site.latest()).state, vtiger.logins) == ("finished", 2)
    assert {*ids} == {*await records(site)}
    read = [text for text in vtiger.queries if text.startswith("select * from Contacts")]
    # the page that was not stored is read again, and no other
    assert (len(read), len({*read})) == (6, 5)


async def test_sample_shows_records_of_all_modules(site: SourceSite, vtiger: VtigerCrm) -> None:
    vtiger.add("Accounts", accountname="Huber GmbH")
    vtiger.add_contacts(40)
    source = await site.store(settings(vtiger))
    reader = site.readers().open(source)
    open_file = await reader.sample()
    await reader.close()
    rows = list(open_file().rows(site.numbers, beginning_of(source).mapping))
    assert [type(row).__name__ for row in rows] == ["ImportedRow"] * 26


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://crm.example.com", "https://crm.example.com/webservice.php"),
        ("https://crm.example.com/", "https://crm.example.com/webservice.php"),
        ("https://crm.example.com/webservice.php", "https://crm.example.com/webservice.php"),
        ("https://example.com/crm", "https://example.com/crm/webservice.php"),
        ("https://example.com/crm/", "https://example.com/crm/webservice.php"),
        ("https://example.com/crm/index.php?x=1#a", "https://example.com/crm/webservice.php"),
    ],
)
def test_address_of_the_start_page_leads_to_the_service(address: str, expected: str) -> None:
    assert service_address(address) == expected


@pytest.mark.parametrize(
    "text",
    [
        "select * from Contacts",
        "select * from Contacts where (id > '12x1');",
        "select * from Contacts order by id, limit 0,100;",
        "select * from Contacts where lastname = '';",
        "select count(id) from Contacts;",
        "select * from Contacts limit 0,100; select * from Leads;",
        "select * from Contacts limit 0,100 order by id;",
    ],
)
def test_language_of_the_crm_of_the_tests_is_strict(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


async def test_crm_of_the_tests_answers_at_most_100_rows(vtiger: VtigerCrm) -> None:
    vtiger.add_contacts(150)
    vtiger.sessions.add("s")
    for limit in ("", "limit 500", "limit 0,500"):
        query = f"select id from Contacts {limit};"
        sent: dict[str, Any] = {"operation": "query", "sessionName": "s", "query": query}
        async with web_client() as client:
            answer = await client.get(f"{vtiger.url}/webservice.php", params=sent)
        assert len(answer.json()["result"]) == 100


async def test_answers_are_decoded_outside_of_the_event_loop(
    site: SourceSite, vtiger: VtigerCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set[int]()

    def noted(body: bytes) -> object:
        threads.add(threading.get_ident())
        return json.loads(body)

    vtiger.add_contacts(1)
    monkeypatch.setattr(outbound_vtiger, "json", SimpleNamespace(loads=noted))
    await site.store(settings(vtiger))
    await site.read()
    assert (await site.latest()).created == 1
    assert threads
    assert threading.get_ident() not in threads
