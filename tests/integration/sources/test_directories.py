"""A directory is read over LDAP to its end and saved, or nothing of it is."""

from typing import Any

import pytest

from softphone_testing.memory.imports.fetches import MemoryFetches
from support.crm import names
from support.slapd import (
    ENTRIES_OF_LIMITED,
    LIMITED,
    PASSWORD,
    PEOPLE,
    USER,
    Slapd,
    people,
    person,
    settings,
)
from support.stack.import_site import KilledError
from support.stack.source_site import RETRY_SECONDS, SourceSite

BOUND = {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD}
LEAN: dict[str, Any] = {"name": ["givenName", "sn"], "host_id": "uid"}
"""A mapping of few columns, so that the people of three pages are a small file."""
THREE_PAGES = 1010
REFERRAL = f"""
dn: ou=elsewhere,{PEOPLE}
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://elsewhere.example:389/ou=elsewhere,{PEOPLE}
"""


async def failure(site: SourceSite) -> tuple[str, str, dict[str, Any]]:
    """The state of the latest run, and the reason."""
    run = await site.latest()
    return run.state, run.code, run.params


async def read_thrice(site: SourceSite) -> None:
    """Reads a source until a reason that may pass has passed, or is final."""
    for _ in range(4):
        await site.read()
        site.move(RETRY_SECONDS * 8)


async def test_all_pages_of_a_directory_are_saved(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(THREE_PAGES))
    await site.add_source("/whole", **settings(slapd, **BOUND, mapping=LEAN))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.created) == ("finished", "", THREE_PAGES)
    assert ((await site.stored()).fetch or run).model_dump()["pages"] == 3
    assert sorted(await site.names()) == names(THREE_PAGES)
    await site.due()
    await site.read()
    assert (await site.latest()).unchanged == THREE_PAGES


async def test_entry_has_the_texts_of_its_attributes(site: SourceSite, slapd: Slapd) -> None:
    entry = person(1) | {
        "mobile": ["+49 170 99990001", "+49 170 99990002"],
        "mail": ["a@huber.example", "b@huber.example"],
        "o": ["Bäckerei Huber"],
    }
    await slapd.start([entry], anonymous="read")
    await site.add_source("/whole", **settings(slapd))
    await site.read()
    page = await site.directory.list_ids("acme", "directory", None, 5)
    record = await site.directory.get("acme", page.items[0].ids[0])
    assert record is not None
    assert [(n.number, n.label) for n in record.numbers] == [
        ("+49 89 9999 0001", "work"),
        ("+49 170 99990001", ""),
        ("+49 170 99990002", ""),
    ]
    assert record.emails == ("a@huber.example", "b@huber.example")
    assert (record.name, record.organization) == ("Huber 1", "Bäckerei Huber")
    assert record.host_id == entry["entryUUID"][0]


async def test_entry_that_the_directory_lacks_is_removed(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(40))
    await site.add_source("/whole", **settings(slapd, **BOUND))
    await site.read()
    await slapd.remove(7, 8)
    await slapd.replace(9, givenName="Maier")
    await site.due()
    await site.read()
    run = await site.latest()
    assert (run.state, run.removed, run.updated, run.unchanged) == ("finished", 2, 1, 37)


async def test_directory_that_is_away_changes_nothing(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(3))
    await site.add_source("/whole", **settings(slapd, **BOUND))
    await site.read()
    await slapd.stop()
    await site.due()
    await read_thrice(site)
    host = {"host": f"127.0.0.1:{slapd.port}"}
    assert await failure(site) == ("failed", "source-unreachable", host)
    assert len(await site.names()) == 3


async def test_search_without_entries_removes_nothing(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(3))
    await site.add_source("/whole", **settings(slapd, **BOUND))
    await site.read()
    await slapd.remove(1, 2, 3)
    await site.due()
    await site.read()
    assert await failure(site) == ("failed", "source-empty", {})
    assert len(await site.names()) == 3


async def test_part_of_the_entries_removes_nothing(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(ENTRIES_OF_LIMITED + 5))
    await site.add_source("/whole", **settings(slapd, **BOUND))
    await site.read()
    limited = {**BOUND, "credentials_name": LIMITED}
    await site.add_source("/whole", id_="t", **settings(slapd, **limited, complete=True))
    await site.read()
    assert await failure(site) == ("failed", "source-size-limited", {})
    assert len(await site.names()) == ENTRIES_OF_LIMITED + 5


async def test_entries_that_the_user_lost_wait(site: SourceSite, slapd: Slapd) -> None:
    """A directory leaves out what its user may not read, and answers with success."""
    await slapd.start(people(40))
    await site.add_source("/whole", **settings(slapd, **BOUND))
    await site.read()
    await slapd.hide(f'dn.regex="^uid=[1-5],{PEOPLE}$"')
    await site.due()
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.removed) == ("held", "import-absent-many", 0)
    assert sorted(await site.names()) == names(40)


@pytest.mark.parametrize("count", [3, 600])
async def test_ids_that_the_user_lost_change_nothing(
    site: SourceSite, slapd: Slapd, count: int
) -> None:
    await slapd.start(people(count))
    mapping = {**LEAN, "host_id": "entryUUID"}
    await site.add_source("/whole", **settings(slapd, **BOUND, mapping=mapping))
    await site.read()
    await slapd.hide("attrs=entryUUID")
    await site.due()
    await site.read()
    assert await failure(site) == ("failed", "source-entries-without-id", {"column": "entryUUID"})
    assert sorted(await site.names()) == names(count)


@pytest.mark.parametrize(
    ("changes", "code", "params"),
    [
        ({"secret": "wrong"}, "source-refused", {"status": 49}),
        ({"credentials_name": f"uid=nobody,{PEOPLE}"}, "source-refused", {"status": 49}),
        ({"base": f"ou=no,{PEOPLE}"}, "source-base-unknown", {"base": f"ou=no,{PEOPLE}"}),
        ({"credentials": "none"}, "source-base-unknown", {"base": PEOPLE}),
    ],
)
async def test_refusal_is_named_at_once(
    site: SourceSite, slapd: Slapd, changes: dict[str, Any], code: str, params: dict[str, Any]
) -> None:
    await slapd.start(people(3))
    await site.add_source("/whole", **settings(slapd, **{**BOUND, **changes}))
    await site.read()
    assert await failure(site) == ("failed", code, params)


async def test_entries_on_another_server_are_not_followed(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(3), more=REFERRAL)
    await site.add_source("/whole", **settings(slapd, **BOUND))
    await read_thrice(site)
    host = {"host": "elsewhere.example:389"}
    assert await failure(site) == ("failed", "source-leads-elsewhere", host)
    assert await site.names() == []


async def test_killed_reader_of_a_directory_begins_anew(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(THREE_PAGES))
    await site.add_source("/whole", **settings(slapd, **BOUND, mapping=LEAN))
    pages = iter(range(3))

    async def dies() -> None:
        if next(pages, None) == 2:
            raise KilledError

    site.fetches.before_page = dies
    killed = site.reader()
    await killed.take()
    with pytest.raises(KilledError):
        await killed.finish()
    assert (await site.latest()).fetched == 1000
    site.move(61)
    await slapd.remove(1)
    await site.read()
    run = await site.latest()
    assert (run.state, run.fetched) == ("finished", THREE_PAGES - 1)
    assert (run.created, run.rows_read) == (THREE_PAGES - 1, THREE_PAGES - 1)
    assert sorted(await site.names()) == names(THREE_PAGES - 1, 2)


async def test_connection_that_breaks_begins_anew(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(THREE_PAGES))
    await site.add_source("/whole", **settings(slapd, **BOUND, mapping=LEAN))
    pages = iter(range(2))

    async def breaks() -> None:
        if next(pages, None) == 1:
            await slapd.stop()
            await slapd.restart()

    site.fetches.before_page = breaks
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.fetched) == ("fetching", "source-unreachable", 1000)
    site.move(RETRY_SECONDS + 1)
    await site.read()
    run = await site.latest()
    assert (run.state, run.created, run.rows_read) == ("finished", THREE_PAGES, THREE_PAGES)


async def test_connection_that_breaks_each_time_is_given_up(site: SourceSite, slapd: Slapd) -> None:
    await slapd.start(people(600))
    await site.add_source("/whole", **settings(slapd, **BOUND, mapping=LEAN))

    async def breaks() -> None:
        await slapd.stop()
        await slapd.restart()

    site.fetches.before_page = breaks
    for _ in range(7):
        await site.read()
        site.move(RETRY_SECONDS * 8)
    assert await failure(site) == ("failed", "source-interrupted", {})
    assert isinstance(site.fetches, MemoryFetches)
    assert await site.runs.read_file((await site.latest()).id) is None
