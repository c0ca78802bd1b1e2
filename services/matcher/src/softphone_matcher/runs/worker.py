"""Takes runs of all tenants one after the other and has them worked off."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log, tracing
from softphone_matcher.runs.importer import Importer, LeaseLostError
from softphone_matcher.runs.run import StoredRun
from softphone_matcher.runs.store import Runs


class RunWorker:
    """Works off one run at a time, of each tenant in turn. A resource of `service.run`.

    A run whose worker has died is free when its lease has ended. Runs of one tenant are worked off
    in the order of their requests, so that the later of two files counts.
    """

    name = "imports"
    essential = False

    def __init__(
        self,
        runs: Runs,
        importer: Importer,
        clock: Clock,
        lease_seconds: float,
        check_seconds: float,
    ) -> None:
        self._runs = runs
        self._importer = importer
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)
        self._check_seconds = check_seconds
        self._owner = uuid4().hex
        self._woken = asyncio.Event()
        self._served: dict[str, int] = {}
        """The number of the turn in which each tenant had its last run."""
        self.task = BackgroundTask(self._run, "imports")

    async def start(self) -> None:
        """Returns at once; runs wait in the store."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: an import waits while MongoDB is away, which is a resource of its own."""

    async def stop(self) -> None:
        """Interrupts the run that is worked off; another worker goes on with it."""
        await self.task.stop()

    def wake(self) -> None:
        """Has the worker look for runs at once."""
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                worked = await self.work_next()
            except UnavailableError as error:
                log.warning("imports postponed", error=str(error))
                worked = False
            except Exception as error:  # else the runner ends the process, and no call is matched
                log.error("imports interrupted", exc_info=error)
                worked = False
            if not worked:
                with suppress(TimeoutError):
                    # no wait_for, which in Python 3.11 loses a cancellation next to a wake
                    async with asyncio.timeout(self._check_seconds):
                        await self._woken.wait()

    async def work_next(self) -> bool:
        """Works off one run; False if there is none to take. Raises UnavailableError."""
        free = await self._runs.list_free(self._owner, self._clock())
        # the tenant that had its turn longest ago is first, however many files another one sends
        for run_id, tenant in sorted(free, key=lambda each: self._served.get(each[1], 0)):
            now = self._clock()
            run = await self._runs.claim(run_id, self._owner, now, now + self._lease)
            if run is not None:
                self._served[tenant] = max(self._served.values(), default=0) + 1
                await self._work(run)
                return True
        return False

    async def _work(self, run: StoredRun) -> None:
        try:
            with tracing():
                await self._importer.work(run, self._owner)
        except LeaseLostError:
            log.info("import left to another worker", tenant=run.tenant, run=run.id)
        except (asyncio.CancelledError, UnavailableError):
            # a stop or an outage is no fault of the file
            with suppress(UnavailableError):
                await self._runs.release(run.id, self._owner)
            raise
        except Exception as error:  # one file must not end the service; its attempts are counted
            log.error("import interrupted", tenant=run.tenant, run=run.id, exc_info=error)
