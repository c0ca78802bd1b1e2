"""The janitor's schedule while Redis hangs under a job that runs, and afterwards."""

import asyncio

from softphone_common.process.errors import UnavailableError
from softphone_janitor.clean_up.schedule import Schedule
from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until

END_SECONDS = 1
"""After the worker has asked the Redis that hangs for jobs, and before it gives up after two
seconds: the end of the job is on its way to Redis then, and the worker cancels it."""


async def test_schedule_goes_on_after_redis_hung_at_the_end_of_a_job(
    redis_server: RealServer,
) -> None:
    begun: asyncio.Queue[None] = asyncio.Queue()
    end = asyncio.Event()

    async def job() -> None:
        begun.put_nowait(None)
        await end.wait()

    async def is_running() -> bool:
        try:
            await schedule.ping()
        except UnavailableError:
            return False
        return True

    async def is_lost() -> bool:
        return not await is_running()

    proxy = FaultProxy(redis_server.url)
    await proxy.start()
    schedule = Schedule(proxy.url, job, seconds=1)
    await schedule.start()
    try:
        async with asyncio.timeout(60):
            await begun.get()
        proxy.freeze()
        asyncio.get_running_loop().call_later(END_SECONDS, end.set)
        await until(is_lost, what="the loss of Redis")
        proxy.thaw()
        await until(is_running, what="the schedule")
        async with asyncio.timeout(60):
            await begun.get()
    finally:
        await schedule.stop()
        await proxy.cut()
