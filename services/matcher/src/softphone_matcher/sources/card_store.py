"""The store of the copies of address books: their cards, and how far each copy is.

A copy is never wrong about what it lacks: a card that the address book may have changed is wanted
until its content was fetched, and the token for the next changes is written after all cards that
it stands for are wanted. So a copy can be gone on with wherever a process was killed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from pymongo import ASCENDING, DeleteOne, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError

from softphone_common.stores.mongo import Database, Document, reaching

BOOKS, CARDS = "source_books", "source_cards"
INDEXES = {
    BOOKS: [IndexModel([("tenant", ASCENDING), ("source", ASCENDING)])],
    CARDS: [
        IndexModel([("tenant", ASCENDING), ("source", ASCENDING)]),
        IndexModel([("copy", ASCENDING), ("wanted", ASCENDING)]),
    ],
}
_BATCH = 200
_DUPLICATE = 11000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Copy:
    """The name of a copy. `connection` stands for the address and the credentials of its source.

    With other settings a source has another copy, so a process that still has the former settings
    cannot write into it.
    """

    tenant: str
    source: str
    connection: str

    @property
    def id(self) -> str:
        return f"{self.tenant}/{self.source}/{self.connection}"

    def fields(self) -> Document:
        """The fields that each of its documents has."""
        return {"tenant": self.tenant, "source": self.source, "copy": self.id}


@dataclass(frozen=True, slots=True)
class Book:
    """The address of an address book, and the token for its next changes; empty for none."""

    address: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A card that the address book has, and the tag of its present content; empty for none."""

    href: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card whose content has to be fetched; `mark` tells this wish from a later one."""

    id: str
    href: str
    etag: str
    mark: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A wanted card: its content and the tag of that, or None if it is gone."""

    wanted: Wanted
    card: bytes | None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A card of a copy."""

    id: str
    card: bytes


class Cards(Protocol):
    """Copies of address books of all tenants. Every method may raise UnavailableError.

    All changes can be repeated.
    """

    async def book(self, copy: Copy) -> Book | None:
        """How far a copy is; None if nothing was noted for it."""

    async def note(self, copy: Copy, book: Book) -> None:
        """Notes how far a copy is."""

    async def want(self, copy: Copy, listed: Sequence[Listed], listing: str = "") -> None:
        """Has those of the listed cards fetched whose content the copy does not have.

        All of them are marked as seen by this listing, if it has an id.
        """

    async def doubt(self, copy: Copy, hrefs: Iterable[str]) -> None:
        """Has those of these cards fetched that the copy has: they may be gone."""

    async def doubt_unseen(self, copy: Copy, listing: str) -> None:
        """Has all cards fetched that this listing did not see: they may be gone."""

    async def wanted(self, copy: Copy, most: int) -> list[Wanted]:
        """Cards that have to be fetched, in the order of their ids."""

    async def put(self, copy: Copy, fetched: Sequence[Fetched]) -> None:
        """Stores cards and removes those that are gone, but for those that were wanted again."""

    async def page(self, copy: Copy, after: str, most: int) -> list[Kept]:
        """The cards behind this id, in the order of their ids."""

    async def forget(self, tenant: str, source_id: str, but: Copy | None = None) -> None:
        """Removes all copies of a source, but for one."""


class MongoCards:
    """Keeps copies in MongoDB; a `Cards`."""

    def __init__(self, database: Database) -> None:
        self._books = database[BOOKS]
        self._cards = database[CARDS]

    async def book(self, copy: Copy) -> Book | None:
        with reaching():
            document = await self._books.find_one({"_id": copy.id, "tenant": copy.tenant})
        return None if document is None else Book(document["address"], document["token"])

    async def note(self, copy: Copy, book: Book) -> None:
        changes = copy.fields() | {"address": book.address, "token": book.token}
        with reaching():
            await self._books.update_one({"_id": copy.id}, {"$set": changes}, upsert=True)

    async def want(self, copy: Copy, listed: Sequence[Listed], listing: str = "") -> None:
        for batch in _batches(listed):
            await self._want(copy, batch, listing)

    async def _want(self, copy: Copy, listed: Sequence[Listed], listing: str) -> None:
        ids = [card_id(copy, each.href) for each in listed]
        # the id in front: SecantusDB takes the index of the first field
        is_listed: Document = {"_id": {"$in": ids}, "tenant": copy.tenant}
        with reaching():
            found = self._cards.find(is_listed, STATE)
            stored = {document["_id"]: document async for document in found}
            changes = wishes(copy, listed, stored)
            new = [{"_id": id_, **changes[id_], **empty(copy)} for id_ in changes.keys() - stored]
            updates = [
                # it may have been gone since, and removed by a worker that lost its run
                UpdateOne({"_id": id_}, {"$set": each, "$setOnInsert": empty(copy)}, upsert=True)
                for id_, each in changes.items()
                if id_ in stored
            ]
            if new:
                # all that are new at first; an update that may insert costs much more
                await self._insert(new)
            if updates:
                await self._cards.bulk_write(updates, ordered=False)
            if listing:
                seen = {"$set": {"seen": listing}}
                await self._cards.update_many(is_listed | {"seen": {"$ne": listing}}, seen)

    async def _insert(self, documents: list[Document]) -> None:
        try:
            await self._cards.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            # a card that another worker has inserted since is wanted, or was fetched since
            if any(each["code"] != _DUPLICATE for each in error.details["writeErrors"]):
                raise

    async def doubt(self, copy: Copy, hrefs: Iterable[str]) -> None:
        for batch in _batches(hrefs):
            await self._doubt(copy, {"_id": {"$in": [card_id(copy, href) for href in batch]}})

    async def doubt_unseen(self, copy: Copy, listing: str) -> None:
        await self._doubt(copy, {"seen": {"$ne": listing}})

    async def _doubt(self, copy: Copy, query: Document) -> None:
        query = {**query, "tenant": copy.tenant, "copy": copy.id}
        with reaching():
            await self._cards.update_many(query, {"$set": {"wanted": uuid4().hex}})

    async def wanted(self, copy: Copy, most: int) -> list[Wanted]:
        query = {"tenant": copy.tenant, "copy": copy.id, "wanted": {"$gt": ""}}
        with reaching():
            found = self._cards.find(query, STATE).sort("_id", ASCENDING).limit(most)
            return [wanted_of(document) async for document in found]

    async def put(self, copy: Copy, fetched: Sequence[Fetched]) -> None:
        changes: list[UpdateOne | DeleteOne] = []
        for each in fetched:
            query = {"_id": each.wanted.id, "tenant": copy.tenant, "wanted": each.wanted.mark}
            if each.card is None:
                changes.append(DeleteOne(query))
            else:
                changes.append(UpdateOne(query, {"$set": content(each)}))
        if changes:
            with reaching():
                await self._cards.bulk_write(changes, ordered=False)

    async def page(self, copy: Copy, after: str, most: int) -> list[Kept]:
        # the ids of a copy begin with its own and a slash, which a zero comes after
        ids = {"$gt": after or f"{copy.id}/", "$lt": f"{copy.id}0"}
        query = {"_id": ids, "tenant": copy.tenant, "copy": copy.id}
        with reaching():
            found = self._cards.find(query, {"card": 1}).sort("_id", ASCENDING).limit(most)
            return [Kept(document["_id"], document["card"]) async for document in found]

    async def forget(self, tenant: str, source_id: str, but: Copy | None = None) -> None:
        query: Document = {"tenant": tenant, "source": source_id}
        if but is not None:
            query["copy"] = {"$ne": but.id}
        with reaching():
            # without its book a copy is begun anew, so a part of its cards is never taken for all
            await self._books.delete_many(query)
            await self._cards.delete_many(query)


STATE = {"href": 1, "etag": 1, "listed": 1, "wanted": 1}
"""The fields by which is decided whether a card is fetched."""


def card_id(copy: Copy, href: str) -> str:
    """The id of a card in the store; its address may be too long for an index."""
    return f"{copy.id}/{sha256(href.encode(errors='replace')).hexdigest()}"


def wishes(
    copy: Copy, listed: Iterable[Listed], stored: Mapping[str, Document]
) -> dict[str, Document]:
    """By id the changed fields of each card that has to be fetched."""
    mark = uuid4().hex
    changes: dict[str, Document] = {}
    for each in listed:
        id_ = card_id(copy, each.href)
        state = stored.get(id_)
        present = state and state["listed" if state["wanted"] else "etag"]
        if not each.etag or each.etag != present:
            changes[id_] = {"href": each.href, "listed": each.etag, "wanted": mark}
    return changes


def empty(copy: Copy) -> Document:
    """The other fields of a card that was never fetched."""
    return {**copy.fields(), "etag": "", "seen": "", "card": b""}


def wanted_of(document: Document) -> Wanted:
    """The wish for the card in a document."""
    fields: tuple[Any, ...] = tuple(document[name] for name in ("_id", "href", "listed", "wanted"))
    return Wanted(*fields)


def content(fetched: Fetched) -> Document:
    """The stored fields of a card that was fetched."""
    return {"card": fetched.card, "etag": fetched.etag, "wanted": ""}


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
