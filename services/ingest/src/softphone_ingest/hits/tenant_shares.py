"""Divides a process of ingest among tenants, and the turns of a tenant among its devices, so that
one that floods it delays no other.

Ingest is where a flood is first felt: its hits fill the event loop, and those of all tenants are
then answered in the order in which they came.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from softphone_common.http.problem import ProblemError
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_ingest import metrics

TURN_SECONDS = 0.02
"""A turn ends after this time at the latest: its hit then waits for a slow server, which keeps
nobody else from working. So a tenant gets 50 turns in a second however slow the servers are."""

PAUSE_SECONDS = 0.015
"""The time between turns of a tenant whose hits wait. Each hit makes work for every service, and
others find them free meanwhile. A hundred phones that ring at once are heard within two seconds."""

_LOOKS = 10
"""Parts of that time. Each begins when the process has looked at the end of the one before, so that
a turn lasts longer in a process that is busy: its hit then waits for the process and no server."""

REFUSAL_SECONDS = 0.1
"""How long a refused hit is kept, and no further hit of its tenant gets a turn."""

PLACE_BYTES = 16_384
"""Bytes of a waiting hit for each place it takes: a list of 100 events takes about as many, and a
single event far fewer."""

DEVICE_PLACES = 150
"""Places a device may have for each turn its tenant has at once: its hits then wait 3 s at the
slowest while it is alone, and phones give up after a few seconds more."""


@dataclass(slots=True)
class _Queue:
    """Hits and events of one device that wait for a turn, and the places of these hits.

    `begun` are the events of lists that have had their first turn; they come first, so that a
    process has read few lists of a device at once.
    """

    begun: deque[asyncio.Future[None]] = field(default_factory=deque)
    waiting: deque[tuple[asyncio.Future[None], int]] = field(default_factory=deque)
    places: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.begun or self.waiting)

    def add(self, turn: asyncio.Future[None], places: int) -> None:
        """An event of a list that has begun takes no place."""
        if not places:
            self.begun.append(turn)
            return
        self.waiting.append((turn, places))
        self.places += places

    def next(self) -> asyncio.Future[None]:
        if self.begun:
            return self.begun.popleft()
        turn, places = self.waiting.popleft()
        self.places -= places
        return turn

    def drop_newest(self) -> asyncio.Future[None]:
        turn, places = self.waiting.pop()
        self.places -= places
        return turn


@dataclass(slots=True)
class _Line:
    """Hits of one tenant: how many have their turn, and those that wait for theirs, by device.

    The first of `queues` has the next turn, and is the last of them then.
    """

    working: int = 0
    queues: dict[str, _Queue] = field(default_factory=dict)

    @property
    def places(self) -> int:
        return sum(queue.places for queue in self.queues.values())

    def next(self) -> asyncio.Future[None]:
        device = next(iter(self.queues))
        queue = self.queues.pop(device)
        turn = queue.next()
        if not queue.is_empty:
            self.queues[device] = queue
        return turn

    def drop_of_largest(self) -> asyncio.Future[None]:
        """The newest waiting hit of the device with the most places, taken out."""
        device = max(self.queues, key=lambda each: self.queues[each].places)
        turn = self.queues[device].drop_newest()
        if self.queues[device].is_empty:
            del self.queues[device]
        return turn


class Turn:
    """One turn. It ends once, with its work or after TURN_SECONDS, and is passed on."""

    def __init__(self, again: Callable[[], Awaitable[None]], pass_on: Callable[[], None]) -> None:
        self._again = again
        self._pass_on = pass_on
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._has_ended = False
        self._look(_LOOKS)

    async def keep(self) -> None:
        """Has the turn last until `end` or `release`. Waits for another turn if it has ended."""
        if self._has_ended:
            await self._again()
            self._has_ended = False
        elif self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def release(self) -> None:
        """Has a turn that was kept end after TURN_SECONDS: its hit may wait for a server now."""
        if self._timer is None and not self._has_ended:
            self._look(_LOOKS)

    def end(self) -> None:
        """Ends the turn. Does nothing if it has ended."""
        if not self._has_ended:
            self._has_ended = True
            if self._timer is not None:
                self._timer.cancel()
            self._pass_on()

    def _look(self, left: int) -> None:
        if left:
            self._timer = self._loop.call_later(TURN_SECONDS / _LOOKS, self._look, left - 1)
        else:
            self.end()


class TenantShares:
    """Gives the hits of each tenant a rate, and turns of which a tenant has few at once.

    Both are counted in this process alone: a process is what tenants share here, and a refusal
    that needed Redis would cost as much as the hit.
    """

    def __init__(self, limiter: RateLimiter, rate: Rate, at_once: int, waiting_max: int) -> None:
        self._limiter = limiter
        self._rate = rate
        self._at_once = at_once
        self._waiting_max = waiting_max
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, tenant: str, device: str, size: int) -> AsyncIterator[Turn]:
        """Waits for the turn of a hit of `size` bytes, and counts it. The devices of a tenant that
        wait have turns one after another, and the hits of a device in the order of arrival.

        Raises ProblemError 429 if the tenant is over its rate, or too many hits wait and the device
        has the most of them.
        """
        places = 1 + size // PLACE_BYTES
        line = self._lines.setdefault(tenant, _Line())
        if line.working >= self._at_once:
            self._make_room(tenant, line, device, places)
        await self._take(tenant, device, places)
        async with self._held(tenant, device) as turn:
            await self.count_events(tenant, 1)
            yield turn

    @asynccontextmanager
    async def event_turn(self, tenant: str, device: str) -> AsyncIterator[None]:
        """Waits for the turn of one event of a list that is counted, before the device's hits."""
        await self._take_next(tenant, device)
        async with self._held(tenant, device):
            yield

    async def count_events(self, tenant: str, events: int) -> None:
        """Counts events against the rate. Raises ProblemError 429 if they are too many."""
        if events < 1:
            return
        try:
            await self._limiter.acquire(self._rate, tenant, events)
        except ProblemError:
            metrics.TENANT_LIMITED.labels(tenant, "rate").inc()
            # Answered at once, its sender would send the next one at once, and refusals would cost
            # as much as hits. The turn of the hit may end before, hence one more is taken.
            self._lines.setdefault(tenant, _Line()).working += 1
            try:
                await asyncio.sleep(REFUSAL_SECONDS)
            finally:
                self._pass_on(tenant)
            raise

    def _make_room(self, tenant: str, line: _Line, device: str, places: int) -> None:
        """Refuses the newest hits of the device with the most places, which may be this one."""
        own = line.queues[device].places if device in line.queues else 0
        # one hit may always wait, or one of very many bytes would never be taken
        if own and own + places > DEVICE_PLACES * self._at_once:
            raise _too_many_wait(tenant)
        while line.places and line.places + places > self._waiting_max:
            if own + places >= max(queue.places for queue in line.queues.values()):
                raise _too_many_wait(tenant)
            dropped = line.drop_of_largest()
            if not dropped.done():
                dropped.set_exception(_too_many_wait(tenant))

    @asynccontextmanager
    async def _held(self, tenant: str, device: str) -> AsyncIterator[Turn]:
        turn = Turn(partial(self._take_next, tenant, device), partial(self._pass_on, tenant))
        try:
            yield turn
        finally:
            turn.end()

    async def _take_next(self, tenant: str, device: str) -> None:
        self._lines.setdefault(tenant, _Line())
        await self._take(tenant, device, places=0)

    async def _take(self, tenant: str, device: str, places: int) -> None:
        """Takes a turn, or waits for one in its device's queue."""
        line = self._lines[tenant]
        if line.working < self._at_once:
            line.working += 1
            return
        turn = asyncio.get_running_loop().create_future()
        line.queues.setdefault(device, _Queue()).add(turn, places)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(tenant)  # the turn came together with the cancellation
            raise

    def _pass_on(self, tenant: str) -> None:
        """Ends a turn, at once or, if hits of the tenant wait, after a pause."""
        if self._lines[tenant].queues:
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._give_turns, tenant)
        else:
            self._give_turns(tenant)

    def _give_turns(self, tenant: str) -> None:
        """Gives the turn that has ended to the next device of the tenant that still waits."""
        line = self._lines[tenant]
        line.working -= 1
        while line.queues and line.working < self._at_once:
            turn = line.next()
            if not turn.done():
                turn.set_result(None)
                line.working += 1
        if not line.working:
            del self._lines[tenant]


def _too_many_wait(tenant: str) -> ProblemError:
    metrics.TENANT_LIMITED.labels(tenant, "waiting").inc()
    return ProblemError("rate-limit-exceeded", headers={"Retry-After": "1"}, seconds=1)
