"""The schedule of the janitor: an arq worker that runs one job several times a minute."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

from arq.connections import ArqRedis
from arq.cron import cron
from arq.typing import WorkerCoroutine
from arq.worker import Worker
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.error_text import error_text
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

Job = Callable[[], Awaitable[None]]

_QUEUE = "softphone:janitor"
_REDIS_SECONDS = 2
_CANCEL_AGAIN_SECONDS = 0.2
_CLOSE_SECONDS = 5
_JOB_SECONDS = 300
_LOST = (RedisError, OSError, TimeoutError)


class Schedule:
    """Runs one job every `seconds` of the minute, and once at the start of the service.

    Of several janitors one runs the job, unless Redis loses their lease; the job has to bear that.
    """

    name = "schedule"
    essential = True

    def __init__(self, redis_url: str, job: Job, seconds: int) -> None:
        self._redis_url = redis_url
        self._job = job
        self._seconds = set(range(0, 60, seconds))
        self._running = False
        self._failure = "not started yet"
        self.task = BackgroundTask(self._stay_awake, "schedule")

    async def start(self) -> None:
        """Returns at once; Redis need not be there yet."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError while there is no worker."""
        if not self._running:
            raise UnavailableError(self.name, self._failure)

    async def stop(self) -> None:
        """Interrupts a running job; the first look after the next start does its work."""
        # A cancellation may be lost. Cancelling a task that waits for another one cancels only that
        # other one, here the main task of arq's worker. If Redis fails in that moment, it ends with
        # a RedisError instead of CancelledError, and `_stay_awake` takes that for an outage.
        await self.task.stop(again_seconds=_CANCEL_AGAIN_SECONDS)

    async def _stay_awake(self) -> None:
        while True:
            try:
                await self._work()
            except _LOST as error:
                self._failure = error_text(error)
                log.warning("schedule waits for Redis", error=self._failure)
            await asyncio.sleep(1)

    async def _work(self) -> None:
        """Runs a worker until its connection fails: arq does not connect again by itself."""

        async def run_job(_: dict[Any, Any]) -> None:
            try:
                await self._job()
            except UnavailableError as error:
                log.warning("sweep postponed to the next look", error=str(error))

        # arq's own pool has no socket timeout: with a server that hangs it would wait for ever
        pool = ConnectionPool.from_url(
            self._redis_url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
        )
        redis = ArqRedis(pool)
        worker = self._worker(redis, run_job)
        try:
            # not a ping, which a Redis whose memory is full answers as well
            await redis.set(f"{_QUEUE}:ready", 1, ex=60)
            self._running = True
            await worker.async_run()
        finally:
            self._running = False
            await _close(worker)
            await pool.disconnect()

    def _worker(self, redis: ArqRedis, job: Callable[[dict[Any, Any]], Awaitable[None]]) -> Worker:
        # The lease: arq gives the job of each moment an id made of its name and that moment, and
        # Redis takes an id once, so one janitor runs it. No retries: the next look is the retry.
        return Worker(
            redis_pool=redis,
            queue_name=_QUEUE,
            cron_jobs=[
                cron(
                    cast("WorkerCoroutine", job),
                    name="sweep",
                    second=self._seconds,
                    # the catch-up: a night that passed while no janitor ran is found due at once
                    run_at_startup=True,
                )
            ],
            handle_signals=False,
            keep_result=0,
            max_tries=1,
            job_timeout=_JOB_SECONDS,
        )


async def _close(worker: Worker) -> None:
    """Closes a worker; neither a failure nor a job that hangs or is cancelled ends the caller.

    Closing talks to Redis and waits for the jobs that it cancels. A job whose end was on its way to
    Redis then ends with CancelledError, which arq passes on as if the caller had been cancelled.
    """
    closing = asyncio.create_task(worker.close(), name="close the schedule's worker")
    try:
        await asyncio.wait({closing}, timeout=_CLOSE_SECONDS)
    finally:
        closing.cancel()
    with suppress(*_LOST, asyncio.InvalidStateError, asyncio.CancelledError):
        closing.result()
