"""Sources are read when they are due, once, by whichever matcher comes first."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from softphone_matcher.sources.source import Schedule
from softphone_testing.until import until
from support.crm import contacts
from support.stack.source_site import SourceSite


async def runs(site: SourceSite) -> int:
    return len((await site.runs.list_latest("acme", None, 100)).items)


async def test_due_source_is_read_again_at_its_interval(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    await site.add_source(schedule=Schedule(every_minutes=60))
    for minutes, expected in ((0, 1), (59, 1), (2, 2), (60, 3)):
        site.move(60 * minutes)
        await site.read()
        assert await runs(site) == expected
    source = await site.sources.get("acme", "s")
    assert source is not None
    assert source.next_at == site.now + timedelta(minutes=60)


async def test_due_source_that_nobody_read_is_read_once(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    await site.add_source(schedule=Schedule(at="02:30"))
    await site.read()
    site.move(5 * 86_400)
    await site.read()
    await site.read()
    assert await runs(site) == 2


async def test_matchers_at_once_begin_one_run(site: SourceSite) -> None:
    site.crm.records = contacts(150)
    source = await site.add_source(schedule=Schedule(every_minutes=15))
    readers = [site.reader() for _ in range(4)]
    starters = [site.starter() for _ in range(4)]
    await asyncio.gather(
        *(reader.take() for reader in readers),
        *(starter.begin(source, "anna", "u1") for starter in starters),
    )
    await asyncio.gather(*(reader.finish() for reader in readers))
    assert await runs(site) == 1
    assert site.crm.paths == ["/page?page=1", "/page?page=2", "/page?page=3"]


async def test_starter_that_died_half_way_leaves_one_run(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    source = await site.add_source(schedule=Schedule(every_minutes=15))
    await site.starter()._begin(source, "crm", "")  # and the process ends in front of the note
    await site.read()
    assert await runs(site) == 1
    stored = await site.sources.get("acme", "s")
    assert stored is not None
    assert stored.last_run == (await site.latest()).id


async def test_source_that_is_still_read_is_not_begun_again(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    await site.add_source(schedule=Schedule(every_minutes=15))
    await site.crm.stop()
    await site.read()
    site.move(16 * 60)
    stored = await site.sources.get("acme", "s")
    assert stored is not None
    assert await site.starter().begin(stored, "anna", "u1") is None
    await site.starter().begin_due()
    assert await runs(site) == 1


async def test_source_of_a_company_without_activation_waits(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    await site.add_source(schedule=Schedule(every_minutes=15))
    site.is_activated = False
    await site.read()
    assert (await runs(site), site.crm.paths) == (0, [])
    site.is_activated = True
    site.move(16 * 60)
    await site.read()
    assert await runs(site) == 1


async def test_source_that_was_changed_is_not_read_on(site: SourceSite) -> None:
    site.crm.records = contacts(150)
    source = await site.add_source()
    await site.starter().begin_due()
    site.move(1)
    await site.sources.change(source.model_copy(update={"changed_at": site.now, "next_at": None}))
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, site.crm.paths) == ("failed", "source-changed", [])


async def test_source_that_was_removed_is_not_read_on(site: SourceSite) -> None:
    await site.add_source()
    await site.starter().begin_due()
    await site.sources.remove("acme", "s")
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, site.crm.paths) == ("failed", "source-removed", [])


async def test_source_changed_while_it_is_read_saves_nothing(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    source = await site.add_source()

    async def changed() -> None:
        site.move(1)
        await site.sources.change(source.model_copy(update={"changed_at": site.now}))

    site.fetches.before_page = changed
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, await site.names()) == ("failed", "source-changed", [])


async def test_source_removed_while_it_is_read_saves_nothing(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    await site.add_source()

    async def removed() -> None:
        await site.sources.remove("acme", "s")

    site.fetches.before_page = removed
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, await site.names()) == ("failed", "source-removed", [])


async def test_slow_source_does_not_hold_up_another_tenant(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    released = asyncio.Event()

    async def late() -> AsyncIterator[bytes]:
        await released.wait()
        yield b'{"data": {"contacts": []}}'

    def answer(request: Request) -> Response | None:
        return StreamingResponse(late()) if request.url.path == "/page" else None

    site.crm.answer = answer
    await site.add_source(id_="a")
    await site.add_source(id_="b", name="second")
    await site.add_source("/offset", id_="c", tenant="other")
    reader = site.reader()
    await reader.take()
    runs = [run for tenant in ("acme", "other") for run in await site.all_runs(tenant)]
    assert sorted((run.tenant, run.attempts) for run in runs) == [
        *(("acme", 0), ("acme", 1)),
        ("other", 1),
    ]

    async def is_read() -> bool:
        return (await site.latest("other")).state != "fetching"

    await until(is_read, what="the source of the other tenant")
    assert {run.state for run in await site.all_runs("acme")} == {"fetching"}
    released.set()
    await reader.finish()
