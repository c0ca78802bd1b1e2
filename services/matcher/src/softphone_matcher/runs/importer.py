"""Works off one run: reads its file and saves the rows in batches, as applications send records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import AuditEvent, AuditOutcome, Tenant
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.directory.input import SentRecord
from softphone_matcher.directory.record import id_in_source
from softphone_matcher.directory.upsert import BATCH, Planned, Upsert
from softphone_matcher.imports.rows.imported_row import ImportedRow, ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.runs.absence import Absence, batches
from softphone_matcher.runs.leases import while_leased
from softphone_matcher.runs.rows import Row, RunRows
from softphone_matcher.runs.run import Ending, RowProblem, RunCounts, StoredRun
from softphone_matcher.runs.store import Runs

_ATTEMPTS_MAX = 5
"""How often a run is taken up without finishing a batch: its file may be what ends the process."""


class LeaseLostError(Exception):
    """The run was cancelled, or another worker has it: nothing more may be written for it."""


@dataclass(slots=True)
class _Batch:
    """The rows of one step: records by their ids, and the reasons of all others."""

    size: int
    records: dict[str, SentRecord] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)


class Importer:
    """Works off runs that its owner has claimed."""

    def __init__(
        self,
        runs: Runs,
        upsert: Upsert,
        absence: Absence,
        require_tenant: Callable[[str], Tenant],
        security: SecurityLog,
        clock: Clock,
        limits: ImportLimits,
        lease_seconds: float,
    ) -> None:
        self._runs = runs
        self._upsert = upsert
        self._absence = absence
        self._require_tenant = require_tenant
        self._security = security
        self._clock = clock
        self._limits = limits
        self._lease = timedelta(seconds=lease_seconds)

    async def work(self, run: StoredRun, owner: str) -> None:
        """Saves the rows of the file behind those that are done, and ends the run.

        Raises UnavailableError, and LeaseLostError if the run has another owner by now. The run
        can be taken up again then.
        """
        if run.attempts > _ATTEMPTS_MAX:
            await self._leave(run, owner, run.counts, Ending("failed", "import-interrupted"))
            return
        data = await self._runs.read_file(run.id)
        if data is None or len(data) != run.size:  # parts of a file are removed one by one
            await self._leave(run, owner, run.counts, Ending("failed", "import-file-missing"))
            return
        tenant = self._require_tenant(run.tenant)
        try:
            rows = await RunRows.open(run, data, tenant.numbers, self._limits)
            await self._skip(run, owner, rows)
        except ImportFileError as error:
            failed = Ending("failed", error.code, error.params)
            await self._leave(run, owner, run.counts, failed)
            return
        done, failure = await self._batches(run, owner, rows, tenant)
        if failure is not None:
            # nothing is removed: the rest of the file is not known
            ending = Ending("failed", failure.code, failure.params)
        elif run.complete:
            ending = await self._remove_absent(run, owner, rows, done)
        else:
            ending = Ending("finished")
        await self._leave(run, owner, done, ending)

    async def _remove_absent(
        self, run: StoredRun, owner: str, rows: RunRows, done: RunCounts
    ) -> Ending:
        """Moves the records that the file lacks to the recycle bin, or says why they wait."""
        if not rows.host_ids:
            return Ending("failed", "import-empty")
        absent = await self._absence.find(run, rows.host_ids, rows.rejected_ids, done)
        count = len(absent.ids)
        # the columns of a row of a file may be shifted, so that its id is another text
        unknown = rows.unknown + (0 if run.source_id else absent.strangers)
        reason = self._absence.reason_to_hold(run, absent, unknown)
        if reason:
            params = {"absent": count, "records": absent.before, "rows": unknown}
            return Ending("held", reason, params, absent=count)
        # until the first removal is done, what fails or ends the process counts as an attempt
        removed, attempts, follows = run.removed, run.attempts, True
        for ids in batches(absent.ids):
            await self._extend(run, owner, removed, attempts)
            moved, keys = await self._absence.move(run, ids, self._clock())
            removed, attempts = removed + moved, 0
            if follows:
                follows = await self._upsert.publish(run.tenant, keys)
        return Ending("finished", absent=count, removed=removed)

    async def _batches(
        self, run: StoredRun, owner: str, rows: RunRows, tenant: Tenant
    ) -> tuple[RunCounts, ImportFileError | None]:
        """Saves all rows that follow, or those in front of damage that ends the file.

        Returns the counts of the whole run, and the damage.
        """
        done, planned, follows = run.counts, run.planned, True
        while True:
            # a batch that was interrupted is repeated as it was, and its counts are those from
            # before it was written: afterwards its records would count as unchanged
            size = planned.rows_read - done.rows_read if planned else BATCH
            try:
                batch = self._batch(run, await rows.take(size))
            except ImportFileError as error:
                return done, error
            if not batch.size:
                return done, None
            plan = await self._upsert.plan(run.requested_by, batch.records, tenant)
            planned = planned or _counts_after(done, batch, plan)
            until = self._clock() + self._lease
            attempts = 0 if done.rows_read > run.rows_read else run.attempts
            if not await self._runs.plan(run.id, owner, until, done, planned, attempts):
                raise LeaseLostError
            written = await while_leased(
                self._write(run, batch, plan, done.rejected, tenant),
                partial(self._extend, run, owner, run.removed, attempts),
                self._lease.total_seconds(),
                UnavailableError("the store of records"),
            )
            if follows:  # else the broker is away, and waiting for it would take minutes
                follows = await self._upsert.publish(run.tenant, written.keys)
            done, planned = _counts_of(planned, plan, written), None

    async def _write(
        self, run: StoredRun, batch: _Batch, plan: Planned, first: int, tenant: Tenant
    ) -> Planned:
        """Stores a batch, and the rows of it that were rejected."""
        await self._runs.add_problems(run.id, batch.problems, first)
        return await self._upsert.write(run.requested_by, plan, tenant)

    async def _skip(self, run: StoredRun, owner: str, rows: RunRows) -> None:
        """Reads the rows again that are done, however long that takes."""
        left = run.rows_read
        while left > 0:
            await self._extend(run, owner, run.removed, run.attempts)
            left = await rows.skip(left)

    async def _extend(self, run: StoredRun, owner: str, removed: int, attempts: int) -> None:
        until = self._clock() + self._lease
        if not await self._runs.extend(run.id, owner, until, removed, attempts):
            raise LeaseLostError

    def _batch(self, run: StoredRun, rows: Sequence[Row]) -> _Batch:
        batch = _Batch(len(rows))
        for row in rows:
            problem = self._add(run, row, batch)
            if problem is not None:
                batch.problems.append(problem)
        return batch

    def _add(self, run: StoredRun, row: Row, batch: _Batch) -> RowProblem | None:
        """Adds the record of a row to the batch, or returns why the row has none."""
        if isinstance(row, Rejection):
            return RowProblem.of(row)
        record, problems = self._upsert.read(_sent(row))
        if record is None:
            name, code = problems[0]
            return RowProblem(row=row.row, field=name, code=code)
        batch.records[id_in_source(run.tenant, run.source, record.host_id)] = record
        return None

    async def _leave(self, run: StoredRun, owner: str, done: RunCounts, ending: Ending) -> None:
        if not await self._runs.finish(run.id, owner, done, ending, self._clock()):
            raise LeaseLostError
        if ending.state in {"finished", "held"}:
            await self._runs.end_forgotten(run, self._clock())
        state, code = ending.state, ending.code
        log.info("import left", tenant=run.tenant, run=run.id, state=state, code=code)
        event: AuditEvent = "import-held" if state == "held" else "import-finished"
        outcome: AuditOutcome = "failure" if state == "failed" else "success"
        target = f"import/{run.id}"
        self._security.record(event, run.tenant, run.actor, target, outcome=outcome, detail=code)


def _sent(row: ImportedRow) -> dict[str, Any]:
    """The record of a row, without an empty owner or team.

    A file without these columns must not take a restricted record from those who see it.
    """
    return {name: v for name, v in row.item().items() if v or name not in {"owner", "team"}}


def _counts_after(done: RunCounts, batch: _Batch, plan: Planned) -> RunCounts:
    repeated = batch.size - len(batch.problems) - len(batch.records)
    return done.plus(
        rows_read=batch.size,
        created=plan.created,
        updated=plan.updated,
        unchanged=plan.unchanged + repeated,
        rejected=len(batch.problems),
    )


def _counts_of(counts: RunCounts, plan: Planned, written: Planned) -> RunCounts:
    """The counts, corrected by what became of records that others saved since the plan."""
    return counts.plus(
        created=written.created - plan.created,
        updated=written.updated - plan.updated,
        unchanged=written.unchanged - plan.unchanged,
    )
