"""Begins the runs of sources by schedule and has them read, several at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log, tracing
from softphone_matcher.fetching.fetcher import Fetcher
from softphone_matcher.fetching.fetches import Fetches
from softphone_matcher.fetching.starter import Starter
from softphone_matcher.runs.importer import LeaseLostError
from softphone_matcher.runs.run import StoredRun
from softphone_matcher.runs.worker import RunWorker

_AT_ONCE = 4
"""Sources that one process reads at once. Each is of another tenant, so that no tenant whose source
is slow holds up all others."""


class FetchWorker:
    """Reads the sources of all tenants. A resource of `service.run`."""

    name = "sources"
    essential = False

    def __init__(
        self,
        starter: Starter,
        fetches: Fetches,
        fetcher: Fetcher,
        imports: RunWorker,
        clock: Clock,
        lease_seconds: float,
        check_seconds: float,
    ) -> None:
        self._starter = starter
        self._fetches = fetches
        self._fetcher = fetcher
        self._imports = imports
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)
        self._check_seconds = check_seconds
        self._owner = uuid4().hex
        self._woken = asyncio.Event()
        self._reading: dict[str, asyncio.Task[None]] = {}
        """The tasks by the tenant whose source they read."""
        self.task = BackgroundTask(self._run, "sources")

    async def start(self) -> None:
        """Returns at once; schedules are in the store."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: a source waits while MongoDB is away, which is a resource of its own."""

    async def stop(self) -> None:
        """Interrupts what is read; another worker goes on behind the last page."""
        await self.task.stop()
        reading = list(self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    def wake(self) -> None:
        """Has the worker look for runs at once."""
        self._woken.set()

    async def finish(self) -> None:
        """Waits for all that is being read."""
        await asyncio.gather(*self._reading.values())

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self.take()
            except UnavailableError as error:
                log.warning("sources postponed", error=str(error))
            except Exception as error:  # else the runner ends the process, and no call is matched
                log.error("sources interrupted", exc_info=error)
            with suppress(TimeoutError):
                # no wait_for, which in Python 3.11 loses a cancellation next to a wake
                async with asyncio.timeout(self._check_seconds):
                    await self._woken.wait()

    async def take(self) -> None:
        """Begins what is due, and takes runs up to the limit. Raises UnavailableError."""
        await self._starter.begin_due()
        while len(self._reading) < _AT_ONCE:
            now = self._clock()
            run = await self._fetches.claim(self._owner, now, now + self._lease, self._reading)
            if run is None:
                return
            self._reading[run.tenant] = asyncio.create_task(self._work(run), name="source")

    async def _work(self, run: StoredRun) -> None:
        try:
            with tracing():
                await self._fetcher.work(run, self._owner)
        except LeaseLostError:
            log.info("source left to another worker", tenant=run.tenant, run=run.id)
        except (asyncio.CancelledError, UnavailableError):
            # a stop or an outage is no fault of the source
            with suppress(UnavailableError):
                await self._fetches.release(run.id, self._owner)
        except Exception as error:  # one source must not end the service; its attempts are counted
            log.error("source interrupted", tenant=run.tenant, run=run.id, exc_info=error)
        finally:
            del self._reading[run.tenant]
            self._imports.wake()
            self._woken.set()
