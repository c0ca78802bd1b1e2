"""Keeps a whole small collection in memory, so that a hit needs no database to be understood."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from pydantic import ValidationError

from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log


class Versioned(Protocol):
    """Something with an id that is never deleted, only made inactive, and counts its edits."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)
Stored = dict[str, Any]
"""An item as the store has it."""


class CollectionCache(Generic[V]):
    """All items by id, the newest version of each. A resource of `service.run`.

    Filled from the store, kept fresh by the Changed messages and, since one of those may be
    missed while the broker is away, read again from time to time. What of it can't be understood,
    or a store that refuses, leaves everything else as it is known.
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
        self._now = asyncio.Event()
        self.task = BackgroundTask(self._stay_fresh, f"cache of {name}")
        self.loaded = False

    def get(self, key: str) -> V | None:
        """The item with this id."""
        return self._items.get(key)

    def __iter__(self) -> Iterator[V]:
        return iter(list(self._items.values()))

    def apply(self, item: V) -> bool:
        """Takes the item unless a newer version is known; whether it was news."""
        known = self._items.get(item.id)
        if known is not None and known.version >= item.version:
            return False
        self._items[item.id] = item
        return True

    def refresh(self) -> None:
        """Has the store read again soon; does not wait for it."""
        self._now.set()

    async def start(self) -> None:
        """Begins reading; does not wait for the first success."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError until it was filled once."""
        if not self.loaded:
            raise UnavailableError(self.name, "not read from the store yet")

    async def stop(self) -> None:
        """Reads no more."""
        await self.task.stop()

    async def _stay_fresh(self) -> None:
        while True:
            self._now.clear()
            try:
                for stored in await self._read():
                    self._take(stored)
                self.loaded = True
            except UnavailableError as error:
                log.warning("mirror not refreshed", mirror=self.name, error=str(error))
            except Exception as error:  # the store refuses; what is known is better than nothing
                log.error("mirror not refreshed", mirror=self.name, exc_info=error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds if self.loaded else 1):
                    await self._now.wait()

    def _take(self, stored: Stored) -> None:
        """Another release may have stored what this one can't read."""
        try:
            item = self._parse(stored)
        except Exception as error:
            why = _fields(error) if isinstance(error, ValidationError) else repr(error)
            log.error("stored item not understood", mirror=self.name, id=stored["_id"], error=why)
        else:
            self.apply(item)


def _fields(error: ValidationError) -> str:
    """What is wrong with which field, without what is in it."""
    found = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in found)
