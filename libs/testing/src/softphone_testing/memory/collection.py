"""A collection in memory, as far as the stores of this package need one."""

from collections.abc import Callable
from typing import Any, TypeVar

from bson import CodecOptions, decode, encode
from pymongo import DESCENDING

from softphone_common.stores.keyset import Keyset, KeysetPage, Position, cut
from softphone_common.stores.mongo import Document

T = TypeVar("T")
Condition = Callable[[Document], bool]

_AS_MOTOR_READS: CodecOptions[Document] = CodecOptions(tz_aware=True)


class MemoryCollection:
    """Documents by `_id`.

    They are kept as BSON, like in MongoDB: a caller can't change a stored document, times lose
    their microseconds, and values that BSON does not have are refused.
    """

    def __init__(self) -> None:
        self._documents: dict[str, bytes] = {}

    def insert(self, document: Document) -> bool:
        """Adds a document; False if there is one with its id."""
        if document["_id"] in self._documents:
            return False
        self.put(document)
        return True

    def put(self, document: Document) -> None:
        """Adds a document or replaces the one with its id."""
        self._documents[document["_id"]] = encode(document)

    def get(self, id_: str) -> Document | None:
        """The document with this id."""
        stored = self._documents.get(id_)
        return None if stored is None else decode(stored, _AS_MOTOR_READS)

    def find(self, condition: Condition) -> list[Document]:
        """The documents for which the condition holds, in order of insertion."""
        documents = [decode(stored, _AS_MOTOR_READS) for stored in self._documents.values()]
        return [document for document in documents if condition(document)]

    def update(
        self, id_: str, condition: Condition, changes: Document, **increments: int
    ) -> Document | None:
        """The document after these changes; None if there is none for which the condition holds."""
        document = self.get(id_)
        if document is None or not condition(document):
            return None
        counts = {name: document.get(name, 0) + by for name, by in increments.items()}
        self.put({**document, **changes, **counts})
        return self.get(id_)

    def delete(self, condition: Condition) -> int:
        """Removes the documents for which the condition holds, and returns their number."""
        doomed = self.find(condition)
        for document in doomed:
            del self._documents[document["_id"]]
        return len(doomed)

    def page(
        self,
        order: Keyset[Any],
        condition: Condition,
        after: Position[Any] | None,
        size: int,
        parse: Callable[[Document], T],
    ) -> KeysetPage[T, Any]:
        """Up to `size` of these documents behind `after`, as `Keyset.page` reads them."""

        def position(document: Document) -> Position[Any]:
            return document[order.field], document["_id"]

        is_descending = order.direction == DESCENDING
        rows = sorted(self.find(condition), key=position, reverse=is_descending)
        if after is not None:
            rows = [
                row
                for row in rows
                if (position(row) < after if is_descending else position(row) > after)
            ]
        return cut(rows, size, position, parse)
