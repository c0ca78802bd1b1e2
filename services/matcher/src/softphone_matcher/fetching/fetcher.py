"""Reads a source to its end, page by page, and hands its records over to the import."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from softphone_common.audit.security_log import SecurityLog
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log
from softphone_matcher.fetching.fetches import Fetches, first_part, parts_of
from softphone_matcher.fetching.limits import FetchLimits
from softphone_matcher.fetching.store import Sources
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.runs.importer import LeaseLostError
from softphone_matcher.runs.leases import EXTENSIONS_MAX, while_leased
from softphone_matcher.runs.run import Ending, FetchProgress, StoredRun
from softphone_matcher.sources.kinds import Readers, beginning_of
from softphone_matcher.sources.reader import PositionLostError, SourcePage, SourceReader
from softphone_matcher.sources.source import StoredSource

_TRIES = 4
"""How often a page is asked for, each time after twice the pause."""
_BEGINNINGS_MAX = 5
"""How often a source is read anew in one run, if it cannot be read on at a position."""
_ATTEMPTS_MAX = 5 + _TRIES
"""How often a run is taken up without a page: its answer may be what ends the process."""


@dataclass(slots=True)
class _Reading:
    """A run that is read, and how often it was taken up since its last page."""

    run: StoredRun
    owner: str
    attempts: int


class Fetcher:
    """Works off runs that their owner has claimed, until they are handed over or have failed.

    Nothing is saved before the source is read to its end. So a source that cannot be reached, or
    that ends in the middle, removes no records and changes none.
    """

    def __init__(
        self,
        sources: Sources,
        fetches: Fetches,
        readers: Readers,
        security: SecurityLog,
        clock: Clock,
        limits: FetchLimits,
    ) -> None:
        self._sources = sources
        self._fetches = fetches
        self._readers = readers
        self._security = security
        self._clock = clock
        self._limits = limits

    async def work(self, run: StoredRun, owner: str) -> None:
        """Reads the pages that follow. Raises UnavailableError and LeaseLostError.

        Whatever is kept of a source goes with it, also if it was removed meanwhile.
        """
        try:
            await self._work(run, owner)
        finally:
            source = await self._sources.get(run.tenant, run.source_id)
            await self._readers.forget(run.tenant, run.source_id, source)

    async def _work(self, run: StoredRun, owner: str) -> None:
        reading = _Reading(run, owner, run.attempts)
        try:
            await self._read(reading)
        except SourceError as error:
            if error.is_temporary and reading.attempts < _TRIES:
                pause = self._limits.retry_seconds * 2 ** max(0, reading.attempts - 1)
                until = self._clock() + timedelta(seconds=pause)
                await self._fetches.postpone(run.id, owner, until, error.code, error.params)
                log.info("source postponed", tenant=run.tenant, run=run.id, code=error.code)
            else:
                await self._end(run, owner, Ending("failed", error.code, error.params))

    async def _read(self, reading: _Reading) -> None:
        run, owner = reading.run, reading.owner
        source = await self._source(run)
        progress = run.fetch or FetchProgress(position="")
        reader = self._readers.open(source)
        try:
            while progress.position:
                self._require_limits(run, progress)
                try:
                    page = await self._page(reading, reader, progress.position)
                except PositionLostError:
                    progress = await self._begin_again(reading, source, progress)
                    continue
                following = self._behind(page, progress)
                until = self._lease_until()
                if not await self._fetches.add_page(run, owner, until, page.data, following):
                    raise LeaseLostError
                # the next page has its own tries
                reading.attempts, progress = 0, following
        finally:
            await reader.close()
        if progress.is_increment and not progress.records:
            await self._end(run, owner, Ending("finished"))
            return
        if not progress.records:
            raise SourceError("source-empty")
        await self._require_unchanged(source)
        if not await self._fetches.hand_over(run.id, owner, first_part(progress.beginnings)):
            raise LeaseLostError
        log.info("source read", tenant=run.tenant, run=run.id, records=progress.records)

    async def _page(self, reading: _Reading, reader: SourceReader, position: str) -> SourcePage:
        """The page at a position. A reader may need many answers for it, each of them late."""
        seconds = self._limits.lease_seconds
        limit = round(EXTENSIONS_MAX * seconds / 3)
        late = SourceError("source-too-slow", is_temporary=True, limit=limit)
        return await while_leased(
            reader.read(position), partial(self._extend, reading), seconds, late
        )

    async def _extend(self, reading: _Reading) -> None:
        until = self._lease_until()
        if not await self._fetches.extend(reading.run.id, reading.owner, until):
            raise LeaseLostError

    async def _begin_again(
        self, reading: _Reading, source: StoredSource, progress: FetchProgress
    ) -> FetchProgress:
        """How far the source is read without any page; the parts of before no longer count."""
        run, owner, beginnings = reading.run, reading.owner, progress.beginnings + 1
        if beginnings > _BEGINNINGS_MAX:
            raise SourceError("source-interrupted")
        beginning = beginning_of(source, is_whole=not progress.is_increment)
        anew = FetchProgress(
            position=beginning.position,
            parts=first_part(beginnings),
            is_increment=progress.is_increment,
            beginnings=beginnings,
        )
        if not await self._fetches.begin_again(run.id, owner, self._lease_until(), anew):
            raise LeaseLostError
        log.info("source begun again", tenant=run.tenant, run=run.id, beginnings=beginnings)
        return anew

    def _lease_until(self) -> datetime:
        return self._clock() + timedelta(seconds=self._limits.lease_seconds)

    async def _source(self, run: StoredRun) -> StoredSource:
        """The source as it was when the run began."""
        if run.attempts > _ATTEMPTS_MAX:
            raise SourceError("import-interrupted")
        source = await self._sources.get(run.tenant, run.source_id)
        if source is None:
            raise SourceError("source-removed")
        if source.changed_at > run.requested_at:
            raise SourceError("source-changed")
        return source

    async def _require_unchanged(self, source: StoredSource) -> None:
        """Refuses what was read of a source that is another one by now, or was removed."""
        current = await self._sources.get(source.tenant, source.id)
        if current is None:
            raise SourceError("source-removed")
        if current.changed_at != source.changed_at:
            raise SourceError("source-changed")

    def _require_limits(self, run: StoredRun, progress: FetchProgress) -> None:
        if progress.pages >= self._limits.pages_max:
            raise SourceError("source-pages-too-many", limit=self._limits.pages_max)
        seconds = self._limits.seconds
        if run.started_at and self._clock() - run.started_at > timedelta(seconds=seconds):
            raise SourceError("source-too-slow", limit=round(seconds))

    def _behind(self, page: SourcePage, progress: FetchProgress) -> FetchProgress:
        """How far the source is read with this page."""
        is_repeated = bool(page.digest) and page.digest == progress.digest
        if is_repeated or page.following == progress.position:
            raise SourceError("source-pages-endless")
        size = progress.size + len(page.data)
        if size > self._limits.bytes_max:
            raise SourceError("source-too-large", limit=self._limits.bytes_max)
        return FetchProgress(
            position=page.following,
            pages=progress.pages + 1,
            records=progress.records + page.records,
            size=size,
            parts=progress.parts + len(parts_of(page.data)),
            digest=page.digest,
            is_increment=progress.is_increment,
            marks={**progress.marks, **page.marks},
            beginnings=progress.beginnings,
        )

    async def _end(self, run: StoredRun, owner: str, ending: Ending) -> None:
        """Ends a run that has nothing to save."""
        if not await self._fetches.end(run.id, owner, ending, self._clock()):
            raise LeaseLostError
        state, code = ending.state, ending.code
        log.info("source left", tenant=run.tenant, run=run.id, state=state, code=code)
        self._security.record(
            "import-finished",
            run.tenant,
            run.actor,
            f"import/{run.id}",
            outcome="failure" if ending.state == "failed" else "success",
            detail=ending.code,
        )
