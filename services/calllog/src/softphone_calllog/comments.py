"""The store of comments: text that a user typed in a call and saved to a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from softphone_common.contracts.entities import Comment, CommentVersion
from softphone_common.domain.records.visibility import FOR_EVERYONE, Viewer
from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "comments"
INDEXES = {
    COLLECTION: [
        IndexModel([("tenant", ASCENDING), ("call", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("tenant", ASCENDING), ("record", ASCENDING), ("at", DESCENDING)]),
        # the recycle bin
        IndexModel(
            [("tenant", ASCENDING), ("deleted_at", DESCENDING), ("_id", DESCENDING)],
            partialFilterExpression={"deleted_at": {"$type": "date"}},
        ),
    ]
}


LATEST: Keyset[datetime] = Keyset("at")
BY_DELETION: Keyset[datetime] = Keyset("deleted_at")
_WITHOUT_VERSIONS = {"versions": 0}
"""The earlier texts of a comment may be many times as long as the comment."""


@dataclass(frozen=True, slots=True)
class CallComments:
    """How many comments a call has, and the newest of them, oldest first."""

    count: int
    newest: tuple[Comment, ...]

    def since(self, at: datetime) -> "CallComments":
        """Those of the newest from this time on; earlier ones are not counted either."""
        later = tuple(comment for comment in self.newest if comment.at >= at)
        return CallComments(len(later), later)


NO_COMMENTS = CallComments(0, ())


class CommentStore(Protocol):
    """Comments of all tenants. Every method may raise UnavailableError.

    A comment names its record to viewers who see the record only. Deleted comments are in the
    recycle bin and in no other list.
    """

    async def add(
        self, tenant: str, comment: Comment, sights: Sequence[str] = FOR_EVERYONE
    ) -> None:
        """Stores a comment with a new id; `sights` are those of its record."""

    async def share(self, tenant: str, record: str, sights: Sequence[str], at: datetime) -> None:
        """Gives the comments of a record its sights at this time, unless they have later ones."""

    async def move(
        self, tenant: str, record: str, into: str, sights: Sequence[str], at: datetime
    ) -> None:
        """Gives the comments that a record had at this time to the record it is part of, which
        has these sights; also those in the recycle bin."""

    async def get(self, tenant: str, comment: str, *, deleted: bool = False) -> Comment | None:
        """The comment, with its record for every viewer; if `deleted`, the one in the bin."""

    async def versions(self, tenant: str, comment: str) -> list[CommentVersion]:
        """The comment as it was before each of its changes, earliest first."""

    async def replace(
        self, tenant: str, stored: Comment, changed: Comment, sights: Sequence[str] | None
    ) -> bool:
        """Stores the comment after a change, and keeps the text and record from before.

        `sights` are those of its record, None to keep them. False if it was changed or deleted
        since it was read.
        """

    async def remove(self, tenant: str, comment: str, by: str, at: datetime) -> Comment | None:
        """Moves the comment to the recycle bin; None if there is none."""

    async def restore(self, tenant: str, comment: str) -> Comment | None:
        """Takes the comment out of the recycle bin; None if it is not there."""

    async def list_deleted(
        self, tenant: str, before: Position[datetime] | None, size: int
    ) -> KeysetPage[Comment, datetime]:
        """The comments in the recycle bin, those deleted last first."""

    async def of_calls(
        self, tenant: str, call_ids: Sequence[str], newest: int, viewer: Viewer
    ) -> dict[str, CallComments]:
        """The newest comments of these calls by call id; calls without any are left out."""

    async def count(self, tenant: str, call: str, limit: int) -> int:
        """The comments of a call, counted up to `limit`."""

    async def page(
        self, tenant: str, call: str, before: Position[datetime] | None, size: int, viewer: Viewer
    ) -> KeysetPage[Comment, datetime]:
        """The comments of a call, newest first."""

    async def of_record(self, tenant: str, record: str, size: int, viewer: Viewer) -> list[Comment]:
        """Up to `size` comments that were saved to a record, newest first.

        None of a record that the viewer does not see.
        """


class MongoCommentStore:
    """Keeps comments in MongoDB; a `CommentStore`."""

    def __init__(self, database: Database) -> None:
        self._comments = database[COLLECTION]

    async def add(
        self, tenant: str, comment: Comment, sights: Sequence[str] = FOR_EVERYONE
    ) -> None:
        with reaching():
            await self._comments.insert_one(stored(tenant, comment, sights))

    async def share(self, tenant: str, record: str, sights: Sequence[str], at: datetime) -> None:
        earlier = [{"shared_at": None}, {"shared_at": {"$lt": at}}]
        query = {"tenant": tenant, "record": record, "$or": earlier}
        change = {"sights": list(sights), "shared_at": at}
        with reaching():
            await self._comments.update_many(query, {"$set": change})

    async def move(
        self, tenant: str, record: str, into: str, sights: Sequence[str], at: datetime
    ) -> None:
        # the message may come again after the record was restored and got comments of its own
        query = {"tenant": tenant, "record": record, "at": {"$lt": at}}
        change = {"record": into, "sights": list(sights), "shared_at": at}
        with reaching():
            await self._comments.update_many(query, {"$set": change})

    async def get(self, tenant: str, comment: str, *, deleted: bool = False) -> Comment | None:
        with reaching():
            query = _one(tenant, comment, deleted=deleted)
            found = await self._comments.find_one(query, _WITHOUT_VERSIONS)
        return from_optional(Comment, found)

    async def versions(self, tenant: str, comment: str) -> list[CommentVersion]:
        with reaching():
            found = await self._comments.find_one(_one(tenant, comment), {"versions": 1})
        return versions_of(found)

    async def replace(
        self, tenant: str, stored: Comment, changed: Comment, sights: Sequence[str] | None
    ) -> bool:
        query = _one(tenant, stored.id) | {"edited_at": stored.edited_at}
        change = {
            "$set": change_of(changed, sights),
            "$push": {"versions": version_of(stored).model_dump()},
        }
        with reaching():
            return (await self._comments.update_one(query, change)).matched_count == 1

    async def remove(self, tenant: str, comment: str, by: str, at: datetime) -> Comment | None:
        return await self._update(_one(tenant, comment), deletion(by, at))

    async def restore(self, tenant: str, comment: str) -> Comment | None:
        return await self._update(_one(tenant, comment, deleted=True), deletion(None, None))

    async def list_deleted(
        self, tenant: str, before: Position[datetime] | None, size: int
    ) -> KeysetPage[Comment, datetime]:
        query = {"tenant": tenant, "deleted_at": {"$type": "date"}}
        parse = partial(from_document, Comment)
        return await BY_DELETION.page(
            self._comments, query, before, size, parse, fields=_WITHOUT_VERSIONS
        )

    async def of_calls(
        self, tenant: str, call_ids: Sequence[str], newest: int, viewer: Viewer
    ) -> dict[str, CallComments]:
        # $topN keeps few of them in the server's memory, whatever the number of comments
        latest = {"n": newest, "sortBy": {"at": -1, "_id": -1}, "output": "$$ROOT"}
        steps: list[Document] = [
            {"$match": {"tenant": tenant, "call": {"$in": list(call_ids)}, "deleted_at": None}},
            {"$project": _WITHOUT_VERSIONS},
            {"$group": {"_id": "$call", "count": {"$sum": 1}, "newest": {"$topN": latest}}},
        ]
        with reaching():
            rows = await self._comments.aggregate(steps).to_list(None)
        return {row["_id"]: _call_comments(row, viewer) for row in rows}

    async def count(self, tenant: str, call: str, limit: int) -> int:
        query = {"tenant": tenant, "call": call, "deleted_at": None}
        with reaching():
            return await self._comments.count_documents(query, limit=limit)

    async def page(
        self, tenant: str, call: str, before: Position[datetime] | None, size: int, viewer: Viewer
    ) -> KeysetPage[Comment, datetime]:
        query = {"tenant": tenant, "call": call, "deleted_at": None}
        parse = partial(comment_for, viewer)
        return await LATEST.page(
            self._comments, query, before, size, parse, fields=_WITHOUT_VERSIONS
        )

    async def of_record(self, tenant: str, record: str, size: int, viewer: Viewer) -> list[Comment]:
        query: Document = {"tenant": tenant, "record": record, "deleted_at": None}
        if (sights := viewer.sights) is not None:
            query["sights"] = {"$in": [*sights, None]}  # earlier releases stored none
        with reaching():
            found = self._comments.find(query, _WITHOUT_VERSIONS)
            cursor = found.sort([("at", -1), ("_id", -1)]).limit(size)
            return [comment_for(viewer, document) async for document in cursor]

    async def _update(self, query: Document, fields: Document) -> Comment | None:
        with reaching():
            found = await self._comments.find_one_and_update(
                query, {"$set": fields}, return_document=ReturnDocument.AFTER
            )
        return from_optional(Comment, found)


def _one(tenant: str, comment: str, *, deleted: bool = False) -> Document:
    """The condition for one comment. Those of earlier releases have no `deleted_at`."""
    deleted_at = {"$type": "date"} if deleted else None
    return {"_id": comment, "tenant": tenant, "deleted_at": deleted_at}


def deletion(by: str | None, at: datetime | None) -> Document:
    """The stored fields that a deletion sets, or without a time a restoration."""
    return {"deleted_at": at, "deleted_by": by}


def change_of(changed: Comment, sights: Sequence[str] | None) -> Document:
    """The stored fields that a change of a comment sets."""
    fields = changed.model_dump(include={"text", "record", "edited_at", "edited_by"})
    if sights is None:
        return fields
    # the time belongs to the record from before
    return {**fields, "sights": list(sights), "shared_at": None}


def version_of(comment: Comment) -> CommentVersion:
    """The comment as it is kept when it is changed."""
    at, by = comment.edited_at or comment.at, comment.edited_by or comment.author
    return CommentVersion(text=comment.text, record=comment.record, at=at, by=by)


def versions_of(document: Document | None) -> list[CommentVersion]:
    """The kept versions in a stored comment, which has none before its first change."""
    kept = (document or {}).get("versions", ())
    return [CommentVersion.model_validate(version) for version in kept]


def stored(tenant: str, comment: Comment, sights: Sequence[str]) -> Document:
    """The document of a new comment."""
    return to_document(comment, tenant=tenant, sights=list(sights))


def sees_record(viewer: Viewer, document: Document) -> bool:
    """Whether the viewer sees the record of a stored comment."""
    sights = document.get("sights")
    return viewer.sees_any(FOR_EVERYONE if sights is None else sights)


def comment_for(viewer: Viewer, document: Document) -> Comment:
    """The stored comment as the viewer reads it."""
    hidden = {} if sees_record(viewer, document) else {"record": None}
    return from_document(Comment, document, **hidden)


def _call_comments(row: Document, viewer: Viewer) -> CallComments:
    newest = (comment_for(viewer, document) for document in reversed(row["newest"]))
    return CallComments(row["count"], tuple(newest))
