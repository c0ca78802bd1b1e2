"""An address book (CardDAV) of a real server is read, and later only what changed in it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from support.crm import names
from support.radicale.server import PASSWORD, USER, Radicale, radicale
from support.stack.source_site import SourceSite

SECRET = {"credentials": "basic", "credentials_name": USER, "secret": PASSWORD}


@pytest.fixture(scope="module")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a server."""
    async with radicale(tmp_path_factory.mktemp("radicale")) as address:
        yield address


@pytest.fixture
async def server(site: SourceSite, process: str) -> AsyncIterator[Radicale]:
    """A server with an empty address book, which the site may read."""
    made = Radicale(process)
    await made.start()
    site.permit(made)
    yield made
    await made.stop()


async def add(site: SourceSite, server: Radicale, **more: Any) -> None:
    """Adds the address book as a source."""
    fields = {"name": "book", "kind": "carddav", "address": server.address(), **SECRET}
    await site.store({**fields, **more})


async def test_all_cards_of_a_book_are_saved(site: SourceSite, server: Radicale) -> None:
    await server.fill(130)
    await add(site, server)
    await site.read()
    run = await site.latest()
    assert (run.state, run.code, run.created, run.fetched) == ("finished", "", 130, 130)
    assert sorted(await site.names()) == names(130)
