"""Imports in memory: a `Runs`."""

from collections.abc import Sequence
from datetime import datetime

from softphone_common.stores.keyset import Position
from softphone_common.stores.mongo import Document
from softphone_matcher.runs.documents import (
    UNREADABLE,
    cancelled,
    confirmed,
    forgotten,
    free_of,
    is_free,
    lease,
    left,
    new_document,
    problem_documents,
    progress,
    readable_run,
    released,
    shown_run,
    stored_run,
    without_removal,
)
from softphone_matcher.runs.run import (
    OPEN,
    PROBLEMS_MAX,
    UNDECIDED,
    Ending,
    RowProblem,
    RunCounts,
    StoredRun,
)
from softphone_matcher.runs.store import BY_TIME, RunPage
from softphone_testing.memory.collection import Condition, MemoryCollection


class MemoryRuns:
    """Runs, their files and problems in memory; `MemoryFetches` shares the runs and the files."""

    def __init__(self) -> None:
        self.documents = MemoryCollection()
        self._problems = MemoryCollection()
        self.files: dict[str, bytes] = {}

    async def add(self, run: StoredRun, data: bytes, kept: int) -> None:
        self.files[run.id] = data
        self.documents.insert(new_document(run))
        ended = [d for d in self._of(run.tenant) if _is_kept_with(d, run)]
        old = {document["_id"] for document in sorted(ended, key=_time, reverse=True)[kept:]}
        self.documents.delete(lambda document: document["_id"] in old)
        self._problems.delete(lambda document: document["run"] in old)

    async def count_open(self, tenant: str) -> int:
        files = (d for d in self._of(tenant) if not d.get("source_id"))
        return sum(document["state"] in OPEN for document in files)

    async def get(self, tenant: str, run_id: str) -> StoredRun | None:
        document = self.documents.get(run_id)
        if document is None or document["tenant"] != tenant:
            return None
        return stored_run(document)

    async def list_latest(
        self, tenant: str, after: Position[datetime] | None, size: int
    ) -> RunPage:
        def is_theirs(document: Document) -> bool:
            return bool(document["tenant"] == tenant)

        return self.documents.page(BY_TIME, is_theirs, after, size, shown_run)

    async def list_free(self, owner: str, now: datetime) -> list[tuple[str, str]]:
        documents = sorted(self.documents.find(_is_open), key=_time)
        return free_of(documents, owner, now)

    async def claim(
        self, run_id: str, owner: str, now: datetime, until: datetime
    ) -> StoredRun | None:
        def may_claim(document: Document) -> bool:
            return _is_open(document) and is_free(document, owner, now)

        document = self.documents.get(run_id)
        started = (document or {}).get("started_at") or now
        change = {**lease(owner, until), "state": "running", "started_at": started}
        claimed = self.documents.update(run_id, may_claim, change, attempts=1)
        if claimed is None:
            return None
        run = readable_run(claimed)
        if run is None:
            self.documents.update(run_id, _is_leased(owner), left(UNREADABLE, now))
            self.files.pop(run_id, None)
        return run

    async def release(self, run_id: str, owner: str) -> None:
        self.documents.update(run_id, _is_leased(owner), released(), attempts=-1)

    async def read_file(self, run_id: str) -> bytes | None:
        return self.files.get(run_id)

    async def plan(
        self,
        run_id: str,
        owner: str,
        until: datetime,
        done: RunCounts,
        planned: RunCounts,
        attempts: int,
    ) -> bool:
        change = {**progress(done, planned), **lease(owner, until), "attempts": attempts}
        return self.documents.update(run_id, _is_leased(owner), change) is not None

    async def add_problems(self, run_id: str, problems: Sequence[RowProblem], first: int) -> None:
        for document in problem_documents(run_id, problems, first):
            self._problems.put(document)

    async def finish(
        self, run_id: str, owner: str, done: RunCounts, ending: Ending, at: datetime
    ) -> bool:
        change = left(ending, at) | progress(done, None)
        if self.documents.update(run_id, _is_leased(owner), change) is None:
            return False
        if ending.state != "held":
            self.files.pop(run_id, None)
        return True

    async def extend(
        self, run_id: str, owner: str, until: datetime, removed: int, attempts: int
    ) -> bool:
        change = {**lease(owner, until), "removed": removed, "attempts": attempts}
        return self.documents.update(run_id, _is_leased(owner), change) is not None

    async def end_forgotten(self, run: StoredRun, at: datetime) -> None:
        held = filter(_is_held, self._of(run.tenant))
        for run_id, code in forgotten(sorted(held, key=_time, reverse=True), run):
            if self.documents.update(run_id, _is_held, without_removal(code, at)) is not None:
                self.files.pop(run_id, None)

    async def confirm(self, tenant: str, run_id: str, by: str) -> StoredRun | None:
        def may_confirm(document: Document) -> bool:
            return bool(document["tenant"] == tenant and document["state"] == "held")

        document = self.documents.update(run_id, may_confirm, confirmed(by))
        return None if document is None else stored_run(document)

    async def has_later(self, run: StoredRun) -> bool:
        def is_later(document: Document) -> bool:
            is_ended_early = document["state"] in {"failed", "cancelled"}
            is_of_source = document["source"] == run.source and not is_ended_early
            return is_of_source and bool(document["requested_at"] > run.requested_at)

        return any(map(is_later, self._of(run.tenant)))

    async def cancel(self, tenant: str, run_id: str, at: datetime) -> StoredRun | None:
        def may_cancel(document: Document) -> bool:
            return bool(document["tenant"] == tenant) and document["state"] in UNDECIDED

        document = self.documents.update(run_id, may_cancel, cancelled(at))
        if document is None:
            return None
        self.files.pop(run_id, None)
        return stored_run(document)

    async def list_problems(self, run_id: str, size: int = PROBLEMS_MAX) -> list[RowProblem]:
        documents = self._problems.find(lambda document: bool(document["run"] == run_id))
        in_order = sorted(documents, key=lambda document: int(document["n"]))
        return [RowProblem.model_validate(document) for document in in_order[:size]]

    def _of(self, tenant: str) -> list[Document]:
        return self.documents.find(lambda document: bool(document["tenant"] == tenant))


def _time(document: Document) -> tuple[datetime, str]:
    return document["requested_at"], document["_id"]


def _is_kept_with(document: Document, run: StoredRun) -> bool:
    """Whether a run has ended and is of the same source, or of files like the other."""
    is_ended = document["state"] not in UNDECIDED
    return is_ended and document.get("source_id", "") == run.source_id


def _is_open(document: Document) -> bool:
    return document["state"] in OPEN


def _is_held(document: Document) -> bool:
    return bool(document["state"] == "held")


def _is_leased(owner: str) -> Condition:
    return lambda document: document["lease_owner"] == owner and document["state"] == "running"
