"""Writes that may meet documents with their ids, which then stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import BulkWriteError

_DUPLICATE = 11000


@contextmanager
def duplicates_allowed() -> Iterator[None]:
    """Ignores that a document with the same id exists."""
    try:
        yield
    except BulkWriteError as error:
        failed = (error.details or {}).get("writeErrors", [])
        if any(failure["code"] != _DUPLICATE for failure in failed):
            raise
