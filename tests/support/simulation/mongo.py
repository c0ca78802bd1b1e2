"""A MongoDB collection as the driver shows it, so that the real stores run in a simulation.

Each operation takes time, and may fail before or after the server has acted on it. Writes of one
bulk are atomic one by one only, as on a real server. A query that this file does not understand
is an error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.errors import AutoReconnect, BulkWriteError

from softphone_common.stores.mongo import Document
from softphone_testing.memory.collection import MemoryCollection
from support.simulation.faults import Faults

_MISSING = object()
_DUPLICATE_KEY = 11000

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$in": lambda value, among: any(one in among for one in _all(value)),
    "$ne": lambda value, other: _bare(value) != other,
    "$exists": lambda value, wanted: (value is not _MISSING) == wanted,
    "$lt": lambda value, limit: _bare(value) is not None and _bare(value) < limit,
    "$gt": lambda value, limit: _bare(value) is not None and _bare(value) > limit,
    "$gte": lambda value, limit: _bare(value) is not None and _bare(value) >= limit,
}


class SimulatedCollection:
    """One collection, shared by all processes."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._documents = MemoryCollection()

    def find(self, query: Document, fields: Document | None = None) -> "_Cursor":
        assert fields is None, "only whole documents are simulated"
        return _Cursor(self, query)

    async def find_one(self, query: Document) -> Document | None:
        found = await self.find(query).to_list(None)
        return found[0] if found else None

    async def find_one_and_update(
        self, query: Document, update: Document, *, return_document: bool
    ) -> Document | None:
        assert return_document
        await self._arrive()
        found = self.matching(query)
        after = self._update(found[0]["_id"], query, update) if found else None
        await self._answer()
        return after

    async def bulk_write(self, writes: Sequence[Any], *, ordered: bool) -> "_BulkResult":
        assert not ordered
        if any("sweep" in write._doc.get("$set", ()) for write in writes):
            await self._faults.linger()
        await self._arrive()
        result, errors = _BulkResult(), []
        for index, write in enumerate(writes):
            await self._faults.delay()
            if isinstance(write, InsertOne):
                if self._documents.insert(write._doc):
                    result.inserted_count += 1
                else:
                    errors.append({"index": index, "code": _DUPLICATE_KEY})
            else:
                assert isinstance(write, UpdateOne)
                query, update = write._filter, write._doc
                if self._update(query["_id"], query, update) is not None:
                    result.matched_count += 1
        await self._answer()
        if errors:
            counts = {"nInserted": result.inserted_count, "nMatched": result.matched_count}
            raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": [], **counts})
        return result

    def matching(self, query: Document) -> list[Document]:
        """The documents that a query selects, at once."""
        return self._documents.find(lambda document: _matches(document, query))

    def _update(self, id_: str, query: Any, update: Any) -> Document | None:
        assert set(update) <= {"$set", "$inc"}
        return self._documents.update(
            id_, lambda document: _matches(document, query), update["$set"], **update["$inc"]
        )

    async def _arrive(self) -> None:
        await self._faults.delay()
        if self._faults.happens():
            raise AutoReconnect("the server is away")

    async def _answer(self) -> None:
        await self._faults.delay()
        if self._faults.happens():
            raise AutoReconnect("the answer was lost")


class _Cursor:
    def __init__(self, collection: SimulatedCollection, query: Document) -> None:
        self._collection = collection
        self._query = query
        self._order: list[tuple[str, int]] = []
        self._limit: int | None = None

    def sort(self, order: list[tuple[str, int]]) -> "_Cursor":
        self._order = order
        return self

    def limit(self, size: int) -> "_Cursor":
        self._limit = size
        return self

    def max_time_ms(self, _: int) -> "_Cursor":
        """No query takes long here."""
        return self

    async def to_list(self, length: int | None) -> list[Document]:
        await self._collection._arrive()
        rows = self._collection.matching(self._query)
        for field, direction in reversed(self._order):
            rows.sort(key=lambda row, name=field: row[name], reverse=direction < 0)  # type: ignore[misc]
        await self._collection._answer()
        return rows[: self._limit] if self._limit is not None else rows


@dataclass
class _BulkResult:
    inserted_count: int = 0
    matched_count: int = 0


def _matches(document: Document, query: Document) -> bool:
    return all(_holds(document, name, condition) for name, condition in query.items())


def _holds(document: Document, name: str, condition: Any) -> bool:
    if name == "$and":
        return all(_matches(document, each) for each in condition)
    if name == "$or":
        return any(_matches(document, each) for each in condition)
    value = document.get(name, _MISSING)
    if isinstance(condition, dict):
        return all(_OPERATORS[op](value, operand) for op, operand in condition.items())
    return bool(_bare(value) == condition)


def _bare(value: Any) -> Any:
    """The value that a comparison sees: a field that is missing equals null."""
    return None if value is _MISSING else value


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [_bare(value)]
