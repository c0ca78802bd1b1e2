"""The clock of the janitor: an arq worker that looks every minute who is due; decides nothing."""

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
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

Job = Callable[[], Awaitable[None]]

_QUEUE = "softphone:janitor"
_REDIS_SECONDS = 2
_CANCEL_AGAIN_SECONDS = 0.2
_AWAY = (RedisError, OSError, TimeoutError)


class Schedule:
    """Runs one job at every `seconds` of the minute, and at start. A resource of `service.run`."""

    name = "schedule"
    essential = True

    def __init__(self, redis_url: str, job: Job, seconds: int) -> None:
        self._redis_url = redis_url
        self._job = job
        self._seconds = set(range(0, 60, seconds))
        self._running = False
        self._trouble = "not started yet"
        self.task = BackgroundTask(self._stay_awake, "schedule")

    async def start(self) -> None:
        """Begins; does not wait for Redis."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError while there is no worker."""
        if not self._running:
            raise UnavailableError(self.name, self._trouble)

    async def stop(self) -> None:
        """Gives up a look in hand; the next one makes it good."""
        # arq now and then misses a cancellation
        await self.task.stop(again_seconds=_CANCEL_AGAIN_SECONDS)

    async def _stay_awake(self) -> None:
        while True:
            try:
                await self._work()
            except _AWAY as error:
                self._trouble = repr(error)
                log.warning("schedule waits", error=self._trouble)
            await asyncio.sleep(1)

    async def _work(self) -> None:
        async def look(_: dict[Any, Any]) -> None:
            try:
                await self._job()
            except UnavailableError as error:
                log.warning("sweep waits for the next look", error=str(error))

        # arq's own connections would wait for ever for a server that hangs
        pool = ConnectionPool.from_url(
            self._redis_url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
        )
        redis = ArqRedis(pool)
        worker = Worker(
            redis_pool=redis,
            queue_name=_QUEUE,
            cron_jobs=[
                cron(
                    cast("WorkerCoroutine", look),
                    name="sweep",
                    second=self._seconds,
                    run_at_startup=True,
                )
            ],
            handle_signals=False,
            keep_result=0,
            max_tries=1,
            job_timeout=300,
        )
        try:
            await redis.ping()
            self._running = True
            await worker.async_run()
        finally:
            self._running = False
            with suppress(*_AWAY):  # what fails here must not hide that we are being stopped
                await worker.close()
            await pool.disconnect()
