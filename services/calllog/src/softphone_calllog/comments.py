"""The store of comments: text that a user typed in a call and saved to a record."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel

from softphone_common.contracts.entities import Comment
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "comments"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("call", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("record", ASCENDING), ("at", DESCENDING)]),
    ]
}


class CommentStore(Protocol):
    """Comments of all tenants. Every method may raise UnavailableError."""

    async def add(self, tenant: str, comment: Comment) -> None:
        """Stores a comment with a new id."""

    async def of_calls(self, tenant: str, call_ids: Sequence[str]) -> dict[str, list[Comment]]:
        """The comments of these calls by call id, oldest first; calls without any are left out."""

    async def of_record(self, tenant: str, record: str, size: int) -> list[Comment]:
        """Up to `size` comments that were saved to a record, newest first."""


class MongoCommentStore:
    """Keeps comments in MongoDB; a `CommentStore`."""

    def __init__(self, database: Database) -> None:
        self._comments = database[COLLECTION]

    async def add(self, tenant: str, comment: Comment) -> None:
        with reaching():
            await self._comments.insert_one(to_document(comment, tenant=tenant))

    async def of_calls(self, tenant: str, call_ids: Sequence[str]) -> dict[str, list[Comment]]:
        comments: dict[str, list[Comment]] = defaultdict(list)
        query = {"tenant": tenant, "call": {"$in": list(call_ids)}}
        with reaching():
            async for document in self._comments.find(query).sort([("at", 1), ("_id", 1)]):
                comments[document["call"]].append(from_document(Comment, document))
        return dict(comments)

    async def of_record(self, tenant: str, record: str, size: int) -> list[Comment]:
        query = {"tenant": tenant, "record": record}
        with reaching():
            cursor = self._comments.find(query).sort([("at", -1), ("_id", -1)]).limit(size)
            return [from_document(Comment, document) async for document in cursor]
