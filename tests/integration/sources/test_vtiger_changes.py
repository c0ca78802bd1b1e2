"""Between complete reads of vtiger CRM only changes are read, and none of them is lost."""

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from softphone_matcher.sources.source import Schedule
from support.stack.source_site import SourceSite
from support.vtiger.crm import VtigerCrm, settings

DAY = 86_400
OFTEN = {"schedule": {"every_minutes": 15}}


def contact_queries(vtiger: VtigerCrm) -> list[str]:
    """The queries for contacts, without those for their number and the latest change."""
    return [each for each in vtiger.queries if each.startswith("select * from Contacts")]


async def read_again(site: SourceSite, vtiger: VtigerCrm, minutes: float = 15) -> list[str]:
    """Reads the source after some minutes; returns the queries for contacts."""
    vtiger.move(60 * minutes)
    site.move(60 * minutes + 1)
    vtiger.operations.clear()
    await site.read()
    return contact_queries(vtiger)


async def names(site: SourceSite) -> list[str]:
    return sorted(await site.names())


async def test_changes_alone_are_read_until_the_next_day(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(250, seconds=1)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    vtiger.move(60)
    vtiger.change(ids[7], lastname="Anders")
    new = vtiger.add("Contacts", firstname="Neu", lastname="Hier")
    queries = await read_again(site, vtiger)
    assert all("modifiedtime >= " in each for each in queries)
    run = await site.latest()
    assert (run.state, run.complete, run.updated, run.created) == ("finished", False, 1, 1)
    # the one in the second of the mark is read again
    assert (run.fetched, run.unchanged) == (3, 1)
    assert {"Huber Anders", "Neu Hier"} < {*await names(site)}
    vtiger.remove(new)
    await read_again(site, vtiger)
    assert "Neu Hier" in await names(site)
    queries = await read_again(site, vtiger, 24 * 60)
    assert not any("modifiedtime" in each for each in queries)
    assert ((await site.latest()).complete, (await site.latest()).removed) == (True, 1)
    assert "Neu Hier" not in await names(site)


async def test_increment_without_a_change_ends_well(site: SourceSite, vtiger: VtigerCrm) -> None:
    (id_,) = vtiger.add_contacts(1)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    vtiger.move(60)
    vtiger.add("Leads", lastname="Lang")
    await read_again(site, vtiger)
    vtiger.remove(id_)
    for each in list(vtiger.modules["Leads"].rows):
        vtiger.remove(f"10x{each}")
    await read_again(site, vtiger)
    run = await site.latest()
    assert (run.state, run.code, run.fetched, run.rows_read) == ("finished", "", 0, 0)
    assert run.finished_at is not None
    assert await names(site) == ["Huber 1", "Lang"]


async def test_change_while_reading_is_read_by_the_next_run(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(150)
    pages: Iterator[int] = iter(range(9))

    async def changes() -> None:
        if next(pages, None) == 1:
            # behind the first page, a record on it is changed; then a record on the next one
            vtiger.move(10)
            vtiger.change(ids[0], lastname="Anders")
            vtiger.move(10)
            vtiger.change(ids[140], lastname="Zuletzt")

    site.fetches.before_page = changes
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    assert "Huber Anders" not in await names(site)
    assert "Huber Zuletzt" in await names(site)
    await read_again(site, vtiger)
    assert (await site.latest()).complete is False
    assert "Huber Anders" in await names(site)


async def test_change_in_the_second_of_the_mark_is_not_lost(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(2)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    vtiger.change(ids[0], lastname="Anders")
    await read_again(site, vtiger)
    assert (await site.latest()).complete is False
    assert "Huber Anders" in await names(site)


def without(module: str) -> object:
    """Answers queries for this module with an error of the database."""

    def answer(request: Request) -> Response | None:
        if f"select * from {module}" not in request.query_params.get("query", ""):
            return None
        return JSONResponse({"success": False, "error": {"code": "QUERY_SYNTAX_ERROR"}})

    return answer


async def test_run_that_failed_moves_no_mark(site: SourceSite, vtiger: VtigerCrm) -> None:
    ids = vtiger.add_contacts(3)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    vtiger.move(60)
    vtiger.change(ids[0], lastname="Anders")
    vtiger.move(1)
    vtiger.change(ids[1], lastname="Zuletzt")
    vtiger.answer = without("Leads")  # type: ignore[assignment]
    await read_again(site, vtiger)
    run = await site.latest()
    assert (run.state, run.code) == ("failed", "source-operation-refused")
    assert "Huber Anders" not in await names(site)
    vtiger.answer = None
    await read_again(site, vtiger)
    assert (await site.latest()).complete is False
    assert "Huber Anders" in await names(site)


async def test_run_that_was_cancelled_moves_no_mark(site: SourceSite, vtiger: VtigerCrm) -> None:
    ids = vtiger.add_contacts(3)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    vtiger.move(60)
    vtiger.change(ids[0], lastname="Anders")
    vtiger.move(1)
    vtiger.change(ids[1], lastname="Zuletzt")
    site.move(16 * 60)
    worker = site.reader()
    await worker.take()
    await worker.finish()
    assert await site.runs.cancel("acme", (await site.latest()).id, site.now)
    await site.read()
    assert "Huber Anders" not in await names(site)
    await read_again(site, vtiger)
    assert "Huber Anders" in await names(site)


async def test_first_run_that_failed_is_followed_by_a_complete_one(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    vtiger.add_contacts(3)
    vtiger.answer = without("Vendors")  # type: ignore[assignment]
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    assert (await site.latest()).state == "failed"
    vtiger.answer = None
    await read_again(site, vtiger)
    run = await site.latest()
    assert (run.state, run.complete, run.created) == ("finished", True, 3)


async def test_run_by_hand_reads_everything(site: SourceSite, vtiger: VtigerCrm) -> None:
    ids = vtiger.add_contacts(20)
    await site.store(settings(vtiger, schedule={"every_minutes": 600}))
    await site.read()
    vtiger.remove(ids[3])
    source = await site.sources.get("acme", "s")
    assert source is not None
    site.move(60)
    assert await site.starter().begin(source, "anna", "u1") is not None
    await site.read()
    assert ((await site.latest()).complete, (await site.latest()).removed) == (True, 1)


async def test_removal_that_is_held_is_decided_by_a_complete_run(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(20)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    for id_ in ids[:10]:
        vtiger.remove(id_)
    await read_again(site, vtiger, 24 * 60)
    assert ((await site.latest()).state, (await site.latest()).absent) == ("held", 10)
    await read_again(site, vtiger)
    run = await site.latest()
    assert (run.state, run.complete, run.absent) == ("held", True, 10)
    assert len(await names(site)) == 20
    assert await site.runs.confirm("acme", run.id, "anna")
    await site.worker().work_next()
    assert len(await names(site)) == 10
    await read_again(site, vtiger)
    assert ((await site.latest()).complete, (await site.latest()).code) == (False, "")


async def test_removal_held_by_hand_is_not_left_to_an_increment(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(20)
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    for id_ in ids[:10]:
        vtiger.remove(id_)
    source = await site.sources.get("acme", "s")
    assert source is not None
    site.move(60)
    assert await site.starter().begin(source, "anna", "u1") is not None
    await site.read()
    assert (await site.latest()).state == "held"
    # also a run that fails in between leaves the decision to a complete one
    vtiger.answer = without("Leads")  # type: ignore[assignment]
    await read_again(site, vtiger)
    assert ((await site.latest()).state, (await site.latest()).complete) == ("failed", True)
    vtiger.answer = None
    await read_again(site, vtiger)
    run = await site.latest()
    assert (run.state, run.complete, run.absent) == ("held", True, 10)
    assert await site.runs.confirm("acme", run.id, "anna")
    await site.worker().work_next()
    await read_again(site, vtiger)
    assert ((await site.latest()).complete, len(await names(site))) == (False, 10)


async def test_changed_settings_begin_with_a_complete_read(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    vtiger.add_contacts(3)
    source = await site.store(settings(vtiger, **OFTEN))
    await site.read()
    site.move(10)
    changed = source.model_copy(
        update={"changed_at": site.now, "schedule": Schedule(every_minutes=20)}
    )
    assert await site.sources.change(changed) is not None
    await read_again(site, vtiger)
    assert (await site.latest()).complete


async def test_source_that_is_not_complete_removes_nothing(
    site: SourceSite, vtiger: VtigerCrm
) -> None:
    ids = vtiger.add_contacts(20)
    await site.store(settings(vtiger, complete=False))
    await site.read()
    vtiger.remove(ids[0])
    vtiger.move(60)
    vtiger.change(ids[1], lastname="Anders")
    await site.due()
    await site.read()
    assert ((await site.latest()).complete, len(await names(site))) == (False, 20)
    assert "Huber Anders" in await names(site)


@pytest.mark.parametrize("module", ["Contacts", "Leads"])
async def test_module_without_times_is_read_whole(
    site: SourceSite, vtiger: VtigerCrm, module: str
) -> None:
    del vtiger.modules[module].types["modifiedtime"]
    id_ = vtiger.add(module, lastname="Huber")
    await site.store(settings(vtiger, **OFTEN))
    await site.read()
    vtiger.change(id_, lastname="Anders")
    await read_again(site, vtiger)
    assert ((await site.latest()).complete, (await site.latest()).updated) == (False, 1)
