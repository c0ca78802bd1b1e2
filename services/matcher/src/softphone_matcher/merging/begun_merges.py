"""Goes on with merges whose process has ended in between, or whose broker was away."""

import asyncio

from softphone_common.http.problem import ProblemError
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.merging.merger import Merger
from softphone_matcher.merging.store import Merges

BATCH = 50
"""Merges that are read in one step."""


class BegunMerges:
    """Ends merges that have begun, of all tenants. A resource of `service.run`.

    Two instances that end one merge at once leave the same as one of them.
    """

    name = "merges of records"
    essential = False

    def __init__(self, merges: Merges, merger: Merger, seconds: float) -> None:
        self._merges = merges
        self._merger = merger
        self._seconds = seconds
        self.task = BackgroundTask(self._run, "merges of records")

    async def start(self) -> None:
        """Returns at once; a merged record has everything of both before its merge has ended."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: merges wait in the store."""

    async def stop(self) -> None:
        """Stops; another instance goes on."""
        await self.task.stop()

    async def end_all(self) -> int:
        """Ends the merges that have begun. Returns how many; raises UnavailableError."""
        ended = 0
        for merge in await self._merges.list_begun(BATCH):
            try:
                await self._merger.end(merge)
                ended += 1
            except ProblemError:  # the other record was changed and stays
                log.warning("merge given up", tenant=merge.tenant, record=merge.into)
        return ended

    async def _run(self) -> None:
        while True:
            try:
                if ended := await self.end_all():
                    log.info("merges of records ended", records=ended)
            except UnavailableError as error:
                log.warning("merges of records postponed", error=str(error))
            except Exception as error:  # one merge must not end the service
                log.error("merges of records not ended", exc_info=error)
            await asyncio.sleep(self._seconds)
