"""The comments in MongoDB: text saved to a record and to the call it was typed in."""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import ASCENDING, DESCENDING, IndexModel

from softphone_common.contracts.events import Comment
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "comments"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("call", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("record", ASCENDING), ("at", DESCENDING)]),
    ]
}


class CommentStore:
    """Comments of all tenants; every question names the tenant."""

    def __init__(self, database: Database) -> None:
        self._comments = database[COLLECTION]

    async def add(self, tenant: str, comment: Comment) -> None:
        """Stores a new comment."""
        with reaching():
            await self._comments.insert_one(to_document(comment, tenant=tenant))

    async def of_calls(self, tenant: str, calls: Sequence[str]) -> dict[str, list[Comment]]:
        """The comments of each call, oldest first."""
        found: dict[str, list[Comment]] = defaultdict(list)
        query = {"tenant": tenant, "call": {"$in": list(calls)}}
        with reaching():
            async for document in self._comments.find(query).sort([("at", 1), ("_id", 1)]):
                found[document["call"]].append(from_document(Comment, document))
        return found

    async def of_record(self, tenant: str, record: str, size: int) -> list[Comment]:
        """The latest comments saved to a record, newest first."""
        query = {"tenant": tenant, "record": record}
        with reaching():
            cursor = self._comments.find(query).sort([("at", -1), ("_id", -1)]).limit(size)
            return [from_document(Comment, document) async for document in cursor]
