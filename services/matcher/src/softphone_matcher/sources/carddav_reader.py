"""Reads an address book (CardDAV) by a copy of it, of which only what changed is fetched again.

A position is the next step of a run, and what the step needs to know:

- `find`: finds the address book
- `changes TOKEN`: asks what changed since the token
- `all LISTING TOKEN`: asks for all cards, or for the others behind the token
- `list LISTING`: lists all cards of a server that does not tell what changed
- `cards COUNT SIZE BYTES`: fetches cards, this many at once; the bytes are those of cards so far
- `file BYTES ID`: writes the cards behind this one into the file of the import
"""

import asyncio
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from uuid import uuid4

from softphone_matcher.imports.address_book import FORM, reduced_card, too_large_card
from softphone_matcher.imports.import_file import ImportFile, open_cards
from softphone_matcher.imports.multistatus import DavResource
from softphone_matcher.outbound.client import Credentials, Outbound
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.sources.address_book import AddressBooks
from softphone_matcher.sources.card_store import Book, Cards, Copy, Fetched, Wanted
from softphone_matcher.sources.reader import Beginning, SourcePage
from softphone_matcher.sources.source import StoredSource

BATCH = 50
"""Cards that are asked for at once; if the answer is too large, half as many."""
FILE_CARDS = 200
"""Cards that are written into the file of the import at once."""
SAMPLE = 50
_SAMPLE_TRIES = 8
"""Requests for a sample, of which each may be too large or have nothing but groups."""


class CardDavReader:
    """Reads a source of the kind `carddav`; a `SourceReader`."""

    def __init__(
        self,
        source: StoredSource,
        outbound: Outbound,
        credentials: Credentials,
        cards: Cards,
        bytes_max: int,
    ) -> None:
        self._source = source
        self._books = AddressBooks(outbound, credentials)
        self._cards = cards
        self._bytes_max = bytes_max
        self._copy = copy_of(source)

    async def read(self, position: str) -> SourcePage:
        step, _, rest = position.partition(" ")
        match step:
            case "find":
                following = await self._find()
            case "changes":
                following = await self._changes(rest)
            case "all":
                following = await self._all(*rest.split(" ", 1))
            case "list":
                following = await self._list(rest)
            case "cards":
                following = await self._fetch(*map(int, rest.split(" ")))
            case _:
                size, _, after = rest.partition(" ")
                return await self._file(int(size), after)
        return SourcePage(b"", 0, following)

    async def sample(self) -> Callable[[], ImportFile]:
        book = await self._books.find(self._source.address)
        changes = await self._books.changes(book.address, "") if book.has_changes else None
        listed = changes.listed if changes else await self._books.list_all(book.address)
        hrefs, size, cards = [each.href for each in listed], SAMPLE, list[bytes]()
        for _ in range(_SAMPLE_TRIES):
            wanted = [Wanted("", href, "", "") for href in hrefs[:size]]
            fetched = await self._fetched(book.address, wanted) if wanted else []
            cards += (each.card for each in fetched or () if each.card)
            hrefs, size = (hrefs, size // 2) if fetched is None else (hrefs[size:], size)
            if cards or not hrefs:
                break
        if not cards:
            raise SourceError("source-empty")
        return partial(open_cards, b"".join(cards))

    async def close(self) -> None:
        """Does nothing: each answer has a connection of its own."""

    async def _find(self) -> str:
        found = await self._books.find(self._source.address)
        book = await self._cards.book(self._copy)
        if book and book.address == found.address and book.token and found.has_changes:
            return f"changes {book.token}"
        # its cards stay: those of another address book are gone when they are asked for
        await self._cards.note(self._copy, Book(found.address))
        return _all_anew() if found.has_changes else f"list {uuid4().hex}"

    async def _changes(self, token: str) -> str:
        address = await self._address()
        changes = await self._books.changes(address, token)
        if changes is None:
            return _all_anew()
        await self._cards.want(self._copy, changes.listed)
        await self._cards.doubt(self._copy, changes.gone)
        await self._cards.note(self._copy, Book(address, changes.token))
        return f"changes {changes.token}" if changes.is_truncated else _FETCH

    async def _all(self, listing: str, token: str) -> str:
        address = await self._address()
        changes = await self._books.changes(address, token)
        if changes is None:
            return _all_anew() if token else f"list {listing}"
        await self._cards.want(self._copy, changes.listed, listing)
        await self._cards.doubt(self._copy, changes.gone)
        if changes.is_truncated:
            return f"all {listing} {changes.token}"
        await self._cards.doubt_unseen(self._copy, listing)
        await self._cards.note(self._copy, Book(address, changes.token))
        return _FETCH

    async def _list(self, listing: str) -> str:
        listed = await self._books.list_all(await self._address())
        await self._cards.want(self._copy, listed, listing)
        await self._cards.doubt_unseen(self._copy, listing)
        return _FETCH

    async def _fetch(self, count: int, size: int, kept: int) -> str:
        wanted = await self._cards.wanted(self._copy, size)
        if not wanted:
            await self._address()  # else all of them may have been removed with their source
            return "file 0 "
        fetched = await self._fetched(await self._address(), wanted)
        if fetched is None:
            return f"cards {count + 1} {size // 2} {kept}"
        kept += sum(len(each.card or b"") for each in fetched)
        await self._require_room(kept)
        await self._cards.put(self._copy, fetched)
        return f"cards {count + 1} {min(BATCH, 2 * size)} {kept}"

    async def _fetched(self, address: str, wanted: list[Wanted]) -> list[Fetched] | None:
        """The contents of these cards; None if they are too many for one answer."""
        try:
            cards = await self._books.cards(address, [each.href for each in wanted])
        except SourceError as error:
            if error.code != "source-too-large":
                raise
            if len(wanted) > 1:
                return None
            return [Fetched(each, too_large_card(each.href), each.etag) for each in wanted]
        return await asyncio.to_thread(_reduced, wanted, cards)

    async def _require_room(self, kept: int) -> None:
        """Forgets a copy that is too large, which would grow with each run."""
        if kept > self._bytes_max:
            await self._cards.forget(self._copy.tenant, self._copy.source)
            raise SourceError("source-too-large", limit=self._bytes_max)

    async def _file(self, size: int, after: str) -> SourcePage:
        page = await self._cards.page(self._copy, after, FILE_CARDS)
        # a copy that is removed loses its book first: while the book is there the page is whole
        await self._address()
        cards = [each.card for each in page if each.card]
        size += sum(map(len, cards))
        await self._require_room(size)
        following = f"file {size} {page[-1].id}" if len(page) == FILE_CARDS else ""
        return SourcePage(b"".join(cards), len(cards), following)

    async def _address(self) -> str:
        book = await self._cards.book(self._copy)
        if book is None:  # the source was removed, or it has other settings now
            raise SourceError("source-changed")
        return book.address


def _reduced(wanted: list[Wanted], cards: dict[str, DavResource]) -> list[Fetched]:
    """The cards as they are kept. Large ones take long, so it is called in a thread."""
    fetched: list[Fetched] = []
    for each in wanted:
        resource = cards[each.href]
        card = None if resource.card is None else reduced_card(resource.card, each.href)
        fetched.append(Fetched(each, card, resource.etag))
    return fetched


_FETCH = f"cards 0 {BATCH} 0"


def beginning_of_carddav(source: StoredSource) -> Beginning:
    """Every run ends with all cards, whether they changed or not."""
    return Beginning("find", "vcard", source.mapping, source.complete)


def copy_of(source: StoredSource) -> Copy:
    """The copy of the address book of a source with its present settings."""
    settings = (source.kind, source.address, source.credentials, source.credentials_name)
    connection = "\n".join((*settings, source.sealed, FORM))
    return Copy(source.tenant, source.id, sha256(connection.encode()).hexdigest()[:32])


def _all_anew() -> str:
    return f"all {uuid4().hex} "
