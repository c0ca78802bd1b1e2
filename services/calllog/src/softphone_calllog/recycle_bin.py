"""The recycle bin: where deleted calls wait, each naming who deleted it, and the way back."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from softphone_calllog.calls import CallRecord, CallStore
from softphone_calllog.settings import CalllogSettings
from softphone_common.domain.call_view import view
from softphone_common.domain.retention import is_stale
from softphone_common.stores.mongo import Document


class RecycleBin:
    """Moves calls in and out of the bin."""

    def __init__(self, calls: CallStore, settings: CalllogSettings) -> None:
        self._calls = calls
        self._grace = timedelta(seconds=settings.clean_up_grace_seconds)
        self._live_limit = timedelta(seconds=settings.clean_up_live_seconds)
        self._batch = settings.clean_up_batch

    async def put(self, tenant: str, call: str, actor: str, now: datetime) -> CallRecord | None:
        """Deletes one call in somebody's name; None if there is none, or it is deleted already."""
        fields = {"deleted_at": now, "deleted_by": actor, "swept": False}
        return await self._calls.change(tenant, call, fields, deleted_at=None)

    async def restore(self, tenant: str, call: str) -> CallRecord | None:
        """Brings one call back, for good: no sweep takes it again. None if it is not in the bin."""
        fields = {"deleted_at": None, "deleted_by": None, "swept": False, "kept": True}
        return await self._calls.change(tenant, call, fields, deleted_at={"$ne": None})

    async def sweep(self, tenant: str, sweep: str, actor: str, as_of: datetime) -> list[CallRecord]:
        """Moves what was stale at `as_of`; gives all that this sweep has moved.

        Safe to repeat: a sweep that was interrupted goes on, one that is done changes nothing.
        """
        query: Document = {
            "tenant": tenant,
            "talk_seconds": None,
            "last_at": {"$lt": as_of - min(self._grace, self._live_limit)},
            "deleted_at": None,
            "kept": {"$ne": True},
        }
        fields = {"deleted_at": as_of, "deleted_by": actor, "swept": True, "sweep": sweep}
        async for batch in self._batches(query, "last_at"):
            stale = [c for c in batch if self._is_stale(c, as_of)]
            await self._calls.change_all(stale, fields)
        mine = {"tenant": tenant, "sweep": sweep, "swept": True}
        return [call async for batch in self._batches(mine, "deleted_at") for call in batch]

    def _is_stale(self, call: CallRecord, as_of: datetime) -> bool:
        return is_stale(view(call.call), as_of, self._grace, self._live_limit)

    async def _batches(self, query: Document, order: str) -> AsyncIterator[list[CallRecord]]:
        after = None
        while True:
            page = await self._calls.page(query, order, after, self._batch)
            yield page.items
            after = page.next
            if after is None:
                return
