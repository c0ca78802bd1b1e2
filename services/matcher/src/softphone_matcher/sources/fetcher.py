"""Reads a source to its end, page by page, and hands its records over to the import."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from softphone_common.audit.security_log import SecurityLog
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log
from softphone_matcher.outbound.client import Answer, Outbound
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.json_pages import (
    JsonPage,
    line_of,
    number_in,
    read_page,
    with_parameter,
)
from softphone_matcher.runs.importer import LeaseLostError
from softphone_matcher.runs.run import Ending, FetchProgress, StoredRun
from softphone_matcher.sources.fetches import Fetches, parts_of
from softphone_matcher.sources.limits import FetchLimits
from softphone_matcher.sources.sealing import SourceSecrets
from softphone_matcher.sources.source import StoredSource
from softphone_matcher.sources.store import Sources

_TRIES = 4
"""How often a page is asked for, each time after twice the pause."""
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
        outbound: Outbound,
        secrets: SourceSecrets,
        security: SecurityLog,
        clock: Clock,
        limits: FetchLimits,
    ) -> None:
        self._sources = sources
        self._fetches = fetches
        self._outbound = outbound
        self._secrets = secrets
        self._security = security
        self._clock = clock
        self._limits = limits

    async def work(self, run: StoredRun, owner: str) -> None:
        """Reads the pages that follow. Raises UnavailableError and LeaseLostError."""
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
                await self._fail(run, owner, Ending("failed", error.code, error.params))

    async def _read(self, reading: _Reading) -> None:
        run, owner = reading.run, reading.owner
        source = await self._source(run)
        credentials = self._secrets.credentials(source)
        progress = run.fetch or FetchProgress(address="")
        while progress.address:
            self._require_limits(run, progress)
            answer = await self._outbound.get(progress.address, credentials)
            data, following = await asyncio.to_thread(self._page, run, source, progress, answer)
            until = self._clock() + timedelta(seconds=self._limits.lease_seconds)
            if not await self._fetches.add_page(run, owner, until, data, following):
                raise LeaseLostError
            # the next page has its own tries
            reading.attempts, progress = 0, following
        if not progress.records:
            raise SourceError("source-empty")
        if not await self._fetches.hand_over(run.id, owner):
            raise LeaseLostError
        log.info("source read", tenant=run.tenant, run=run.id, records=progress.records)

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

    def _require_limits(self, run: StoredRun, progress: FetchProgress) -> None:
        if progress.pages >= self._limits.pages_max:
            raise SourceError("source-pages-too-many", limit=self._limits.pages_max)
        seconds = self._limits.seconds
        if run.started_at and self._clock() - run.started_at > timedelta(seconds=seconds):
            raise SourceError("source-too-slow", limit=round(seconds))

    def _page(
        self, run: StoredRun, source: StoredSource, progress: FetchProgress, answer: Answer
    ) -> tuple[bytes, FetchProgress]:
        """The records of an answer as they are stored, and the progress behind it."""
        page = read_page(answer.body, source.items, source.next_path)
        if page.digest and page.digest == progress.digest:
            raise SourceError("source-pages-endless")
        data = self._lines(run, page, progress.size)
        following = FetchProgress(
            address=self._next(source, progress.address, answer, page),
            pages=progress.pages + 1,
            records=progress.records + len(page.records),
            size=progress.size + len(data),
            parts=progress.parts + len(parts_of(data)),
            digest=page.digest,
        )
        return data, following

    def _lines(self, run: StoredRun, page: JsonPage, size: int) -> bytes:
        columns = tuple(dict.fromkeys(run.mapping.columns()))
        lines = bytearray()
        for record in page.records:
            lines += line_of(record, columns, self._limits.cell_max)
            if size + len(lines) > self._limits.bytes_max:
                raise SourceError("source-too-large", limit=self._limits.bytes_max)
        return bytes(lines)

    def _next(self, source: StoredSource, address: str, answer: Answer, page: JsonPage) -> str:
        """The address of the next page; empty behind the last one."""
        if source.paging == "next":
            link = page.link or answer.next
            following = self._outbound.follow(address, link) if link else ""
            if following == address:
                raise SourceError("source-pages-endless")
            return following
        if source.paging == "none" or not page.records:
            return ""
        number = number_in(address, source.parameter) or 0
        step = 1 if source.paging == "page" else len(page.records)
        return with_parameter(address, source.parameter, number + step)

    async def _fail(self, run: StoredRun, owner: str, ending: Ending) -> None:
        if not await self._fetches.fail(run.id, owner, ending, self._clock()):
            raise LeaseLostError
        log.info("source failed", tenant=run.tenant, run=run.id, code=ending.code)
        self._security.record(
            "import-finished",
            run.tenant,
            run.actor,
            f"import/{run.id}",
            outcome="failure",
            detail=ending.code,
        )
