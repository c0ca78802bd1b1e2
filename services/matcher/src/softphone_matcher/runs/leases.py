"""Keeps the lease of a run while one step of its work takes long."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

EXTENSIONS_MAX = 30
"""How often the lease is extended, each time by a third, for one step that does not end."""


async def while_leased(
    work: Coroutine[Any, Any, T],
    extend: Callable[[], Awaitable[None]],
    lease_seconds: float,
    late: Exception,
) -> T:
    """The result of a step, during which the lease is extended.

    The step is interrupted if `extend` raises, and with `late` if the step never ends.
    """
    task = asyncio.create_task(work)
    try:
        for _ in range(EXTENSIONS_MAX):
            await asyncio.wait({task}, timeout=lease_seconds / 3)
            if task.done():
                return task.result()
            await extend()
        raise late
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
