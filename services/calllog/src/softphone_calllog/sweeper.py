"""The clean-up of one tenant: incomplete calls that are stale go to the recycle bin."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

from softphone_calllog.calls import CallPage, CallPosition, CallStore
from softphone_calllog.record import CallRecord
from softphone_calllog.settings import CalllogSettings
from softphone_common.domain.call_result import is_stale
from softphone_common.domain.call_view import view

ReadPage = Callable[[CallPosition], Awaitable[CallPage]]


class Sweeper:
    """Sweeps calls page by page, so that a large history needs no large memory."""

    def __init__(self, calls: CallStore, settings: CalllogSettings) -> None:
        self._calls = calls
        self._grace = timedelta(seconds=settings.clean_up_grace_seconds)
        self._live_limit = timedelta(seconds=settings.clean_up_live_seconds)
        self._page_size = settings.clean_up_batch

    async def sweep(self, tenant: str, sweep: str, actor: str, as_of: datetime) -> list[CallRecord]:
        """Moves the calls that were stale at `as_of` and returns all that this sweep has moved.

        An interrupted sweep is continued by calling this again; a finished one changes nothing.
        Raises UnavailableError.
        """
        # the query finds a superset by index; whether a call is stale, only its legs can tell
        silent_since = as_of - min(self._grace, self._live_limit)

        async def incomplete(after: CallPosition) -> CallPage:
            return await self._calls.list_incomplete(tenant, silent_since, after, self._page_size)

        async def swept(after: CallPosition) -> CallPage:
            return await self._calls.list_swept(tenant, sweep, after, self._page_size)

        # Moving calls while paging is safe: a keyset page continues behind the last row it read,
        # whether that row is still in the list or not.
        async for page in _pages(incomplete):
            stale = [call for call in page if self._is_stale(call, as_of)]
            await self._calls.sweep(stale, sweep, actor, as_of)
        # Read back instead of collected above: after a crash half of the calls were moved by the
        # first attempt, and the browsers need the messages of those too.
        return [call async for page in _pages(swept) for call in page]

    def _is_stale(self, record: CallRecord, as_of: datetime) -> bool:
        return is_stale(view(record.call), as_of, self._grace, self._live_limit)


async def _pages(read: ReadPage) -> AsyncIterator[list[CallRecord]]:
    after: CallPosition = None
    while True:
        page = await read(after)
        yield page.items
        after = page.next
        if after is None:
            return
