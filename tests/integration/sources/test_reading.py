"""A source is read to its end and saved, or nothing of it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from support.crm import PASSWORD, USER, contact, contacts, names
from support.stack.import_site import KilledError
from support.stack.source_site import ANSWER_BYTES, BYTES_MAX, PAGES_MAX, RETRY_SECONDS, SourceSite

PATHS = ("/whole", "/page", "/offset", "/next", "/link")
SECRETS = {
    "basic": {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD},
    "bearer": {"credentials": "bearer", "secret": PASSWORD},
}


async def failure(site: SourceSite) -> tuple[str, str]:
    """The state of the latest run, and the code of the reason."""
    run = await site.latest()
    return run.state, run.code


@pytest.mark.parametrize("path", PATHS)
async def test_all_pages_of_a_source_are_saved(site: SourceSite, path: str) -> None:
    site.crm.records = contacts(250)
    await site.add_source(path)
    await site.read()
    run = await site.latest()
    assert (run.state, run.created, run.rejected, run.fetched) == ("finished", 250, 0, 250)
    assert (run.source, run.requested_by) == ("crm", "crm")
    assert sorted(await site.names()) == names(250)
    await site.due()
    await site.read()
    assert (await site.latest()).unchanged == 250


async def test_record_has_the_texts_of_its_paths(site: SourceSite) -> None:
    site.crm.records = [{**contact(1), "mails": ["a@huber.example", "b@huber.example"]}]
    await site.add_source("/whole")
    await site.read()
    page = await site.directory.list_ids("acme", "crm", None, 5)
    record = await site.directory.get("acme", page.items[0].ids[0])
    assert record is not None
    assert [(n.number, n.label) for n in record.numbers] == [("089 99990001", "work")]
    assert record.emails == ("a@huber.example", "b@huber.example")
    assert (record.name, record.host_id) == ("Huber 1", "1")


async def test_contact_that_the_source_lacks_is_removed(site: SourceSite) -> None:
    site.crm.records = contacts(100)
    await site.add_source()
    await site.read()
    site.crm.records = contacts(95)
    await site.due()
    await site.read()
    assert ((await site.latest()).state, (await site.latest()).removed) == ("finished", 5)
    assert sorted(await site.names()) == names(95)


async def test_many_removals_are_held_and_the_next_run_decides(site: SourceSite) -> None:
    site.crm.records = contacts(100)
    await site.add_source()
    await site.read()
    site.crm.records = contacts(50)
    await site.due()
    await site.read()
    held = await site.latest()
    assert (held.state, held.code, held.absent) == ("held", "import-absent-many", 50)
    assert len(await site.names()) == 100
    site.crm.records = contacts(100)
    await site.due()
    await site.read()
    ended = await site.run(held.id)
    assert (ended.state, ended.code) == ("finished", "import-removal-superseded")
    assert ((await site.latest()).state, len(await site.names())) == ("finished", 100)


async def test_removal_that_was_held_happens_once_confirmed(site: SourceSite) -> None:
    site.crm.records = contacts(100)
    await site.add_source()
    await site.read()
    site.crm.records = contacts(50)
    await site.due()
    await site.read()
    held = await site.latest()
    assert await site.runs.confirm("acme", held.id, "anna")
    await site.worker().work_next()
    assert ((await site.latest()).state, (await site.latest()).removed) == ("finished", 50)
    assert sorted(await site.names()) == names(50)


def broken(status: int) -> Any:
    """Answers all pages but the first with this status."""

    def answer(request: Request) -> Response | None:
        is_first = request.query_params.get("page") == "1"
        return None if is_first else JSONResponse({}, status)

    return answer


@pytest.mark.parametrize("status", [404, 500, 429])
async def test_half_a_source_changes_nothing(site: SourceSite, status: int) -> None:
    site.crm.records = contacts(200)
    await site.add_source()
    await site.read()
    site.crm.records, site.crm.answer = contacts(150, name="Maier"), broken(status)
    await site.due()
    for _ in range(6):
        await site.read()
        site.move(RETRY_SECONDS * 8)
    assert await failure(site) == ("failed", "source-answered")
    assert (await site.latest()).params == {"status": status}
    assert sorted(await site.names()) == names(200)
    assert await site.runs.read_file((await site.latest()).id) is None


async def test_page_that_did_not_come_is_asked_for_again(site: SourceSite) -> None:
    site.crm.records, site.crm.answer = contacts(150), broken(503)
    await site.add_source()
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.fetched) == ("fetching", "source-answered", 100)
    site.crm.answer = None
    await site.read()
    assert site.crm.paths == ["/page?page=1", "/page?page=2"]
    site.move(RETRY_SECONDS + 1)
    await site.read()
    assert site.crm.paths[2:] == ["/page?page=2", "/page?page=3"]
    assert ((await site.latest()).state, (await site.latest()).code) == ("finished", "")
    assert len(await site.names()) == 150


async def test_source_that_is_away_changes_nothing(site: SourceSite) -> None:
    site.crm.records = contacts(20)
    await site.add_source()
    await site.read()
    await site.crm.stop()
    await site.due()
    for _ in range(4):
        await site.read()
        site.move(RETRY_SECONDS * 8)
    assert await failure(site) == ("failed", "source-unreachable")
    assert (await site.latest()).params == {"host": f"127.0.0.1:{site.crm.port}"}
    assert len(await site.names()) == 20


async def test_empty_source_removes_nothing(site: SourceSite) -> None:
    site.crm.records = contacts(3)
    await site.add_source()
    await site.read()
    site.crm.records = []
    await site.due()
    await site.read()
    assert await failure(site) == ("failed", "source-empty")
    assert len(await site.names()) == 3


@pytest.mark.parametrize("kind", SECRETS)
async def test_secret_is_sent_as_the_source_wants_it(site: SourceSite, kind: str) -> None:
    site.crm.records, site.crm.password = contacts(3), PASSWORD
    source = await site.add_source(**SECRETS[kind])
    assert PASSWORD not in source.model_dump_json()
    await site.read()
    assert (await site.latest()).state == "finished"


async def test_wrong_secret_is_named_without_the_answer(site: SourceSite) -> None:
    site.crm.records, site.crm.password = contacts(3), "another"
    await site.add_source(**SECRETS["basic"])
    await site.read()
    run = await site.stored()
    assert (run.state, run.code, run.params) == ("failed", "source-refused", {"status": 401})
    assert "somebody" not in run.model_dump_json()


async def test_killed_reader_is_followed_by_another(site: SourceSite) -> None:
    site.crm.records = contacts(350)
    await site.add_source()
    pages = iter(range(3))

    async def dies() -> None:
        if next(pages, None) == 2:
            raise KilledError

    site.fetches.before_page = dies
    killed = site.reader()
    await killed.take()
    with pytest.raises(KilledError):
        await killed.finish()
    other = site.reader()
    await site.read(other)
    assert ((await site.latest()).state, (await site.latest()).fetched) == ("fetching", 200)
    site.move(61)
    await site.read(other)
    assert site.crm.paths == [f"/page?page={n}" for n in (1, 2, 3, 3, 4, 5)]
    assert (await site.latest()).state == "finished"
    assert sorted(await site.names()) == names(350)


async def test_reader_that_lost_its_run_stores_nothing_more(site: SourceSite) -> None:
    site.crm.records = contacts(150)
    await site.add_source()

    async def is_cancelled() -> None:
        await site.runs.cancel("acme", (await site.latest()).id, site.now)

    site.fetches.before_page = is_cancelled
    await site.read()
    run = await site.latest()
    assert (run.state, run.fetched, len(site.crm.paths)) == ("cancelled", 0, 1)
    assert await site.names() == []


def same_page(_: Request) -> Response:
    return JSONResponse({"data": {"contacts": contacts(2)}, "links": {}})


def other_pages(request: Request) -> Response:
    n = int(request.query_params["page"])
    count = 1 if n < 3 * PAGES_MAX else 0
    return JSONResponse({"data": {"contacts": contacts(count, n)}})


def large(_: Request) -> Response:
    return JSONResponse({"data": {"contacts": ["x" * ANSWER_BYTES]}})


def other_list(_: Request) -> Response:
    return JSONResponse({"data": {"people": []}})


def page_of_text(_: Request) -> Response:
    return Response("<html>sign in</html>", media_type="text/html")


def deep(_: Request) -> Response:
    return Response("[" * 50_000, media_type="application/json")


@pytest.mark.parametrize(
    ("answer", "code", "params"),
    [
        (same_page, "source-pages-endless", {}),
        (other_pages, "source-pages-too-many", {"limit": PAGES_MAX}),
        (large, "source-too-large", {"limit": ANSWER_BYTES}),
        (other_list, "source-items-missing", {"path": "data.contacts"}),
        (page_of_text, "source-not-json", {}),
        (deep, "source-not-json", {}),
    ],
)
async def test_answer_that_is_no_page_ends_the_run(
    site: SourceSite, answer: Any, code: str, params: dict[str, Any]
) -> None:
    site.crm.answer = answer
    await site.add_source()
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.params) == ("failed", code, params)
    assert await site.names() == []


async def test_many_small_pages_are_not_kept_without_end(site: SourceSite) -> None:
    site.crm.records = [{**contact(n), "mails": ["x" * 900]} for n in range(300)]
    await site.add_source()
    await site.read()
    assert await failure(site) == ("failed", "source-too-large")
    assert (await site.latest()).params == {"limit": BYTES_MAX}


async def test_file_of_a_source_may_be_larger_than_an_upload(site: SourceSite) -> None:
    long = "x" * 150
    site.crm.records = [{**contact(n), "name": {"first": long, "last": str(n)}} for n in range(450)]
    await site.add_source()
    await site.read()
    run = await site.latest()
    assert run.size > site.settings.upload_max
    assert (run.state, run.created) == ("finished", 450)


async def test_answer_that_never_ends_is_given_up(site: SourceSite) -> None:
    async def endless(_: object) -> AsyncIterator[bytes]:
        yield b'{"data": {"contacts": ['
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 3)
        yield b"]}}"

    site.permit(site.crm, answer_seconds=0.5)
    site.crm.answer = lambda request: StreamingResponse(endless(request))
    await site.add_source()
    await site.read()
    assert await failure(site) == ("fetching", "source-too-slow")
