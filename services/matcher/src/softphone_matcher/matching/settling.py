"""Has calls hear who sees a record after its restriction was interrupted."""

import asyncio
from datetime import timedelta

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.store import Directory
from softphone_matcher.sharings.announcements import Announcements

_AGE = timedelta(minutes=1)
"""Announcements that are older are settled: a change that is not interrupted takes a moment."""
_BATCH = 100
PAUSE_SECONDS = 20
"""Between two looks at the announcements."""


class Settling:
    """Publishes who sees the records of old announcements as it is stored.

    A resource of `service.run`. Instances that do the same at once only do it twice.
    """

    name = "interrupted restrictions"
    essential = False

    def __init__(
        self,
        announcements: Announcements,
        directory: Directory,
        rematching: Rematching,
        clock: Clock,
        seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._announcements = announcements
        self._directory = directory
        self._rematching = rematching
        self._clock = clock
        self._seconds = seconds
        self.task = BackgroundTask(self._run, "interrupted restrictions")

    async def start(self) -> None:
        """Returns at once; announcements wait in the store."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: announcements wait while MongoDB or the broker is away."""

    async def stop(self) -> None:
        """Stops after the message that is being published."""
        await self.task.stop()

    async def settle(self) -> int:
        """Settles all old announcements, and returns how many. Raises UnavailableError."""
        settled, before = 0, self._clock() - _AGE
        while old := await self._announcements.unsettled(before, _BATCH):
            for each in old:
                stored = (await self._directory.known(each.tenant, [each.record])).values()
                for record in stored:
                    # calls of a merged record have heard of the merge, which has to stay the last
                    if not record.merged_into:
                        await self._rematching.repeat(each.tenant, each.record, record.sharing)
                await self._announcements.settle(each.tenant, each.record, each.at)
                settled += 1
        return settled

    async def _run(self) -> None:
        while True:
            try:
                if settled := await self.settle():
                    log.warning("interrupted restrictions settled", records=settled)
            except UnavailableError as error:
                log.warning("interrupted restrictions postponed", error=str(error))
            except Exception as error:  # one record must not end the service
                log.error("interrupted restrictions not settled", exc_info=error)
            await asyncio.sleep(self._seconds)
