"""Lets each tenant do few things at once in a process, so that others find servers free."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from softphone_common.http.problem import ProblemError
from softphone_common.process import metrics


@dataclass(slots=True)
class _Line:
    free: asyncio.Semaphore
    requests: int = 0
    """Requests that have a turn or wait for one; without any the line is forgotten."""


class TenantTurns:
    """Turns of which each tenant has `at_once`; a further request waits for `wait_seconds`."""

    def __init__(self, at_once: int, wait_seconds: float) -> None:
        self._at_once = at_once
        self._wait_seconds = wait_seconds
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, tenant: str) -> AsyncIterator[None]:
        """Waits for a turn in the order of arrival. Raises ProblemError 429 if it does not come."""
        line = self._lines.setdefault(tenant, _Line(asyncio.Semaphore(self._at_once)))
        line.requests += 1
        try:
            await self._take(line)
            try:
                yield
            finally:
                line.free.release()
        finally:
            line.requests -= 1
            if not line.requests:
                del self._lines[tenant]

    async def _take(self, line: _Line) -> None:
        try:
            async with asyncio.timeout(self._wait_seconds):
                await line.free.acquire()
        except TimeoutError:
            metrics.LIMITED.labels("tenant-turns").inc()
            seconds = math.ceil(self._wait_seconds) or 1
            raise ProblemError(
                "rate-limit-exceeded", headers={"Retry-After": str(seconds)}, seconds=seconds
            ) from None
