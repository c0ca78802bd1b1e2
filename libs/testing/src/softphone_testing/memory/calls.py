"""The call history in memory: a `CallStore` and a `CommentStore`."""

from collections.abc import Sequence
from datetime import datetime

from softphone_calllog.calls import (
    BY_DELETION,
    BY_LAST_SIGN,
    BY_START,
    CallFilter,
    CallPage,
    CallPosition,
    call_fields,
    call_key,
    record_of,
)
from softphone_calllog.record import CallRecord, Fact, call_id_of
from softphone_common.contracts.entities import Comment
from softphone_common.domain.call import Call
from softphone_common.stores.documents import from_document, to_document
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
            after = before.apply(fact)
            if after != before:
                rev = before.revision + 1
                self._calls.put({**(document or {"_id": key}), **call_fields(after), "rev": rev})

    async def get(self, tenant: str, call_id: str) -> CallRecord | None:
        document = self._calls.get(call_key(tenant, call_id))
        return None if document is None or not _is_observed(document) else record_of(document)

    async def list_calls(self, filter_: CallFilter, after: CallPosition, size: int) -> CallPage:
        return self._calls.page(BY_START, _condition(filter_), after, size, record_of)

    async def list_recycle_bin(self, tenant: str, after: CallPosition, size: int) -> CallPage:
        def is_deleted(document: Document) -> bool:
            return document["tenant"] == tenant and document["deleted_at"] is not None

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

    async def add(self, tenant: str, comment: Comment) -> None:
        assert self._comments.insert(to_document(comment, tenant=tenant))

    async def of_calls(self, tenant: str, call_ids: Sequence[str]) -> dict[str, list[Comment]]:
        comments: dict[str, list[Comment]] = {}
        for comment in self._find(lambda d: d["tenant"] == tenant and d["call"] in call_ids):
            comments.setdefault(comment.call, []).append(comment)
        return comments

    async def of_record(self, tenant: str, record: str, size: int) -> list[Comment]:
        comments = self._find(lambda d: d["tenant"] == tenant and d["record"] == record)
        return comments[::-1][:size]

    def _find(self, condition: Condition) -> list[Comment]:
        comments = [from_document(Comment, document) for document in self._comments.find(condition)]
        return sorted(comments, key=lambda comment: (comment.at, comment.id))


def _is_observed(document: Document) -> bool:
    return "started_at" in document


def _condition(filter_: CallFilter) -> Condition:
    def matches(document: Document) -> bool:
        if document["tenant"] != filter_.tenant or document["deleted_at"] is not None:
            return False
        if not _is_observed(document):
            return False
        began = document["started_at"]
        conditions = (
            filter_.extensions is None or filter_.extensions.intersection(document["extensions"]),
            filter_.phases is None or document["phase"] in filter_.phases,
            filter_.direction in {None, document["direction"]},
            filter_.counterpart_key in {None, document["party"]},
            filter_.started_from is None or began >= filter_.started_from,
            filter_.started_before is None or began < filter_.started_before,
        )
        return all(conditions)

    return matches
