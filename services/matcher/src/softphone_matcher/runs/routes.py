"""The routes of imports: `/api/directory/imports`."""

import asyncio
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from softphone_common.audit.security_log import SecurityLog
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.body_limit import read_upload
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.keyset import time_position
from softphone_matcher.imports.import_file import ImportFile
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.imported_row import ImportFileError
from softphone_matcher.previews.choices import FILE_BODY, FileChoices, limits_of
from softphone_matcher.previews.mappings import Mappings, UsedMapping, choose_mapping
from softphone_matcher.runs.report import report
from softphone_matcher.runs.run import PROBLEMS_MAX, ImportDetails, ImportRun, StoredRun
from softphone_matcher.runs.store import Runs
from softphone_matcher.runs.worker import RunWorker
from softphone_matcher.settings import MatcherSettings

_PATH = "/api/directory/imports"
IMPORT = f"POST {_PATH}"
_RETRY_SECONDS = 5
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The report"}
}


class ImportOrder(FileChoices):
    """The file that is imported, and how it is read."""

    source: str = Field(
        min_length=1,
        max_length=50,
        description="Names where the file is from, such as `outlook`. A later file of the source"
        " replaces the records of the one before that have the same ids",
        examples=["outlook"],
    )
    complete: bool = Field(
        False,
        description="Whether the file is everything that the source has: records of the source that"
        " it lacks are moved to the recycle bin after all of its rows were saved. If rows were not"
        " saved, or more than `SOFTPHONE_IMPORT_REMOVALS_PERCENT` of the records would go, the"
        " import is `held` until an administrator confirms it",
    )
    file: str = Field("", max_length=200, description="Name of the file, for the list of imports")


class ImportApi:
    """Imports over HTTP, for administrators. A tenant sends one file at a time to a process."""

    def __init__(
        self,
        runs: Runs,
        mappings: Mappings,
        worker: RunWorker,
        security: SecurityLog,
        clock: Clock,
        settings: MatcherSettings,
    ) -> None:
        self._runs = runs
        self._mappings = mappings
        self._worker = worker
        self._security = security
        self._clock = clock
        self._settings = settings
        self._limits = limits_of(settings)
        self._busy: set[str] = set()
        """The tenants that send a file now."""
        self._turn = asyncio.Lock()
        self.router = APIRouter(tags=["directory"])
        add = self.router.add_api_route
        add(_PATH, self.list_imports, methods=["GET"])
        add(
            _PATH,
            self.import_file,
            methods=["POST"],
            status_code=202,
            openapi_extra=FILE_BODY,
        )
        one = f"{_PATH}/{{run}}"
        add(one, self.show_import, methods=["GET"])
        add(one, self.cancel_import, methods=["DELETE"])
        add(f"{one}/confirm", self.confirm_import, methods=["POST"])
        add(
            f"{one}/report",
            self.download_report,
            methods=["GET"],
            response_class=Response,
            responses=_CSV,
        )

    async def list_imports(
        self,
        caller: AdminCaller,
        cursor: Annotated[
            str | None, Query(max_length=2000, description="`next` of the page before")
        ] = None,
        limit: Annotated[int, Query(ge=1, description="Imports of a page")] = 50,
    ) -> Page[ImportRun]:
        """Lists the imports of the tenant, the latest first.

        `SOFTPHONE_IMPORTS_KEPT` of those that ended are kept, with their reports.
        """
        size = min(limit, self._settings.page_max)
        page = await self._runs.list_latest(caller.tenant, time_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def import_file(
        self, request: Request, caller: AdminCaller, order: Annotated[ImportOrder, Query()]
    ) -> ImportRun:
        """Keeps a file of contacts, and saves its rows in the background.

        Rows are read as `POST /api/directory/imports/preview` shows them, without a mapping by the
        one that was last used for the source. A row without an id gets
        one that is made of its name and organisation, so the same file again changes nothing. A
        row that cannot be saved is named in the report, and all others are saved. The answer comes
        once the file is stored: the import goes on after an outage of the service.
        """
        if caller.tenant in self._busy:
            headers = {"Retry-After": str(_RETRY_SECONDS)}
            raise ProblemError("rate-limit-exceeded", headers=headers, seconds=_RETRY_SECONDS)
        self._busy.add(caller.tenant)
        try:
            return await self._take(request, caller, order)
        finally:
            self._busy.remove(caller.tenant)

    async def show_import(
        self,
        run: str,
        caller: AdminCaller,
        problems: Annotated[
            int, Query(ge=0, le=PROBLEMS_MAX, description="Rows that were not saved, at most")
        ] = 100,
    ) -> ImportDetails:
        """Shows how far an import is, how it ended, and the first rows that were not saved."""
        stored = await self._get(caller, run)
        rows = await self._runs.list_problems(stored.id, problems) if problems else []
        return ImportDetails(**stored.shown().model_dump(), problems=rows)

    async def cancel_import(self, run: str, caller: AdminCaller) -> ImportRun:
        """Ends an import that waits, runs or is held. The rows that it has saved stay saved."""
        cancelled = await self._runs.cancel(caller.tenant, run, self._clock())
        if cancelled is None:
            await self._get(caller, run)
            raise ProblemError("import-ended")
        self._security.act("import-cancelled", caller, f"import/{run}")
        return cancelled.shown()

    async def confirm_import(self, run: str, caller: AdminCaller) -> ImportRun:
        """Has an import that is held move the absent records to the recycle bin.

        Refused with `import-superseded` if a later file of the source was imported since.
        """
        stored = await self._get(caller, run)
        if stored.state != "held":
            raise ProblemError("import-not-held")
        if await self._runs.has_later(stored):
            raise ProblemError("import-superseded")
        confirmed = await self._runs.confirm(caller.tenant, run, caller.login)
        if confirmed is None:
            raise ProblemError("import-not-held")
        self._security.act("import-confirmed", caller, f"import/{run}")
        self._worker.wake()
        return confirmed.shown()

    async def download_report(self, run: str, caller: AdminCaller) -> Response:
        """Lists the rows that were not saved as CSV in UTF-8, separated by semicolons.

        `code` is stable and `sentence` is English. `value` is the beginning of the text in the
        file; an apostrophe stands in front of one that a spreadsheet would compute.
        """
        stored = await self._get(caller, run)
        disposition = f'attachment; filename="import-{stored.requested_at:%Y-%m-%d}.csv"'
        return Response(
            report(await self._runs.list_problems(stored.id)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": disposition},
        )

    async def _get(self, caller: Caller, run_id: str) -> StoredRun:
        stored = await self._runs.get(caller.tenant, run_id)
        if stored is None:
            raise ProblemError("import-unknown")
        return stored

    async def _take(self, request: Request, caller: Caller, order: ImportOrder) -> ImportRun:
        chosen = order.columns()
        if await self._runs.count_open(caller.tenant) >= self._settings.imports_open_max:
            raise ProblemError("imports-full", limit=self._settings.imports_open_max)
        data = bytes(await read_upload(request, self._limits.bytes_max))
        try:
            async with self._turn:
                file = await asyncio.to_thread(order.open, data, self._limits)
            stored = await self._mappings.get(caller.tenant, order.source)
            mapping, origin = choose_mapping(file, chosen, stored)
            if file.table is not None:
                mapping.check(file.columns)
        except ImportFileError as error:
            raise ProblemError(error.code, "body", **error.params) from None
        run = self._run_of(caller, order, file, mapping, len(data))
        await self._runs.add(run, data, self._settings.imports_kept)
        # one file without a column must not replace what an administrator has assigned
        if file.table is not None and (origin != "headings" or stored is None):
            used = UsedMapping(mapping, file.columns)
            await self._mappings.save(run.tenant, run.source, used, run.requested_at)
        self._security.act("import-started", caller, f"import/{run.id}")
        self._worker.wake()
        return run.shown()

    def _run_of(
        self,
        caller: Caller,
        order: ImportOrder,
        file: ImportFile,
        mapping: ColumnMapping,
        size: int,
    ) -> StoredRun:
        table = file.table
        choices = order.model_dump(include={"encoding", "separator", "sheet"})
        return StoredRun(
            id=str(uuid4()),
            tenant=caller.tenant,
            actor=caller.user,
            source=order.source,
            file=order.file,
            size=size,
            kind=file.kind,
            encoding=file.encoding,
            separator=table.separator if table else "",
            sheet=table.sheet if table else "",
            mapping=mapping,
            complete=order.complete,
            choices=FileChoices(**choices),
            requested_by=caller.login,
            requested_at=self._clock(),
        )
