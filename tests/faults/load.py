"""A steady load of whole calls from a fleet of phones that insist; counts, and judges nothing."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle

import httpx

from support.fleet import (
    ANSWERED,
    KNOWN,
    MISSED,
    REPEATED,
    STRANGERS,
    TOLD,
    Company,
    Json,
    Line,
)


@dataclass(frozen=True)
class Script:
    """The hits of a call; timed, they tell their own times and come in any order."""

    hits: tuple[str, ...]
    timed: bool = False


SCRIPTS = (
    Script(ANSWERED),
    Script(ANSWERED, timed=True),
    Script(MISSED),
    Script(REPEATED),
    Script(TOLD),
    Script(MISSED, timed=True),
)
MEAN_HITS = sum(len(script.hits) for script in SCRIPTS) / len(SCRIPTS)
RETRY_SECONDS = 0.5
RETRY_MAX = 4.0
"""A phone's patience doubles up to this: all of them at once must not be what keeps a site down."""
BETWEEN = timedelta(seconds=1)
"""From one phase to the next, and from the last until it is told, where a phone tells its times."""


@dataclass
class TimedLine(Line):
    """A call whose phone tells the times itself, so that its hits may come in any order."""

    times: dict[str, datetime] = field(default_factory=dict)

    def check(self, logged: Json, record: str | None) -> None:
        """Every time is the one that was told."""
        phases = {"rung_at": "ringing", "connected_at": "connected", "ended_at": self.script[-1]}
        expected = {name: self.times.get(phase) for name, phase in phases.items()}
        found = {name: logged[name] and datetime.fromisoformat(logged[name]) for name in phases}
        assert found == expected, f"{self}: {found}"
        answered = "connected" in self.times
        talked = self.times[self.script[-1]] - self.times["connected"] if answered else timedelta(0)
        told = {
            "phase": self.script[-1],
            "outcome": "answered" if answered else "missed",
            "talk_seconds": int(talked.total_seconds()),
        }
        assert {name: logged[name] for name in told} == told, f"{self}: {logged}"
        assert logged["remote"]["raw"] == self.number, f"{self}: {logged['remote']}"
        records = [match["record"] for match in logged["matches"]]
        assert records == ([record] if record else []), f"{self}: matches {records}"


class Load:
    """Calls begin at a steady rate, whatever becomes of those before."""

    def __init__(self, companies: Sequence[Company], hits_per_second: float) -> None:
        self._pause = MEAN_HITS / hits_per_second
        self._scripts = cycle(SCRIPTS)
        self._companies = cycle(companies)
        self._numbers = cycle((KNOWN, *STRANGERS))
        self._random = random.Random(1)
        self._calls: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def on(self) -> AsyncIterator[None]:
        """Runs meanwhile; at the end every call that was begun is told to its last hit."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            await asyncio.gather(*self._calls)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            call = asyncio.create_task(self._call(next(self._companies), next(self._scripts)))
            self._calls.append(call)
            due += self._pause
            await asyncio.sleep(max(0, due - loop.time()))  # the load's beat

    async def _call(self, company: Company, script: Script) -> None:
        number = next(self._numbers)
        if not script.timed:
            line = company.line(number, script.hits)
            for hit in script.hits:
                await insist(company, line, hit)
            return
        timed = TimedLine(number, script.hits, times=_times(script.hits))
        company.lines.append(timed)
        for phase in self._random.sample(script.hits, len(script.hits)):
            at = timed.times[phase].isoformat().replace("+00:00", "Z")
            await insist(company, timed, f"{phase}?time={at}")


async def insist(company: Company, line: Line, hit: str) -> None:
    """One hit, again and again until it is accepted, as phones do that are told to."""
    patience = RETRY_SECONDS
    while True:
        try:
            answer = await company.hit(line, hit)
        except httpx.TransportError:
            company.unanswered += 1
        else:
            if answer.status_code == 202:
                return
            assert answer.status_code == 503, answer.text
            company.refused += 1
        await asyncio.sleep(patience)  # a phone's patience
        patience = min(2 * patience, RETRY_MAX)


def _times(phases: Sequence[str]) -> dict[str, datetime]:
    now = datetime.now(UTC)
    last = now.replace(microsecond=now.microsecond // 1000 * 1000) - BETWEEN
    return {phase: last - back * BETWEEN for back, phase in enumerate(reversed(phases))}
