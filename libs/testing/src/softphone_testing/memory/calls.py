"""The call history in memory: a `CallStore` and a `CommentStore`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from softphone_calllog.calls import (
    BY_DELETION,
    BY_LAST_SIGN,
    BY_START,
    CallPage,
    CallPosition,
    is_whole,
    log_size,
)
from softphone_calllog.comments import (
    LATEST,
    CallComments,
    change_of,
    comment_for,
    deletion,
    sees_record,
    stored,
    version_of,
    versions_of,
)
from softphone_calllog.documents import call_fields, call_key, lookup_fields, record_of, view_fields
from softphone_calllog.missed.store import mark_key
from softphone_calllog.record import CallRecord, Fact, call_id_of
from softphone_calllog.search.filter import CallFilter, is_met_by
from softphone_calllog.search.keys import KEYS_VERSION, with_comment
from softphone_calllog.sharings import in_order, sharing_key
from softphone_common.contracts.entities import Comment, CommentVersion
from softphone_common.contracts.events import RecordShared
from softphone_common.domain.call import Call
from softphone_common.domain.call_view import view
from softphone_common.domain.records.visibility import FOR_EVERYONE, Viewer
from softphone_common.stores.documents import from_document, from_optional
from softphone_common.stores.keyset import KeysetPage, Position
from softphone_common.stores.mongo import Document
from softphone_testing.memory.collection import Condition, MemoryCollection


class MemoryCallStore:
    """Calls in memory. No method yields to another task, so writers never meet."""

    def __init__(self) -> None:
        self._calls = MemoryCollection()

    async def add(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            key = call_key(fact.tenant, call_id_of(fact))
            document = self._calls.get(key)
            before = (
                CallRecord(fact.tenant, Call(call_id_of(fact)))
                if document is None
                else record_of(document)
            )
            after = before.apply([fact])
            if after != before:
                log_size(before, after)
                rev = before.revision + 1
                self._calls.put({**(document or {"_id": key}), **call_fields(after), "rev": rev})

    async def get(self, tenant: str, call_id: str) -> CallRecord | None:
        document = self._calls.get(call_key(tenant, call_id))
        return None if document is None or not _is_observed(document) else record_of(document)

    async def readable_among(
        self, tenant: str, call_ids: Sequence[str], extensions: frozenset[str] | None
    ) -> set[str]:
        is_readable = _condition(CallFilter(tenant, extensions))
        documents = (self._calls.get(call_key(tenant, call_id)) for call_id in call_ids)
        return {
            document["call_id"]
            for document in documents
            if document and is_readable(document) and is_whole(document, extensions)
        }

    async def list_calls(self, filter_: CallFilter, after: CallPosition, size: int) -> CallPage:
        return self._calls.page(BY_START, _condition(filter_), after, size, record_of)

    async def count_calls(self, filter_: CallFilter, limit: int) -> int:
        return min(limit, len(self._calls.find(_condition(filter_))))

    async def parties_among(self, tenant: str, parties: Sequence[str]) -> set[str]:
        found = self._calls.find(lambda each: each["tenant"] == tenant)
        return {*parties} & {each.get("party") for each in found}

    async def list_with_record(
        self, tenant: str, record: str, after: str, size: int
    ) -> list[CallRecord]:
        behind = call_key(tenant, after)
        found = self._calls.find(
            lambda d: d["tenant"] == tenant and record in d["records"] and d["_id"] > behind
        )
        return [record_of(each) for each in sorted(found, key=lambda d: str(d["_id"]))[:size]]

    async def add_comment_keys(
        self, tenant: str, call_id: str, text: str, dropped: Collection[str] = ()
    ) -> None:
        record = await self.get(tenant, call_id)
        if record is not None:
            keys = with_comment(record.comment_keys, text, dropped)
            await self.write_keys([replace(record, comment_keys=keys)])

    async def list_without_keys(self, size: int) -> list[CallRecord]:
        found = self._calls.find(lambda each: each.get("keys_version") != KEYS_VERSION)
        return [record_of(document) for document in found[:size]]

    async def write_keys(self, calls: Sequence[CallRecord]) -> int:
        written = 0
        for call in calls:

            def is_unchanged(document: Document, revision: int = call.revision) -> bool:
                return bool(document["rev"] == revision)

            key = call_key(call.tenant, call.call.id)
            fields = lookup_fields(call) | view_fields(call)
            done = self._calls.update(key, is_unchanged, fields, rev=1)
            written += done is not None
        return written

    async def list_recycle_bin(
        self, tenant: str, after: CallPosition, size: int, terms: tuple[str, ...] = ()
    ) -> CallPage:
        def is_deleted(document: Document) -> bool:
            is_ours = document["tenant"] == tenant and document["deleted_at"] is not None
            return is_ours and {*terms} <= {*document.get("keys", ())}

        return self._calls.page(BY_DELETION, is_deleted, after, size, record_of)

    async def delete(
        self, tenant: str, call_id: str, deleted_by: str, deleted_at: datetime
    ) -> CallRecord | None:
        fields = {"deleted_at": deleted_at, "deleted_by": deleted_by, "swept": False}
        return self._change(tenant, call_id, fields, is_deleted=False)

    async def restore(self, tenant: str, call_id: str) -> CallRecord | None:
        fields = {"deleted_at": None, "deleted_by": None, "swept": False, "kept": True}
        return self._change(tenant, call_id, fields, is_deleted=True)

    async def list_incomplete(
        self, tenant: str, silent_since: datetime, after: CallPosition, size: int
    ) -> CallPage:
        def is_incomplete(document: Document) -> bool:
            return (
                document["tenant"] == tenant
                and _is_observed(document)
                and document["talk_seconds"] is None
                and bool(document["last_at"] < silent_since)
                and document["deleted_at"] is None
                and not document.get("kept")
            )

        return self._calls.page(BY_LAST_SIGN, is_incomplete, after, size, record_of)

    async def sweep(self, calls: Sequence[CallRecord], sweep: str, by: str, at: datetime) -> None:
        fields = {"deleted_at": at, "deleted_by": by, "swept": True, "sweep": sweep}
        for call in calls:

            def is_unchanged(document: Document, revision: int = call.revision) -> bool:
                return bool(document["rev"] == revision)

            self._calls.update(call_key(call.tenant, call.call.id), is_unchanged, fields, rev=1)

    async def list_swept(self, tenant: str, sweep: str, after: CallPosition, size: int) -> CallPage:
        def is_swept(document: Document) -> bool:
            own = document["tenant"] == tenant and document["swept"]
            return bool(own and document.get("sweep") == sweep)

        return self._calls.page(BY_DELETION, is_swept, after, size, record_of)

    def _change(
        self, tenant: str, call_id: str, fields: Document, *, is_deleted: bool
    ) -> CallRecord | None:
        def matches(document: Document) -> bool:
            return _is_observed(document) and (document["deleted_at"] is not None) == is_deleted

        document = self._calls.update(call_key(tenant, call_id), matches, fields, rev=1)
        return None if document is None else record_of(document)


class MemoryCommentStore:
    """Comments in memory, oldest first."""

    def __init__(self) -> None:
        self._comments = MemoryCollection()

    async def add(
        self, tenant: str, comment: Comment, sights: Sequence[str] = FOR_EVERYONE
    ) -> None:
        assert self._comments.insert(stored(tenant, comment, sights))

    async def share(self, tenant: str, record: str, sights: Sequence[str], at: datetime) -> None:
        def is_earlier(document: Document) -> bool:
            shared_at = document.get("shared_at")
            return shared_at is None or bool(shared_at < at)

        change = {"sights": list(sights), "shared_at": at}
        for each in self._comments.find(lambda d: d["tenant"] == tenant and d["record"] == record):
            self._comments.update(each["_id"], is_earlier, change)

    async def move(
        self, tenant: str, record: str, into: str, sights: Sequence[str], at: datetime
    ) -> None:
        change = {"record": into, "sights": list(sights), "shared_at": at}
        for each in self._comments.find(lambda d: d["tenant"] == tenant and d["record"] == record):
            self._comments.update(each["_id"], lambda d: bool(d["at"] < at), change)

    async def get(self, tenant: str, comment: str, *, deleted: bool = False) -> Comment | None:
        found = self._comments.get(comment)
        is_there = _is_deleted if deleted else _is_shown
        return from_document(Comment, found) if found and is_there(found, tenant) else None

    async def versions(self, tenant: str, comment: str) -> list[CommentVersion]:
        found = self._comments.get(comment)
        return versions_of(found if found and _is_shown(found, tenant) else None)

    async def replace(
        self, tenant: str, stored: Comment, changed: Comment, sights: Sequence[str] | None
    ) -> bool:
        def is_as_read(document: Document) -> bool:
            return _is_shown(document, tenant) and document["edited_at"] == stored.edited_at

        kept = [*await self.versions(tenant, stored.id), version_of(stored)]
        change = change_of(changed, sights) | {"versions": [each.model_dump() for each in kept]}
        return self._comments.update(stored.id, is_as_read, change) is not None

    async def remove(self, tenant: str, comment: str, by: str, at: datetime) -> Comment | None:
        changes = deletion(by, at)
        found = self._comments.update(comment, lambda d: _is_shown(d, tenant), changes)
        return from_optional(Comment, found)

    async def restore(self, tenant: str, comment: str) -> Comment | None:
        changes = deletion(None, None)
        found = self._comments.update(comment, lambda d: _is_deleted(d, tenant), changes)
        return from_optional(Comment, found)

    async def list_deleted(
        self, tenant: str, before: Position[datetime] | None, size: int
    ) -> KeysetPage[Comment, datetime]:
        parse = partial(from_document, Comment)
        return self._comments.page(
            BY_DELETION, lambda d: _is_deleted(d, tenant), before, size, parse
        )

    async def of_calls(
        self, tenant: str, call_ids: Sequence[str], newest: int, viewer: Viewer
    ) -> dict[str, CallComments]:
        comments: dict[str, list[Comment]] = {}
        for comment in self._find(lambda d: _is_shown(d, tenant) and d["call"] in call_ids, viewer):
            comments.setdefault(comment.call, []).append(comment)
        return {
            call: CallComments(len(found), tuple(found[-newest:]))
            for call, found in comments.items()
        }

    async def count(self, tenant: str, call: str, limit: int) -> int:
        found = self._comments.find(lambda d: _is_shown(d, tenant) and d["call"] == call)
        return min(limit, len(found))

    async def page(
        self, tenant: str, call: str, before: Position[datetime] | None, size: int, viewer: Viewer
    ) -> KeysetPage[Comment, datetime]:
        return self._comments.page(
            LATEST,
            lambda d: _is_shown(d, tenant) and d["call"] == call,
            before,
            size,
            partial(comment_for, viewer),
        )

    async def of_record(self, tenant: str, record: str, size: int, viewer: Viewer) -> list[Comment]:
        def is_seen(document: Document) -> bool:
            is_of_record = _is_shown(document, tenant) and document["record"] == record
            return is_of_record and sees_record(viewer, document)

        return self._find(is_seen, viewer)[::-1][:size]

    def _find(self, condition: Condition, viewer: Viewer) -> list[Comment]:
        comments = [comment_for(viewer, document) for document in self._comments.find(condition)]
        return sorted(comments, key=lambda comment: (comment.at, comment.id))


class MemoryMissedMarks:
    """The marks of missed calls in memory; a `MissedMarks`."""

    def __init__(self) -> None:
        self._marks: dict[str, datetime] = {}

    async def seen_until(self, tenant: str, user: str) -> datetime | None:
        return self._marks.get(mark_key(tenant, user))

    async def mark(self, tenant: str, user: str, until: datetime) -> None:
        key = mark_key(tenant, user)
        self._marks[key] = max(self._marks.get(key, until), until)


class MemoryRecordSharings:
    """The sharings of records in memory; a `RecordSharings`."""

    def __init__(self) -> None:
        self._sharings: dict[str, RecordShared] = {}

    async def add(self, sharing: RecordShared) -> None:
        key = sharing_key(sharing.tenant, sharing.record)
        stored = self._sharings.get(key, sharing)
        self._sharings[key] = max(stored, sharing, key=lambda each: each.at)

    async def of(self, records: Collection[tuple[str, str]]) -> list[RecordShared]:
        found = (self._sharings.get(sharing_key(*each)) for each in records)
        return in_order(sharing for sharing in found if sharing is not None)


def _is_shown(document: Document, tenant: str) -> bool:
    return bool(document["tenant"] == tenant and document["deleted_at"] is None)


def _is_deleted(document: Document, tenant: str) -> bool:
    return bool(document["tenant"] == tenant and document["deleted_at"] is not None)


def _is_observed(document: Document) -> bool:
    return "started_at" in document


def _condition(filter_: CallFilter) -> Condition:
    def matches(document: Document) -> bool:
        if document["tenant"] != filter_.tenant or document["deleted_at"] is not None:
            return False
        if not _is_observed(document):
            return False
        own = filter_.extensions
        if own is not None and not own.intersection(document["extensions"]):
            return False
        is_guest = bool({*document.get("guests", ())} & (own or frozenset()))
        if filter_.as_guest not in {None, is_guest}:
            return False
        record = record_of(document)
        return is_met_by(filter_, view(record.call), record.search_keys)

    return matches
