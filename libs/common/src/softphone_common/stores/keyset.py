"""Keyset paging: a page goes on behind the last row of the one before it, whatever was added.

Skipping rows by number would read all of them, and show a row twice when one is added above it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from pymongo import DESCENDING

from softphone_common.http.paging import decode_cursor, encode_cursor, invalid_cursor
from softphone_common.http.timestamps import in_utc
from softphone_common.stores.mongo import READ_MILLIS, Collection, Document, reaching

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K", datetime, str)

Position = tuple[K, str]
"""The value a list is ordered by and the id of one row."""


# no slots: in Python 3.11 a generic class with slots fails when it is made as KeysetPage[X, Y](...)
@dataclass(frozen=True)
class KeysetPage(Generic[T, K]):
    """Rows of a list, and the position of the last one if more rows follow."""

    items: list[T]
    next: Position[K] | None = None

    @property
    def cursor(self) -> str | None:
        """The position as clients send it back."""
        if self.next is None:
            return None
        value, id_ = self.next
        return encode_cursor(value.isoformat() if isinstance(value, datetime) else value, id_)


@dataclass(frozen=True)
class Keyset(Generic[K]):
    """The order of a list: by one field, and by id where that is equal."""

    field: str
    direction: int = DESCENDING

    async def page(
        self,
        rows: Collection,
        query: Document,
        after: Position[K] | None,
        size: int,
        parse: Callable[[Document], T],
        fields: Document | None = None,
    ) -> KeysetPage[T, K]:
        """Up to `size` of the rows behind `after`. Raises UnavailableError.

        `fields` is MongoDB's projection, which has to keep the field of the order; without it all
        fields are read.
        """
        order = [(self.field, self.direction), ("_id", self.direction)]
        if after is not None:
            # $and, since the query may have a condition on the ordering field already
            query = {"$and": [query, self._behind(after)]}
        with reaching():
            # one row beyond the page shows whether there is a next page
            found = rows.find(query, fields).sort(order).limit(size + 1).max_time_ms(READ_MILLIS)
            documents = await found.to_list(None)
        return cut(documents, size, lambda row: (row[self.field], row["_id"]), parse)

    def _behind(self, after: Position[K]) -> Document:
        value, id_ = after
        beyond = "$lt" if self.direction == DESCENDING else "$gt"
        return {"$or": [{self.field: {beyond: value}}, {self.field: value, "_id": {beyond: id_}}]}


def cut(
    rows: Sequence[U], size: int, position: Callable[[U], Position[K]], parse: Callable[[U], T]
) -> KeysetPage[T, K]:
    """The first `size` rows as a page; a row more than that means that there is a next one."""
    more = len(rows) > size
    return KeysetPage(
        [parse(row) for row in rows[:size]], position(rows[size - 1]) if more else None
    )


def time_position(cursor: str | None) -> Position[datetime] | None:
    """The position in a cursor of a list by time. Raises ProblemError 422.

    Also reads a number, since earlier releases wrote milliseconds since 1970 in the list of calls.
    """
    if cursor is None:
        return None
    value, id_ = decode_cursor(cursor, (str, int), str)
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value / 1000, UTC), id_
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise invalid_cursor()
        return in_utc(moment), id_
    except (ValueError, OverflowError, OSError):
        raise invalid_cursor() from None


def text_position(cursor: str | None) -> Position[str] | None:
    """The position in a cursor of a list by name. Raises ProblemError 422."""
    if cursor is None:
        return None
    value, id_ = decode_cursor(cursor, str, str)
    return value, id_
