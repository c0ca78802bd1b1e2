"""Copies of address books in memory: a `Cards`."""

from collections.abc import Iterable, Sequence
from uuid import uuid4

from softphone_common.stores.mongo import Document
from softphone_matcher.sources.card_store import (
    Book,
    Copy,
    Fetched,
    Kept,
    Listed,
    Wanted,
    card_id,
    content,
    empty,
    wanted_of,
    wishes,
)
from softphone_testing.memory.collection import Condition, MemoryCollection


class MemoryCards:
    """Copies of all tenants in memory."""

    def __init__(self) -> None:
        self._books = MemoryCollection()
        self._cards = MemoryCollection()

    async def _write(self) -> None:
        """Is called in front of each change of a card or a book."""

    async def book(self, copy: Copy) -> Book | None:
        document = self._books.get(copy.id)
        if document is None or document["tenant"] != copy.tenant:
            return None
        return Book(document["address"], document["token"])

    async def note(self, copy: Copy, book: Book) -> None:
        await self._write()
        changes = {"address": book.address, "token": book.token}
        self._books.put({"_id": copy.id, **copy.fields(), **changes})

    async def want(self, copy: Copy, listed: Sequence[Listed], listing: str = "") -> None:
        stored = {document["_id"]: document for document in self._cards.find(_is_of(copy))}
        for id_, change in wishes(copy, listed, stored).items():
            await self._write()
            self._cards.put({"_id": id_, **empty(copy), **stored.get(id_, {}), **change})
        for each in listed if listing else ():
            await self._write()
            self._cards.update(card_id(copy, each.href), _is_of(copy), {"seen": listing})

    async def doubt(self, copy: Copy, hrefs: Iterable[str]) -> None:
        ids = {card_id(copy, href) for href in hrefs}
        await self._doubt(copy, [each for each in self._sorted(copy) if each["_id"] in ids])

    async def doubt_unseen(self, copy: Copy, listing: str) -> None:
        await self._doubt(copy, [each for each in self._sorted(copy) if each["seen"] != listing])

    async def _doubt(self, copy: Copy, documents: list[Document]) -> None:
        for document in documents:
            await self._write()
            change = {"wanted": uuid4().hex}
            self._cards.update(document["_id"], _is_of(copy), change)

    async def wanted(self, copy: Copy, most: int) -> list[Wanted]:
        documents = self._sorted(copy)
        return [wanted_of(document) for document in documents if document["wanted"]][:most]

    async def put(self, copy: Copy, fetched: Sequence[Fetched]) -> None:
        for each in fetched:
            await self._write()
            is_wanted = _is_wanted(copy, each.wanted)
            if each.card is None:
                self._cards.delete(is_wanted)
            else:
                self._cards.update(each.wanted.id, is_wanted, content(each))

    async def page(self, copy: Copy, after: str, most: int) -> list[Kept]:
        documents = [each for each in self._sorted(copy) if each["_id"] > after]
        return [Kept(document["_id"], document["card"]) for document in documents[:most]]

    async def forget(self, tenant: str, source_id: str, but: Copy | None = None) -> None:
        def is_former(document: Document) -> bool:
            is_theirs = document["tenant"] == tenant and document["source"] == source_id
            return is_theirs and (but is None or document["copy"] != but.id)

        self._books.delete(is_former)
        self._cards.delete(is_former)

    def _sorted(self, copy: Copy) -> list[Document]:
        return sorted(self._cards.find(_is_of(copy)), key=lambda document: str(document["_id"]))


def _is_of(copy: Copy) -> Condition:
    return lambda document: document["tenant"] == copy.tenant and document["copy"] == copy.id


def _is_wanted(copy: Copy, wanted: Wanted) -> Condition:
    is_of = _is_of(copy)

    def is_wanted(document: Document) -> bool:
        marks = (document["_id"], document["wanted"])
        return is_of(document) and marks == (wanted.id, wanted.mark)

    return is_wanted
