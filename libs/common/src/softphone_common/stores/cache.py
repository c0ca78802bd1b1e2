"""Keeps a whole small collection in memory, so that hits are processed without the database."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.error_text import error_text
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log


class Versioned(Protocol):
    """An entity that counts its edits and is made inactive instead of being deleted."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)
Stored = dict[str, Any]
"""An entity as the store has it."""

_RETRY_SECONDS = 1


class CollectionCache(Generic[V]):
    """The newest known version of every entity by id. A resource of `service.run`.

    Changed messages keep it fresh. It also reads the store every `seconds`, since a message may be
    missed while the broker is away. A document that can't be parsed, or a store that fails, leaves
    all other entities as they are.
    """

    essential = True

    def __init__(
        self,
        name: str,
        read: Callable[[], Awaitable[Iterable[Stored]]],
        parse: Callable[[Stored], V],
        seconds: float,
    ) -> None:
        self.name = name
        self._read = read
        self._parse = parse
        self._seconds = seconds
        self._items: dict[str, V] = {}
        self._refresh_now = asyncio.Event()
        self.task = BackgroundTask(self._stay_fresh, f"cache of {name}")
        self.loaded = False

    def get(self, id_: str) -> V | None:
        """The entity with this id, active or not."""
        return self._items.get(id_)

    def __iter__(self) -> Iterator[V]:
        return iter(list(self._items.values()))

    def apply(self, item: V) -> bool:
        """Takes the entity and returns True, unless this version or a newer one is cached."""
        # messages and reads of the store overtake each other; only the version tells which is newer
        cached = self._items.get(item.id)
        if cached is not None and cached.version >= item.version:
            return False
        self._items[item.id] = item
        return True

    def refresh(self) -> None:
        """Starts a read of the store and returns at once."""
        self._refresh_now.set()

    async def start(self) -> None:
        """Returns at once; the store need not be there yet."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError until the store was read once."""
        if not self.loaded:
            raise UnavailableError(self.name, "not read from the store yet")

    async def stop(self) -> None:
        """Stops reading; the cached entities stay."""
        await self.task.stop()

    async def _stay_fresh(self) -> None:
        while True:
            # cleared before reading: a message that arrives during the read asks for another one
            self._refresh_now.clear()
            try:
                for stored in await self._read():
                    self._take(stored)
                self.loaded = True
            except UnavailableError as error:
                log.warning("cache not refreshed", cache=self.name, error=str(error))
            except Exception as error:  # old entities are better than a service that ends
                log.error("cache not refreshed", cache=self.name, exc_info=error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds if self.loaded else _RETRY_SECONDS):
                    await self._refresh_now.wait()

    def _take(self, stored: Stored) -> None:
        # during an update another release may have stored what this one can't parse
        try:
            item = self._parse(stored)
        except Exception as error:
            why = error_text(error)
            log.error("stored document not parsed", cache=self.name, id=stored["_id"], error=why)
        else:
            self.apply(item)
