"""The store of runs whose source is being read: a lease, how far it is, and the parts of the file.

These runs are in the collection of all imports. Once the source is read to its end, the workers of
imports go on with them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from softphone_common.process.clock import utc_now
from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.runs.documents import (
    UNREADABLE,
    lease,
    left,
    readable_run,
    released,
)
from softphone_matcher.runs.run import Ending, FetchProgress, StoredRun
from softphone_matcher.runs.store import FILES, RUNS, Runs

PART = 1024 * 1024
"""Bytes of a stored part; a document of MongoDB has at most 16 MB."""
_PARTS_MAX = 1_000_000
"""Parts of one reading of a source, far above those that its limits permit."""


class Fetches(Protocol):
    """Runs of all tenants that are being fetched. Every method may raise UnavailableError.

    The changes of a worker return False if it no longer has the run: it was cancelled, or another
    worker has it.
    """

    async def begin(self, run: StoredRun, kept: int) -> bool:
        """Stores a run with nothing fetched; False if there is one with its id."""

    async def claim(
        self, owner: str, now: datetime, until: datetime, busy: Collection[str]
    ) -> StoredRun | None:
        """Takes the oldest run that no other worker has, but none of the busy tenants.

        Ends a run that another release wrote differently.
        """

    async def add_page(
        self, run: StoredRun, owner: str, until: datetime, data: bytes, progress: FetchProgress
    ) -> bool:
        """Stores the records of a page, and extends the lease. `run.fetch` is from before it."""

    async def extend(self, run_id: str, owner: str, until: datetime) -> bool:
        """Extends the lease while a page is read."""

    async def begin_again(
        self, run_id: str, owner: str, until: datetime, progress: FetchProgress
    ) -> bool:
        """Has a source read anew, and extends the lease; nothing counts as fetched."""

    async def hand_over(self, run_id: str, owner: str, first: int = 0) -> bool:
        """Has the records of a run saved that is read to its end: those from a part on.

        The parts before it are removed. They are of readings that did not come to an end.
        """

    async def postpone(
        self, run_id: str, owner: str, until: datetime, code: str, params: Mapping[str, Any]
    ) -> bool:
        """Gives a run back, to be taken after this time, with the reason."""

    async def release(self, run_id: str, owner: str) -> None:
        """Gives a run back, so that another worker can take it at once; counts no attempt."""

    async def end(self, run_id: str, owner: str, ending: Ending, at: datetime) -> bool:
        """Ends a run of which nothing is saved, and removes what was fetched."""


class MongoFetches:
    """Keeps these runs in MongoDB; a `Fetches`."""

    def __init__(self, database: Database, runs: Runs) -> None:
        self._runs = database[RUNS]
        self._files = database[FILES]
        self._all = runs

    async def begin(self, run: StoredRun, kept: int) -> bool:
        try:
            await self._all.add(run, b"", kept)
        except DuplicateKeyError:
            return False
        return True

    async def claim(
        self, owner: str, now: datetime, until: datetime, busy: Collection[str]
    ) -> StoredRun | None:
        query: Document = {
            "state": "fetching",
            "tenant": {"$nin": list(busy)},
            "$or": [{"lease_until": {"$lt": now}}, {"lease_owner": owner}],
        }
        with reaching():
            document = await self._runs.find_one_and_update(
                query,
                {"$set": lease(owner, until), "$inc": {"attempts": 1}},
                sort=[("requested_at", ASCENDING), ("_id", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
            if document is not None and document.get("started_at") is None:
                document["started_at"] = now
                start = {"$set": {"started_at": now}}
                await self._runs.update_one(_leased(document["_id"], owner), start)
        if document is None:
            return None
        run = readable_run(document)
        if run is None:
            await self.end(document["_id"], owner, UNREADABLE, now)
        return run

    async def add_page(
        self, run: StoredRun, owner: str, until: datetime, data: bytes, progress: FetchProgress
    ) -> bool:
        parts = parts_of(data)
        first = progress.parts - len(parts)
        with reaching():
            for part, content in enumerate(parts, first):
                # a part that was stored before a crash is replaced by its page, read again
                stored: Document = {"run": run.id, "part": part, "data": content}
                await self._files.replace_one(
                    {"_id": f"{run.id}/{part}"}, {**stored, "at": utc_now()}, upsert=True
                )
        return await self._change(run.id, owner, page_document(progress) | lease(owner, until))

    async def extend(self, run_id: str, owner: str, until: datetime) -> bool:
        return await self._change(run_id, owner, lease(owner, until))

    async def begin_again(
        self, run_id: str, owner: str, until: datetime, progress: FetchProgress
    ) -> bool:
        # the old parts stay until the end: a crash in between would leave some of them behind
        return await self._change(run_id, owner, begun_again(progress) | lease(owner, until))

    async def hand_over(self, run_id: str, owner: str, first: int = 0) -> bool:
        if first:
            with reaching():
                # also a worker that has lost the run removes nothing that another one has stored
                await self._files.delete_many({"run": run_id, "part": {"$lt": first}})
        return await self._change(run_id, owner, handed_over() | released())

    async def postpone(
        self, run_id: str, owner: str, until: datetime, code: str, params: Mapping[str, Any]
    ) -> bool:
        return await self._change(run_id, owner, postponed(until, code, params))

    async def release(self, run_id: str, owner: str) -> None:
        with reaching():
            change: Document = {"$set": released(), "$inc": {"attempts": -1}}
            await self._runs.update_one(_leased(run_id, owner), change)

    async def end(self, run_id: str, owner: str, ending: Ending, at: datetime) -> bool:
        is_own = await self._change(run_id, owner, left(ending, at))
        if is_own:
            with reaching():
                await self._files.delete_many({"run": run_id})
        return is_own

    async def _change(self, run_id: str, owner: str, changes: Document) -> bool:
        with reaching():
            result = await self._runs.update_one(_leased(run_id, owner), {"$set": changes})
        return bool(result.matched_count)


def first_part(beginnings: int) -> int:
    """The number of the first part of a reading.

    Every reading has numbers of its own, so that a worker that lost the run during an earlier one
    replaces none of its parts.
    """
    return beginnings * _PARTS_MAX


def parts_of(data: bytes) -> Sequence[bytes]:
    """The parts in which the records of a page are stored; none for none."""
    return [data[first : first + PART] for first in range(0, len(data), PART)]


def page_document(progress: FetchProgress) -> Document:
    """The stored fields of a run after a page."""
    return begun_again(progress) | {"attempts": 0}


def begun_again(progress: FetchProgress) -> Document:
    """The stored fields of a run whose source is read anew; the attempts go on counting."""
    shown: Document = {"fetched": progress.records, "size": progress.size, "code": "", "params": {}}
    return shown | {"fetch": progress.model_dump()}


def handed_over() -> Document:
    """The stored fields with which the workers of imports go on with a run."""
    return {"state": "waiting", "attempts": 0, "code": "", "params": {}}


def postponed(until: datetime, code: str, params: Mapping[str, Any]) -> Document:
    """The stored fields of a run that is tried again after a time."""
    return {**lease("", until), "code": code, "params": dict(params)}


def _leased(run_id: str, owner: str) -> Document:
    return {"_id": run_id, "lease_owner": owner, "state": "fetching"}
