"""Begins the runs of sources: those that are due, and those that somebody asks for."""

from collections.abc import Callable
from uuid import UUID, uuid5

from softphone_common.contracts.entities import Tenant
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log
from softphone_matcher.fetching.fetches import Fetches
from softphone_matcher.fetching.schedule import is_same_day, next_begin
from softphone_matcher.fetching.store import Sources
from softphone_matcher.previews.choices import FileChoices
from softphone_matcher.runs.run import FetchProgress, StoredRun
from softphone_matcher.runs.store import Runs
from softphone_matcher.sources.kinds import beginning_of
from softphone_matcher.sources.reader import Beginning
from softphone_matcher.sources.source import StoredSource

_NAMESPACE = UUID("5d7c2a0e-6c1f-4c53-9d0b-4f6f1f0f8a31")
_UNDER_WAY = frozenset({"fetching", "waiting", "running"})


class Starter:
    """Begins at most one run of a source at a time, however many matchers there are.

    The id of a run is made of its source and the run before it. If several matchers begin
    one at once, the store lets one of them create it. Every method may raise UnavailableError.
    """

    def __init__(
        self,
        sources: Sources,
        runs: Runs,
        fetches: Fetches,
        find_tenant: Callable[[str], Tenant | None],
        clock: Clock,
        kept: int,
    ) -> None:
        self._sources = sources
        self._runs = runs
        self._fetches = fetches
        self._find_tenant = find_tenant
        self._clock = clock
        self._kept = kept

    async def begin_due(self) -> None:
        """Begins a run of each source that is due; one that still runs waits for its next time."""
        now = self._clock()
        for source in await self._sources.list_due(now):
            tenant = self._find_tenant(source.tenant)
            zone = tenant.time_zone if tenant else "UTC"
            known = await self._with_marks(source)
            run: StoredRun | None = None
            if tenant is not None and tenant.is_active(now):
                is_whole = known.read_at is None or not is_same_day(known.read_at, now, zone)
                run = await self._begin(known, source.name, "", is_whole=is_whole)
            last_run = run.id if run else source.last_run
            await self._sources.note(known, last_run, next_begin(source.schedule, now, zone))

    async def begin(self, source: StoredSource, login: str, user: str) -> StoredRun | None:
        """Begins a run that a user asks for, which reads everything; None if one is under way."""
        known = await self._with_marks(source)
        run = await self._begin(known, login, user, is_whole=True)
        if run is not None:
            await self._sources.note(known, run.id, source.next_at)
        return run

    async def _with_marks(self, source: StoredSource) -> StoredSource:
        """The source with the marks of its latest run, if all was saved that the run has read.

        A run that failed, was cancelled or is held has read records of which not all count. Marks
        from before a change of the settings may be those of another CRM. While a removal is held,
        the next runs read everything until one of them has decided: an increment cannot.
        """
        run = await self._runs.get(source.tenant, source.last_run) if source.last_run else None
        if run is not None and run.state == "held":
            return source.model_copy(update={"read_at": None})
        if run is None or run.fetch is None or run.state != "finished" or run.code:
            return source
        if run.requested_at < source.changed_at:
            return source
        read_at = source.read_at if run.fetch.is_increment else run.requested_at
        marks = {**source.marks, **run.fetch.marks}
        return source.model_copy(update={"marks": marks, "read_at": read_at})

    async def _begin(
        self, source: StoredSource, login: str, user: str, *, is_whole: bool = True
    ) -> StoredRun | None:
        if source.last_run:
            previous = await self._runs.get(source.tenant, source.last_run)
            if previous is not None and previous.state in _UNDER_WAY:
                return None
        run = self._run_of(source, login, user, beginning_of(source, is_whole=is_whole))
        if await self._fetches.begin(run, self._kept):
            log.info("source begun", tenant=run.tenant, source=source.id, run=run.id)
        return run

    def _run_of(
        self, source: StoredSource, login: str, user: str, beginning: Beginning
    ) -> StoredRun:
        return StoredRun(
            id=str(uuid5(_NAMESPACE, f"{source.id}/{source.last_run}")),
            tenant=source.tenant,
            actor=user,
            source=source.name,
            source_id=source.id,
            file="",
            size=0,
            kind=beginning.kind,
            encoding="utf-8",
            separator="",
            sheet="",
            mapping=beginning.mapping,
            complete=beginning.complete,
            state="fetching",
            choices=FileChoices(),
            requested_by=login,
            requested_at=self._clock(),
            fetch=FetchProgress(position=beginning.position, is_increment=beginning.is_increment),
        )
