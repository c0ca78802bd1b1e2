"""A background task ends when it is stopped, and its crash is not lost."""

import asyncio

import pytest

from softphone_common.process.background_task import BackgroundTask
from softphone_testing.until import until


async def test_stopped_task_has_ended_with_its_clean_up() -> None:
    cleaned_up = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.append(True)

    task = BackgroundTask(work, "work")
    task.start()
    await asyncio.sleep(0)
    await task.stop()
    assert cleaned_up == [True]
    assert task.running is not None
    assert task.running.cancelled()


async def test_crash_stays_in_the_task_and_stop_does_not_raise_it() -> None:
    async def work() -> None:
        raise ValueError("unexpected")

    task = BackgroundTask(work, "work")
    task.start()
    running = task.running
    assert running is not None
    assert running.get_name() == "work"
    await until(running.done, what="the crash")
    await task.stop()
    with pytest.raises(ValueError, match="unexpected"):
        running.result()


async def test_task_that_was_never_started_can_be_stopped() -> None:
    async def work() -> None:
        raise AssertionError

    await BackgroundTask(work, "work").stop()


async def test_swallowed_cancellation_is_repeated() -> None:
    swallowed: list[bool] = []

    async def work() -> None:
        while len(swallowed) < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed.append(True)
        await asyncio.Event().wait()

    task = BackgroundTask(work, "work")
    task.start()
    await asyncio.sleep(0)
    await task.stop(again_seconds=0.01)
    assert swallowed == [True, True]
