"""The copy of an address book is removed, also while its source is read."""

from dataclasses import replace

from integration.sources.test_address_books import read_again, settings
from softphone_matcher.sources.carddav_reader import copy_of
from support.crm import names
from support.radicale.server import Radicale
from support.stack.source_site import SourceSite


async def test_copy_goes_with_the_settings_and_the_source(
    site: SourceSite, server: Radicale
) -> None:
    await server.fill(3)
    former = await site.store(settings(server))
    await site.read()
    changed = former.model_copy(update={"credentials_name": "bert"})
    await site.sources.change(changed)
    await site.readers().forget("acme", "s", changed)
    assert await site.cards.page(copy_of(former), "", 1) == []

    async def removed() -> None:
        await site.sources.remove("acme", "s")

    await site.sources.change(former)
    await site.due()
    site.fetches.before_page = removed
    worker = site.reader()
    await worker.take()
    await worker.finish()
    assert (await site.cards.book(copy_of(former)), await site.names()) == (None, names(3))


async def test_book_whose_source_goes_removes_no_records(
    site: SourceSite, server: Radicale
) -> None:
    """The copy of the book is emptied while its cards are written into the file."""
    site.limits = replace(site.limits, pages_max=100)
    await server.fill(201)
    await site.store(settings(server))
    await site.read()

    async def removed() -> None:
        progress = (await site.stored()).fetch
        if progress and progress.position.startswith("file"):
            await site.readers().forget("acme", "s")

    site.fetches.before_page = removed
    assert await read_again(site) == ("failed", "source-changed")
    assert len(await site.names()) == 201


async def test_copy_that_went_before_its_file_is_not_read(
    site: SourceSite, server: Radicale
) -> None:
    await server.fill(3)
    await site.store(settings(server))
    await site.read()

    async def removed() -> None:
        progress = (await site.stored()).fetch
        if progress and progress.position.startswith("changes"):
            await site.readers().forget("acme", "s")

    site.fetches.before_page = removed
    assert await read_again(site) == ("failed", "source-changed")
