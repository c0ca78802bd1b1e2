"""The store of runs: their state, their files until they end, and the rows they rejected.

A run is leased: a worker takes it for some seconds, and extends the lease with each batch. Every
change of a worker has the condition that the lease is still its own, so one that lost it stops.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne, ReturnDocument

from softphone_common.process.clock import utc_now
from softphone_common.process.telemetry import log
from softphone_common.stores.keyset import Keyset, KeysetPage, Position
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.runs.documents import (
    UNREADABLE,
    cancelled,
    confirmed,
    forgotten,
    free_of,
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
    ImportRun,
    RowProblem,
    RunCounts,
    StoredRun,
)

RUNS = "imports"
FILES = "import_files"
PROBLEMS = "import_problems"
FILE_DAYS = 30
"""After that a file is removed although nobody has worked it off."""

INDEXES = {
    RUNS: [
        IndexModel([("tenant", ASCENDING), ("requested_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("state", ASCENDING), ("requested_at", ASCENDING), ("_id", ASCENDING)]),
    ],
    FILES: [
        IndexModel([("run", ASCENDING), ("part", ASCENDING)]),
        IndexModel(
            [("at", ASCENDING)], expireAfterSeconds=int(timedelta(days=FILE_DAYS).total_seconds())
        ),
    ],
    PROBLEMS: [IndexModel([("run", ASCENDING), ("n", ASCENDING)])],
}
BY_TIME: Keyset[datetime] = Keyset("requested_at")
RunPage = KeysetPage[ImportRun, datetime]

_PART = 1024 * 1024
_FILES_ONLY: Document = {"$in": ["", None]}
"""Matches runs of files; those of earlier releases have no `source_id`."""
_OPEN_MAX = 1000
"""Open runs of all tenants that are looked at in one turn."""


class Runs(Protocol):
    """Runs of all tenants. Every method may raise UnavailableError."""

    async def add(self, run: StoredRun, data: bytes, kept: int) -> None:
        """Stores the file and then the run; removes all runs but the `kept` newest of the tenant.

        The runs of each source are counted alone, and so are those of files. Runs that are open
        or held are never removed.
        """

    async def count_open(self, tenant: str) -> int:
        """How many runs of files of the tenant wait or run."""

    async def get(self, tenant: str, run_id: str) -> StoredRun | None:
        """The tenant's run with this id; `unknown` if another release wrote it differently."""

    async def list_latest(
        self, tenant: str, after: Position[datetime] | None, size: int
    ) -> RunPage:
        """Up to `size` runs, those requested last first."""

    async def list_free(self, owner: str, now: datetime) -> list[tuple[str, str]]:
        """Id and tenant of the oldest open run of each tenant, unless another worker has it."""

    async def claim(
        self, run_id: str, owner: str, now: datetime, until: datetime
    ) -> StoredRun | None:
        """Takes a run for a worker; None if it has ended, or if another worker has it.

        Ends a run that another release wrote differently: it would be claimed for ever.
        """

    async def release(self, run_id: str, owner: str) -> None:
        """Gives a run back, so that another worker can take it at once; counts no attempt."""

    async def read_file(self, run_id: str) -> bytes | None:
        """The file of a run; None if it is no longer stored."""

    async def plan(
        self,
        run_id: str,
        owner: str,
        until: datetime,
        done: RunCounts,
        planned: RunCounts,
        attempts: int,
    ) -> bool:
        """Notes what is done and what the next batch will have done, and extends the lease.

        `attempts` is 0 once a batch was written since the run was taken up.

        False if the worker no longer has the run: it must write nothing then.
        """

    async def add_problems(self, run_id: str, problems: Sequence[RowProblem], first: int) -> None:
        """Stores rejected rows, of which the first has this number, up to PROBLEMS_MAX of a run.

        A repetition changes nothing.
        """

    async def finish(
        self, run_id: str, owner: str, done: RunCounts, ending: Ending, at: datetime
    ) -> bool:
        """Ends a run and removes its file, or holds the run and keeps the file.

        False if the worker no longer has the run.
        """

    async def extend(
        self, run_id: str, owner: str, until: datetime, removed: int, attempts: int
    ) -> bool:
        """Notes how many records were removed, and extends the lease; False if it is lost."""

    async def end_forgotten(self, run: StoredRun, at: datetime) -> None:
        """Ends held runs of the tenant: earlier ones of this run's source, and the oldest past
        HELD_MAX. They remove nothing."""

    async def confirm(self, tenant: str, run_id: str, by: str) -> StoredRun | None:
        """Has a run that is held go on; None if the tenant has no such run."""

    async def has_later(self, run: StoredRun) -> bool:
        """Whether a later file of the source was imported, or waits."""

    async def cancel(self, tenant: str, run_id: str, at: datetime) -> StoredRun | None:
        """Ends a run that is open or held; None if the tenant has no such run."""

    async def list_problems(self, run_id: str, size: int = PROBLEMS_MAX) -> list[RowProblem]:
        """Up to `size` rejected rows, in the order of the file."""


class MongoRuns:
    """Keeps runs in MongoDB; a `Runs`."""

    def __init__(self, database: Database) -> None:
        self._runs = database[RUNS]
        self._files = database[FILES]
        self._problems = database[PROBLEMS]

    async def add(self, run: StoredRun, data: bytes, kept: int) -> None:
        with reaching():
            # in parts, since a document has at most 16 MB; the time is that of MongoDB's own clock,
            # by which the index removes them
            for part, first in enumerate(range(0, len(data), _PART)):
                stored = {"run": run.id, "part": part, "data": data[first : first + _PART]}
                await self._files.insert_one({**stored, "at": utc_now()})
            await self._runs.insert_one(new_document(run))
        await self._prune(run, kept)

    async def count_open(self, tenant: str) -> int:
        with reaching():
            query = {"tenant": tenant, "state": {"$in": OPEN}, "source_id": _FILES_ONLY}
            return await self._runs.count_documents(query)

    async def get(self, tenant: str, run_id: str) -> StoredRun | None:
        with reaching():
            document = await self._runs.find_one({"_id": run_id, "tenant": tenant})
        return None if document is None else stored_run(document)

    async def list_latest(
        self, tenant: str, after: Position[datetime] | None, size: int
    ) -> RunPage:
        return await BY_TIME.page(self._runs, {"tenant": tenant}, after, size, shown_run)

    async def list_free(self, owner: str, now: datetime) -> list[tuple[str, str]]:
        order = [("requested_at", ASCENDING), ("_id", ASCENDING)]
        with reaching():
            found = self._runs.find({"state": {"$in": OPEN}}).sort(order).limit(_OPEN_MAX)
            documents = await found.to_list(None)
        return free_of(documents, owner, now)

    async def claim(
        self, run_id: str, owner: str, now: datetime, until: datetime
    ) -> StoredRun | None:
        # compare and set: of two workers that saw the run free, MongoDB lets one take it
        query: Document = {
            "_id": run_id,
            "state": {"$in": OPEN},
            "$or": [{"lease_until": {"$lt": now}}, {"lease_owner": owner}],
        }
        with reaching():
            document = await self._runs.find_one_and_update(
                query,
                {"$set": lease(owner, until) | {"state": "running"}, "$inc": {"attempts": 1}},
                return_document=ReturnDocument.AFTER,
            )
            if document is not None and document.get("started_at") is None:
                document["started_at"] = now
                await self._runs.update_one(_leased(run_id, owner), {"$set": {"started_at": now}})
        if document is None:
            return None
        run = readable_run(document)
        if run is None:
            await self._fail(run_id, owner, now)
        return run

    async def release(self, run_id: str, owner: str) -> None:
        with reaching():
            change: Document = {"$set": released(), "$inc": {"attempts": -1}}
            await self._runs.update_one(_leased(run_id, owner), change)

    async def read_file(self, run_id: str) -> bytes | None:
        with reaching():
            parts = await self._files.find({"run": run_id}).sort("part", ASCENDING).to_list(None)
        return b"".join(part["data"] for part in parts) or None

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
        with reaching():
            result = await self._runs.update_one(_leased(run_id, owner), {"$set": change})
        return bool(result.matched_count)

    async def add_problems(self, run_id: str, problems: Sequence[RowProblem], first: int) -> None:
        writes = [
            ReplaceOne({"_id": document["_id"]}, document, upsert=True)
            for document in problem_documents(run_id, problems, first)
        ]
        if writes:
            with reaching():
                await self._problems.bulk_write(writes, ordered=False)

    async def finish(
        self, run_id: str, owner: str, done: RunCounts, ending: Ending, at: datetime
    ) -> bool:
        change = left(ending, at) | progress(done, None)
        with reaching():
            result = await self._runs.update_one(_leased(run_id, owner), {"$set": change})
        if result.matched_count and ending.state != "held":
            await self._remove_file(run_id)
        return bool(result.matched_count)

    async def extend(
        self, run_id: str, owner: str, until: datetime, removed: int, attempts: int
    ) -> bool:
        change = {**lease(owner, until), "removed": removed, "attempts": attempts}
        with reaching():
            result = await self._runs.update_one(_leased(run_id, owner), {"$set": change})
        return bool(result.matched_count)

    async def end_forgotten(self, run: StoredRun, at: datetime) -> None:
        query: Document = {"tenant": run.tenant, "state": "held"}
        order = [("requested_at", DESCENDING), ("_id", DESCENDING)]
        with reaching():
            found = self._runs.find(query, {"source": 1, "requested_at": 1}).sort(order)
            held = await found.to_list(None)
        for run_id, code in forgotten(held, run):
            with reaching():
                change = {"$set": without_removal(code, at)}
                result = await self._runs.update_one({"_id": run_id, "state": "held"}, change)
            if result.modified_count:
                await self._remove_file(run_id)

    async def confirm(self, tenant: str, run_id: str, by: str) -> StoredRun | None:
        query = {"_id": run_id, "tenant": tenant, "state": "held"}
        with reaching():
            document = await self._runs.find_one_and_update(
                query, {"$set": confirmed(by)}, return_document=ReturnDocument.AFTER
            )
        return None if document is None else stored_run(document)

    async def has_later(self, run: StoredRun) -> bool:
        query: Document = {"tenant": run.tenant, "requested_at": {"$gt": run.requested_at}}
        query |= {"source": run.source, "state": {"$nin": ["failed", "cancelled"]}}
        with reaching():
            return await self._runs.find_one(query, {"_id": 1}) is not None

    async def cancel(self, tenant: str, run_id: str, at: datetime) -> StoredRun | None:
        query: Document = {"_id": run_id, "tenant": tenant, "state": {"$in": UNDECIDED}}
        with reaching():
            document = await self._runs.find_one_and_update(
                query, {"$set": cancelled(at)}, return_document=ReturnDocument.AFTER
            )
        if document is not None:
            await self._remove_file(run_id)
        return None if document is None else stored_run(document)

    async def list_problems(self, run_id: str, size: int = PROBLEMS_MAX) -> list[RowProblem]:
        with reaching():
            found = self._problems.find({"run": run_id}).sort("n", ASCENDING).limit(size)
            documents = await found.to_list(None)
        return [RowProblem.model_validate(document) for document in documents]

    async def _fail(self, run_id: str, owner: str, at: datetime) -> None:
        with reaching():
            change = {"$set": left(UNREADABLE, at)}
            await self._runs.update_one(_leased(run_id, owner), change)
        await self._remove_file(run_id)
        log.error("import of another release failed", run=run_id)

    async def _remove_file(self, run_id: str) -> None:
        # files that stay because the process ends here are removed by the index on their time
        with reaching():
            await self._files.delete_many({"run": run_id})

    async def _prune(self, run: StoredRun, kept: int) -> None:
        source = run.source_id or _FILES_ONLY
        query: Document = {"tenant": run.tenant, "state": {"$nin": UNDECIDED}, "source_id": source}
        order = [("requested_at", DESCENDING), ("_id", DESCENDING)]
        with reaching():
            found = self._runs.find(query, {"_id": 1}).sort(order).skip(kept)
            ids = [document["_id"] for document in await found.to_list(None)]
            if ids:
                await self._problems.delete_many({"run": {"$in": ids}})
                await self._runs.delete_many({"_id": {"$in": ids}})


def _leased(run_id: str, owner: str) -> Document:
    return {"_id": run_id, "lease_owner": owner, "state": "running"}
