"""A steady load of whole calls, from phones that repeat every hit until it is accepted."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle

import httpx

from softphone_common.domain.call import Phase
from support.tenant.call import ANSWERED, MISSED, REPEATED, WITH_TALK_TIME, Call, Script
from support.tenant.company import LISTED, UNLISTED, Company

SCRIPTS = (
    ANSWERED,
    Script(ANSWERED.events, has_times=True),
    MISSED,
    REPEATED,
    WITH_TALK_TIME,
    Script(MISSED.events, has_times=True),
)
MEAN_HITS = sum(len(script.events) for script in SCRIPTS) / len(SCRIPTS)
RETRY_SECONDS = 0.5
RETRY_MAX = 4.0
"""Pauses between retries double up to this, so that retries alone cannot keep a site down."""
BETWEEN = timedelta(seconds=1)
"""From one phase to the next, and from the last phase to its hit, where phones report times."""


class Load:
    """Begins calls at a steady rate, whether or not earlier ones have finished."""

    def __init__(self, companies: Sequence[Company], hits_per_second: float) -> None:
        self._pause = MEAN_HITS / hits_per_second
        self._scripts = cycle(SCRIPTS)
        self._companies = cycle(companies)
        self._numbers = cycle((LISTED, *UNLISTED))
        self._random = random.Random(1)
        self._calls: list[asyncio.Task[None]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._unique = cycle(range(1000))
        self.without_ids: set[str] = set()
        """Tenants whose phones send no ids of their calls."""

    def on_end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Calls this after the last call has finished."""
        self._closers.append(close)

    @asynccontextmanager
    async def on(self) -> AsyncIterator[None]:
        """Runs until the end of the context, and then finishes every call that has begun."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            try:
                await asyncio.gather(*self._calls)
            finally:
                for close in self._closers:
                    await close()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            call = asyncio.create_task(self._call(next(self._companies), next(self._scripts)))
            self._calls.append(call)
            due += self._pause
            await asyncio.sleep(max(0, due - loop.time()))  # sets the rate of calls

    async def _call(self, company: Company, script: Script) -> None:
        call = self._new_call(company, script)
        client = company.phone.client
        events = list(script.events)
        if script.has_times:
            call.times = _times(events)
            events = self._random.sample(events, len(events))
        for event in events:
            await insist(call, event, client)

    def _new_call(self, company: Company, script: Script) -> Call:
        if company.tenant not in self.without_ids:
            return company.new_call(next(self._numbers), script)
        # without ids a call is known by its number, and times of events in any order tell nothing
        in_order = Script(script.events, script.talk_seconds)
        call = company.new_call(f"089 99998{next(self._unique):03}", in_order)
        call.external_id = ""
        return call


async def insist(call: Call, event: Phase, client: httpx.AsyncClient | None = None) -> None:
    """Repeats one hit until it is accepted, with growing pauses, with the phone's own client or
    another one."""
    call.attempted += 1
    pause = RETRY_SECONDS
    while not await call.is_accepted(event, client):
        await asyncio.sleep(pause)  # a phone that retries
        pause = min(2 * pause, RETRY_MAX)


def _times(phases: Sequence[Phase]) -> dict[Phase, datetime]:
    now = datetime.now(UTC)
    last = now.replace(microsecond=now.microsecond // 1000 * 1000) - BETWEEN
    return {phase: last - back * BETWEEN for back, phase in enumerate(reversed(phases))}
