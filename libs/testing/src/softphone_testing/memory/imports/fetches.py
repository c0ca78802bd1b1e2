"""Runs whose source is being read, in memory: a `Fetches` over a `MemoryRuns`."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from softphone_common.stores.mongo import Document
from softphone_matcher.fetching.fetches import (
    begun_again,
    handed_over,
    page_document,
    parts_of,
    postponed,
)
from softphone_matcher.runs.documents import (
    UNREADABLE,
    is_free,
    lease,
    left,
    readable_run,
    released,
)
from softphone_matcher.runs.run import Ending, FetchProgress, StoredRun
from softphone_testing.memory.collection import Condition
from softphone_testing.memory.imports.runs import MemoryRuns


class MemoryFetches:
    """Runs that are being fetched, among all runs."""

    def __init__(self, all_runs: MemoryRuns) -> None:
        self._all = all_runs
        self._runs = all_runs.documents
        self._parts: dict[str, dict[int, bytes]] = {}

    async def begin(self, run: StoredRun, kept: int) -> bool:
        if self._runs.get(run.id) is not None:
            return False
        await self._all.add(run, b"", kept)
        return True

    async def claim(
        self, owner: str, now: datetime, until: datetime, busy: Collection[str]
    ) -> StoredRun | None:
        def may_claim(document: Document) -> bool:
            is_fetching = document["state"] == "fetching" and document["tenant"] not in busy
            return is_fetching and is_free(document, owner, now)

        free = self._runs.find(may_claim)
        if not free:
            return None
        first = min(free, key=lambda document: (document["requested_at"], document["_id"]))
        started = {"started_at": first.get("started_at") or now}
        change = lease(owner, until) | started
        claimed = self._runs.update(first["_id"], may_claim, change, attempts=1)
        run = readable_run(claimed) if claimed else None
        if run is None:
            await self.end(first["_id"], owner, UNREADABLE, now)
        return run

    async def add_page(
        self, run: StoredRun, owner: str, until: datetime, data: bytes, progress: FetchProgress
    ) -> bool:
        parts = parts_of(data)
        stored = self._parts.setdefault(run.id, {})
        stored.update(enumerate(parts, progress.parts - len(parts)))
        self._all.files[run.id] = b"".join(stored[part] for part in sorted(stored))
        return self._change(run.id, owner, page_document(progress) | lease(owner, until))

    async def extend(self, run_id: str, owner: str, until: datetime) -> bool:
        return self._change(run_id, owner, lease(owner, until))

    async def begin_again(
        self, run_id: str, owner: str, until: datetime, progress: FetchProgress
    ) -> bool:
        return self._change(run_id, owner, begun_again(progress) | lease(owner, until))

    async def hand_over(self, run_id: str, owner: str, first: int = 0) -> bool:
        stored = self._parts.get(run_id, {})
        for part in [part for part in stored if part < first]:
            del stored[part]
        if stored:
            self._all.files[run_id] = b"".join(stored[part] for part in sorted(stored))
        return self._change(run_id, owner, handed_over() | released())

    async def postpone(
        self, run_id: str, owner: str, until: datetime, code: str, params: Mapping[str, Any]
    ) -> bool:
        return self._change(run_id, owner, postponed(until, code, params))

    async def release(self, run_id: str, owner: str) -> None:
        self._runs.update(run_id, _is_leased(owner), released(), attempts=-1)

    async def end(self, run_id: str, owner: str, ending: Ending, at: datetime) -> bool:
        is_own = self._change(run_id, owner, left(ending, at))
        if is_own:
            self._all.files.pop(run_id, None)
        return is_own

    def _change(self, run_id: str, owner: str, changes: Document) -> bool:
        return self._runs.update(run_id, _is_leased(owner), changes) is not None


def _is_leased(owner: str) -> Condition:
    return lambda document: document["lease_owner"] == owner and document["state"] == "fetching"
