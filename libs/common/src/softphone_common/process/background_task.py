"""A coroutine that runs in the background from the start of a service to its stop."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class BackgroundTask:
    """Starts a coroutine, keeps a reference to its task, and ends it.

    asyncio itself holds tasks weakly, so a task nobody refers to may be collected while it runs.
    A crash stays in `running`, where the runner waits for it and ends the process.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        self._work = work
        self._name = name
        self.running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins; returns at once."""
        self.running = asyncio.create_task(self._work(), name=self._name)

    async def stop(self, *, again_seconds: float | None = None) -> None:
        """Cancels the task and waits for its end; whatever the task raises is not raised here.

        With `again_seconds` it is cancelled again each time that has passed, for work that may
        swallow a cancellation. Does nothing if the task was never started.
        """
        if self.running is None:
            return
        self.running.cancel()
        while again_seconds is not None and not self.running.done():
            await asyncio.wait({self.running}, timeout=again_seconds)
            self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
