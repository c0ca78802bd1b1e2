"""Removes the records of a source that its complete file no longer has."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from softphone_matcher.directory.record import id_in_source
from softphone_matcher.directory.store import Directory
from softphone_matcher.directory.upsert import BATCH
from softphone_matcher.runs.run import RunCounts, StoredRun

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Absent:
    """The records of a source that a file lacks.

    - `before`: how many records the source had before the file
    - `strangers`: ids of rejected rows that are those of no record of the source
    """

    ids: tuple[str, ...]
    before: int
    strangers: int = 0

    @property
    def percent(self) -> float:
        """The share of the records that are absent."""
        return 100 * len(self.ids) / max(1, self.before)


class Absence:
    """Finds and moves absent records. Every method may raise UnavailableError."""

    def __init__(self, directory: Directory, percent_max: float) -> None:
        self._directory = directory
        self.percent_max = percent_max

    async def find(
        self,
        run: StoredRun,
        host_ids: Collection[str],
        rejected_ids: Collection[str],
        done: RunCounts,
    ) -> Absent:
        """Compares the records of the source with all ids that the file has."""

        def of(host_ids: Collection[str]) -> set[str]:
            return {id_in_source(run.tenant, run.source, host_id) for host_id in host_ids}

        saved, strangers = await asyncio.to_thread(lambda: (of(host_ids), of(rejected_ids)))
        sent = saved | strangers
        absent, records, after = list[str](), 0, None
        while True:
            page = await self._directory.list_ids(run.tenant, run.source, after, _PAGE)
            records += len(page.items)
            for each in page.items:
                strangers.difference_update(each.ids)
                # a merged record is there as long as one of its rows is, and one of two sources is
                # no single source's to remove
                if not each.is_shared and sent.isdisjoint(each.ids):
                    absent.append(each.ids[0])
            after = page.next
            if after is None:
                return Absent(tuple(absent), records - done.created, len(strangers - saved))

    def reason_to_hold(self, run: StoredRun, absent: Absent, unknown: int) -> str:
        """The code of the reason why a person has to look first; empty if there is none.

        A rejected row whose id is not known may be that of a record that would be removed. A
        person confirms the removal of as many records as are absent then.
        """
        if not absent.ids:
            return ""
        if run.confirmed_by:
            return "import-absent-many" if len(absent.ids) > run.absent else ""
        if unknown:
            return "import-rows-rejected"
        return "import-absent-many" if absent.percent > self.percent_max else ""

    async def move(
        self, run: StoredRun, ids: tuple[str, ...], at: datetime
    ) -> tuple[int, set[str]]:
        """Moves records to the recycle bin; returns how many, and the keys they had.

        A record that somebody has saved since the import began stays.
        """
        by = run.confirmed_by or run.requested_by
        before = run.started_at or run.requested_at
        return await self._directory.remove_all(run.tenant, ids, before, by, at)


def batches(ids: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The ids in parts of a batch each."""
    return [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
