"""Files that are everything of their source: the records they lack go, once that is certain."""

from dataclasses import asdict

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.record import Row, id_in_source
from softphone_matcher.runs.run import StoredRun
from support.observations import at
from support.stack.import_site import LEASE_SECONDS, QUOTES, ImportSite, KilledError, nothing

HEADER = "Name;Telefon;Id\n"


@pytest.fixture
async def site(bus: Bus) -> ImportSite:
    """A source with 100 records, and one that is of no source."""
    made = ImportSite(bus)
    await made.add("first", file(range(100)))
    assert await made.worker().work_next()
    own = {"type": "contact", "name": "Own", "numbers": []}
    await made.directory.add("acme", {**own, "changed_at": made.now})
    made.move(1)
    return made


def file(ids: range, more: str = "") -> str:
    return HEADER + "".join(f"Huber {n:03d};089 9999{n:04d};{n}\n" for n in ids) + more


async def imported(site: ImportSite, data: str, id_: str = "a") -> StoredRun:
    """The run of a complete file after it was worked off."""
    await site.add(id_, data, complete=True)
    assert await site.worker().work_next()
    return await site.run(id_)


async def in_bin(site: ImportSite) -> set[str]:
    page = await site.directory.list_deleted("acme", None, 500)
    return {record.name for record in page.items}


async def test_absent_records_go_to_the_bin(site: ImportSite) -> None:
    run = await imported(site, file(range(8, 110)))
    assert (run.state, run.absent, run.removed) == ("finished", 8, 8)
    assert (run.created, run.unchanged) == (10, 92)
    assert await in_bin(site) == {f"Huber {n:03d}" for n in range(8)}
    assert len(await site.names()) == 103
    again = await imported(site, file(range(8, 110)), "b")
    assert (again.unchanged, again.absent, again.removed) == (102, 0, 0)


async def test_merged_record_is_there_with_one_of_its_rows(site: ImportSite) -> None:
    source = (await site.run("first")).source
    ids = [id_in_source("acme", source, str(n)) for n in range(2)]
    merged = await site.directory.get("acme", ids[0])
    assert merged is not None
    rows = [asdict(Row(id_, source, "", "", {})) for id_ in ids]
    fields = fields_of(merged) | {"rows": rows, "changed_at": at(0)}
    await site.directory.replace("acme", merged, fields)
    run = await imported(site, file(range(1, 100)))
    assert (run.absent, await in_bin(site)) == (0, set())
    run = await imported(site, file(range(2, 100)), "b")
    assert (run.absent, await in_bin(site)) == (2, {"Huber 000", "Huber 001"})


async def test_merged_record_of_two_sources_is_removed_by_neither(site: ImportSite) -> None:
    source = (await site.run("first")).source
    own = id_in_source("acme", source, "0")
    merged = await site.directory.get("acme", own)
    assert merged is not None
    rows = [Row(own, source, "", "", {}), Row("of-another", "address book", "", "", {})]
    fields = fields_of(merged) | {"rows": [asdict(row) for row in rows], "changed_at": at(0)}
    await site.directory.replace("acme", merged, fields)
    run = await imported(site, file(range(1, 100)))
    assert (run.state, run.absent, await in_bin(site)) == ("finished", 0, set())


async def test_file_that_is_not_complete_removes_nothing(site: ImportSite) -> None:
    await site.add("a", file(range(99)))
    await site.worker().work_next()
    assert await in_bin(site) == set()


async def test_removal_of_many_is_held_until_confirmed(site: ImportSite) -> None:
    run = await imported(site, file(range(89)))
    assert (run.state, run.code, run.removed) == ("held", "import-absent-many", 0)
    assert (run.absent, run.params["records"]) == (11, 100)
    assert await in_bin(site) == set()
    assert not await site.worker().work_next()
    assert await site.runs.confirm("acme", "a", "clara")
    assert await site.worker().work_next()
    run = await site.run("a")
    assert (run.state, run.absent, run.removed) == ("finished", 11, 11)
    assert (run.rows_read, run.unchanged) == (89, 89)
    (one,) = {r.deleted_by for r in (await site.directory.list_deleted("acme", None, 9)).items}
    assert one == "clara"


async def test_removal_is_held_if_rows_were_rejected(site: ImportSite) -> None:
    run = await imported(site, file(range(99), "Huber 099;089 99998001\n"))
    assert (run.state, run.code) == ("held", "import-rows-rejected")
    assert (run.absent, run.rejected) == (1, 1)
    assert await in_bin(site) == set()


async def test_rejected_row_with_the_id_of_nobody_holds(site: ImportSite) -> None:
    run = await imported(site, file(range(99), "Huber 099;#NAME?;Gasse 1\n"))
    assert (run.state, run.code, run.params["rows"]) == ("held", "import-rows-rejected", 1)
    assert await in_bin(site) == set()


async def test_rejected_row_keeps_its_own_record_and_holds_no_other(site: ImportSite) -> None:
    run = await imported(site, file(range(98), "Huber 098;#NAME?;98\n"))
    assert (run.state, run.rejected, run.absent, run.removed) == ("finished", 1, 1, 1)
    assert await in_bin(site) == {"Huber 099"}


@pytest.mark.parametrize("data", [HEADER, f"{HEADER};089 99998001;7\n"])
async def test_file_without_a_record_removes_nothing(site: ImportSite, data: str) -> None:
    run = await imported(site, data)
    assert (run.state, run.code) == ("failed", "import-empty")
    assert await in_bin(site) == set()


async def test_file_with_a_damaged_end_removes_nothing(site: ImportSite) -> None:
    run = await imported(site, file(range(95), QUOTES))
    assert (run.state, run.code) == ("failed", "file-damaged")
    assert await in_bin(site) == set()


async def test_record_that_is_saved_meanwhile_stays(site: ImportSite) -> None:
    async def save() -> None:
        site.runs.before_write = nothing
        site.move(1)
        stored = await site.directory.get("acme", id_in_source("acme", "crm", "98"))
        assert stored is not None
        fields = fields_of(stored) | {"note": "New", "changed_at": site.now}
        assert await site.directory.replace("acme", stored, fields)

    site.runs.before_write = save
    run = await imported(site, file(range(98)))
    assert (run.state, run.absent, run.removed) == ("finished", 2, 1)
    assert await in_bin(site) == {"Huber 099"}


async def killed() -> None:
    """Ends the worker in front of a removal."""
    raise KilledError


async def test_killed_removal_goes_on(site: ImportSite) -> None:
    site.directory.before_removal = killed
    await site.add("a", file(range(95)), complete=True)
    with pytest.raises(KilledError):
        await site.worker().work_next()
    site.directory.before_removal = nothing
    site.move(LEASE_SECONDS + 1)
    assert await site.worker().work_next()
    run = await site.run("a")
    assert (run.state, run.rows_read, run.unchanged, run.removed) == ("finished", 95, 95, 5)


def digits(ids: range, short: range) -> str:
    """Rows without ids whose numbers lack a plus or a zero, some so short that they may be local.

    With an area code these are rejected, and nobody knows whose they are.
    """
    numbers = (f"94123{n:03d}" if n in short else f"49899999{n:04d}" for n in ids)
    rows = (f"Huber {n:03d};{number}\n" for n, number in zip(ids, numbers, strict=True))
    return "Name;Telefon\n" + "".join(rows)


async def site_of(bus: Bus, data: str) -> ImportSite:
    """A source whose records came with this file."""
    made = ImportSite(bus)
    await made.add("first", data)
    assert await made.worker().work_next()
    made.move(1)
    return made


async def test_confirmation_is_for_no_more_records(bus: Bus) -> None:
    site = await site_of(bus, digits(range(100), range(1, 30)))
    run = await imported(site, digits(range(80), range(1, 30)))
    assert (run.state, run.absent) == ("held", 20)
    site.numbers = NumberProfile(area_code="89")
    for absent in (49, 49):
        assert await site.runs.confirm("acme", "a", "clara")
        assert await in_bin(site) == set()
        assert await site.worker().work_next()
        run = await site.run("a")
        assert run.absent == absent
    assert (run.state, run.removed) == ("finished", 49)


async def test_rows_that_are_rejected_when_they_are_read_again_hold(bus: Bus) -> None:
    site = await site_of(bus, digits(range(100), range(7, 8)))
    site.directory.before_removal = killed
    await site.add("a", digits(range(95), range(7, 8)), complete=True)
    with pytest.raises(KilledError):
        await site.worker().work_next()
    site.directory.before_removal = nothing
    site.move(LEASE_SECONDS + 1)
    site.numbers = NumberProfile(area_code="89")
    assert await site.worker().work_next()
    run = await site.run("a")
    assert (run.state, run.code) == ("held", "import-rows-rejected")
    assert (run.absent, run.params["rows"]) == (6, 1)
    assert await in_bin(site) == set()


async def test_cancelled_removal_removes_nothing_more(site: ImportSite) -> None:
    async def cancel() -> None:
        assert await site.runs.cancel("acme", "a", site.now)

    site.runs.before_extension = cancel
    await site.add("a", file(range(95)), complete=True)
    await site.worker().work_next()
    assert (await site.run("a")).state == "cancelled"
    assert await in_bin(site) == set()
