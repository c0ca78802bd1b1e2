"""Writes items to a server after those who added them have gone on."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import islice
from typing import Generic, TypeVar

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log

_BATCH = 100
_PAUSE_SECONDS = 1.0
_PATIENCE_SECONDS = 1.0

T = TypeVar("T")


class BackgroundWriter(Generic[T]):
    """Writes batches of items in the order in which they were added. A resource of the service.

    Items wait in memory while `write` raises UnavailableError. Beyond `items_max` and `bytes_max`
    the oldest are dropped, and so is a batch that `write` refuses with any other error, because
    later items must not wait for it. `on_dropped` gets the number of items.
    """

    essential = False

    def __init__(
        self,
        name: str,
        write: Callable[[list[T]], Awaitable[None]],
        on_dropped: Callable[[int], None],
        items_max: int,
        bytes_max: int = 0,
        size_of: Callable[[T], int] = lambda _: 0,
    ) -> None:
        self.name = name
        self._write_batch = write
        self._on_dropped = on_dropped
        self._items_max = items_max
        self._bytes_max = bytes_max
        self._size_of = size_of
        self._waiting: deque[T] = deque()
        self._bytes = 0
        self._left = 0
        """How many items have left the line until now, written or dropped."""
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.task = BackgroundTask(self._work, name)

    def add(self, item: T) -> None:
        """Has the item written soon."""
        self._waiting.append(item)
        self._bytes += self._size_of(item)
        while len(self._waiting) > self._items_max or self._bytes > self._bytes_max:
            self._remove_first()
            self._on_dropped(1)
        self._empty.clear()
        self._news.set()

    async def settled(self) -> None:
        """Returns when all items are written, or after a second if the server is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._empty.wait()

    async def start(self) -> None:
        """Begins to write the items that wait."""
        self.task.start()

    async def ping(self) -> None:
        """Never fails: nobody waits for these items."""

    async def stop(self) -> None:
        """Writes waiting items, unless the server is away or nothing was started."""
        if self.task.running is not None:
            await self.settled()
        await self.task.stop()

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                batch = list(islice(self._waiting, _BATCH))
                end = self._left + len(batch)
                try:
                    await self._write_batch(batch)
                except UnavailableError as error:
                    log.warning("items wait", of=self.name, error=str(error))
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                except Exception as error:
                    log.error("items dropped", of=self.name, exc_info=error)
                    self._on_dropped(max(0, end - self._left))
                # some may have been dropped for newer ones meanwhile
                while self._left < end:
                    self._remove_first()
            self._empty.set()

    def _remove_first(self) -> None:
        self._bytes -= self._size_of(self._waiting.popleft())
        self._left += 1
